// One label: the kit answers at once, marked as the phone's own; the server is
// asked meanwhile, and what it says stands in the place of that.
import { answer, goodsDiffer } from "./answer.js";
import { ageText, app, byId, clockText, given, made, network, nowAndLatest, over, record, show, tell } from "./app.js";
import { ageAt, stateAt } from "./kit.js";
import { SignedOut } from "./outbox.js";
import { photograph } from "./photo.js";
import { BOUNDS } from "./bounds.js";
import { uuid } from "./vault.js";
import { pick, say } from "./words.js";

/** How long the server may think before the kit's answer is all there is, milliseconds. */
const SERVER_MS = 10000;
const LATEST_SHOWN = 5;
/** Outcomes that say the same of a label, as far as an officer acts on it. */
const GOOD = ["genuine", "seen_before"];

/** Begins the name of each label that is kept before its record is. */
const DRAFT = "draft";

/** The label on the screen: what was answered and seen of it. */
let draft = null;

// ---- who answers ----

async function byServer(code) {
  const scan_id = uuid();
  const response = await fetch(given.ask, {
    method: "POST",
    headers: { accept: "application/json", "content-type": "application/json" },
    body: JSON.stringify({ code, scan_id }),
    redirect: "manual",
    signal: AbortSignal.timeout ? AbortSignal.timeout(SERVER_MS) : undefined,
  });
  if (response.status === 401 || response.status === 403) throw new SignedOut();
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

/** What the kit says; null without one that may answer. */
async function byKit(code) {
  const [now, latest] = nowAndLatest();
  if (!app.kit || stateAt(app.kit, now, latest) !== "ok") return null;
  return answer(app.kit, code, byId("inhand").value, now);
}

/** Asks both, and shows what comes: the kit's answer until the server's. */
export async function ask(text) {
  const code = text.trim();
  if (code === "") return;
  await finish();
  tell(say("asking"));
  let settled = false;
  const server = byServer(code).then((found) => ({ found }), (problem) => ({ problem }));
  server.then(() => (settled = true));
  const kit = await byKit(code);
  const one = kit && !settled ? showKit(code, kit) : null;
  const { found, problem } = await server;
  if (problem instanceof SignedOut) return app.leave();
  app.online = found !== undefined;
  if (found) answered(code, one, kit, found);
  else unanswered(code, one, kit, problem);
  app.changed();
}

function answered(code, one, kit, found) {
  if (one === null || one === draft) return showServer(code, one, kit, found);
  // The next label is on the screen already: what was shown of this one may not stand.
  if (GOOD.includes(one.shown) && GOOD.includes(found.outcome)) return;
  app.recounted(one, found);
  if (one.shown !== found.outcome) late(one, found);
}

function unanswered(code, one, kit, problem) {
  if (!kit) return tell(say(app.kit ? "refused_locked" : "cut_no_kit"), true);
  if (one !== null && one !== draft) return;
  if (one === null) showKit(code, kit);
  byId("answer").classList.remove("asking");
  show("still", false);
  if (problem.name === "TimeoutError") byId("findings").prepend(made("li", { text: say("slow") }));
}

function late(one, found) {
  byId("late-says").textContent = say("late", (one.serial ?? one.code).slice(-8), say(found.outcome));
  show("late", true);
  navigator.vibrate?.([120, 60, 120]);
}

// ---- what is shown ----

function paint(shown, word, lead, source) {
  tell("");
  byId("answer").className = `answer ${shown}`;
  byId("word").textContent = word;
  byId("lead").textContent = lead;
  byId("source").textContent = source;
  for (const id of ["findings", "goods", "officer"]) byId(id).replaceChildren();
  show("still", false);
  if (!GOOD.includes(shown)) navigator.vibrate?.([120, 60, 120]);
}

/** Makes way for a label: what is seen of it is still empty. */
function open() {
  byId("found").reset();
  byId("photos").textContent = "";
  show("found", app.vault !== null);
  over("answer", true);
  byId("answer").scrollTop = 0;
  byId("next").focus();
}

function line(label, value) {
  if (value === undefined || value === null || value === "" || value === false) return [];
  return [made("div", {}, made("dt", { text: label }), made("dd", { text: String(value) }))];
}

const place = (place) => [place?.region, place?.city].filter(Boolean).join(" ");

function goodsOf({ product, batch, serial }) {
  return [
    ...line(say("serial"), serial?.replace(/(.{5})(?=.)/g, "$1 ")),
    ...line(say("product"), product && pick(product.name ?? product)),
    ...line(say("maker"), product && pick(product.enterprise ?? { zh: product.maker_zh, en: product.maker_en })),
    ...line(say("lot"), batch?.lot),
    ...line(say("made_on"), batch?.madeOn ?? batch?.made_on),
  ];
}

let writing = Promise.resolve();

/** Keeps the label on the screen, in case the page dies with it; a finished one is kept no more. */
function keepDraft() {
  const one = draft;
  // Where there is no room for it, its record says so.
  const written = () => (draft === one ? app.vault.put(one.name, one) : null);
  if (app.vault) writing = writing.then(written).catch(() => {});
  return writing;
}

// `shown`: the answer about the label; that the goods are others is a finding.
function begin(code, facts) {
  // Two that were asked for in a row: the first is not lost.
  finish();
  const of = { visit: app.visit?.id ?? null, sweep: app.sweep?.id ?? null };
  draft = { name: DRAFT + uuid(), code, photos: [], ...of, network: network(), kit: app.kit?.manifest.version ?? null, ...facts };
  app.last = code;
  open();
  keepDraft();
  return draft;
}

/** Gives the label that is on the screen now. */
function showKit(code, found) {
  const [now, latest] = nowAndLatest();
  const source = say("by_kit", clockText(app.kit.madeAt), ageText(ageAt(app.kit, now, latest)));
  paint(found.shown, say(`off_${found.word}`), sentence(found.word, found), source);
  byId("answer").classList.add("asking");
  show("still", true);
  const rest = found.findings.slice(1).filter((word) => word !== "valid");
  const more = rest.map((word) => made("li", { text: `${say(`off_${word}`)}：${sentence(word, found)}` }));
  if (app.kit.isCut) more.push(made("li", { text: say("flag_cut") }));
  byId("findings").append(...more, made("li", { name: "never", text: say("never") }));
  byId("goods").append(...goodsOf(found), ...ofKit(found));
  const mismatch = found.findings.includes("product_mismatch");
  return begin(code, { shown: found.label ?? found.shown, serial: found.serial ?? null, mismatch, offline: true });
}

function ofKit({ batch, said, key }) {
  return [
    ...line(say("destination"), batch && (batch.destination === 0 ? say("anywhere") : batch.destination)),
    ...line(say("reason"), said && pick({ zh: said.zh, en: said.en })),
    ...line(say("remedy"), said && pick({ zh: said.remedy_zh, en: said.remedy_en })),
    ...line(say("since"), said && clockText(Date.parse(said.since))),
    ...line(say("until"), said && Number.isFinite(said.until) && clockText(said.until)),
    ...line(say("revoked_since"), key?.since && clockText(Date.parse(key.since))),
  ];
}

function sentence(word, { product, host }) {
  const value = word === "product_mismatch" ? product && pick(product) : host;
  return say(`say_${word}`, value);
}

/** In the place of what the kit said, where that was shown. */
function showServer(code, one, kit, found) {
  const [first, ...more] = found.reasons ?? [];
  const mismatch = differs(found, byId("inhand").value);
  const shown = mismatch ? "suspect" : found.outcome;
  const word = mismatch ? say("off_product_mismatch") : say(found.outcome);
  paint(shown, word, first?.text ?? "", say("by_server", clockText(Date.now())));
  const said = more.map((reason) => reason.text);
  if (mismatch) said.unshift(mismatch);
  const lines = said.map((text) => made("li", { text, name: text === mismatch ? "worst" : "" }));
  if (kit && isOtherwise(kit.shown, shown)) lines.push(made("li", { text: say("kit_said", say(`off_${kit.word}`)) }));
  byId("findings").append(...lines);
  byId("goods").append(...goodsOf(found));
  byId("officer").append(...ofOfficer(found));
  const facts = { shown: found.outcome, serial: found.serial ?? null, mismatch: mismatch !== null, offline: false };
  if (one === null) return begin(code, facts);
  Object.assign(one, facts);
  return keepDraft();
}

const isOtherwise = (one, other) => one !== other && !(GOOD.includes(one) && GOOD.includes(other));

// The server is not asked what is in the hand.
function differs({ product }, inHand) {
  if (!product || !goodsDiffer(product, inHand)) return null;
  return say("say_product_mismatch", pick(product.name));
}

function ofOfficer({ officer, risk, scans }) {
  if (!officer) return [];
  const of = (list) => (list ?? []).map((one) => (typeof one === "string" ? one : one.number ?? one.id)).join(" ");
  const chance = officer.risk ?? risk;
  const flag = officer.flag && say(`flag_${officer.flag.state}`);
  const reasons = officer.flag?.reasons?.map((reason) => reason.text ?? pick(reason)).join("；");
  return [
    made("h3", { text: say("for_officers") }),
    made(
      "dl",
      {},
      ...line(say("risk"), chance === undefined || chance === null ? "" : `${(chance * 100).toFixed(1)} %`),
      ...line(say("flag"), flag && [flag, reasons].filter(Boolean).join("：")),
      ...line(say("planted"), officer.planted ? say("planted_says") : ""),
      ...line(say("leak"), officer.leak),
      ...line(say("destination"), officer.destination && (place(officer.destination) || pick(officer.destination))),
      ...line(say("scans"), officer.scans?.count ?? scans?.count),
      ...line(say("leads"), of(officer.leads)),
      ...line(say("cases"), of(officer.cases)),
    ),
    ...latest(officer.scans?.latest),
  ];
}

function latest(list) {
  if (!list?.length) return [];
  const one = ({ at, place: where, channel }) =>
    [clockText(Date.parse(at)), place(where), say(`channel_${channel}`)].filter(Boolean).join(" · ");
  const rows = list.slice(0, LATEST_SHOWN).map((scan) => made("li", { text: one(scan) }));
  return [made("h3", { text: say("latest") }), made("ul", {}, ...rows)];
}

// ---- what is recorded ----

function foundOf(mismatch) {
  const form = new FormData(byId("found"));
  const matches = { yes: true, no: false }[form.get("matches")] ?? (mismatch ? false : null);
  const select = byId("inhand");
  const product_in_hand = select.value === "" ? null : select.selectedOptions[0].textContent;
  return { matches_label: matches, product_in_hand, note: String(form.get("note") ?? "").trim() };
}

async function end(one, seen) {
  // What is still being written of it would outlive its record.
  await writing;
  const { code, shown, photos, visit, sweep } = one;
  const facts = { made_offline: one.offline, kit: one.kit, network: one.network };
  const check = { visit, sweep, code, shown, ...seen, photos, ...facts };
  if (await record("check", check, one.name)) await app.counted(one, seen.found.matches_label);
}

// One after another: a scanner is quicker than the storage.
let ending = Promise.resolve();

/** Ends the label before: what was answered and seen of it becomes a record. */
export function finish() {
  const one = draft;
  draft = null;
  if (!one || !app.vault) return ending;
  const seen = { quantity: Number(byId("quantity").value) || 1, found: foundOf(one.mismatch) };
  ending = ending.then(() => end(one, seen));
  return ending;
}

/** Labels that were on the screen when the page died are recorded as they stood. */
export async function recover() {
  for (const name of await app.vault.named(DRAFT)) {
    const one = { ...(await app.vault.get(name)), name };
    const found = { matches_label: one.mismatch ? false : null, product_in_hand: null, note: "" };
    await end(one, { quantity: 1, found });
  }
}

function close() {
  over("answer", false);
  byId("code").value = "";
  byId(app.sweep ? "sweep-scan" : "scan").focus();
}

/** Makes way for the next label. */
export function dismiss() {
  if (byId("answer").hidden) return;
  finish();
  close();
}

/** Wires what belongs to an answer. */
export function wire() {
  byId("next").addEventListener("click", dismiss);
  byId("late-seen").addEventListener("click", () => show("late", false));
  byId("found-photo").addEventListener("click", async () => {
    if (draft?.photos.length >= BOUNDS.check_photos) return byId("photos").textContent = say("wrong_photos");
    const hash = await photograph(say("kind_check"));
    if (!hash || !draft) return;
    draft.photos.push(hash);
    await keepDraft();
    byId("photos").textContent = say("photos_taken", draft.photos.length);
  });
}
