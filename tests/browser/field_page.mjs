// What the scripts of the page on the spot share: a phone, its page, its pictures,
// and a word with the test that runs the script.
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";

const here = path.dirname(fileURLToPath(import.meta.url));
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const pictures = path.resolve(here, "../../target/screenshots");
await mkdir(pictures, { recursive: true });

/** Errors of the page and violations that axe finds. */
export const problems = [];

export const launched = () =>
  puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--accept-lang=zh-CN", "--force-color-profile=srgb"],
  });

export async function signedIn(browser, base, cookies) {
  for (const pair of cookies.split("; ")) {
    const [name, value] = pair.split("=");
    await browser.setCookie({ name, value, domain: new URL(base).hostname, path: "/" });
  }
}

/** A phone's page; its clock is `later` milliseconds ahead of this machine's. */
export async function phone(browser, later = 0) {
  const page = await browser.newPage();
  await page.setViewport({ width: 390, height: 844, deviceScaleFactor: 2, hasTouch: true });
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
  return page;
}

export const visible = (page, id) => page.waitForSelector(`#${id}:not([hidden])`, { timeout: 20000 });
export const press = (page, id) => page.$eval(`#${id}`, (button) => button.click());
export const text = (page, id) => page.$eval(`#${id}`, (e) => e.textContent);
export const fill = (page, id, value) => page.$eval(`#${id}`, (field, value) => (field.value = value), value);
export const submit = (page, id) => page.$eval(`#${id}`, (form) => form.requestSubmit());
export const until = (page, id, words, timeout = 30000) =>
  page.waitForFunction((id, words) => document.getElementById(id).textContent.includes(words), { timeout }, id, words);

export async function unlock(page, pin, isNew = false) {
  await visible(page, "lock");
  await page.$eval("#pin", (field) => (field.value = ""));
  await page.type("#pin", pin);
  if (isNew) await page.type("#pin-again", pin);
  await press(page, "unlock");
  await visible(page, "view-check");
}

/** Opens the page and its store. */
export async function open(page, base, pin, isNew = false) {
  await page.goto(`${base}/officer/check`);
  await unlock(page, pin, isNew);
}

/** The kit is there, and the page opens without network. */
export async function isReady(page) {
  await page.waitForFunction(() => document.getElementById("age").className === "");
  await page.waitForFunction(() => document.getElementById("reopens").dataset.state === "reopens");
}

export async function offline(page, isOff) {
  await page.setOfflineMode(isOff);
  await page.evaluate((name) => window.dispatchEvent(new Event(name)), isOff ? "offline" : "online");
}

/** Looks with axe, and keeps a picture of the whole page. */
export async function picture(page, name) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  for (const violation of found.violations) {
    problems.push(`${name}: ${violation.id}: ${violation.nodes.map((node) => node.html).join(" ")}`);
  }
  await page.screenshot({ path: path.join(pictures, `field.${name}.png`), fullPage: true });
}

/** Asks the test to do what `step` says; gives its answer. */
export async function ask(conductor, step) {
  const response = await fetch(`${conductor}/${step}`, { method: "POST" });
  if (!response.ok) throw new Error(`${step}: ${response.status}`);
  return response.json();
}

/** Runs a story; prints what it said, and ends with 1 on any problem. */
export async function told(browser, story) {
  const said = {};
  try {
    await story(said);
    console.log(JSON.stringify(said));
  } catch (problem) {
    console.error(JSON.stringify(said, null, 1));
    const [page] = (await browser.pages()).slice(-1);
    await page?.screenshot({ path: path.join(pictures, "field.failed.png") }).catch(() => {});
    problems.push(String(problem.stack));
  } finally {
    await browser.close();
  }
  for (const problem of problems) console.error(problem);
  process.exit(problems.length === 0 ? 0 : 1);
}
