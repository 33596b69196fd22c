// Sends what was recorded, once: photographs first by their hash, then records
// in their order, each under the id that it was made with. A record leaves the
// phone when the server answered it and not before, so that a connection which
// dies in the middle repeats, and what is repeated the server does once.

const AT_ONCE = 50;
const RETRY_MS = [1000, 2000, 5000, 15000, 60000];
const ANSWER_MS = 60000;

export class SignedOut extends Error {}
export class Cut extends Error {}

const PATHS = { photos: "/officer/field/photos/", records: "/officer/field/records" };

async function ask(path, options) {
  let response;
  try {
    const signal = AbortSignal.timeout ? AbortSignal.timeout(ANSWER_MS) : undefined;
    response = await fetch(path, { redirect: "manual", cache: "no-store", signal, ...options });
  } catch {
    throw new Cut();
  }
  if (response.type === "opaqueredirect" || response.status === 401 || response.status === 403) throw new SignedOut();
  if (response.status >= 500 || response.status === 429) throw new Cut();
  return response;
}

export async function askJson(path, body) {
  const response = await ask(path, {
    method: body === undefined ? "GET" : "POST",
    headers: { accept: "application/json", "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  let answer;
  try {
    answer = await response.json();
  } catch {
    throw new Cut();
  }
  if (!response.ok) throw Object.assign(new Error(answer.detail ?? answer.title), { problem: answer });
  return answer;
}

/** Sends photographs; gives those that the server refuses, with its reason. */
async function sendPhotos(vault, moved) {
  for (const hash of await vault.photos()) {
    const photo = await vault.photo(hash);
    const response = await ask(PATHS.photos + hash, {
      method: "PUT",
      headers: { "content-type": photo.type },
      body: photo.bytes,
    });
    // Damaged on the way: it is sent again.
    if (response.status === 409) throw new Cut();
    if (!response.ok) {
      const problem = await response.json().catch(() => ({}));
      const says = problem.errors?.[0]?.remedy ?? problem.detail ?? String(response.status);
      await vault.settled([], [{ state: "refused", kind: "photo", at: null, zh: says, en: says }]);
    }
    await vault.photoSent(hash);
    await moved();
  }
}

function toldOf({ state, says, problem }, record) {
  // Of a record whose first answer was lost the second still says it.
  const told = state === "refused" ? state : says?.overtaken ? "overtaken" : null;
  if (!told) return [];
  const { zh = "", en = "" } = (told === "refused" ? problem : says) ?? {};
  const what = record.kind === "check" ? record.code.slice(-20) : "";
  return [{ state: told, kind: record.kind, at: record.made_at, what, zh, en }];
}

async function sendRecords({ vault, now, moved, login }) {
  for (;;) {
    const some = await vault.first(AT_ONCE);
    if (some.length === 0) return;
    const records = some.map(({ record }) => record);
    const whose = login ? { recorded_by: login } : {};
    const { records: answers } = await askJson(PATHS.records, { phone: vault.phone, sent_at: now(), ...whose, records });
    const by = new Map(answers.map((answer) => [answer.id, answer]));
    const done = some.filter(({ record }) => by.has(record.id));
    // A server that answers none of them would be asked for ever.
    if (done.length === 0) throw new Cut();
    const told = done.flatMap(({ record }) => toldOf(by.get(record.id), record));
    await vault.settled(done.map(({ n }) => n), told);
    await moved();
  }
}

/**
 * Keeps trying until everything is sent. `told(state)` hears "sending", "sent",
 * "cut" and "signedout"; `moved()` is called as things leave. `login`: of whoever
 * recorded it, where a supervisor sends it for them.
 */
export class Outbox {
  constructor(vault, now, told, moved, login = null) {
    Object.assign(this, { vault, now, told, moved, login, failures: 0, sending: false, again: false, timer: 0 });
  }

  async send() {
    this.again = true;
    if (this.sending) return;
    this.sending = true;
    clearTimeout(this.timer);
    try {
      while (this.again) {
        this.again = false;
        // Two windows share what waits: one of them sends.
        const locks = globalThis.navigator?.locks;
        if (locks) await locks.request(this.vault.name, () => this.all());
        else await this.all();
      }
      this.failures = 0;
      this.told("sent");
    } catch (problem) {
      this.failed(problem);
    } finally {
      this.sending = false;
    }
  }

  async all() {
    const { records, photos } = await this.vault.sums();
    if (records + photos === 0) return;
    this.told("sending");
    await sendPhotos(this.vault, this.moved);
    await sendRecords(this);
  }

  failed(problem) {
    this.told(problem instanceof SignedOut ? "signedout" : "cut", problem.problem?.detail);
    this.failures += 1;
    const wait = RETRY_MS[Math.min(this.failures, RETRY_MS.length) - 1];
    this.timer = setTimeout(() => this.send(), wait);
  }
}
