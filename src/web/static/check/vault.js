// What a phone keeps: in IndexedDB, one base an account, sealed with AES-GCM.
// The data key is random and wrapped by a key that PBKDF2-SHA256 makes of a PIN.
// What that protects against, and what not, is written in ADR 0027.

export const PIN_MIN = 6;
/** Rounds of PBKDF2-SHA256 (OWASP 2023). */
export const ROUNDS = 600000;
/** Records that wait; photographs and signatures that wait, bytes in all. */
export const RECORDS_MAX = 2000;
export const PHOTOS_BYTES_MAX = 400 * 1024 * 1024;
// After so many wrong PINs each further one waits twice as long.
const TRIES_FREE = 5;
const WAIT_MS_MAX = 15 * 60000;

export class Full extends Error {}
export class WrongPin extends Error {}

const PREFIX = "zhenma-check-";
const STORES = ["facts", "sealed", "records", "photos", "told"];

function opened(name) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      for (const store of STORES) {
        request.result.createObjectStore(store, { autoIncrement: store === "records" || store === "told" });
      }
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

const utf8 = (text) => new TextEncoder().encode(text);

async function keyOf(pin, salt, rounds) {
  const base = await crypto.subtle.importKey("raw", utf8(pin.normalize("NFKC")), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds };
  return crypto.subtle.deriveKey(how, base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

// crypto.randomUUID is not in every browser that has the rest.
export function uuid() {
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6] & 15) | 64;
  b[8] = (b[8] & 63) | 128;
  const hex = Array.from(b, (x) => x.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** Accounts, other than `account`, that have a base on this phone. */
export async function others(account) {
  const all = (await indexedDB.databases?.()) ?? [];
  const named = all.map(({ name }) => name).filter((name) => name.startsWith(PREFIX));
  return named.map((name) => name.slice(PREFIX.length)).filter((name) => name !== account);
}

export class Vault {
  static async of(account) {
    const vault = new Vault();
    vault.account = account;
    vault.name = PREFIX + account;
    vault.db = await opened(vault.name);
    return vault;
  }

  work(stores, mode, body) {
    return new Promise((resolve, reject) => {
      const tx = this.db.transaction(stores, mode, { durability: "strict" });
      const result = body(tx);
      tx.oncomplete = () => resolve(result?.result);
      tx.onabort = tx.onerror = () => reject(tx.error);
    });
  }

  fact(name) {
    return this.work(["facts"], "readonly", (tx) => tx.objectStore("facts").get(name));
  }

  state(name, value) {
    return this.work(["facts"], "readwrite", (tx) => tx.objectStore("facts").put(value, name));
  }

  /** Whether a PIN was set before. */
  async isNew() {
    return (await this.fact("lock")) === undefined;
  }

  /** `login`: whose it is, which a supervisor reads who takes it in. */
  async make(pin, login) {
    const raw = crypto.getRandomValues(new Uint8Array(32));
    const [salt, iv] = [crypto.getRandomValues(new Uint8Array(16)), crypto.getRandomValues(new Uint8Array(12))];
    const wrapped = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await keyOf(pin, salt, ROUNDS), raw);
    await this.state("phone", uuid());
    await this.state("login", login);
    await this.state("lock", { salt, iv, wrapped, rounds: ROUNDS, tries: 0, until: 0 });
    await this.hold(raw);
  }

  async hold(raw) {
    this.key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
    raw.fill(0);
    this.phone = await this.fact("phone");
  }

  /** Opens it, or throws WrongPin with `wait` (milliseconds until the next try). */
  async open(pin) {
    const lock = await this.fact("lock");
    const wait = lock.until - Date.now();
    // A clock that was put back does not make anybody wait for longer than the most.
    if (wait > 0 && wait <= WAIT_MS_MAX) throw Object.assign(new WrongPin(), { wait });
    try {
      const key = await keyOf(pin, lock.salt, lock.rounds);
      const raw = await crypto.subtle.decrypt({ name: "AES-GCM", iv: lock.iv }, key, lock.wrapped);
      await this.state("lock", { ...lock, tries: 0, until: 0 });
      await this.hold(new Uint8Array(raw));
    } catch {
      const tries = lock.tries + 1;
      const pause = tries < TRIES_FREE ? 0 : Math.min(WAIT_MS_MAX, 1000 * 2 ** (tries - TRIES_FREE));
      await this.state("lock", { ...lock, tries, until: Date.now() + pause });
      throw Object.assign(new WrongPin(), { wait: pause });
    }
  }

  async seal(bytes) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    return { iv, box: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, this.key, bytes) };
  }

  async unseal({ iv, box }) {
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, this.key, box));
  }

  sealJson(value) {
    return this.seal(utf8(JSON.stringify(value)));
  }

  async unsealJson(sealed) {
    return JSON.parse(new TextDecoder().decode(await this.unseal(sealed)));
  }

  /** A single thing by its name. */
  async get(name) {
    const sealed = await this.work(["sealed"], "readonly", (tx) => tx.objectStore("sealed").get(name));
    return sealed === undefined ? null : this.unsealJson(sealed);
  }

  async put(name, value) {
    const sealed = await this.sealJson(value);
    await this.work(["sealed"], "readwrite", (tx) => tx.objectStore("sealed").put(sealed, name));
  }

  drop(name) {
    return this.work(["sealed"], "readwrite", (tx) => tx.objectStore("sealed").delete(name));
  }

  /** What waits: {records, photos, bytes}. */
  async sums() {
    const records = await this.work(["records"], "readonly", (tx) => tx.objectStore("records").count());
    const sizes = (await this.fact("sizes")) ?? {};
    const all = Object.values(sizes);
    return { records, photos: all.length, bytes: all.reduce((sum, size) => sum + size, 0) };
  }

  /** Keeps a record until it is sent; Full at the bound. */
  async keep(record) {
    const { records } = await this.sums();
    if (records >= RECORDS_MAX) throw new Full("records");
    const sealed = await this.sealJson(record);
    await this.work(["records"], "readwrite", (tx) => tx.objectStore("records").add(sealed));
  }

  /** Keeps the bytes of a photograph under their hash; Full at the bound. */
  async keepPhoto(hash, type, bytes) {
    const sums = await this.sums();
    if (sums.bytes + bytes.length > PHOTOS_BYTES_MAX) throw new Full("photos");
    const sealed = { type, size: bytes.length, ...(await this.seal(bytes)) };
    await this.work(["photos", "facts"], "readwrite", (tx) => {
      tx.objectStore("photos").put(sealed, hash);
      this.resize(tx, (sizes) => (sizes[hash] = bytes.length));
    });
  }

  // Sizes stand beside the photographs: counting must not read them all.
  resize(tx, change) {
    const facts = tx.objectStore("facts");
    const asked = facts.get("sizes");
    asked.onsuccess = () => {
      const sizes = asked.result ?? {};
      change(sizes);
      facts.put(sizes, "sizes");
    };
  }

  photos() {
    return this.work(["photos"], "readonly", (tx) => tx.objectStore("photos").getAllKeys());
  }

  async photo(hash) {
    const sealed = await this.work(["photos"], "readonly", (tx) => tx.objectStore("photos").get(hash));
    return sealed && { type: sealed.type, bytes: await this.unseal(sealed) };
  }

  photoSent(hash) {
    return this.work(["photos", "facts"], "readwrite", (tx) => {
      tx.objectStore("photos").delete(hash);
      this.resize(tx, (sizes) => delete sizes[hash]);
    });
  }

  /** The first `count` records in their order, each with its place `n`. */
  async first(count) {
    const read = (store) => [store.getAllKeys(null, count), store.getAll(null, count)];
    let asked;
    await this.work(["records"], "readonly", (tx) => void (asked = read(tx.objectStore("records"))));
    const [places, sealed] = asked.map((request) => request.result);
    return Promise.all(sealed.map(async (one, i) => ({ n: places[i], record: await this.unsealJson(one) })));
  }

  /** Takes records away that the server has, and keeps what it said of some. */
  async settled(places, told) {
    const sealed = await Promise.all(told.map((one) => this.sealJson(one)));
    await this.work(["records", "told"], "readwrite", (tx) => {
      for (const n of places) tx.objectStore("records").delete(n);
      for (const one of sealed) tx.objectStore("told").add(one);
    });
  }

  async told() {
    const sealed = await this.work(["told"], "readonly", (tx) => tx.objectStore("told").getAll());
    return Promise.all(sealed.map((one) => this.unsealJson(one)));
  }

  forgetTold() {
    return this.work(["told"], "readwrite", (tx) => tx.objectStore("told").clear());
  }

  /** Takes everything away, what was not sent too. */
  destroy() {
    this.db.close();
    return new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase(this.name);
      request.onsuccess = () => resolve();
      request.onerror = request.onblocked = () => reject(request.error);
    });
  }
}
