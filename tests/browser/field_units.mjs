// Parts of the page on the spot that need no page: the kit's signature, hashes and
// lock, the statement of a sweep against the server's vectors, the outbox against
// a server that fails in every way. In node.
//
//   node tests/browser/field_units.mjs
//
// Prints how many checks held; exit 1 on the first that does not.
import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, "../..");
const folder = await mkdtemp(path.join(tmpdir(), "field-"));
let held = 0;
const holds = (check) => {
  check();
  held += 1;
};
const fails = async (work, kind) => {
  await assert.rejects(work, kind);
  held += 1;
};

// ---- the kit ----

const office = generateKeyPairSync("ed25519");
const jwk = { kty: "OKP", crv: "Ed25519", kid: "office-1", use: "sig", status: "active", x: office.publicKey.export({ format: "jwk" }).x };
const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
function signed(header, payload, key = office.privateKey) {
  const text = `${encoded(header)}.${encoded(payload)}`;
  return `${text}.${sign(null, Buffer.from(text), key).toString("base64url")}`;
}

async function kitKeepsItsPromises({ BadKit, Kit, among, merged, opened, sha256, hex, stateAt }) {
  const header = { alg: "EdDSA", kid: "office-1", typ: "zhenma-kit+jws" };
  const good = signed(header, { version: 7 });
  assert.deepEqual(await opened(good, [jwk]), { version: 7 });
  // One bit of the signature, of the payload; another key, kind, algorithm, name; a revoked key.
  const [head, body, mark] = good.split(".");
  const flipped = mark.replace(/^./, (c) => (c === "A" ? "B" : "A"));
  await fails(opened(`${head}.${body}.${flipped}`, [jwk]), BadKit);
  await fails(opened(`${head}.${encoded({ version: 8 })}.${mark}`, [jwk]), BadKit);
  await fails(opened(signed(header, {}, generateKeyPairSync("ed25519").privateKey), [jwk]), BadKit);
  await fails(opened(signed({ ...header, typ: "JWT" }, {}), [jwk]), BadKit);
  await fails(opened(signed({ ...header, alg: "none" }, {}), [jwk]), BadKit);
  await fails(opened(signed({ ...header, kid: "office-2" }, {}), [jwk]), BadKit);
  await fails(opened(good, [{ ...jwk, status: "revoked" }]), BadKit);
  await fails(opened(`${good}.x`, [jwk]), BadKit);

  const hash = async (text) => hex(await sha256(new TextEncoder().encode(text)));
  const manifest = { parts: [["a", await hash("[1]")], ["flagged/41", await hash("{}")]] };
  assert.deepEqual(await merged(manifest, { a: "[1]" }, {}), { a: "[1]" }, "a list of another province may lack");
  assert.deepEqual(await merged(manifest, {}, { a: "[1]", b: "gone" }), { a: "[1]" }, "what is not named goes");
  await fails(merged(manifest, { a: "[2]" }, {}), BadKit);
  await fails(merged(manifest, {}, {}), BadKit);
  held += 2;

  const rows = Uint8Array.from({ length: 500 }, (_, i) => (i % 5 === 4 ? Math.floor(i / 5) * 2 : 0));
  for (let n = -1; n < 202; n++) {
    holds(() => assert.equal(among(rows, Uint8Array.of(0, 0, 0, 0, Math.max(n, 0))), n >= 0 ? n % 2 === 0 && n < 200 : true));
  }
  holds(() => assert.equal(among(new Uint8Array(), Uint8Array.of(1, 2, 3, 4, 5)), false));

  const hour = 3600000;
  const madeAt = Date.parse("2026-11-27T00:00:00Z");
  const made = (until) => new Kit({ made_at: "2026-11-27T00:00:00Z", valid_until: until, parts: [] }, {});
  const kit = made("2026-11-30T00:00:00Z");
  for (const [now, latest, state] of [
    [madeAt, madeAt, "ok"],
    [madeAt + 72 * hour, madeAt, "ok"],
    [madeAt + 72 * hour + 1, madeAt, "expired"],
    [madeAt + hour, madeAt + 73 * hour, "expired"],
    [madeAt - 5 * 60000, madeAt, "ok"],
    [madeAt - hour, madeAt, "clock"],
    [madeAt - hour, madeAt + 80 * hour, "clock"],
  ]) {
    holds(() => assert.equal(stateAt(kit, now, latest), state));
  }
  // A manifest that claims to hold longer does not.
  holds(() => assert.equal(stateAt(made("2027-11-30T00:00:00Z"), madeAt + 73 * hour, 0), "expired"));
}

// ---- the sweep ----

async function sweepsSayWhatTheServerSays({ bound, picked }) {
  const table = await readFile(path.join(root, "src/visits/sample/vectors.tsv"), "utf8");
  for (const row of table.split("\n").filter((row) => row !== "" && !row.startsWith("#"))) {
    const [suspect, checked, stock, lower, upper] = row.split(" ");
    const said = bound(Number(suspect), Number(checked), stock === "-" ? null : Number(stock));
    const near = said.kind === "share" ? 2e-9 : 0;
    holds(() => assert.ok(Math.abs(said.lower - lower) <= near && Math.abs(said.upper - upper) <= near, `${row}: ${JSON.stringify(said)}`));
  }
  assert.deepEqual(await picked("0123456789abcdef", 60, 10), [2, 7, 10, 13, 16, 18, 27, 37, 40, 47]);
  assert.deepEqual(await picked("种子", 100000, 5), [6027, 44251, 45820, 56876, 83711]);
  assert.equal(new Set(await picked("x", 500, 500)).size, 500);
  held += 3;
}

// ---- the outbox ----

async function everythingIsSentOnce({ Outbox }) {
  const records = Array.from({ length: 120 }, (_, n) => ({ id: `r${n}`, kind: "check", code: `c${n}`, made_at: "2026-11-27T08:00:00+08:00" }));
  const photos = new Map([["h1", { type: "image/jpeg", bytes: Uint8Array.of(1) }]]);
  const memory = { records: records.map((record, n) => ({ n, record })), photos, told: [] };
  const vault = {
    name: "v",
    phone: "p",
    sums: async () => ({ records: memory.records.length, photos: memory.photos.size }),
    photos: async () => [...memory.photos.keys()],
    photo: async (hash) => memory.photos.get(hash),
    photoSent: async (hash) => void memory.photos.delete(hash),
    first: async (count) => memory.records.slice(0, count),
    settled: async (places, told) => {
      memory.records = memory.records.filter(({ n }) => !places.includes(n));
      memory.told.push(...told);
    },
  };
  // A server that keeps what it answers, and loses, refuses, overtakes in between.
  const kept = new Map();
  const order = [];
  const mishaps = ["down", "lost", "busy", "part", "lost"];
  globalThis.fetch = async (url, { method, body }) => {
    order.push(method);
    if (method === "PUT") return new Response("{}", { status: 201 });
    const mishap = mishaps.shift();
    if (mishap === "down") throw new TypeError("no network");
    if (mishap === "busy") return new Response("", { status: 503 });
    const sent = JSON.parse(body).records;
    const some = mishap === "part" ? sent.slice(0, 3) : sent;
    const answers = some.map(({ id }) => {
      const again = kept.has(id);
      kept.set(id, (kept.get(id) ?? 0) + (again ? 0 : 1));
      if (id === "r5") return { id, state: "refused", says: null, problem: { zh: "不行", en: "no" } };
      const says = { overtaken: id === "r7", zh: "已召回", en: "recalled" };
      return { id, state: again ? "repeated" : says.overtaken ? "overtaken" : "accepted", says, problem: null };
    });
    if (mishap === "lost") throw new TypeError("the answer was lost");
    return Response.json({ records: answers });
  };
  const states = [];
  const outbox = new Outbox(vault, () => "now", (state) => states.push(state), async () => {});
  for (let tries = 0; memory.records.length > 0 && tries < 20; tries++) {
    await outbox.send();
    clearTimeout(outbox.timer);
  }
  holds(() => assert.equal(memory.records.length, 0));
  holds(() => assert.equal(kept.size, 120));
  holds(() => assert.ok([...kept.values()].every((times) => times === 1)));
  holds(() => assert.equal(order.filter((method) => method === "PUT").length, 1));
  holds(() => assert.equal(order[0], "PUT", "photographs go first"));
  holds(() => assert.deepEqual(memory.told.map(({ state, zh }) => [state, zh]), [["refused", "不行"], ["overtaken", "已召回"]]));
  holds(() => assert.ok(states.includes("cut") && states.at(-1) === "sent"));

  // Signed out: nothing leaves the phone, and the page hears of it.
  memory.records = [{ n: 1, record: records[0] }];
  globalThis.fetch = async () => new Response("", { status: 401 });
  await outbox.send();
  clearTimeout(outbox.timer);
  holds(() => assert.equal(states.at(-1), "signedout"));
  holds(() => assert.equal(memory.records.length, 1));
}

try {
  await writeFile(path.join(folder, "package.json"), '{"type":"module"}');
  await cp(path.join(root, "src/web/static/check"), folder, { recursive: true });
  await cp(path.join(root, "src/web/vendor"), folder, { recursive: true });
  const at = (name) => import(pathToFileURL(path.join(folder, name)).href);
  await kitKeepsItsPromises(await at("kit.js"));
  await sweepsSayWhatTheServerSays(await at("sweep.js"));
  await everythingIsSentOnce(await at("outbox.js"));
  console.log(JSON.stringify({ held }));
} finally {
  await rm(folder, { recursive: true });
}
