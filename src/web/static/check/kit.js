// The offline kit: a manifest that the office's key signed (JWS, RFC 7515 and
// 8037) names parts by SHA-256; a part that did not change is not sent again.
// What a part holds is written in src/kit/mod.rs.
import { base64url } from "./code.js";
import { loadKey, verifies } from "./ed25519.js";

/** Hours after its making that a kit answers. */
export const VALID_H = 72;
/** A clock may be this much behind the server's before the kit locks, milliseconds. */
export const SKEW_MS = 10 * 60000;
const HASH_BYTES = 5;
const KIND = "zhenma-kit+jws";

export class BadKit extends Error {}

const utf8 = (text) => new TextEncoder().encode(text);
const jsonOf = (text) => JSON.parse(new TextDecoder().decode(base64url(text)));

export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The payload of a JWS that one of `office` (JWKs) signed as a kit. */
export async function opened(jws, office) {
  const [head, body, signature, ...more] = jws.split(".");
  if (signature === undefined || more.length > 0) throw new BadKit("shape");
  const { alg, kid, typ } = jsonOf(head);
  if (alg !== "EdDSA" || typ !== KIND) throw new BadKit("kind");
  const jwk = office.find((key) => key.kid === kid && key.kty === "OKP" && key.crv === "Ed25519");
  const key = jwk && jwk.status !== "revoked" && (await loadKey(base64url(jwk.x)));
  if (!key || !(await verifies(key, utf8(`${head}.${body}`), base64url(signature)))) {
    throw new BadKit("signature");
  }
  return jsonOf(body);
}

/**
 * Parts after an answer of the server: those sent now over those had before,
 * each of the length and hash that the manifest gives.
 */
export async function merged(manifest, sent, had) {
  const parts = {};
  for (const [name, hash] of manifest.parts) {
    const text = sent[name] ?? had[name];
    if (text === undefined) continue;
    if (hex(await sha256(utf8(text))) !== hash) throw new BadKit(name);
    parts[name] = text;
  }
  // Of flagged codes a phone has those of its own region; all else is needed.
  const lacks = manifest.parts.find(([name]) => !name.startsWith("flagged/") && !(name in parts));
  if (lacks) throw new BadKit(lacks[0]);
  return parts;
}

/** Whether `wanted` (bytes) stands in sorted `rows` of that length. */
export function among(rows, wanted) {
  const size = wanted.length;
  const compare = (row) => {
    for (let i = 0; i < size; i++) {
      const difference = rows[row * size + i] - wanted[i];
      if (difference !== 0) return difference;
    }
    return 0;
  };
  let [low, high] = [0, rows.length / size];
  while (low < high) {
    const middle = (low + high) >> 1;
    const order = compare(middle);
    if (order === 0) return true;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return false;
}

/** Where a code stands in a list of flagged ones. */
export async function flagHash(payload) {
  const whole = new Uint8Array(17 + payload.bytes.length);
  whole.set(utf8("zhenma-kit-flag-1"));
  whole.set(payload.bytes, 17);
  return (await sha256(whole)).slice(0, HASH_BYTES);
}

/** What an answer looks things up in. */
export class Kit {
  constructor(manifest, parts) {
    this.manifest = manifest;
    this.madeAt = Date.parse(manifest.made_at);
    this.validUntil = Math.min(Date.parse(manifest.valid_until), this.madeAt + VALID_H * 3600000);
    this.keys = new Map();
    this.products = new Map();
    this.batches = new Map();
    this.withdrawn = new Map();
    this.flagged = [];
    for (const [name, text] of Object.entries(parts)) this.take(name, JSON.parse(text));
  }

  take(name, part) {
    const [kind] = name.split("/");
    if (kind === "keys") for (const key of part) this.keys.set(key.number, key);
    if (kind === "products") for (const product of part) this.products.set(product.gtin, product);
    if (kind === "batches") for (const row of part) this.batches.set(row[0], batchOf(row));
    if (kind === "withdrawn" || kind === "serials") for (const said of part) this.add(said);
    if (kind === "flagged") this.flagged.push({ rows: base64url(part.hashes), cut: part.cut });
  }

  add(said) {
    const all = this.withdrawn.get(said.batch) ?? [];
    this.withdrawn.set(said.batch, all);
    const until = said.until ? Date.parse(said.until) : Infinity;
    all.push({ ...said, until, outer: base64url(said.outer ?? ""), inner: base64url(said.inner ?? "") });
  }

  /** The key with this number, ready to check; null where there is none. */
  async key(number) {
    const row = this.keys.get(number);
    if (!row) return null;
    row.loaded ??= loadKey(base64url(row.x));
    return { ...row, key: await row.loaded };
  }

  /** {said} that withdraws the code at `now`, {ask} where only the server knows, or {}. */
  withdrawal(payload, now) {
    const known = this.withdrawn.get(`${payload.key}-${payload.batch}`) ?? [];
    // A block that ended meanwhile is over without network too.
    const about = known.filter(({ until }) => now < until);
    const whole = about.find((said) => said.whole);
    if (whole) return { said: whole };
    const listed = about.find((said) => among(said[payload.layer] ?? new Uint8Array(), payload.serial));
    if (listed) return { said: listed };
    // Which labels a case holds no list tells, nor a list that was too long.
    const single = payload.layer === "outer" || payload.layer === "inner";
    return about.some((said) => said.ask || !single) ? { ask: true } : {};
  }

  /** Whether a list of flagged codes was longer than a phone takes. */
  get isCut() {
    return this.flagged.some(({ cut }) => cut);
  }

  /** Whether it stands in the list of flagged codes of the region. */
  async isFlagged(payload) {
    const hash = await flagHash(payload);
    return this.flagged.some(({ rows }) => among(rows, hash));
  }
}

function batchOf([id, gtin, lot, madeOn, destination]) {
  return { id, gtin, lot, madeOn, destination };
}

/**
 * Whether a kit may answer at `now`, and why not: "ok", "expired", or "clock"
 * where the clock stands before the kit was made. `latest` is the latest
 * instant that this phone ever saw: a clock put back does not make a kit young.
 */
export function stateAt(kit, now, latest) {
  if (now < kit.madeAt - SKEW_MS) return "clock";
  return Math.max(now, latest) > kit.validUntil ? "expired" : "ok";
}

/** Milliseconds since it was made, by the later of the two. */
export const ageAt = (kit, now, latest) => Math.max(0, Math.max(now, latest) - kit.madeAt);
