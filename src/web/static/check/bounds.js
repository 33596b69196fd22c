// What the server takes, so that a form says so before anything is sent. The
// figures are the server's, and the checks are held to the same vectors
// (src/visits/record/vectors.json); a test compares both.

export const BOUNDS = {
  "photo_bytes": 12582912,
  "photo_answer_ms": 120000,
  "records_at_once": 50,
  "records_bytes": 1048576,
  "record_bytes": 49152,
  "line_characters": 80,
  "words_characters": 200,
  "note_characters": 2000,
  "code_characters": 2048,
  "check_photos": 20,
  "seal_codes": 200,
  "quantity": 1000000,
  "seed_characters": 64,
  "stock": 100000
};

/** Breaks a line or turns the direction of what stands around it (base::misleads). */
const MISLEADS = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
const UNSEEN = /^[\s\u200b-\u200d\u2060\ufeff\ufe00-\ufe0f\u00ad]*$/u;

const characters = (text) => [...text].length;
const within = (text, least, most) => characters(text) >= least && characters(text) <= most;

/** A text that shows as what it is: a sign stands for each character that misleads. */
export const plain = (text) => text.replace(MISLEADS, "\ufffd");
const misleads = (text) => plain(text) !== text;

const line = (text) => !UNSEEN.test(text) && within(text.trim(), 1, BOUNDS.line_characters) && !misleads(text.trim());
const words = (text) => within(text.trim(), 1, BOUNDS.words_characters) && !misleads(text.trim());
const note = (text) => {
  const plain = text.replaceAll("\r\n", "\n").trim();
  return within(plain, 0, BOUNDS.note_characters) && !misleads(plain.replaceAll("\n", ""));
};
const empty = (fits) => (text) => text === null || text === undefined || text.trim() === "" || fits(text);
const uscc = (text) => /^[0-9A-Za-z]{18}$/.test(text);
const code = (text) => within(text, 1, BOUNDS.code_characters);
const count = (most) => (value) => Number.isInteger(value) && value >= 1 && value <= most;
const quantity = count(BOUNDS.quantity);
const list = (most, fits) => (all) => all.length <= most && all.every(fits);

/** By kind: member, what it must be. In the order in which the server looks. */
const RULES = {
  visit: [
    ["seller.uscc", empty(uscc)],
    ["seller.name", line],
    ["seller.address", empty(words)],
    ["seller.person", empty(line)],
    ["case", empty(line)],
    ["note", empty(note)],
  ],
  check: [
    ["code", code],
    ["quantity", quantity],
    ["photos", list(BOUNDS.check_photos, () => true)],
    ["found.product_in_hand", empty(words)],
    ["found.note", empty(note)],
  ],
  photo: [["caption", empty(words)]],
  seal: [
    ["what", words],
    ["quantity", quantity],
    ["unit", empty(line)],
    ["seal_number", empty(line)],
    ["kept_at", empty(words)],
    ["codes", list(BOUNDS.seal_codes, code)],
  ],
  sweep: [
    ["stock", (stock) => stock === null || count(BOUNDS.stock)(stock)],
    ["seed", (seed) => seed === null || (within(seed, 1, BOUNDS.seed_characters) && !misleads(seed))],
  ],
  signature: [["signer", line]],
  note: [["text", (text) => text.trim() !== "" && note(text)]],
};

const bytesOf = (record) => new TextEncoder().encode(JSON.stringify(record)).length;

/** The value at a member such as `seller.name`. */
export const at = (record, member) => member.split(".").reduce((value, name) => value?.[name], record);

/** The first member that the server would refuse; null where there is none. */
export function faultOf(record) {
  if (bytesOf(record) > BOUNDS.record_bytes) return "record";
  const fault = RULES[record.kind].find(([member, fits]) => !fits(at(record, member)));
  return fault ? fault[0] : null;
}
