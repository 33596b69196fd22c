// One strict check of an Ed25519 signature, the same in every browser
// (src/code/FORMAT.md, Signature): S below the order, R canonical and not of
// small order, the encoding of [S]B - [k]A equal to R. WebCrypto does the last
// step where it knows the curve; elsewhere the points of @noble/ed25519 do, with
// SHA-512 of WebCrypto. Keys and R are looked at here, whoever checks.
import { Point } from "./noble-ed25519.js";

const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

const number = (bytes) => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

function pointOf(bytes) {
  try {
    const point = Point.fromBytes(bytes, false);
    return point.isSmallOrder() ? null : point;
  } catch {
    return null;
  }
}

async function ofBrowser(bytes) {
  try {
    return await crypto.subtle.importKey("raw", bytes, "Ed25519", false, ["verify"]);
  } catch {
    return null;
  }
}

/**
 * A public key that is canonical, not of small order and free of torsion; null
 * for any other. `own`: never asks the browser for the curve.
 */
export async function loadKey(bytes, own = false) {
  const point = bytes.length === 32 ? pointOf(bytes) : null;
  if (!point?.isTorsionFree()) return null;
  return { point, bytes, crypto: own ? null : await ofBrowser(bytes) };
}

async function byPoints(key, message, signature) {
  const whole = new Uint8Array(64 + message.length);
  whole.set(signature.subarray(0, 32));
  whole.set(key.bytes, 32);
  whole.set(message, 64);
  const k = number(new Uint8Array(await crypto.subtle.digest("SHA-512", whole))) % ORDER;
  const s = number(signature.subarray(32));
  const times = (point, n) => (n === 0n ? Point.ZERO : point.multiply(n, false));
  const r = times(Point.BASE, s).add(times(key.point, k).negate()).toBytes();
  return r.every((byte, i) => byte === signature[i]);
}

/** Whether the 64 bytes of `signature` are the key's over `message`. */
export async function verifies(key, message, signature) {
  if (signature.length !== 64 || number(signature.subarray(32)) >= ORDER) return false;
  if (!pointOf(signature.slice(0, 32))) return false;
  if (!key.crypto) return byPoints(key, message, signature);
  return crypto.subtle.verify("Ed25519", key.crypto, signature, message);
}
