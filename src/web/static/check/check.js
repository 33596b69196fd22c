// /officer/check: checks on the spot, on a phone, with a network or without one.
// This file opens what is kept and wires the parts; each part is a file of its
// own. Nothing is kept in clear: src/guide/adr/0027-offline.md.
import { app, byId, fillWords, given, nowAndLatest, over, show, stamp, tell } from "./app.js";
import { ask, dismiss, finish, recover, wire as wireAnswer } from "./asking.js";
import { fillInHand, loadKit, renew, showBox, showStrip, wire as wireBox } from "./box.js";
import { Camera } from "./camera.js";
import { showOthers } from "./others.js";
import { Outbox } from "./outbox.js";
import { showSweep, wire as wireSweep } from "./shelf.js";
import { PIN_MIN, Vault, WrongPin } from "./vault.js";
import { showVisit, wire as wireVisit } from "./visit.js";
import { say } from "./words.js";

/** How often a page that is open renews the kit and looks at its age, milliseconds. */
const RENEW_MS = 15 * 60000;
const LOOK_MS = 20000;
const VIEWS = ["check", "visit", "sweep", "box"];
const ACCOUNT = "zhenma-check-account";

// ---- views ----

function view(name) {
  for (const one of VIEWS) {
    show(`view-${one}`, one === name);
    byId(`tab-${one}`).setAttribute("aria-current", one === name ? "page" : "false");
  }
  tell("");
  changed();
}

let counting = false;

// What is shown follows what is kept; asked for in a row, it is done once more.
async function changed() {
  if (counting) return (counting = "again");
  counting = true;
  do {
    counting = true;
    const sums = app.vault?.key ? await app.vault.sums() : { records: 0, photos: 0, refused: 0, bytes: 0 };
    app.sums = sums;
    showStrip(sums);
    showVisit();
    showSweep();
    if (app.vault?.key) {
      await showBox(sums);
      const [, latest] = nowAndLatest();
      await app.vault.state("latest", latest);
      if (sums.records + sums.photos > 0 && app.outbox?.failures === 0 && !app.outbox.sending) app.outbox.send();
    }
  } while (counting === "again");
  counting = false;
}

// ---- the camera ----

async function scan() {
  const camera = new Camera(byId("video"));
  over("camera", true);
  byId("camera-close").focus();
  const close = () => camera.close();
  byId("camera-close").onclick = close;
  byId("lamp").onclick = () => camera.lamp();
  let text = null;
  try {
    text = await camera.scan();
  } catch {
    tell(say("camera_none"), true);
  }
  close();
  over("camera", false);
  if (text) await ask(text);
}

// ---- opening ----

function sentSays(state, detail) {
  if (state === "signedout") return app.leave();
  if (state === "sent" || state === "skipped") app.online = true;
  if (state === "cut") app.online = false;
  byId("box-says").textContent = state === "skipped" ? say(state, detail) : [say(state), detail].filter(Boolean).join(" ");
  changed();
}

async function unlocked() {
  show("lock", false);
  show("strip", true);
  show("tabs", true);
  app.latest = Math.max((await app.vault.fact("latest")) ?? 0, app.latest);
  await loadKit();
  app.visit = await app.vault.get("visit");
  app.sweep = await app.vault.get("sweep");
  app.outbox = new Outbox(app.vault, stamp, sentSays, changed);
  await recover();
  fillInHand();
  view("check");
  byId("code").focus();
  // Some browsers ask the person first: nothing waits for that.
  navigator.storage?.persist?.().catch(() => {});
  if (app.online) await renew(true);
  fillInHand();
  await showOthers();
}

function pinSays(problem) {
  if (!(problem instanceof WrongPin)) throw problem;
  const wait = Math.ceil(problem.wait / 1000);
  byId("pin-error").textContent = wait > 0 ? say("pin_wait", wait) : say("pin_wrong");
}

async function unlock(isNew) {
  const pin = byId("pin").value;
  byId("pin-error").textContent = "";
  if (isNew && pin.length < PIN_MIN) return (byId("pin-error").textContent = say("pin_short", PIN_MIN));
  if (isNew && pin !== byId("pin-again").value) return (byId("pin-error").textContent = say("pin_differs"));
  byId("unlock").disabled = true;
  try {
    await (isNew ? app.vault.make(pin, given.login) : app.vault.open(pin));
    byId("pin-form").reset();
    await unlocked();
  } catch (problem) {
    pinSays(problem);
  } finally {
    byId("unlock").disabled = false;
  }
}

// Without a PIN nothing is kept, and so nothing is recorded and no kit is there.
function skip() {
  app.vault = null;
  show("lock", false);
  show("strip", true);
  show("tabs", false);
  show("view-check", true);
  fillInHand();
  changed();
  byId("code").focus();
}

async function lock() {
  const isNew = await app.vault.isNew();
  byId("lock-title").textContent = say(isNew ? "lock_new" : "lock_open");
  byId("unlock").textContent = say(isNew ? "pin_set" : "unlock");
  show("pin-twice", isNew);
  show("pin-why", isNew);
  const { records, photos, refused } = await app.vault.sums();
  const left = [records + photos > 0 && say("lock_left", records, photos), refused > 0 && say("lock_refused", refused)];
  byId("pin-left").textContent = left.filter(Boolean).join(" ");
  byId("pin-form").addEventListener("submit", (event) => {
    event.preventDefault();
    unlock(isNew);
  });
  show("lock", true);
  byId("pin").focus();
}

// Signed out, disabled or expired: the kit goes, what was recorded stays sealed.
app.leave = async () => {
  if (app.signedOut) return;
  app.signedOut = true;
  app.kit = null;
  await app.vault?.drop("kit");
  await finish();
  for (const one of VIEWS) show(`view-${one}`, false);
  over("answer", false);
  show("tabs", false);
  tell("");
  const sums = app.vault ? await app.vault.sums() : { records: 0, photos: 0, refused: 0 };
  const { records, photos, refused } = sums;
  byId("left-here").textContent = records + photos + refused > 0 ? say("left_here", records + refused, photos) : say("left_none");
  show("left", true);
  showStrip(sums);
};

// ---- the rest of the page ----

async function reopenable() {
  const told = (key) => {
    byId("reopens").textContent = say(key);
    byId("reopens").dataset.state = key;
  };
  if (!navigator.serviceWorker) return told("stays");
  try {
    await navigator.serviceWorker.register(given.worker, { scope: given.scope });
    await navigator.serviceWorker.ready;
    told("reopens");
  } catch {
    const there = await navigator.serviceWorker.getRegistration(given.scope);
    told(there?.active ? "reopens" : "stays");
  }
}

function wireNetwork() {
  window.addEventListener("online", () => {
    app.online = true;
    app.outbox?.send();
    renew(true).then(fillInHand);
  });
  window.addEventListener("offline", () => {
    app.online = false;
    changed();
  });
  setInterval(() => app.online && renew(true), RENEW_MS);
  setInterval(changed, LOOK_MS);
}

// A scanner that types finds its field, wherever the finger was last: the label
// before makes way, and a sweep goes on.
function wireScanner() {
  document.addEventListener("keydown", (event) => {
    const busy = event.target.closest?.("input, textarea, select");
    if (busy || event.ctrlKey || event.metaKey || event.key.length !== 1 || event.key === " ") return;
    dismiss();
    if (app.sweep && !byId("view-sweep").hidden) view("check");
    if (!byId("view-check").hidden) byId("code").focus();
  });
}

function wireLeaving() {
  for (const form of document.querySelectorAll('form[action$="sign-out"]')) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const { records, photos, refused } = app.sums ?? { records: 0, photos: 0, refused: 0 };
      if (records + photos + refused > 0 && !confirm(say("leave_sure", records + refused, photos))) return;
      await app.vault?.drop("kit");
      form.submit();
    });
  }
}

function wire() {
  app.changed = changed;
  wireAnswer();
  wireVisit();
  wireSweep(scan);
  wireBox();
  wireNetwork();
  wireScanner();
  wireLeaving();
  byId("scan").addEventListener("click", scan);
  byId("typing").addEventListener("submit", (event) => {
    event.preventDefault();
    ask(byId("code").value);
  });
  byId("skip").addEventListener("click", skip);
  for (const one of VIEWS) byId(`tab-${one}`).addEventListener("click", () => view(one));
}

/** The account of this page; without network, the one that was here last. */
function account() {
  if (given.account) localStorage.setItem(ACCOUNT, given.account);
  return given.account || localStorage.getItem(ACCOUNT) || "";
}

async function start() {
  fillWords();
  wire();
  byId("located").textContent = say("unlocated");
  show("check", true);
  reopenable();
  changed();
  if (!globalThis.crypto?.subtle || !globalThis.indexedDB) {
    skip();
    return tell(say("no_crypto"), true);
  }
  app.vault = await Vault.of(account());
  await lock();
}

start().catch(() => {
  skip();
  tell(say("no_crypto"), true);
});
