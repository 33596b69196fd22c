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
const STORES = ["facts", "sealed", "records", "photos", "told", "refused"];
/** 2: what the server refused. */
const VERSION = 2;

function opened(name) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, VERSION);
    request.onupgradeneeded = () => {
      const { result } = request;
      for (const store of STORES.filter((store) => !result.objectStoreNames.contains(store))) {
        result.createObjectStore(store, { autoIncrement: store === "records" || store === "told" });
      }
    };
    request.onsuccess = () => {
      // A window that was left open does not hold up a newer page.
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
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

  /** Names that begin so, of things kept by name. */
  named(prefix) {
    const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
    return this.work(["sealed"], "readonly", (tx) => tx.objectStore("sealed").getAllKeys(range));
  }

  /** What waits to be sent: {records, photos}; `refused`: what the server did not take; `bytes` of all photographs. */
  async sums() {
    const count = (store) => this.work([store], "readonly", (tx) => tx.objectStore(store).count());
    const [records, refused, waiting] = [await count("records"), await count("refused"), await this.photos()];
    const sizes = Object.values((await this.fact("sizes")) ?? {});
    return { records, refused, photos: waiting.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
  }

  /**
   * Keeps a record until it is sent; Full at the bound. `draft`: the name of what it
   * was made of, which goes with the same stroke.
   */
  async keep(record, draft = null) {
    const { records, refused } = await this.sums();
    if (records + refused >= RECORDS_MAX) throw new Full("records");
    const sealed = await this.sealJson(record);
    await this.work(["records", "sealed"], "readwrite", (tx) => {
      tx.objectStore("records").add(sealed);
      if (draft !== null) tx.objectStore("sealed").delete(draft);
    });
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

  /** Hashes of photographs that wait; those that were refused do not. */
  async photos() {
    let asked;
    const keys = (tx) => void (asked = ["photos", "refused"].map((store) => tx.objectStore(store).getAllKeys()));
    await this.work(["photos", "refused"], "readonly", keys);
    const [all, refused] = asked.map((request) => new Set(request.result));
    return [...all].filter((hash) => !refused.has(hash));
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

  /**
   * Takes records away that the server answered: keeps what it said of some
   * (`told`), and lays aside those that it refused, each {record, at, zh, en}.
   */
  async settled(places, told, refused) {
    const seal = (list) => Promise.all(list.map((one) => this.sealJson(one)));
    const [said, aside] = [await seal(told), await seal(refused)];
    await this.work(["records", "told", "refused"], "readwrite", (tx) => {
      for (const n of places) tx.objectStore("records").delete(n);
      for (const one of said) tx.objectStore("told").add(one);
      aside.forEach((one, i) => tx.objectStore("refused").put(one, refused[i].record.id));
    });
  }

  /** Lays a photograph aside that the server refused; its bytes stay. */
  async photoRefused(hash, why) {
    const sealed = await this.sealJson({ hash, ...why });
    await this.work(["refused"], "readwrite", (tx) => tx.objectStore("refused").put(sealed, hash));
  }

  /** What was refused: {key, record | hash, at, zh, en} each. */
  async refused() {
    let asked;
    const read = (store) => [store.getAllKeys(), store.getAll()];
    await this.work(["refused"], "readonly", (tx) => void (asked = read(tx.objectStore("refused"))));
    const [keys, sealed] = asked.map((request) => request.result);
    return Promise.all(sealed.map(async (one, i) => ({ key: keys[i], ...(await this.unsealJson(one)) })));
  }

  /**
   * Sends what was refused again, before everything else and in this order: a
   * visit goes before what belongs to it. Each as it stands in `entries` now.
   */
  async again(entries) {
    const records = entries.filter(({ record }) => record);
    const sealed = await Promise.all(records.map(({ record }) => this.sealJson(record)));
    await this.work(["records", "refused"], "readwrite", (tx) => {
      for (const { key } of entries) tx.objectStore("refused").delete(key);
      const store = tx.objectStore("records");
      const asked = store.getAllKeys(null, 1);
      asked.onsuccess = () => {
        const before = (asked.result[0] ?? 1) - sealed.length;
        sealed.forEach((one, i) => store.put(one, before + i));
      };
    });
  }

  /** Deletes what was refused, with the bytes of its photograph: somebody asked for it. */
  discard(entries) {
    return this.work(["refused", "photos", "facts"], "readwrite", (tx) => {
      for (const { key, hash } of entries) {
        tx.objectStore("refused").delete(key);
        if (hash) tx.objectStore("photos").delete(hash);
      }
      this.resize(tx, (sizes) => entries.forEach(({ hash }) => delete sizes[hash]));
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
