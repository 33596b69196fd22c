// What the server did not take: shown with its reason, mended, sent again, or
// deleted by a tap. What belongs to a visit that was refused waits with it.
import { app, byId, clockText, isFaulty, made, show, stamp, tell } from "./app.js";
import { at, plain } from "./bounds.js";
import { keepVisit } from "./visit.js";
import { pick, say } from "./words.js";

/** By kind: what of it may be mended: member, name of its text. */
const MENDED = {
  visit: [["seller.name", "seller"], ["seller.uscc", "uscc"], ["seller.address", "address"], ["seller.person", "person"], ["case", "case_number"]],
  check: [["quantity", "quantity"], ["found.note", "note"]],
  photo: [["caption", "caption"]],
  seal: [["what", "what"], ["quantity", "amount"], ["unit", "unit"], ["seal_number", "seal_number"], ["kept_at", "kept_at"], ["codes", "codes"]],
  sweep: [["stock", "stock"]],
  signature: [["signer", "signer"]],
  note: [["text", "note"]],
};
const NUMBERS = ["quantity", "stock"];
const LONG = ["text", "found.note", "codes"];

/** What is listed: visits with what waits for them, and all else. */
function grouped(all) {
  const visits = new Map(all.filter(({ record }) => record?.kind === "visit").map((one) => [one.key, { ...one, with: [] }]));
  const rest = [];
  for (const one of all) {
    const visit = visits.get(one.record?.visit);
    if (visit) visit.with.push(one);
    else if (!visits.has(one.key)) rest.push({ ...one, with: [] });
  }
  return [...visits.values(), ...rest];
}

const lines = (text) => text.split("\n").map((line) => line.trim()).filter((line) => line !== "");

function valueOf(member, text) {
  if (member === "codes") return lines(text);
  if (NUMBERS.includes(member)) return text.trim() === "" ? null : Number(text);
  if (member === "seller.uscc") return text.trim() === "" ? null : text.trim().toUpperCase();
  return text.trim();
}

/** `record` with a member such as `seller.name` set. */
function withMember(record, member, value) {
  const [first, ...more] = member.split(".");
  return { ...record, [first]: more.length > 0 ? withMember(record[first], more.join("."), value) : value };
}

async function resend(one) {
  // A visit goes first: what belongs to it needs it there.
  await app.vault.again([one, ...one.with]);
  app.changed();
}

async function discard(one) {
  if (!confirm(say("discard_sure", one.with.length))) return;
  await app.vault.discard([one, ...one.with]);
  app.changed();
}

async function mend(one, fields) {
  const record = fields.reduce((record, [member, input]) => withMember(record, member, valueOf(member, input.value)), one.record);
  if (isFaulty(record)) return;
  tell("");
  if (app.visit?.id === record.id) {
    app.visit.seller = record.seller.name;
    await keepVisit();
  }
  await resend({ ...one, record });
}

function input(one, member) {
  const value = at(one.record, member);
  const text = Array.isArray(value) ? value.join("\n") : String(value ?? "");
  const id = `mend-${one.key}-${member.replace(".", "-")}`;
  return made(LONG.includes(member) ? "textarea" : "input", { id, value: text });
}

function mendForm(one) {
  const fields = MENDED[one.record.kind].map(([member, name]) => [member, input(one, member), name]);
  const rows = fields.flatMap(([, field, name]) => [made("label", { text: say(name), htmlFor: field.id }), field]);
  const form = made("form", { autocomplete: "off" }, ...rows, made("button", { text: say("mend_send"), type: "submit" }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    mend(one, fields);
  });
  return made("details", {}, made("summary", { text: say("mend") }), form);
}

function button(key, act) {
  const button = made("button", { name: "quiet", text: say(key), type: "button" });
  button.addEventListener("click", act);
  return button;
}

function whatOf({ record, hash }) {
  if (hash) return `SHA-256 ${hash.slice(0, 12)}…`;
  return record.seller?.name ?? record.what ?? record.signer ?? record.text ?? record.code?.slice(-20) ?? record.caption ?? "";
}

function row(one) {
  const kind = one.record?.kind ?? "photo";
  const time = clockText(Date.parse(one.record?.made_at ?? one.at));
  const head = [say("told_refused"), say(`kind_${kind}`), time].join(" · ");
  const waits = one.with.length > 0 ? [made("p", { text: say("refused_with", one.with.length) })] : [];
  const buttons = made("p", { name: "row" }, button("resend", () => resend(one)), button("discard", () => discard(one)));
  const mended = one.record ? [mendForm(one)] : [];
  return made(
    "li",
    {},
    made("b", { text: head }),
    made("span", { name: "serial", text: plain(whatOf(one)) }),
    made("p", { text: pick(one) }),
    ...waits,
    ...mended,
    buttons,
  );
}

let drawn = "";

/** Lists what was refused; as it is while nothing changes, for what is being typed. */
export async function showRefused() {
  const all = await app.vault.refused();
  const keys = all.map(({ key, at }) => key + at).join(" ");
  show("refused-box", all.length > 0);
  if (keys === drawn) return;
  drawn = keys;
  byId("refused").replaceChildren(...grouped(all).map(row));
}
