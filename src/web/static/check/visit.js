// A visit to a seller, and what is recorded in it: photographs, notes, measures,
// signatures.
import { app, byId, given, made, record, show, stamp, tell } from "./app.js";
import { Glass } from "./glass.js";
import { keepSignature, photograph } from "./photo.js";
import { say } from "./words.js";

const PLACE_MS = 15000;

let spot = null;
let glass = null;

const value = (id) => byId(id).value.trim();
const orNull = (text) => (text === "" ? null : text);

/** Shows what is under way. */
export function showVisit() {
  const { visit } = app;
  show("visit-none", !visit);
  show("visit-open", Boolean(visit));
  byId("visit-line").textContent = visit ? say("visiting", visit.seller) : say("no_visit");
  if (!visit) return;
  byId("visit-name").textContent = say("visiting", visit.seller);
  byId("visit-counts").textContent = say("checks_done", visit.checks, visit.photos);
}

export async function keepVisit() {
  if (app.visit) await app.vault.put("visit", app.visit);
  else await app.vault.drop("visit");
  showVisit();
}

function locate() {
  const good = ({ coords }) => {
    spot = { lat: coords.latitude, lon: coords.longitude, accuracy_m: Math.round(coords.accuracy) };
    byId("located").textContent = say("located", spot.accuracy_m);
  };
  const bad = () => tell(say("locate_failed"), true);
  if (!navigator.geolocation) return bad();
  navigator.geolocation.getCurrentPosition(good, bad, { enableHighAccuracy: true, timeout: PLACE_MS, maximumAge: 0 });
}

async function begin() {
  const [name, uscc] = [value("seller"), value("uscc").toUpperCase()];
  if (name === "") return tell(say("seller_needed"), true);
  const seller = { name, uscc: orNull(uscc), address: orNull(value("address")), person: orNull(value("person")) };
  const rest = { place: spot, region: Number(given.region) || 0, note: "", case: orNull(value("case")) };
  const id = await record("visit", { seller, ...rest });
  if (!id) return;
  app.visit = { id, seller: name, checks: 0, photos: 0, since: stamp() };
  tell("");
  byId("visit-form").reset();
  spot = null;
  byId("located").textContent = say("unlocated");
  await keepVisit();
}

async function end() {
  await app.endSweep();
  app.visit = null;
  await keepVisit();
}

function opened(name) {
  for (const id of ["note", "seal", "signature"]) show(`${id}-form`, id === name && byId(`${id}-form`).hidden);
  byId(`${name}-form`).scrollIntoView({ block: "start" });
  if (name === "signature" && !byId("signature-form").hidden) glass.clear();
}

async function saved(kind, facts, form) {
  if (!(await record(kind, { visit: app.visit.id, ...facts }))) return;
  byId(form).reset();
  show(form, false);
  tell(say("saved"));
}

async function saveNote() {
  const text = value("note-text");
  if (text !== "") await saved("note", { text }, "note-form");
}

const lines = (text) => text.split("\n").map((line) => line.trim()).filter((line) => line !== "");

async function saveSeal() {
  const [what, quantity] = [value("seal-what"), Number(value("seal-quantity"))];
  if (what === "" || !(quantity > 0)) return tell(say("what_needed"), true);
  const named = { act: value("seal-act"), what, quantity, unit: value("seal-unit") };
  const kept = { seal_number: value("seal-number"), kept_at: value("seal-kept"), codes: lines(byId("seal-codes").value) };
  await saved("seal", { ...named, ...kept }, "seal-form");
}

async function saveSignature(refused) {
  const signer = value("signer");
  if (signer === "") return tell(say("signer_needed"), true);
  if (!refused && !glass.isSigned) return tell(say("unsigned"), true);
  const hash = refused ? null : await keepSignature(await glass.png());
  if (!refused && !hash) return;
  await saved("signature", { signer, as: value("sign-as"), sha256: hash, refused }, "signature-form");
}

async function addPhoto() {
  const hash = await photograph(value("caption"));
  if (!hash) return;
  byId("caption").value = "";
  tell(say("saved"));
  await keepVisit();
}

function onSubmit(id, act) {
  byId(id).addEventListener("submit", (event) => {
    event.preventDefault();
    act();
  });
}

export function wire() {
  glass = new Glass(byId("glass"));
  onSubmit("visit-form", begin);
  onSubmit("note-form", saveNote);
  onSubmit("seal-form", saveSeal);
  onSubmit("signature-form", () => saveSignature(false));
  const clicks = {
    locate,
    "visit-end": end,
    "visit-photo": addPhoto,
    "open-note": () => opened("note"),
    "open-seal": () => opened("seal"),
    "open-signature": () => opened("signature"),
    "sign-clear": () => glass.clear(),
    "sign-refused": () => saveSignature(true),
    "seal-last": () => (byId("seal-codes").value += `${app.last ?? ""}\n`),
  };
  for (const [id, act] of Object.entries(clicks)) byId(id).addEventListener("click", act);
  const option = (key) => made("option", { value: key.replace(/^as_/, ""), text: say(key) });
  byId("sign-as").append(...["as_seller", "as_officer", "as_witness"].map(option));
  byId("seal-unit").value = byId("seal-unit").defaultValue = say("unit_default");
}
