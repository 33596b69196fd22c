// What the parts of the page share: the state, and a few handles on the document.
import { faultOf } from "./bounds.js";
import { PHOTOS_BYTES_MAX, RECORDS_MAX, uuid } from "./vault.js";
import { say, has } from "./words.js";

export const byId = (id) => document.getElementById(id);
export const given = byId("check").dataset;

/** What is under way. `vault`, `kit`, `visit`, `sweep` are null while there is none. */
export const app = {
  vault: null,
  kit: null,
  visit: null,
  sweep: null,
  outbox: null,
  online: navigator.onLine !== false,
  signedOut: false,
  latest: 0,
  last: null,
  /** Set by the page: counts anew and sends. */
  changed: () => {},
};

/** Fills every element that names a text. */
export function fillWords(root = document) {
  for (const element of root.querySelectorAll("[data-w]")) element.textContent = say(element.dataset.w);
}

/** An element with its class, its text and what stands in it. */
export function made(tag, { name, text, ...more } = {}, ...inside) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== undefined) element.textContent = text;
  Object.assign(element, more);
  element.append(...inside);
  return element;
}

export function show(id, shown) {
  byId(id).hidden = !shown;
}

/** What lies over the page holds the focus; what is behind it cannot be reached. */
export function over(id, shown) {
  show(id, shown);
  const behind = document.querySelectorAll("header, #check > section, #tabs");
  for (const element of behind) element.inert = shown;
}

/** A sentence that stays until the next; bad ones are read out at once. */
export function tell(text, isBad = false) {
  const alert = byId("alert");
  alert.textContent = text;
  alert.className = isBad ? "alert bad" : "alert";
  alert.hidden = text === "";
}

/** An instant with the offset of where the phone is (RFC 3339). */
export function stamp(ms = Date.now()) {
  const minutes = -new Date(ms).getTimezoneOffset();
  const local = new Date(ms + minutes * 60000).toISOString().slice(0, -1);
  const two = (n) => String(Math.trunc(Math.abs(n))).padStart(2, "0");
  return local + (minutes < 0 ? "-" : "+") + two(minutes / 60) + ":" + two(minutes % 60);
}

/** `11-27 20:15` of an instant. */
export function clockText(ms) {
  return stamp(ms).slice(5, 16).replace("T", " ");
}

export function ageText(ms) {
  const minutes = Math.floor(ms / 60000);
  return minutes < 120 ? say("minutes", minutes) : say("hours", Math.floor(minutes / 60));
}

/** The kind of network, as far as a browser says. */
export function network() {
  if (!app.online) return "offline";
  return navigator.connection?.type ?? "online";
}

/** Instants only go on: a clock that is put back does not make a kit young. */
export function nowAndLatest() {
  const now = Date.now();
  app.latest = Math.max(app.latest, now);
  return [now, app.latest];
}

const FULL = { records: RECORDS_MAX, photos: PHOTOS_BYTES_MAX >> 20 };

/** Says why something was not kept. */
export function unkept(problem) {
  const what = problem?.message;
  tell(has(`full_${what}`) ? say(`full_${what}`, FULL[what]) : say("unkept"), true);
}

/** Says what is wrong with a record that the server would refuse; whether there is such a thing. */
export function isFaulty(one) {
  const member = faultOf(one);
  if (member) tell(say(`wrong_${member.replace(".", "_")}`), true);
  return member !== null;
}

/**
 * Keeps a record until it is sent and gives its id; null when it could not be
 * kept, which was said then. `draft`: what it was made of, kept by that name.
 */
export async function record(kind, facts, draft = null) {
  const made_at = stamp();
  const common = { id: uuid(), kind, made_at, made_offline: !app.online, kit: app.kit?.manifest.version ?? null, network: network() };
  const made = { ...common, ...facts };
  if (isFaulty(made)) return null;
  try {
    await app.vault.keep(made, draft);
  } catch (problem) {
    unkept(problem);
    return null;
  }
  app.changed();
  return common.id;
}
