// What somebody would write otherwise: fastify, one script call a scan.
//
// PUBLIC_KEY is 64 hexadecimal digits, REDIS_URL the same server's address as
// zhenma's, PORT where to listen, WORKERS how many processes do so. Reads the compact form, checks its signature by
// OpenSSL, counts the scan in Redis and answers in JSON; no permutation, no judge,
// no page.
import cluster from "node:cluster";
import { createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import fastify from "fastify";
import Redis from "ioredis";

const CHARACTERS = 122;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const VALUES = new Int8Array(128).fill(-1);
for (let i = 0; i < 32; i++) VALUES[ALPHABET.charCodeAt(i)] = i;
const PREFIX = Buffer.from("ZHENMA-CODE-1");
const PRODUCT = { name: "宋河粮液", enterprise: "河南省宋河酒业股份有限公司", lot: "20260301A1" };
const key = createPublicKey({
  key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(process.env.PUBLIC_KEY, "hex").toString("base64url") },
  format: "jwk",
});
const store = new Redis(process.env.REDIS_URL, { enableAutoPipelining: true });
store.defineCommand("scan_code", { numberOfKeys: 1, lua: readFileSync(new URL("../scan.lua", import.meta.url), "utf8") });

/** The bytes of base32, or null. */
function decoded(text) {
  const bytes = Buffer.allocUnsafe((text.length * 5) >> 3);
  let [held, bits, at] = [0, 0, 0];
  for (let i = 0; i < text.length; i++) {
    const value = VALUES[text.charCodeAt(i) & 127];
    if (value < 0) return null;
    held = (held << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = held >> bits;
      held &= (1 << bits) - 1;
    }
  }
  return bytes;
}

const notGenuine = (code) => ({ outcome: "not_genuine", reasons: [{ code }] });

const app = fastify({ routerOptions: { maxParamLength: CHARACTERS } });
app.get("/:code", async ({ params: { code } }) => {
  const raw = code.length === CHARACTERS ? decoded(code) : null;
  if (!raw) return notGenuine("malformed");
  const payload = raw.subarray(0, 12);
  if (!verify(null, Buffer.concat([PREFIX, payload]), key, raw.subarray(12))) return notGenuine("bad_signature");
  const [scans, first] = await store.scan_code(payload, Date.now());
  return {
    outcome: scans === 1 ? "genuine" : "seen_before",
    serial: code.slice(0, 20),
    item: PRODUCT,
    scans: { count: scans, first_at: Number(first) },
  };
});
if (cluster.isPrimary) {
  for (let i = 0; i < Number(process.env.WORKERS); i++) cluster.fork();
  process.on("SIGTERM", () => process.exit());
  store.disconnect();
} else {
  await app.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
}
