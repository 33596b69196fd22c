// A phone whose officer's account ended while it was without network: its first
// contact ends checks and keeps what was recorded; a supervisor takes that in.
//
//   node tests/browser/field_others.mjs BASE_URL CODE SUPERVISOR_COOKIE
//
// COOKIE=NAME=VALUE is of the officer. Prints JSON: what the page showed. Exit 1 on
// any error of the page.
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";

const [base, code, supervisor] = process.argv.slice(2);
const here = path.dirname(fileURLToPath(import.meta.url));
const pictures = path.resolve(here, "../../target/screenshots");
await mkdir(pictures, { recursive: true });
const problems = [];
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--accept-lang=zh-CN"],
});

async function signedIn(page, cookies) {
  for (const pair of cookies.split("; ")) {
    const [name, value] = pair.split("=");
    await page.setCookie({ name, value, url: base });
  }
}
const visible = (page, id) => page.waitForSelector(`#${id}:not([hidden])`, { timeout: 20000 });
const press = (page, id) => page.$eval(`#${id}`, (button) => button.click());
const text = (page, id) => page.$eval(`#${id}`, (e) => e.textContent);

async function open(page, pin, isNew) {
  await page.goto(`${base}/officer/check`);
  await visible(page, "lock");
  await page.type("#pin", pin);
  if (isNew) await page.type("#pin-again", pin);
  await press(page, "unlock");
  await visible(page, "view-check");
}

const said = {};
try {
  const page = await browser.newPage();
  await page.setViewport({ width: 390, height: 844, deviceScaleFactor: 2 });
  page.on("console", (m) => {
    if (!/Failed to load resource/.test(m.text())) problems.push(m.text());
  });
  page.on("pageerror", (e) => problems.push(String(e.stack ?? e)));
  page.on("dialog", (d) => d.accept());
  await signedIn(page, process.env.COOKIE);
  await open(page, "王芳手机的口令", true);
  await page.waitForFunction(() => document.getElementById("age").className === "");

  // Without network: a visit, a label.
  await page.setOfflineMode(true);
  await press(page, "tab-visit");
  await page.$eval("#seller", (field) => (field.value = "鹿邑县城关商行"));
  await page.$eval("#visit-form", (form) => form.requestSubmit());
  await visible(page, "visit-open");
  await press(page, "tab-check");
  await page.$eval("#code", (field, code) => (field.value = code), code);
  await page.$eval("#typing", (form) => form.requestSubmit());
  await visible(page, "answer");
  said.offline = await text(page, "source");
  await press(page, "next");
  await page.waitForFunction(() => document.getElementById("waiting").textContent.includes("2"));

  // The account ends; the phone hears of it at its first contact.
  await page.deleteCookie(...(await page.cookies(base)));
  await page.setOfflineMode(false);
  await page.evaluate(() => window.dispatchEvent(new Event("online")));
  await visible(page, "left");
  said.left = await text(page, "left");
  said.checks = await page.$eval("#view-check", (e) => !e.hidden);
  await page.screenshot({ path: path.join(pictures, "field.left.png") });

  // A supervisor signs in on the same phone.
  await signedIn(page, supervisor);
  await open(page, "another sentence", true);
  await press(page, "tab-box");
  await visible(page, "others");
  said.others = await text(page, "others-list");
  await page.screenshot({ path: path.join(pictures, "field.others.png"), fullPage: true });
  await page.type("#others-list input", "wrong");
  await page.$eval("#others-list form", (form) => form.requestSubmit());
  await page.waitForFunction(() => document.getElementById("alert").textContent.includes("口令不对"));
  await page.$eval("#others-list input", (field) => (field.value = "王芳手机的口令"));
  await page.$eval("#others-list form", (form) => form.requestSubmit());
  await page.waitForSelector("#others[hidden]", { timeout: 20000 });
  said.alert = await text(page, "alert");
  console.log(JSON.stringify(said));
} catch (problem) {
  console.error(JSON.stringify(said));
  problems.push(String(problem.stack));
} finally {
  await browser.close();
}
for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);
