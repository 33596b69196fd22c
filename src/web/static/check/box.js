// What waits to be sent, what the server said of it, and the offline kit: its
// fetching, its age, its lock.
import { ageText, app, byId, clockText, given, made, nowAndLatest, show, tell } from "./app.js";
import { BadKit, Kit, ageAt, merged, opened, stateAt } from "./kit.js";
import { Cut, SignedOut, askJson } from "./outbox.js";
import { showRefused } from "./refused.js";
import { PHOTOS_BYTES_MAX, RECORDS_MAX } from "./vault.js";
import { has, pick, say } from "./words.js";

const MIB = 1024 * 1024;

// ---- the kit ----

const sizeOf = (parts) => Object.values(parts).reduce((sum, text) => sum + text.length, 0);

async function take(kept, office) {
  const manifest = await opened(kept.manifest, office);
  app.kit = new Kit(manifest, kept.parts);
  app.kitBytes = sizeOf(kept.parts);
}

/** The kit that is kept; a broken one is as none. */
export async function loadKit() {
  const kept = await app.vault.get("kit");
  if (!kept) return;
  try {
    await take(kept, kept.office);
  } catch {
    await app.vault.drop("kit");
  }
}

async function officeKeys() {
  const { keys } = await askJson(given.office);
  return keys.filter((key) => key.use === "sig" || key.use === undefined);
}

/** Asks for what changed; "renewed", "same" or "absent". */
export async function renewKit() {
  const had = (await app.vault.get("kit")) ?? { version: 0, parts: {} };
  const sent = await askJson(`${given.kit}?have=${had.version}`);
  if (!sent.manifest) return "absent";
  const office = await officeKeys();
  const manifest = await opened(sent.manifest, office);
  // A server that was set back numbers anew, but never signs an older instant.
  if (app.kit && Date.parse(manifest.made_at) < app.kit.madeAt) throw new BadKit("older");
  const parts = await merged(manifest, sent.parts, had.parts);
  const kept = { version: manifest.version, manifest: sent.manifest, parts, office };
  await app.vault.put("kit", kept);
  await take(kept, office);
  // The server just told the time: a clock that once ran ahead is forgiven.
  app.latest = Date.now();
  return manifest.version === had.version ? "same" : "renewed";
}

/** Renews it and says how that went; quietly where nobody asked. */
export async function renew(quietly) {
  if (!app.vault?.key) return;
  try {
    const how = await renewKit();
    app.online = true;
    if (!quietly) tell(say(`kit_${how}`), how === "absent");
  } catch (problem) {
    failed(problem, quietly);
  }
  app.changed();
}

function failed(problem, quietly) {
  if (problem instanceof SignedOut) return app.leave();
  if (problem instanceof Cut) app.online = false;
  if (problem instanceof BadKit) return tell(say("kit_bad"), true);
  if (!quietly) tell(problem instanceof Cut ? say("cut") : String(problem.message), true);
}

// ---- what is shown ----

export function showStrip(sums) {
  byId("net").textContent = say(app.online ? "online" : "offline");
  byId("net").className = app.online ? "good" : "off";
  const count = sums.records + sums.photos;
  const refused = sums.refused > 0 ? say("refused_count", sums.refused) : "";
  byId("waiting").textContent = [count > 0 ? say("waiting", count) : say("nothing_waits"), refused].filter(Boolean).join(" · ");
  byId("waiting").className = sums.refused > 0 ? "bad" : "";
  const [now, latest] = nowAndLatest();
  const state = app.kit ? stateAt(app.kit, now, latest) : "none";
  byId("age").textContent = state === "none" ? say("kit_none") : state === "ok" ? say("kit_age", ageText(ageAt(app.kit, now, latest))) : say("kit_locked");
  byId("age").className = state === "ok" ? "" : "bad";
  byId("locked").textContent = has(state) ? say(state) : "";
  show("locked", state === "expired" || state === "clock");
}

export async function showBox(sums) {
  const { records, photos, bytes } = sums;
  const waits = records + photos > 0;
  byId("box-waits").textContent = waits ? say("box_waits", records, photos, (bytes / MIB).toFixed(1)) : say(sums.refused > 0 ? "box_none_but" : "box_none");
  byId("box-bounds").textContent = say("box_bounds", RECORDS_MAX, PHOTOS_BYTES_MAX / MIB);
  const told = await app.vault.told();
  byId("told").replaceChildren(...told.map(toldLine));
  show("told-none", told.length === 0);
  show("told-seen", told.length > 0);
  await showRefused();
  showKit();
}

function toldLine({ state, kind, at, what, zh, en }) {
  const head = [say(`told_${state}`), say(`kind_${kind}`), at ? clockText(Date.parse(at)) : ""].filter(Boolean).join(" · ");
  return made("li", {}, made("b", { text: head }), made("span", { name: "serial", text: what ?? "" }), made("p", { text: pick({ zh, en }) }));
}

function showKit() {
  const { kit } = app;
  byId("kit-says").textContent = kit
    ? say("kit_says", kit.manifest.version, clockText(kit.madeAt), kit.batches.size, Math.ceil(app.kitBytes / 1024))
    : say("kit_none");
  byId("kit-valid").textContent = kit ? say("kit_valid", clockText(kit.validUntil)) : "";
}

/** Fills the list of what may be in the hand from the kit. */
export function fillInHand() {
  const select = byId("inhand");
  const chosen = select.value;
  const option = (value, text) => made("option", { value, text });
  const kinds = ["liquor", "oil", "meat", "food", "other"].map((kind) => option(kind, say(kind)));
  const products = [...(app.kit?.products.values() ?? [])].map((product) => option(product.gtin, pick(product)));
  products.sort((a, b) => a.textContent.localeCompare(b.textContent, document.documentElement.lang));
  const group = (label, options) => (options.length ? [made("optgroup", { label }, ...options)] : []);
  select.replaceChildren(option("", say("inhand_any")), ...group(say("inhand_kinds"), kinds), ...group(say("inhand_products"), products));
  select.value = chosen;
  if (select.selectedIndex < 0) select.value = "";
}

async function wipe() {
  const { records, photos, refused } = await app.vault.sums();
  if (!confirm(say("wipe_sure", records, photos, refused))) return;
  await app.vault.destroy();
  location.reload();
}

export function wire() {
  byId("send").addEventListener("click", () => app.outbox.send());
  byId("renew").addEventListener("click", () => renew(false));
  byId("wipe").addEventListener("click", wipe);
  byId("told-seen").addEventListener("click", async () => {
    await app.vault.forgetTold();
    app.changed();
  });
}
