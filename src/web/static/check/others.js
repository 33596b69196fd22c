// What another account left on this phone, taken in by a supervisor: its officer
// was revoked, or is gone. It takes that officer's PIN; nobody else opens it.
import { app, byId, given, made, show, stamp, tell } from "./app.js";
import { Outbox } from "./outbox.js";
import { Vault, WrongPin, others } from "./vault.js";
import { pick, say } from "./words.js";

async function takeIn(vault, login, pin) {
  try {
    await vault.open(pin);
  } catch (problem) {
    if (!(problem instanceof WrongPin)) throw problem;
    return tell(say("pin_wrong"), true);
  }
  const told = (state, detail) => tell(say(state, detail), state !== "sent" && state !== "sending");
  const outbox = new Outbox(vault, stamp, told, async () => {}, login);
  // What was refused goes once more, visits before what belongs to them.
  const refused = await vault.refused();
  const isVisit = ({ record }) => record?.kind === "visit";
  await vault.again([...refused.filter(isVisit), ...refused.filter((one) => !isVisit(one))]);
  await outbox.send();
  clearTimeout(outbox.timer);
  const still = await vault.refused();
  if (still.length > 0) tell(say("others_refused", still.length, pick(still[0])), true);
  await showOthers();
}

async function row(name) {
  const vault = await Vault.of(name);
  const [login, { records, photos, refused }] = [await vault.fact("login"), await vault.sums()];
  if (!login || records + photos + refused === 0) return null;
  const pin = made("input", { type: "password", autocomplete: "off", maxLength: 128, id: `pin-of-${name}` });
  const label = made("label", { text: say("others_pin", login, records + refused, photos), htmlFor: pin.id });
  const button = made("button", { name: "quiet", text: say("others_take"), type: "submit" });
  const form = made("form", {}, label, pin, button);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    takeIn(vault, login, pin.value);
  });
  return form;
}

/** Lists what other accounts left here, to a supervisor. */
export async function showOthers() {
  if (given.supervises !== "true" || !app.vault) return;
  const rows = await Promise.all((await others(app.vault.account)).map(row));
  const found = rows.filter(Boolean);
  byId("others-list").replaceChildren(...found);
  show("others", found.length > 0);
}
