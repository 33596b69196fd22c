// Lets a page be opened while the network is down: it keeps the page without
// anybody's name, and its files. The network is asked first, always; nothing that is
// sent or answered passes through here. Before it stand PAGE, SIGN_IN, PREFIX, FILES,
// NAMED and VERSION, all of the server that sent it: another server is another
// worker, which takes over at once and drops what this one kept.
"use strict";

const SHELL = PAGE + "/shell";
const LEFT = PAGE + "/left";
const KEPT = PREFIX + VERSION;
// A network that is there and answers nothing is no network.
const ANSWER_MS = 4000;

const ours = async () => (await caches.keys()).filter((name) => name.startsWith(PREFIX));
const drop = async (names) => Promise.all(names.map((name) => caches.delete(name)));

// Kept only where the files that it names are those that are kept with it: while
// servers are exchanged a page of one could meet the files of another.
async function keepPage() {
  const response = await fetch(SHELL, { cache: "no-store", redirect: "error" });
  if (!response.ok) throw new Error("the page was not sent");
  const text = await response.clone().text();
  if (!NAMED.every((file) => text.includes(file))) throw new Error("the page is of another version");
  await (await caches.open(KEPT)).put(PAGE, response);
}

async function install() {
  await (await caches.open(KEPT)).addAll(FILES);
  await keepPage();
  await self.skipWaiting();
}

async function activate() {
  await drop((await ours()).filter((name) => name !== KEPT));
  await self.clients.claim();
}

async function opened(event) {
  const asked = fetch(event.request);
  const late = new Promise((_, reject) => setTimeout(reject, ANSWER_MS));
  try {
    const response = await Promise.race([asked, late]);
    // Led elsewhere or turned away: whoever signed in is not signed in any more.
    if (response.type === "opaqueredirect" || response.status === 401 || response.status === 403) {
      event.waitUntil(ours().then(drop));
    } else if (response.ok) {
      event.waitUntil(keepPage().catch(() => {}));
    } else if (response.status >= 500) {
      return (await kept(PAGE)) ?? response;
    }
    return response;
  } catch {
    return (await kept(PAGE)) ?? asked;
  }
}

async function kept(path) {
  return (await caches.open(KEPT)).match(path);
}

async function left() {
  await drop(await ours());
  await self.registration.unregister();
  return Response.redirect(SIGN_IN, 303);
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (event.request.mode === "navigate") {
    if (url.pathname === PAGE) event.respondWith(opened(event));
    if (url.pathname === LEFT) event.respondWith(left());
  } else if (FILES.includes(url.pathname)) {
    event.respondWith(kept(url.pathname).then((file) => file ?? fetch(event.request)));
  }
});
