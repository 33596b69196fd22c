// The page on the spot, as an officer works with it: the camera, a network that
// is cut by a relay, the page opened anew without it, records that are sent once
// though the connection dies in the middle, a clock that goes on by 73 hours.
//
//   node tests/browser/field.mjs BASE_URL FILE
//
// FILE: {"codes": {NAME: TEXT}, "svg": drawing of the label of codes.good}.
// COOKIE=NAME=VALUE signs the browser in. Prints JSON: what the page showed.
// Exit 1 on any error of the page and any violation that axe finds.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import net from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";
import { film } from "./field_camera.mjs";

const [base, file] = process.argv.slice(2);
const { codes, svg } = JSON.parse(await readFile(file, "utf8"));
const here = path.dirname(fileURLToPath(import.meta.url));
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const pictures = path.resolve(here, "../../target/screenshots");
await mkdir(pictures, { recursive: true });
const folder = await mkdtemp(path.join(tmpdir(), "field-"));
const PIN = "河边老树2026";
const problems = [];

// ---- the network ----

const target = new URL(base);
const open = new Set();
let relay;
// Lets requests of this kind through and loses their answers, so many times.
let losing = { path: "", times: 0 };
async function connect(port) {
  relay = net.createServer((near) => {
    const far = net.connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => open.delete(socket));
    }
    let loses = false;
    near.on("data", (data) => {
      loses ||= losing.times > 0 && data.includes(losing.path);
      far.write(data);
    });
    far.on("data", (data) => {
      if (!loses) return near.write(data);
      losing.times -= 1;
      near.destroy();
      far.destroy();
    });
    near.on("end", () => far.end());
    far.on("end", () => near.end());
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
const args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--accept-lang=zh-CN", "--force-color-profile=srgb"];
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

const reel = path.join(folder, "label.mjpeg");
const studio = await puppeteer.launch({ executablePath, args });
await film(studio, svg, reel);
await studio.close();

const browser = await puppeteer.launch({
  executablePath,
  args: [
    ...args,
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    `--use-file-for-fake-video-capture=${reel}`,
  ],
});
await browser.defaultBrowserContext().overridePermissions(site, ["geolocation", "camera"]);

// ---- the page ----

async function tab(later = 0) {
  const page = await browser.newPage();
  await page.setViewport({ width: 390, height: 844, deviceScaleFactor: 2, hasTouch: true });
  await page.setGeolocation({ latitude: 33.86, longitude: 115.48, accuracy: 12 });
  page.on("console", (m) => {
    if (!/ERR_(CONNECTION|EMPTY|INTERNET|SOCKET|NETWORK)|Failed to load resource/.test(m.text())) problems.push(m.text());
  });
  page.on("pageerror", (e) => problems.push(String(e.stack ?? e)));
  page.on("dialog", (d) => d.accept());
  await page.evaluateOnNewDocument((later) => {
    const Real = Date;
    globalThis.Date = class extends Real {
      constructor(...given) {
        super(...(given.length > 0 ? given : [Real.now() + later]));
      }
      static now() {
        return Real.now() + later;
      }
    };
  }, later);
  await page.goto(`${site}/officer/check`);
  await page.waitForSelector("#lock:not([hidden])");
  return page;
}
const text = (page, id) => page.$eval(`#${id}`, (e) => e.textContent);
const visible = (page, id) => page.waitForSelector(`#${id}:not([hidden])`, { timeout: 20000 });
const until = (page, id, words, timeout = 30000) =>
  page.waitForFunction((id, words) => document.getElementById(id).textContent.includes(words), { timeout }, id, words);

/** An answer is there, and it is the last: the server's, or the kit's where there is no network. */
const settled = (page) => page.waitForSelector("#answer:not([hidden]):not(.asking)", { timeout: 20000 });

async function unlock(page, isNew) {
  await page.type("#pin", PIN);
  if (isNew) await page.type("#pin-again", PIN);
  await page.click("#unlock");
  await visible(page, "view-check");
}

async function picture(page, name) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  for (const violation of found.violations) {
    problems.push(`${name}: ${violation.id}: ${violation.nodes.map((node) => node.html).join(" ")}`);
  }
  await page.screenshot({ path: path.join(pictures, `field.${name}.png`) });
}

/** Types a code as a scanner does; gives what the screen says. */
async function check(page, code, name) {
  await page.$eval("#code", (field) => (field.value = ""));
  await page.focus("#code");
  await page.keyboard.sendCharacter(code);
  await page.keyboard.press("Enter");
  await settled(page);
  const said = await page.evaluate(() => ({
    shown: document.getElementById("answer").className.split(" ")[1],
    word: document.getElementById("word").textContent,
    lead: document.getElementById("lead").textContent,
    source: document.getElementById("source").textContent,
    findings: document.getElementById("findings").textContent,
    goods: document.getElementById("goods").textContent,
    officer: document.getElementById("officer").textContent,
  }));
  if (name) await picture(page, name);
  await page.click("#next");
  await page.waitForSelector("#answer[hidden]");
  return said;
}

const choose = (page, id, value) => page.select(`#${id}`, value);
const press = (page, id) => page.$eval(`#${id}`, (button) => button.click());
const fill = (page, id, value) => page.$eval(`#${id}`, (field, value) => (field.value = value), value);
const submit = (page, id) => page.$eval(`#${id}`, (form) => form.requestSubmit());

// ---- the story ----

const said = {};
try {
  let page = await browser.newPage();
  for (const pair of process.env.COOKIE.split("; ")) {
    const [name, value] = pair.split("=");
    await page.setCookie({ name, value, url: site });
  }
  await page.close();

  page = await tab();
  await picture(page, "lock");
  await unlock(page, true);
  await until(page, "age", "离线包");
  await page.waitForFunction(() => document.getElementById("age").className === "");
  await page.waitForFunction(() => document.getElementById("reopens").textContent.includes("断网也能打开"));
  const devtools = await page.createCDPSession();
  const { installabilityErrors } = await devtools.send("Page.getInstallabilityErrors");
  const manifest = await devtools.send("Page.getAppManifest");
  said.installable = { errors: installabilityErrors, wrong: manifest.errors, ...JSON.parse(manifest.data) };
  said.named = await page.$eval("header", (e) => e.textContent.includes("王芳"));
  await picture(page, "check");

  // By the camera, with the network.
  await press(page, "scan");
  await visible(page, "camera");
  await new Promise((go) => setTimeout(go, 300));
  await page.screenshot({ path: path.join(pictures, "field.camera.png") });
  await settled(page);
  said.scanned = await page.evaluate(() => ({
    shown: document.getElementById("answer").className,
    source: document.getElementById("source").textContent,
    goods: document.getElementById("goods").textContent,
    officer: document.getElementById("officer").textContent,
  }));
  await picture(page, "online");
  await page.$eval("#answer", (e) => (e.scrollTop = e.scrollHeight));
  await page.screenshot({ path: path.join(pictures, "field.online.more.png") });
  await press(page, "next");

  // The network goes, and the page with it.
  await until(page, "waiting", "无待发");
  await cut();
  await page.close();
  page = await tab();
  said.nameless = await page.$eval("body", (e) => !e.textContent.includes("王芳"));
  await page.type("#pin", "wrong pin");
  await press(page, "unlock");
  await until(page, "pin-error", "口令不对");
  await page.$eval("#pin", (field) => (field.value = ""));
  await unlock(page, false);

  // A visit.
  await press(page, "tab-visit");
  await picture(page, "visit.new");
  await fill(page, "seller", "鹿邑县老街烟酒店");
  await fill(page, "address", "老街12号");
  await fill(page, "case", "2026-000099");
  await press(page, "locate");
  await until(page, "located", "12");
  await submit(page, "visit-form");
  await visible(page, "visit-open");

  // Labels, without network.
  await press(page, "tab-check");
  said.offline = {};
  for (const [name, code] of Object.entries(codes)) {
    if (name === "oil") await choose(page, "inhand", "liquor");
    said.offline[name] = await check(page, code, `offline.${name}`);
    if (name === "oil") await choose(page, "inhand", "");
  }

  // A photograph, a note, a measure, a signature.
  await press(page, "tab-visit");
  const photo = path.join(folder, "photo.jpg");
  await writeFile(photo, await page.screenshot({ type: "jpeg", quality: 70 }));
  await fill(page, "caption", "货架全景");
  const [chooser] = await Promise.all([page.waitForFileChooser(), page.click("#visit-photo")]);
  await chooser.accept([photo]);
  await until(page, "visit-counts", "照片1张");
  await press(page, "open-note");
  await fill(page, "note-text", "店主称系串货购入。");
  await submit(page, "note-form");
  await until(page, "alert", "已存在本机");
  await press(page, "open-seal");
  await fill(page, "seal-what", "白酒");
  await fill(page, "seal-quantity", "12");
  await fill(page, "seal-number", "F-0071");
  await press(page, "seal-last");
  await picture(page, "seal");
  await submit(page, "seal-form");
  await page.waitForSelector("#seal-form[hidden]");
  await press(page, "open-signature");
  await fill(page, "signer", "李四");
  const glass = await page.$("#glass");
  await glass.scrollIntoView();
  const box = await glass.boundingBox();
  await page.mouse.move(box.x + 30, box.y + 60);
  await page.mouse.down();
  for (let i = 1; i < 40; i++) await page.mouse.move(box.x + 30 + i * 6, box.y + 60 + 35 * Math.sin(i / 3));
  await page.mouse.up();
  await picture(page, "signature");
  await submit(page, "signature-form");
  await page.waitForSelector("#signature-form[hidden]");

  // A sweep of a shelf.
  await press(page, "tab-sweep");
  await fill(page, "stock", "24");
  await fill(page, "draw-count", "3");
  await press(page, "draw");
  await until(page, "drawn", "按货架顺序数");
  await picture(page, "sweep.new");
  await submit(page, "sweep-form");
  await visible(page, "sweep-open");
  await press(page, "tab-check");
  // A scanner that types does not wait for anybody to press a button.
  await page.focus("#tab-check");
  for (const name of ["good", "second", "good"]) {
    await page.evaluate(() => document.getElementById("goods").replaceChildren());
    await page.keyboard.type(codes[name]);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.getElementById("goods").childElementCount > 0);
  }
  await press(page, "next");
  await until(page, "sweep-line", "已查2件");
  await press(page, "tab-sweep");
  said.statement = await text(page, "statement");
  await picture(page, "sweep");
  await press(page, "sweep-end");
  await visible(page, "sweep-none");

  // The phone dies, and is found again 73 hours later.
  await press(page, "tab-box");
  said.waits = await text(page, "box-waits");
  await picture(page, "box");
  await page.close();
  page = await tab(73 * 3600000);
  await unlock(page, false);
  await visible(page, "locked");
  said.locked = await text(page, "locked");
  await fill(page, "code", codes.good);
  await submit(page, "typing");
  await until(page, "alert", "不能离线查验");
  await picture(page, "expired");
  await page.close();
  page = await tab();
  await unlock(page, false);
  await visible(page, "locked");
  said.setBack = await text(page, "locked");

  // The network is back, and dies when the server has taken what it was sent.
  losing = { path: "POST /officer/field/records", times: 2 };
  await connect(port);
  await page.evaluate(() => window.dispatchEvent(new Event("online")));
  await until(page, "waiting", "无待发", 60000);
  said.lost = 2 - losing.times;
  await page.waitForSelector("#locked[hidden]");
  await press(page, "tab-box");
  said.told = await text(page, "told");
  await picture(page, "sent");

  // Nothing that was kept can be read without the PIN.
  said.clear = await page.evaluate(async () => {
    const names = (await indexedDB.databases()).map((one) => one.name);
    const bytes = [];
    for (const name of names) {
      const db = await new Promise((done) => (indexedDB.open(name).onsuccess = (e) => done(e.target.result)));
      for (const store of db.objectStoreNames) {
        const all = await new Promise((done) => {
          db.transaction(store).objectStore(store).getAll().onsuccess = (e) => done(e.target.result);
        });
        const asText = (value) => (value instanceof ArrayBuffer ? new TextDecoder("latin1").decode(value) : value);
        bytes.push(JSON.stringify(all, (_, value) => asText(value)));
      }
    }
    return ["鹿邑", "flagged", "batches", "白酒"].filter((word) => bytes.some((text) => text.includes(word)));
  });

  // On a desk, and in English.
  await page.setViewport({ width: 1440, height: 900, deviceScaleFactor: 2, hasTouch: true });
  await press(page, "tab-check");
  await picture(page, "desk");
  await page.setViewport({ width: 390, height: 844, deviceScaleFactor: 2, hasTouch: true });
  await page.goto(`${site}/officer/check?lang=en`);
  await page.waitForSelector("#lock:not([hidden])");
  await unlock(page, false);
  said.english = await check(page, codes.forged, "online.en");
  await press(page, "tab-visit");
  await picture(page, "visit.en");
  await page.goto(`${site}/officer/check?lang=zh-CN`);
  await page.waitForSelector("#lock:not([hidden])");
  await unlock(page, false);

  // Signing out leaves no page and no kit.
  await until(page, "waiting", "无待发", 60000);
  await Promise.all([page.waitForNavigation(), page.click(".who form button")]);
  said.after = page.url();
  said.left = await page.evaluate(async () => ({
    caches: await caches.keys(),
    workers: (await navigator.serviceWorker.getRegistrations()).length,
  }));
  console.log(JSON.stringify(said));
} catch (problem) {
  console.error(JSON.stringify(said, null, 1));
  const [page] = (await browser.pages()).slice(-1);
  await page?.screenshot({ path: path.join(pictures, "field.failed.png") }).catch(() => {});
  problems.push(String(problem.stack));
} finally {
  await browser.close();
  await cut().catch(() => {});
  await rm(folder, { recursive: true });
}
for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);
