// A sweep of a shelf: a running count, the statement that it allows, and the
// draw that makes "at random" true.
import { app, byId, made, record, show, tell } from "./app.js";
import { finish } from "./asking.js";
import { checkDigitIsRight } from "./code.js";
import { CONFIDENCE, STOCK_MAX, bound, picked } from "./sweep.js";
import { hex } from "./kit.js";
import { say } from "./words.js";

const SEED_BYTES = 8;
/** Positions of one draw. */
const DRAW_MAX = 500;

let seed = null;

const value = (id) => byId(id).value.trim();

function stockOf() {
  const text = value("stock");
  if (text === "") return null;
  const stock = Number(text);
  return Number.isInteger(stock) && stock >= 1 && stock <= STOCK_MAX ? stock : NaN;
}

function gtinOf() {
  const digits = value("gtin");
  if (digits === "") return null;
  const sound = /^[0-9]{8,14}$/.test(digits) && checkDigitIsRight(digits);
  return sound ? digits.padStart(14, "0") : undefined;
}

// ---- what follows from what was checked ----

/** Each label once, by what is worst of its readings, as the server counts. */
export function tally(seen) {
  const sums = { checked: 0, suspect: 0, open: 0 };
  for (const label of Object.values(seen)) {
    if (label.against || label.settled) sums.checked += 1;
    else sums.open += 1;
    if (label.against) sums.suspect += 1;
  }
  return sums;
}

// With one decimal at most, away from what is claimed, so that it stays true.
function percent(share, up) {
  const tenths = (up ? Math.ceil : Math.floor)(share * 1000);
  return String(tenths / 10);
}

const SURE = percent(CONFIDENCE, false);

function checkedText({ checked, suspect }, stock) {
  const key = `checked_${suspect > 0 ? "some" : "none"}${stock === null ? "" : "_of"}`;
  return say(key, checked, suspect, stock);
}

function drawnText({ kind, lower, upper }, stock) {
  if (kind === "share" && lower === 0) return say("drawn_share", SURE, percent(upper, true));
  if (kind === "share") return say("drawn_shares", SURE, percent(lower, false), percent(upper, true));
  const from = lower > 0 ? say("drawn_from", lower) : "";
  return say("drawn_units", SURE, from, upper, percent(upper / stock, true), stock);
}

function sentence(sums, { stock, sampling }) {
  const { checked, suspect, open } = sums;
  const all = stock === null ? sampling === "all" && open === 0 : checked >= stock;
  if (checked === 0) return say("state_none");
  if (all) return say("state_all", checked, suspect);
  if (sampling !== "random") return say("state_chosen", checkedText(sums, stock));
  return say("state_drawn", checkedText(sums, stock), drawnText(bound(suspect, checked, stock), stock));
}

/** What a sweep says, in the words that the record has too. */
export function statement(sweep) {
  const sums = tally(sweep.seen);
  return sentence(sums, sweep) + (sums.open > 0 ? say("state_open", sums.open) : "");
}

export function showSweep() {
  const { sweep, visit } = app;
  show("sweep-needs", !visit);
  show("sweep-none", Boolean(visit) && !sweep);
  show("sweep-open", Boolean(sweep));
  show("sweep-line", Boolean(sweep));
  if (!sweep) return;
  const sums = tally(sweep.seen);
  byId("sweep-line").textContent = say("sweep_line", sums.checked, sums.suspect);
  byId("sweep-checked").textContent = String(sums.checked);
  byId("sweep-suspect").textContent = String(sums.suspect);
  byId("sweep-open-units").textContent = String(sums.open);
  byId("statement").textContent = statement(sweep);
  byId("statement").className = sums.suspect > 0 ? "statement bad" : "statement";
}

const keep = async () => {
  if (app.sweep) await app.vault.put("sweep", app.sweep);
  else await app.vault.drop("sweep");
  showSweep();
};

const facts = ({ visit, gtin, stock, sampling, seed }, ended) => ({ visit, gtin, stock, sampling, seed, ended });

async function begin() {
  const [stock, gtin] = [stockOf(), gtinOf()];
  if (Number.isNaN(stock)) return tell(say("stock_wrong", STOCK_MAX), true);
  if (gtin === undefined) return tell(say("gtin_wrong"), true);
  const sweep = { visit: app.visit.id, gtin, stock, sampling: value("sampling"), seed, seen: {} };
  const id = await record("sweep", facts(sweep, false));
  if (!id) return;
  app.sweep = { id, ...sweep };
  seed = null;
  tell("");
  await keep();
}

export async function endSweep() {
  // The last label belongs to it, however quickly somebody taps.
  await finish();
  if (!app.sweep) return;
  const { id } = app.sweep;
  if (!(await record("sweep", { ...facts(app.sweep, true), sweep: id }))) return;
  app.sweep = null;
  await keep();
}

const AGAINST = ["suspect", "not_genuine"];

/** One more unit of the visit and, where there is one, of the sweep. */
export async function counted({ shown, serial, code }, matches) {
  if (app.visit) {
    app.visit.checks += 1;
    await app.vault.put("visit", app.visit);
  }
  if (app.sweep) await count(serial ?? code, shown, matches);
}

async function count(label, shown, matches) {
  const before = app.sweep.seen[label] ?? { against: false, settled: false };
  app.sweep.seen[label] = {
    against: before.against || AGAINST.includes(shown) || matches === false,
    settled: before.settled || shown !== "cannot_confirm",
  };
  await keep();
}

/** A label of this sweep of which the server said something later than it was counted. */
async function recounted({ serial, code, sweep }, { outcome }) {
  if (app.sweep && app.sweep.id === sweep) await count(serial ?? code, outcome, null);
}

async function draw() {
  const stock = stockOf();
  if (!stock) return tell(say("draw_needs"), true);
  const count = Math.min(Number(value("draw-count")) || 1, DRAW_MAX);
  seed = hex(crypto.getRandomValues(new Uint8Array(SEED_BYTES)));
  const places = await picked(seed, stock, count);
  byId("sampling").value = "random";
  byId("drawn").replaceChildren(
    made("p", { name: "drawn", text: say("drawn", places.join("、")) }),
    made("p", { name: "help", text: say("draw_seed", seed) }),
  );
}

export function wire(scan) {
  byId("sweep-form").addEventListener("submit", (event) => {
    event.preventDefault();
    begin();
  });
  byId("draw").addEventListener("click", draw);
  byId("sweep-scan").addEventListener("click", scan);
  byId("sweep-end").addEventListener("click", endSweep);
  const option = (key) => made("option", { value: key, text: say(`sampling_${key}`) });
  byId("sampling").append(...["random", "picked", "all"].map(option));
  Object.assign(app, { counted, recounted, endSweep });
}
