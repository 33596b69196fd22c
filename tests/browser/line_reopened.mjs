// Opens the page of a packing line anew while the network is truly cut: not by
// the browser's own switch, which a service worker does not feel, but by a relay
// between browser and server that is closed.
//
//   node tests/browser/line_reopened.mjs BASE_URL FILE
//
// FILE has the codes, one a line. COOKIE=NAME=VALUE signs the browser in. Prints
// JSON: what the page showed, and how long things took. Exit 1 on any error of
// the page.
import { mkdir, readFile } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";

const [base, file] = process.argv.slice(2);
const codes = (await readFile(file, "utf8")).split("\n").filter((code) => code !== "");
const here = path.dirname(fileURLToPath(import.meta.url));
const pictures = path.resolve(here, "../../target/screenshots");
await mkdir(pictures, { recursive: true });

// ---- the network ----

const target = new URL(base);
const open = new Set();
let relay;
async function connect(port) {
  relay = net.createServer((near) => {
    const far = net.connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => open.delete(socket));
    }
    near.pipe(far).pipe(near);
  });
  await new Promise((done) => relay.listen(port, "127.0.0.1", done));
  return relay.address().port;
}
async function cut() {
  const closed = new Promise((done) => relay.close(done));
  for (const socket of open) socket.destroy();
  await closed;
}

const port = await connect(0);
const site = `http://127.0.0.1:${port}`;
const line = `${site}/enterprise/line`;
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--accept-lang=zh-CN"],
  // Tens of thousands of scans take their time.
  protocolTimeout: 600000,
});
const problems = [];

async function tab() {
  const page = await browser.newPage();
  page.on("console", (m) => {
    if (!/ERR_(CONNECTION|EMPTY|INTERNET|SOCKET|NETWORK)/.test(m.text())) problems.push(m.text());
  });
  page.on("pageerror", (e) => problems.push(String(e)));
  page.on("dialog", (d) => d.accept());
  return page;
}
const text = (page, id) => page.$eval("#" + id, (e) => e.textContent);
const ready = (page) => page.waitForSelector("#scan:not([disabled])");
const shows = (page, id, value, timeout = 60000) =>
  page.waitForFunction((id, value) => document.getElementById(id).textContent === value, { timeout }, id, value);

try {
  let page = await tab();
  for (const pair of process.env.COOKIE.split("; ")) {
    const [name, value] = pair.split("=");
    await page.setCookie({ name, value, url: site });
  }
  await page.goto(line);
  await ready(page);
  await page.waitForSelector("#reopen.good");
  const named = await page.$eval("header", (e) => e.textContent.includes("王芳"));
  const kept = await page.evaluate(async () => {
    const names = await caches.keys();
    const all = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return all.flat().map((request) => new URL(request.url).pathname);
  });

  await cut();
  await page.close();
  page = await tab();
  await page.goto(line);
  await ready(page);
  const nameless = await page.$eval("body", (e) => !e.textContent.includes("王芳"));
  await page.$eval("#size", (e) => (e.value = "2"));
  const queueing = Date.now();
  await page.evaluate(async (codes) => {
    const field = document.getElementById("scan");
    for (const [n, code] of codes.entries()) {
      field.value = code;
      field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
      if (n % 50 === 49) await new Promise((go) => setTimeout(go, 0));
    }
  }, codes);
  await shows(page, "waiting", String(codes.length), 600000);
  const queued_ms = Date.now() - queueing;
  await page.waitForSelector("#cut:not([hidden])", { timeout: 60000 });
  const told = await text(page, "cut");
  await page.screenshot({ path: path.join(pictures, "line.reopened.png"), fullPage: true });

  // Closed and opened once more, still without network.
  await page.close({ runBeforeUnload: false });
  page = await tab();
  await page.goto(line);
  await ready(page);
  await shows(page, "waiting", String(codes.length));

  await connect(port);
  const sending = Date.now();
  await page.evaluate(() => window.dispatchEvent(new Event("online")));
  await shows(page, "waiting", "0", 600000);
  const sent_ms = Date.now() - sending;
  const packed = await text(page, "packed");
  const refused = await page.$$eval("#refused li", (all) => all.map((one) => one.textContent));

  // Signing out leaves nothing behind.
  await page.goto(line);
  await ready(page);
  await Promise.all([page.waitForNavigation(), page.click(".who form button")]);
  const after = page.url();
  const left = await page.evaluate(async () => ({
    caches: await caches.keys(),
    workers: (await navigator.serviceWorker.getRegistrations()).length,
  }));
  console.log(JSON.stringify({ named, kept, nameless, queued_ms, told, sent_ms, packed, refused, after, left }));
} finally {
  await browser.close();
  await cut();
}
for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);
