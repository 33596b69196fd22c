// Sends what was recorded, once: records in their order, each under the id that
// it was made with, then photographs by their hash. A record leaves the phone
// when the server answered that it has it and not before, so that a connection
// which dies in the middle repeats, and what is repeated the server does once.
// What it refuses is laid aside with its reason, and only a person deletes that.
import { BOUNDS } from "./bounds.js";

const RETRY_MS = [1000, 2000, 5000, 15000, 60000];
/** Longer than the server takes itself, of a photograph and of all else. */
const PHOTO_MS = BOUNDS.photo_answer_ms + 30000;
const ANSWER_MS = 60000;
/** Rounds in which a photograph meets an answer that nobody meant for it. */
const STRANGE_MAX = 5;
/** Bytes of a call around its records. */
const AROUND_BYTES = 1024;

export class SignedOut extends Error {}
export class Cut extends Error {}

const PATHS = { photos: "/officer/field/photos/", records: "/officer/field/records" };
const PROBLEM = "application/problem+json";

/** Answered, and by the server itself: a proxy writes pages. */
const isOurs = (response) => (response.headers.get("content-type") ?? "").startsWith(PROBLEM);

async function ask(path, options, ms = ANSWER_MS) {
  let response;
  try {
    const signal = AbortSignal.timeout ? AbortSignal.timeout(ms) : undefined;
    response = await fetch(path, { redirect: "manual", cache: "no-store", signal, ...options });
  } catch {
    throw new Cut();
  }
  const { status } = response;
  // Nothing that is asked here leads elsewhere: a network that wants a sign-in of its own does.
  if (response.type === "opaqueredirect") throw new Cut();
  if (status === 401 || (status === 403 && isOurs(response))) throw new SignedOut();
  if (status >= 500 || status === 429 || status === 408) throw new Cut();
  return response;
}

export async function askJson(path, body) {
  const response = await ask(path, {
    method: body === undefined ? "GET" : "POST",
    headers: { accept: "application/json", "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const { ok, status } = response;
  const answer = await response.json().catch(() => null);
  // A proxy that takes no such length says so in a page of its own.
  if (answer === null && status !== 413) throw new Cut();
  if (!ok) throw Object.assign(new Error(answer?.detail ?? `HTTP ${status}`), { problem: answer, status });
  return answer;
}

const both = (text) => ({ zh: text, en: text });

/** What an answer that is no "taken" says. */
async function saidBy(response) {
  const { detail } = isOurs(response) ? await response.json().catch(() => ({})) : {};
  return both(detail ?? `HTTP ${response.status}`);
}

function toldOf({ says, case: of }, record) {
  const about = { kind: record.kind, at: record.made_at };
  const what = record.kind === "check" ? record.code.slice(-20) : "";
  // Of a record whose first answer was lost the second still says it.
  const overtaken = says?.overtaken ? [{ ...about, state: "overtaken", what, zh: says.zh, en: says.en }] : [];
  const apart = of && !of.attached ? [{ ...about, state: "apart", what: of.number, zh: of.zh, en: of.en }] : [];
  return [...overtaken, ...apart];
}

const bytesOf = (value) => new TextEncoder().encode(JSON.stringify(value)).length;

/** As many from the first as one call may hold, in number and in bytes; one at least. */
export function filled(some) {
  let room = BOUNDS.records_bytes - AROUND_BYTES;
  const end = some.findIndex(({ record }, n) => (room -= bytesOf(record) + 1) < 0 && n > 0);
  return end < 0 ? some : some.slice(0, end);
}

/**
 * Keeps trying until everything is sent. `told(state, detail)` hears "sending",
 * "sent", "skipped", "cut" and "signedout"; `moved()` is called as things leave.
 * `login`: of whoever recorded it, where a supervisor sends it for them.
 */
export class Outbox {
  constructor(vault, now, told, moved, login = null) {
    Object.assign(this, { vault, now, told, moved, login, failures: 0, sending: false, again: false, timer: 0 });
    this.strange = new Map();
  }

  async send() {
    this.again = true;
    if (this.sending) return;
    this.sending = true;
    clearTimeout(this.timer);
    try {
      let skipped = 0;
      while (this.again) {
        this.again = false;
        // Two windows share what waits: one of them sends.
        const locks = globalThis.navigator?.locks;
        skipped = locks ? await locks.request(this.vault.name, () => this.all()) : await this.all();
      }
      if (skipped > 0) this.later("skipped", skipped);
      else this.failures = 0;
      if (skipped === 0) this.told("sent");
    } catch (problem) {
      this.later(problem instanceof SignedOut ? "signedout" : "cut", problem.problem?.detail);
    } finally {
      this.sending = false;
    }
  }

  /** Gives how many photographs were skipped in this round. */
  async all() {
    const { records, photos } = await this.vault.sums();
    if (records + photos === 0) return 0;
    this.told("sending");
    let skipped = 0;
    await this.records();
    for (const hash of await this.vault.photos()) {
      skipped += (await this.photo(hash)) ? 0 : 1;
      // What was recorded meanwhile does not wait for all photographs.
      await this.records();
    }
    return skipped;
  }

  /** Sends one; false where it must wait for another round. */
  async photo(hash) {
    const photo = await this.vault.photo(hash);
    if (!photo) return true;
    const headers = { accept: "application/json", "content-type": photo.type };
    const sent = { method: "PUT", headers, body: photo.bytes };
    try {
      const response = await ask(PATHS.photos + hash, sent, PHOTO_MS);
      if (response.status === 200 || response.status === 201) await this.vault.photoSent(hash);
      else if (!(await this.photoUnsent(hash, response))) return false;
    } catch (problem) {
      if (!(problem instanceof Cut)) throw problem;
      return false;
    }
    await this.moved();
    return true;
  }

  // An answer that is no refusal (a proxy's, say, or of damage on the way) may pass.
  async photoUnsent(hash, response) {
    const times = (this.strange.get(hash) ?? 0) + 1;
    this.strange.set(hash, times);
    const isFinal = response.status === 422 && isOurs(response);
    if (!isFinal && times < STRANGE_MAX) return false;
    this.strange.delete(hash);
    await this.vault.photoRefused(hash, { at: this.now(), ...(await saidBy(response)) });
    return true;
  }

  async records() {
    let most = BOUNDS.records_at_once;
    for (;;) {
      const some = filled(await this.vault.first(most));
      if (some.length === 0) return;
      try {
        await this.call(some);
        most = BOUNDS.records_at_once;
      } catch (problem) {
        if (!isAbout(problem)) throw problem;
        // One of them keeps the others out: it is found by halves, and laid aside.
        if (some.length === 1) await this.aside(some[0], both(problem.message));
        most = Math.ceil(some.length / 2);
      }
      await this.moved();
    }
  }

  async call(some) {
    const whose = this.login ? { recorded_by: this.login } : {};
    const records = some.map(({ record }) => record);
    const { records: answers } = await askJson(PATHS.records, { phone: this.vault.phone, sent_at: this.now(), ...whose, records });
    const by = new Map(answers.map((answer) => [answer.id, answer]));
    const answered = some.filter(({ record }) => by.has(record.id));
    // A server that answers none of them would be asked for ever.
    if (answered.length === 0) throw new Cut();
    const isRefused = ({ record }) => by.get(record.id).state === "refused";
    const why = ({ record }) => ({ record, at: this.now(), ...by.get(record.id).problem });
    const told = answered.flatMap(({ record }) => toldOf(by.get(record.id), record));
    await this.vault.settled(answered.map(({ n }) => n), told, answered.filter(isRefused).map(why));
  }

  aside({ n, record }, why) {
    return this.vault.settled([n], [], [{ record, at: this.now(), ...why }]);
  }

  later(state, detail) {
    this.told(state, detail);
    this.failures += 1;
    const wait = RETRY_MS[Math.min(this.failures, RETRY_MS.length) - 1];
    this.timer = setTimeout(() => this.send(), wait);
  }
}

/** Whether a call failed for what one of its records is, or for their length. */
function isAbout({ status, problem }) {
  if (status === 413) return true;
  return status === 422 && (problem?.errors ?? []).some(({ field }) => field?.startsWith("records"));
}
