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
  // A block that ended is over; what stands beside it is said still.
  const block = { batch: "1-2", whole: true, until: "2026-11-28T00:00:00Z", zh: "停用" };
  const recall = { batch: "1-2", whole: true, until: null, zh: "召回" };
  const withdrawn = (...said) => new Kit({ made_at: "2026-11-27T00:00:00Z", valid_until: "2026-11-30T00:00:00Z", parts: [] }, { "withdrawn/1": JSON.stringify(said) });
  const payload = { key: 1, batch: 2, layer: "outer", serial: Uint8Array.of(0, 0, 0, 0, 1) };
  for (const [kit, at, zh] of [
    [withdrawn(block), madeAt + 23 * hour, "停用"],
    [withdrawn(block), madeAt + 24 * hour, undefined],
    [withdrawn(block, recall), madeAt + 23 * hour, "停用"],
    [withdrawn(block, recall), madeAt + 24 * hour, "召回"],
  ]) {
    holds(() => assert.equal(kit.withdrawal(payload, at).said?.zh, zh));
  }
  const after = withdrawn(block, { batch: "1-2", ask: true, until: "2026-11-29T00:00:00Z" });
  holds(() => assert.deepEqual(after.withdrawal(payload, madeAt + 30 * hour), { ask: true }));
  holds(() => assert.deepEqual(after.withdrawal(payload, madeAt + 48 * hour), {}));
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

// ---- what the server takes ----

const written = (value) => {
  if (Array.isArray(value)) return value.map(written);
  if (value?.times !== undefined) return value.of.repeat(value.times);
  return value?.list === undefined ? value : Array(value.list).fill(written(value.of));
};

async function formsRefuseWhatTheServerWould({ faultOf }) {
  const { bases, cases } = JSON.parse(await readFile(path.join(root, "src/visits/record/vectors.json"), "utf8"));
  for (const [kind, member, value, taken, named = member] of cases) {
    const record = structuredClone(bases[kind]);
    const names = member.split(".");
    const last = names.pop();
    names.reduce((inner, name) => inner[name], record)[last] = written(value);
    holds(() => assert.equal(faultOf(record), taken ? null : named, JSON.stringify([kind, member, value])));
  }
}

// ---- the outbox ----

/** What a phone keeps, in memory. */
function vaultOf(records, photos = new Map()) {
  const memory = { records: records.map((record, n) => ({ n, record })), photos, told: [], refused: new Map() };
  const waiting = () => [...memory.photos.keys()].filter((hash) => !memory.refused.has(hash));
  const vault = {
    name: "v",
    phone: "p",
    sums: async () => ({ records: memory.records.length, photos: waiting().length }),
    photos: async () => waiting(),
    photo: async (hash) => memory.photos.get(hash),
    photoSent: async (hash) => void memory.photos.delete(hash),
    photoRefused: async (hash, why) => void memory.refused.set(hash, why),
    first: async (count) => memory.records.slice(0, count),
    settled: async (places, told, refused) => {
      memory.records = memory.records.filter(({ n }) => !places.includes(n));
      memory.told.push(...told);
      for (const one of refused) memory.refused.set(one.record.id, one);
    },
  };
  return { memory, vault };
}

const check = (n, more = {}) => ({ id: `r${n}`, kind: "check", code: `c${n}`, made_at: "2026-11-27T08:00:00+08:00", ...more });
const problem = (status, document) =>
  new Response(JSON.stringify(document), { status, headers: { "content-type": "application/problem+json" } });

async function everythingIsSentOnce({ Outbox }) {
  const records = Array.from({ length: 120 }, (_, n) => check(n));
  const { memory, vault } = vaultOf(records, new Map([["h1", { type: "image/jpeg", bytes: Uint8Array.of(1) }]]));
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
  holds(() => assert.equal(order[0], "POST", "records go first"));
  holds(() => assert.deepEqual(memory.told.map(({ state, zh }) => [state, zh]), [["overtaken", "已召回"]]));
  holds(() => assert.deepEqual([...memory.refused].map(([id, { record, zh }]) => [id, record.code, zh]), [["r5", "c5", "不行"]]));
  holds(() => assert.ok(states.includes("cut") && states.at(-1) === "sent"));

  // Signed out: nothing leaves the phone, and the page hears of it.
  memory.records = [{ n: 1, record: records[0] }];
  globalThis.fetch = async () => new Response("", { status: 401 });
  await outbox.send();
  clearTimeout(outbox.timer);
  holds(() => assert.equal(states.at(-1), "signedout"));
  holds(() => assert.equal(memory.records.length, 1));
  // A network that wants a sign-in of its own, or a proxy that forbids, is not the server.
  globalThis.fetch = async () => new Response("<p>no</p>", { status: 403, headers: { "content-type": "text/html" } });
  await outbox.send();
  clearTimeout(outbox.timer);
  holds(() => assert.equal(states.at(-1), "cut"));
  holds(() => assert.equal(memory.records.length, 1));
}

async function noPhotographIsLost({ Outbox }) {
  const answers = {
    slow: () => { throw new DOMException("late", "TimeoutError"); },
    cut: () => new Response("", { status: 408 }),
    long: () => new Response("<p>413</p>", { status: 413 }),
    away: () => new Response("<p>404</p>", { status: 404 }),
    damaged: () => problem(409, { detail: "hash" }),
    bad: () => problem(422, { detail: "不是照片" }),
    good: () => new Response("", { status: 201 }),
  };
  const photos = new Map(Object.keys(answers).map((hash) => [hash, { type: "image/jpeg", bytes: Uint8Array.of(1) }]));
  const { memory, vault } = vaultOf([check(1)], photos);
  globalThis.fetch = async (url, { method, body }) => {
    if (method === "PUT") return answers[url.split("/").at(-1)]();
    return Response.json({ records: JSON.parse(body).records.map(({ id }) => ({ id, state: "accepted" })) });
  };
  const states = [];
  const outbox = new Outbox(vault, () => "now", (...said) => states.push(said), async () => {});
  const round = async () => {
    await outbox.send();
    clearTimeout(outbox.timer);
  };
  await round();
  // Records went though photographs did not; what the server refused itself is laid aside at once.
  holds(() => assert.equal(memory.records.length, 0));
  holds(() => assert.deepEqual(states.at(-1), ["skipped", 5]));
  holds(() => assert.deepEqual([...memory.refused].map(([hash, { zh }]) => [hash, zh]), [["bad", "不是照片"]]));
  holds(() => assert.deepEqual([...memory.photos.keys()], ["slow", "cut", "long", "away", "damaged", "bad"]));
  for (let n = 0; n < 9; n++) await round();
  // What is answered otherwise again and again is laid aside too, and is kept.
  holds(() => assert.deepEqual([...memory.refused.keys()].sort(), ["away", "bad", "damaged", "long"]));
  holds(() => assert.equal(memory.photos.size, 6));
  holds(() => assert.deepEqual(states.at(-1), ["skipped", 2]));
}

async function callsAreFilledByBytesToo({ Outbox }) {
  // Fifty of these are over a mebibyte; and one makes its whole call fail.
  const text = "照".repeat(13000);
  const records = Array.from({ length: 60 }, (_, n) => check(n, { note: text, bad: n === 41 }));
  const { memory, vault } = vaultOf(records);
  let largest = 0;
  const kept = [];
  globalThis.fetch = async (url, { body }) => {
    largest = Math.max(largest, new TextEncoder().encode(body).length);
    const sent = JSON.parse(body).records;
    const bad = sent.findIndex(({ bad }) => bad);
    if (bad >= 0) return problem(422, { detail: "没有编号", errors: [{ field: `records[${bad}].id` }] });
    kept.push(...sent.map(({ id }) => id));
    return Response.json({ records: sent.map(({ id }) => ({ id, state: "accepted" })) });
  };
  const outbox = new Outbox(vault, () => "now", () => {}, async () => {});
  await outbox.send();
  clearTimeout(outbox.timer);
  holds(() => assert.ok(largest <= 1024 * 1024, String(largest)));
  holds(() => assert.equal(memory.records.length, 0));
  holds(() => assert.deepEqual([...memory.refused.keys()], ["r41"]));
  holds(() => assert.deepEqual(kept, records.filter(({ bad }) => !bad).map(({ id }) => id), "each once, in order"));
}

try {
  await writeFile(path.join(folder, "package.json"), '{"type":"module"}');
  await cp(path.join(root, "src/web/static/check"), folder, { recursive: true });
  await cp(path.join(root, "src/web/vendor"), folder, { recursive: true });
  const at = (name) => import(pathToFileURL(path.join(folder, name)).href);
  await kitKeepsItsPromises(await at("kit.js"));
  await sweepsSayWhatTheServerSays(await at("sweep.js"));
  await formsRefuseWhatTheServerWould(await at("bounds.js"));
  await everythingIsSentOnce(await at("outbox.js"));
  await noPhotographIsLost(await at("outbox.js"));
  await callsAreFilledByBytesToo(await at("outbox.js"));
  console.log(JSON.stringify({ held }));
} finally {
  await rm(folder, { recursive: true });
}
