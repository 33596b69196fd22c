// A packing line with a hand scanner that types. Every scan is kept in the
// browser (IndexedDB) before anything else, numbered, and sent in order until
// the server has answered it; so a cut of the network loses nothing, and what
// is sent twice is done once. No part of a page, no library.
"use strict";

const AT_ONCE = 200;
const RETRY_MS = [500, 1000, 2000, 5000, 10000];
const REFUSED_SHOWN = 30;
const COUNT_MS = 200;

const byId = (id) => document.getElementById(id);
const words = byId("line").dataset;
const field = byId("scan");
const sign = byId("sign");
const settings = () => ({
  line: byId("name").value.trim() || "1",
  level: byId("level").value,
  size: Number(byId("size").value) || 1,
  place: byId("place").value || null,
});

let session = "";
let waiting = 0;
let packed = 0;
let failures = 0;
let sending = false;
let again = false;
let counting = null;
let stale = false;
let timer = 0;

// ---- what is kept ----

const opened = new Promise((resolve, reject) => {
  const request = indexedDB.open("zhenma-line", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("scans", { keyPath: "n" });
    request.result.createObjectStore("facts");
  };
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

async function work(stores, mode, body) {
  const db = await opened;
  return new Promise((resolve, reject) => {
    const tx = db.transaction(stores, mode, { durability: "strict" });
    const result = body(tx);
    tx.oncomplete = () => resolve(result?.result);
    tx.onabort = tx.onerror = () => reject(tx.error);
  });
}

// The session and the last number stand in one place with the scans, so that
// no number is given twice, by two windows neither.
async function begin() {
  await work(["facts"], "readwrite", (tx) => {
    const facts = tx.objectStore("facts");
    const asked = facts.get("session");
    asked.onsuccess = () => {
      session = asked.result?.id ?? uuid();
      if (!asked.result) facts.put({ id: session, last: 0 }, "session");
    };
  });
  await count();
}

// Asked for while one is under way, it counts once more, after a while: of tens
// of thousands that wait, a count is work.
function count() {
  stale = true;
  counting ??= (async () => {
    try {
      while (stale) {
        stale = false;
        waiting = await work(["scans"], "readonly", (tx) => tx.objectStore("scans").count());
        show();
        if (stale) await new Promise((go) => setTimeout(go, COUNT_MS));
      }
    } finally {
      counting = null;
      show();
    }
  })();
  return counting;
}

function keep(scan) {
  return work(["scans", "facts"], "readwrite", (tx) => {
    const facts = tx.objectStore("facts");
    const asked = facts.get("session");
    asked.onsuccess = () => {
      const n = asked.result.last + 1;
      facts.put({ id: session, last: n }, "session");
      tx.objectStore("scans").add({ n, ...scan });
    };
  });
}

// crypto.randomUUID is there on https alone.
function uuid() {
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6] & 15) | 64;
  b[8] = (b[8] & 63) | 128;
  const hex = Array.from(b, (x) => x.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

// An instant with the offset of the floor.
function now() {
  const d = new Date();
  const minutes = -d.getTimezoneOffset();
  const local = new Date(d.getTime() + minutes * 60000).toISOString().slice(0, -1);
  const two = (n) => String(Math.trunc(Math.abs(n))).padStart(2, "0");
  return local + (minutes < 0 ? "-" : "+") + two(minutes / 60) + ":" + two(minutes % 60);
}

async function scanned(code) {
  try {
    await keep({ code, at: now(), set: settings() });
  } catch {
    say("refused", words.unkept, code.slice(-20));
    return;
  }
  count();
  if (failures === 0) return send();
  // The timer tries, not every scan.
  say("kept", words.kept, code.slice(-20));
}

// ---- what is sent ----

async function send() {
  // One that comes while others are sent goes with the next.
  again = true;
  if (sending) return;
  sending = true;
  clearTimeout(timer);
  try {
    while (again) {
      again = false;
      // Two windows of one browser share the scans: one of them sends.
      if (navigator.locks) await navigator.locks.request("zhenma-line", sendAll);
      else await sendAll();
    }
    // With nothing to send nobody was asked.
    failures = navigator.onLine === false ? 1 : 0;
    if (failures > 0) timer = setTimeout(send, RETRY_MS[RETRY_MS.length - 1]);
  } catch (problem) {
    failures += 1;
    say("kept", problem.say ?? words.cut, problem.more ?? "");
    const wait = RETRY_MS[Math.min(failures, RETRY_MS.length) - 1];
    timer = setTimeout(send, problem.wait ?? wait);
  } finally {
    sending = false;
  }
  await count();
}

async function sendAll() {
  for (;;) {
    const some = await work(["scans"], "readonly", (tx) => tx.objectStore("scans").getAll(null, AT_ONCE));
    if (some.length === 0) return;
    const set = JSON.stringify(some[0].set);
    const end = some.findIndex((scan) => JSON.stringify(scan.set) !== set);
    const scans = end < 0 ? some : some.slice(0, end);
    const answers = await post(some[0].set, scans);
    await work(["scans"], "readwrite", (tx) => {
      for (const answer of answers) tx.objectStore("scans").delete(answer.n);
    });
    // What was refused stays in sight: it is told last.
    const order = (answer) => (answer.outcome === "refused" ? 1 : 0);
    const last = [...answers].sort((a, b) => order(a) - order(b) || a.n - b.n);
    for (const answer of last) told(answer, scans.find((scan) => scan.n === answer.n));
    hand(answers[answers.length - 1]);
    sound(answers);
    failures = 0;
    count();
  }
}

async function post(set, scans) {
  const body = { ...set, session, scans: scans.map(({ n, code, at }) => ({ n, code, at })) };
  const response = await fetch(words.to, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    redirect: "manual",
    signal: AbortSignal.timeout ? AbortSignal.timeout(15000) : undefined,
  });
  if (response.ok) return (await response.json()).answers;
  // Signed out, or without the duty: the scans wait until somebody signs in.
  if (response.type === "opaqueredirect" || response.status === 401 || response.status === 403) {
    throw { say: words.signin, wait: 5000 };
  }
  if (response.status === 422 || response.status === 400) {
    const problem = await response.json();
    const fault = problem.errors?.[0];
    throw { say: words.wrong, more: fault ? fault.problem + " · " + fault.remedy : problem.detail, wait: 10000 };
  }
  throw { say: words.cut };
}

// ---- what is shown and heard ----

function hand(answer) {
  const empty = answer.outcome === "packed" || answer.outcome === "reset";
  byId("has").textContent = String(empty ? 0 : answer.has);
  byId("of").textContent = String(answer.size);
}

function told(answer, scan) {
  const text = document.documentElement.lang.startsWith("zh") ? answer.zh : answer.en;
  if (answer.outcome === "packed") packed += 1;
  if (answer.outcome === "refused") listed(text, scan);
  const count = answer.outcome === "taken" ? " · " + answer.has + " / " + answer.size : "";
  say(answer.outcome, words[answer.outcome], text + count);
}

function listed(text, scan) {
  const row = document.createElement("li");
  const code = document.createElement("span");
  code.className = "serial";
  code.textContent = (scan?.code ?? "").slice(-20);
  row.append((scan?.at ?? "").slice(11, 19) + " · " + text + " · ", code);
  const list = byId("refused");
  list.prepend(row);
  while (list.children.length > REFUSED_SHOWN) list.lastElementChild.remove();
  byId("refusals").hidden = false;
}

function say(kind, word, detail) {
  sign.className = "sign " + kind;
  byId("word").textContent = word;
  byId("detail").textContent = detail;
}

function show() {
  byId("waiting").textContent = String(waiting);
  byId("packed").textContent = String(packed);
  byId("net").textContent = failures > 0 ? words.offline : words.online;
  byId("net").className = failures > 0 ? "bad" : "good";
  byId("cut").hidden = failures === 0;
  byId("cut-waiting").textContent = String(waiting);
}

// The worker keeps this page and its files, so that it opens without network.
async function reopenable() {
  const told = (word, kind) => {
    byId("reopen").textContent = word;
    byId("reopen").className = kind;
  };
  if (!navigator.serviceWorker) return told(words.stays, "bad");
  told(words.preparing, "");
  try {
    await navigator.serviceWorker.register(words.worker, { scope: words.scope });
    await navigator.serviceWorker.ready;
    told(words.reopens, "good");
  } catch {
    // Without network it cannot be asked for anew; the one that is there works.
    const there = await navigator.serviceWorker.getRegistration(words.scope);
    told(there?.active ? words.reopens : words.stays, there?.active ? "good" : "bad");
  }
}

let audio;

// Each outcome has a sound of its own: of a chunk the one that matters most.
function sound(answers) {
  if (!byId("loud").checked) return;
  const has = (outcome) => answers.some((answer) => answer.outcome === outcome);
  if (has("refused")) return tones([[220, 0.25], [180, 0.35]], "square");
  if (has("packed")) return tones([[880, 0.09], [1320, 0.16]], "sine");
  tones([[1000, 0.05]], "sine");
}

function tones(list, shape) {
  // Before anybody touched the page a browser lets it make no sound, and says so.
  if (navigator.userActivation?.hasBeenActive === false) return;
  try {
    audio ??= new AudioContext();
    let at = audio.currentTime;
    for (const [pitch, seconds] of list) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.type = shape;
      tone.frequency.value = pitch;
      volume.gain.value = 0.2;
      tone.connect(volume).connect(audio.destination);
      tone.start(at);
      tone.stop(at + seconds);
      at += seconds;
    }
  } catch {
    // Without a loudspeaker colour and word are there.
  }
}

// ---- what is scanned ----

field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" && event.key !== "Tab") return;
  const code = field.value.trim();
  if (code === "" && event.key === "Tab") return;
  event.preventDefault();
  field.value = "";
  if (code !== "") scanned(code);
});
byId("scanning").addEventListener("submit", (event) => event.preventDefault());
for (const id of ["reset", "close"]) {
  byId(id).addEventListener("click", () => {
    scanned(byId(id).value);
    field.focus();
  });
}
byId("level").addEventListener("change", () => {
  byId("size").value = byId("level").value === "case" ? words.caseSize : words.palletSize;
});
for (const id of ["name", "level", "size", "place", "loud"]) {
  byId(id).addEventListener("change", () => {
    localStorage.setItem("zhenma-line-set", JSON.stringify({ ...settings(), loud: byId("loud").checked }));
  });
}
try {
  const set = JSON.parse(localStorage.getItem("zhenma-line-set") ?? "{}");
  if (set.line) byId("name").value = set.line;
  if (set.level) byId("level").value = set.level;
  if (set.size) byId("size").value = set.size;
  if (set.place) byId("place").value = set.place;
  if (set.loud === false) byId("loud").checked = false;
} catch {
  localStorage.removeItem("zhenma-line-set");
}
window.addEventListener("online", () => send());
window.addEventListener("offline", () => {
  failures = Math.max(failures, 1);
  timer = setTimeout(send, RETRY_MS[RETRY_MS.length - 1]);
  say("kept", words.cut, "");
  show();
});
window.addEventListener("beforeunload", (event) => {
  if (waiting > 0) event.preventDefault();
});
byId("of").textContent = byId("size").value;
if (navigator.onLine === false) failures = 1;
reopenable();
begin()
  .then(() => {
    field.disabled = false;
    field.focus();
    say("ready", words.ready, "");
    show();
    return send();
  })
  .catch(() => say("refused", words.unkept, ""));
