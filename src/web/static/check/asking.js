// One label: asks the server, or without network the kit, and shows what comes.
import { answer, goodsDiffer } from "./answer.js";
import { ageText, app, byId, clockText, given, made, network, nowAndLatest, over, record, show, tell } from "./app.js";
import { ageAt, stateAt } from "./kit.js";
import { SignedOut } from "./outbox.js";
import { photograph } from "./photo.js";
import { uuid } from "./vault.js";
import { pick, say } from "./words.js";

/** How long the server may think before the kit answers, milliseconds. */
const SERVER_MS = 3000;
const LATEST_SHOWN = 5;

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
  if (response.type === "opaqueredirect" || response.status === 401 || response.status === 403) throw new SignedOut();
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}

/** Asks, and shows the answer. */
export async function ask(text) {
  const code = text.trim();
  if (code === "") return;
  await finish();
  tell(say("asking"));
  try {
    const answered = await byServer(code);
    app.online = true;
    showServer(code, answered);
  } catch (problem) {
    if (problem instanceof SignedOut) return app.leave();
    app.online = false;
    await withoutServer(code, problem.name === "TimeoutError");
  }
  app.changed();
}

async function withoutServer(code, slow) {
  if (!app.kit) return tell(say("cut_no_kit"), true);
  const [now, latest] = nowAndLatest();
  const state = stateAt(app.kit, now, latest);
  if (state !== "ok") return tell(say("refused_locked"), true);
  showKit(code, await answer(app.kit, code, byId("inhand").value), slow);
}

// ---- what is shown ----

function open(shown, word, lead, source) {
  tell("");
  byId("answer").className = `answer ${shown}`;
  byId("word").textContent = word;
  byId("lead").textContent = lead;
  byId("source").textContent = source;
  for (const id of ["findings", "goods", "officer"]) byId(id).replaceChildren();
  byId("found").reset();
  byId("photos").textContent = "";
  show("found", app.vault !== null);
  over("answer", true);
  byId("answer").scrollTop = 0;
  byId("next").focus();
  if (shown !== "genuine" && shown !== "seen_before") navigator.vibrate?.([120, 60, 120]);
}

function line(label, value) {
  if (value === undefined || value === null || value === "") return [];
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

// `shown`: the answer about the label; that the goods are others is a finding.
function begin(code, shown, serial, mismatch) {
  draft = { code, shown, mismatch, serial: serial ?? null, photos: [], offline: !app.online, network: network(), kit: app.kit?.manifest.version ?? null };
  app.last = code;
  return app.vault ? app.vault.put("draft", draft) : null;
}

function showKit(code, found, slow) {
  const [now, latest] = nowAndLatest();
  const source = say("by_kit", clockText(app.kit.madeAt), ageText(ageAt(app.kit, now, latest)));
  open(found.shown, say(`off_${found.word}`), sentence(found.word, found), source);
  const rest = found.findings.slice(1).filter((word) => word !== "valid");
  const more = rest.map((word) => made("li", { text: `${say(`off_${word}`)}：${sentence(word, found)}` }));
  const beside = [slow && "slow", app.kit.isCut && "flag_cut"].filter(Boolean);
  more.push(...beside.map((key) => made("li", { text: say(key) })));
  byId("findings").append(...more, made("li", { name: "never", text: say("never") }));
  byId("goods").append(...goodsOf(found), ...ofKit(found));
  begin(code, found.label ?? found.shown, found.serial, found.findings.includes("product_mismatch"));
}

function ofKit({ batch, said, key }) {
  return [
    ...line(say("destination"), batch && (batch.destination === 0 ? say("anywhere") : batch.destination)),
    ...line(say("reason"), said && pick({ zh: said.zh, en: said.en })),
    ...line(say("remedy"), said && pick({ zh: said.remedy_zh, en: said.remedy_en })),
    ...line(say("since"), said && clockText(Date.parse(said.since))),
    ...line(say("revoked_since"), key?.since && clockText(Date.parse(key.since))),
  ];
}

function sentence(word, { product, host }) {
  const value = word === "product_mismatch" ? product && pick(product) : host;
  return say(`say_${word}`, value);
}

function showServer(code, found) {
  const [first, ...more] = found.reasons ?? [];
  open(found.outcome, say(found.outcome), first?.text ?? "", say("by_server", clockText(Date.now())));
  const inHand = byId("inhand").value;
  const mismatch = differs(found, inHand);
  const said = more.map((reason) => reason.text);
  if (mismatch) said.unshift(mismatch);
  byId("findings").append(...said.map((text) => made("li", { text, name: text === mismatch ? "worst" : "" })));
  byId("goods").append(...goodsOf(found));
  byId("officer").append(...ofOfficer(found));
  begin(code, found.outcome, found.serial, mismatch !== null);
  if (mismatch) byId("answer").className = "answer suspect";
  if (mismatch) byId("word").textContent = say("off_product_mismatch");
}

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
  const { code, shown, photos } = one;
  const of = { visit: app.visit?.id ?? null, sweep: app.sweep?.id ?? null };
  const facts = { made_offline: one.offline, kit: one.kit, network: one.network };
  if (await record("check", { ...of, code, shown, ...seen, photos, ...facts })) {
    await app.vault.drop("draft");
    await app.counted(one, seen.found.matches_label);
  }
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

/** A label that was on the screen when the page died is recorded as it stood. */
export async function recover() {
  const one = await app.vault.get("draft");
  const found = { matches_label: one?.mismatch ? false : null, product_in_hand: null, note: "" };
  if (one) await end(one, { quantity: 1, found });
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
  byId("found-photo").addEventListener("click", async () => {
    const hash = await photograph(say("kind_check"));
    if (!hash || !draft) return;
    draft.photos.push(hash);
    await app.vault.put("draft", draft);
    byId("photos").textContent = say("photos_taken", draft.photos.length);
  });
}
