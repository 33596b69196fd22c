// The printed code (src/code/FORMAT.md): from a text to a reading. Shape only,
// nothing is proved here. The Rust reader is the model, and both are held to
// the same vectors.

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const CODE = /^[A-Za-z2-7]{122}$/;
const SERIAL = /^[A-Za-z2-7]{20}$/;
const SIGNATURE = /^[A-Za-z0-9_-]{86}$/;
const HOST = /^[A-Za-z0-9.-]{1,253}$/;
const PORT = /^[0-9]+$/;
const GTIN = /^[0-9]{14}$/;
const LOT = /^[A-Za-z0-9!"%&'()*+,\-./:;<=>?_]{1,20}$/;
const LAYERS = ["outer", "inner", "case", "pallet"];
/** Characters of a text that are looked at (base::limits::CODE_TEXT_BYTES_MAX). */
const TEXT_MAX = 2048;

// Keys of a GS1 query that may be numeric (src/code/gs1.rs, QUERY_AIS).
const QUERY_AIS =
  "00 02 11-13 15-17 20 240-243 250 251 253 255 30 3100-3105 3110-3115 3120-3125 3130-3135 3140-3145 " +
  "3150-3155 3160-3165 3200-3205 3210-3215 3220-3225 3230-3235 3240-3245 3250-3255 3260-3265 3270-3275 " +
  "3280-3285 3290-3295 3300-3305 3310-3315 3320-3325 3330-3335 3340-3345 3350-3355 3360-3365 3370-3375 " +
  "3400-3405 3410-3415 3420-3425 3430-3435 3440-3445 3450-3455 3460-3465 3470-3475 3480-3485 3490-3495 " +
  "3500-3505 3510-3515 3520-3525 3530-3535 3540-3545 3550-3555 3560-3565 3570-3575 3600-3605 3610-3615 " +
  "3620-3625 3630-3635 3640-3645 3650-3655 3660-3665 3670-3675 3680-3685 3690-3695 37 3900-3909 3910-3919 " +
  "3920-3929 3930-3939 3940-3943 3950-3955 400-403 410-417 420-427 4300-4326 4330-4333 7001-7011 7020-7023 " +
  "7030-7039 710-717 7230-7242 7250-7259 8001-8013 8017 8018 8026 8030 8110-8112 90-99";
// In ranges of the list above, but no attributes of their own.
const NO_AIS = new Set(["8011"]);
const AIS = QUERY_AIS.split(" ").map((range) => range.split("-"));

export class Malformed extends Error {}

const malformed = (why) => {
  throw new Malformed(why);
};

/** Exactly `bytes` bytes of a base32 text of the right length. */
export function base32(text, bytes) {
  const out = new Uint8Array(bytes);
  let held = 0;
  let bits = 0;
  let filled = 0;
  for (const letter of text.toUpperCase()) {
    held = (held << 5) | ALPHABET.indexOf(letter);
    bits += 5;
    if (bits < 8 || filled === bytes) continue;
    bits -= 8;
    out[filled++] = held >> bits;
    held &= (1 << bits) - 1;
  }
  return held === 0 ? out : malformed("trailing_bits");
}

export function toBase32(bytes) {
  let out = "";
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = ((held & 0xff) << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += ALPHABET[(held >> bits) & 31];
    }
  }
  return bits > 0 ? out + ALPHABET[(held << (5 - bits)) & 31] : out;
}

/** Bytes of a base64url text without padding whose unused bits are zero. */
export function base64url(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (c) => c.charCodeAt(0));
  return toBase64url(bytes) === text ? bytes : malformed("trailing_bits");
}

export function toBase64url(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The twelve bytes taken apart. */
export function payloadOf(bytes) {
  const [head] = bytes;
  if (head >> 4 !== 1) malformed("version");
  const layer = LAYERS[head & 15] ?? malformed("layer");
  const number = (from) => (bytes[from] << 16) | (bytes[from + 1] << 8) | bytes[from + 2];
  const key = number(1);
  if (key === 0) malformed("key_zero");
  return { bytes, layer, key, batch: number(4), serial: bytes.slice(7), text: toBase32(bytes) };
}

const ofSerial = (text) => (SERIAL.test(text) ? payloadOf(base32(text, 12)) : malformed("length"));

/** A serial of 20 characters as it is printed, in groups or not. */
export function serialTyped(text) {
  const plain = text.replace(/[\s-]/g, "");
  return SERIAL.test(plain) ? ofSerial(plain) : null;
}

function compact(text, host) {
  if (!CODE.test(text)) malformed(text.length === 122 ? "character" : "length");
  const bytes = base32(text, 76);
  const payload = payloadOf(bytes.slice(0, 12));
  return { payload, signature: bytes.slice(12), host, gs1: null };
}

function hostOf(authority) {
  const [name, port, ...more] = authority.split(":");
  const sound = port === undefined || (PORT.test(port) && Number(port) > 0 && Number(port) < 65536);
  if (more.length > 0 || !HOST.test(name) || !sound) malformed("url");
  return authority.toLowerCase();
}

/** Whether digits end in the check digit of the others (GS1 7.9). */
export function checkDigitIsRight(digits) {
  const others = [...digits.slice(0, -1)].reverse();
  const sum = others.reduce((sum, d, i) => sum + Number(d) * (i % 2 === 0 ? 3 : 1), 0);
  return (10 - (sum % 10)) % 10 === Number(digits.at(-1));
}

function isQueryAi(key) {
  if (NO_AIS.has(key)) return false;
  return AIS.some(([first, last = first]) => key.length === first.length && key >= first && key <= last);
}

function signatureIn(query) {
  let found = null;
  for (const pair of query.split("&").filter((pair) => pair !== "")) {
    const at = pair.indexOf("=");
    const key = at < 0 ? pair : pair.slice(0, at);
    if (key === "sig") {
      if (found !== null) malformed("gs1");
      found = at < 0 ? "" : pair.slice(at + 1);
    } else if (/^[0-9]+$/.test(key) && !isQueryAi(key)) malformed("gs1");
  }
  return found !== null && SIGNATURE.test(found) ? base64url(found) : malformed("gs1");
}

function unescaped(text) {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) malformed("gs1");
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
}

function gs1(path, query, host) {
  const [, ai01, gtin, ai10, lotText, ai21, serial, ...more] = path.split("/");
  if (ai01 !== "01" || ai10 !== "10" || ai21 !== "21" || more.length > 0) malformed("gs1");
  const lot = unescaped(lotText ?? "");
  if (!GTIN.test(gtin) || !checkDigitIsRight(gtin) || !LOT.test(lot)) malformed("gs1");
  const payload = ofSerial(serial ?? "");
  return { payload, signature: signatureIn(query), host, gs1: { gtin, lot } };
}

function url(scheme, rest) {
  if (!/^https?$/i.test(scheme)) malformed("url");
  const slash = rest.indexOf("/");
  if (slash < 0) malformed("url");
  const host = hostOf(rest.slice(0, slash));
  const [whole] = rest.slice(slash).split("#", 1);
  const mark = whole.indexOf("?");
  const [path, query] = mark < 0 ? [whole, ""] : [whole.slice(0, mark), whole.slice(mark + 1)];
  if (path.startsWith("/01/")) {
    if (/[a-z]/.test(scheme) && /[A-Z]/.test(scheme)) malformed("gs1");
    return gs1(path, query, host);
  }
  return compact(path.slice(1), host);
}

/**
 * Takes a text apart: {payload, signature, host|null, gs1: {gtin, lot}|null}.
 * Throws Malformed with the first defect.
 */
export function read(text) {
  if (text.length > TEXT_MAX) malformed("length");
  const at = text.indexOf("://");
  return at < 0 ? compact(text, null) : url(text.slice(0, at), text.slice(at + 3));
}

/** The bytes that are signed for one reading. */
export function message({ payload, gs1 }) {
  const ascii = (text) => Uint8Array.from(text, (c) => c.charCodeAt(0));
  const parts = gs1
    ? [ascii("ZHENMA-GS1-1"), payload.bytes, ascii(gs1.gtin), ascii(gs1.lot)]
    : [ascii("ZHENMA-CODE-1"), payload.bytes];
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (out.set(part, at), at + part.length), 0);
  return out;
}
