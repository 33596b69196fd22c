// From a flag to a package of evidence, as officers and a maker go the way: a phone
// that has lost its network, desks, forms that are filled and buttons that are pressed.
//
//   node tests/browser/officers.mjs BASE_URL FILE FOLDER
//
// FILE: {"password": TEXT, "copied": TEXT of a label whose copies were scanned,
// "shelf": [TEXT of labels beside it on the shelf]}. FOLDER is for the package. Prints
// JSON of what each of them saw; exit 1 at the first thing that is not as it should be.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";
import { relayed } from "./relay.mjs";

const [base, file, folder] = process.argv.slice(2);
const { password, copied, shelf } = JSON.parse(readFileSync(file, "utf8"));
const here = path.dirname(fileURLToPath(import.meta.url));
const pictures = path.resolve(here, "../../target/screenshots");
mkdirSync(pictures, { recursive: true });
const PIN = "河边老树2026";
const SELLER = "鹿邑县老街烟酒店";
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--accept-lang=zh-CN", "--force-color-profile=srgb"],
});
const windows = [];
const seen = {};

const must = (holds, words) => {
  if (!holds) throw new Error(words);
};

/** A window of somebody's own at a console. */
async function somebody(login, area, site = base) {
  const downloadBehavior = { policy: "allow", downloadPath: path.resolve(folder) };
  const context = await browser.createBrowserContext({ downloadBehavior });
  await context.overridePermissions(site, ["geolocation"]);
  const page = await context.newPage();
  windows.push(page);
  page.setDefaultTimeout(60_000);
  await page.setViewport({ width: 1440, height: 900 });
  await page.setExtraHTTPHeaders({ "Accept-Language": "zh-CN" });
  page.on("dialog", (d) => d.accept());
  await page.goto(new URL(`/${area}/sign-in`, site).href);
  await fill(page, "form", { login, password });
  await press(page, `form[action='/${area}/sign-in'] button`);
  must(!page.url().includes("sign-in"), `${login} is not let in`);
  return page;
}

const go = (page, at) => page.goto(new URL(at, base).href);
const text = (page, selector) => page.$eval(selector, (e) => e.textContent.trim());
const shot = (page, name) => page.screenshot({ path: path.join(pictures, `officers.${name}.png`), fullPage: true });

/** Sets the named fields of a form. */
async function fill(page, form, fields) {
  await page.waitForSelector(form);
  for (const [name, value] of Object.entries(fields)) {
    const set = await page.$eval(
      form,
      (form, name, value) => {
        const field = form.elements.namedItem(name);
        if (!field) return "there is no such field";
        if (field.type === "checkbox") return (field.checked = value);
        field.value = value;
        return field.value === value ? true : `it takes no ${value}`;
      },
      name,
      value,
    );
    must(set === true, `${page.url()}: ${name}: ${set}`);
  }
}

/** Presses a button; the page that follows has no complaint. */
async function press(page, selector) {
  const button = await page.waitForSelector(selector);
  const [response] = await Promise.all([page.waitForNavigation(), button.evaluate((e) => e.click())]);
  const errors = await page.$$eval(".error", (all) => all.map((e) => e.textContent.trim()).filter(Boolean));
  must(response?.status() === 200 && errors.length === 0, `${page.url()}: ${response?.status()} ${errors.join("; ")}`);
}

/** Adds an entry to the case that the page shows. */
async function add(page, at, kind, fields) {
  const form = `form[action='${at}/${kind === "ruling" ? "supervise" : "entries"}']:has(input[name=kind][value=${kind}])`;
  await fill(page, form, fields);
  await press(page, `${form} button`);
}

// ---- the phone ----

const network = await relayed(base);
const visible = (page, id) => page.waitForSelector(`#${id}:not([hidden])`);
const until = (page, id, words) =>
  page.waitForFunction((id, words) => document.getElementById(id).textContent.includes(words), {}, id, words);
const tap = (page, id) => page.$eval(`#${id}`, (e) => e.click());
const write = (page, id, value) => page.$eval(`#${id}`, (field, value) => (field.value = value), value);
const submit = (page, id) => page.$eval(`#${id}`, (form) => form.requestSubmit());

async function unlocked(context, isNew) {
  const page = await context.newPage();
  windows.push(page);
  page.setDefaultTimeout(60_000);
  await page.setViewport({ width: 390, height: 844, deviceScaleFactor: 2, hasTouch: true });
  await page.setGeolocation({ latitude: 33.86, longitude: 115.48, accuracy: 12 });
  page.on("dialog", (d) => d.accept());
  await page.goto(`${network.site}/officer/check`);
  await visible(page, "lock");
  await page.type("#pin", PIN);
  if (isNew) await page.type("#pin-again", PIN);
  await tap(page, "unlock");
  await visible(page, "view-check");
  return page;
}

/** Scans a code by a scanner that types; gives what the screen says. */
async function scanned(page, code) {
  await write(page, "code", "");
  await page.focus("#code");
  await page.keyboard.sendCharacter(code);
  await page.keyboard.press("Enter");
  await visible(page, "answer");
  const said = await page.evaluate(() => ({
    shown: document.getElementById("answer").className.split(" ")[1],
    word: document.getElementById("word").textContent,
    source: document.getElementById("source").textContent,
  }));
  return said;
}
async function next(page) {
  await tap(page, "next");
  await page.waitForSelector("#answer[hidden]");
}

/** What is found in the shop, without network. */
async function inTheShop(page) {
  await tap(page, "tab-visit");
  await write(page, "seller", SELLER);
  await write(page, "address", "老街12号");
  await tap(page, "locate");
  await until(page, "located", "12");
  await submit(page, "visit-form");
  await visible(page, "visit-open");
  await tap(page, "tab-sweep");
  await write(page, "stock", "24");
  await submit(page, "sweep-form");
  await visible(page, "sweep-open");
  await tap(page, "tab-check");
  for (const code of shelf) {
    const said = await scanned(page, code);
    must(said.shown === "genuine", `a label on the shelf is ${said.word}`);
    await next(page);
  }
  seen.offline = await scanned(page, copied);
  await page.screenshot({ path: path.join(pictures, "officers.phone.png") });
  await next(page);
  await tap(page, "tab-sweep");
  // The last label is counted once it is kept.
  await until(page, "statement", `查验${shelf.length + 1}件`);
  seen.statement = await text(page, "#statement");
  await tap(page, "sweep-end");
  await visible(page, "sweep-none");
  await tap(page, "tab-visit");
  const photo = path.join(folder, "photo.jpg");
  writeFileSync(photo, await page.screenshot({ type: "jpeg", quality: 70 }));
  await write(page, "caption", "货架全景");
  const [chooser] = await Promise.all([page.waitForFileChooser(), tap(page, "visit-photo")]);
  await chooser.accept([photo]);
  await until(page, "visit-counts", "照片1张");
  await tap(page, "open-note");
  await write(page, "note-text", "店主称系串货购入。");
  await submit(page, "note-form");
  await until(page, "alert", "已存在本机");
}

// ---- the story ----

try {
  const desk = await somebody("officer", "officer");
  await go(desk, "/officer/");
  const serial = await desk.$$eval("a.serial", (all) => all.map((e) => e.textContent));
  must(serial.length === 1, `one lead of one label, not ${serial}`);
  seen.why = await text(desk, "tbody .why");
  await desk.click("tbody th a");
  await desk.waitForSelector("fieldset");
  await fill(desk, "form[action='/officer/leads']", { assignee: "officer" });
  await press(desk, "button[name=deed][value=assign]");
  const lead = new URL(desk.url()).pathname;
  await shot(desk, "lead");

  const phone = await somebody("officer", "officer", network.site);
  let page = await unlocked(phone.browserContext(), true);
  await page.waitForFunction(() => document.getElementById("age").className === "" && document.getElementById("age").textContent.includes("离线包"));
  await until(page, "reopens", "断网也能打开");
  await until(page, "waiting", "无待发");
  await network.cut();
  await page.close();
  page = await unlocked(phone.browserContext(), false);
  await inTheShop(page);
  await network.join();
  await page.evaluate(() => window.dispatchEvent(new Event("online")));
  await until(page, "waiting", "无待发");

  // At the desk: a case of the lead, with the visit.
  await go(desk, lead);
  await press(desk, "a.button[href*='/officer/cases/new']");
  await fill(desk, "form[action='/officer/cases']", { title: "老街烟酒店涉嫌销售仿冒白酒", party: SELLER });
  await press(desk, "form[action='/officer/cases'] button");
  const at = new URL(desk.url()).pathname;
  seen.case = at.split("/").pop();
  const number = (await text(desk, "h1")).match(/\d{4}-\d{6}/)?.[0];
  must(number, `no number of a case in ${await text(desk, "h1")}`);
  await go(desk, "/officer/visits");
  await press(desk, "tbody th a");
  must((await text(desk, "h1")) === SELLER, "another visit");
  await shot(desk, "visit");
  await fill(desk, "form[action$='/case']", { number });
  await press(desk, "form[action$='/case'] button");
  await go(desk, at);
  await shot(desk, "case");

  // The head files it; the maker is asked, and answers over a name.
  const head = await somebody("supervisor", "officer");
  await go(head, at);
  await add(head, at, "ruling", { what: "file", text: "线索经现场检查核实，予以立案。" });
  await go(desk, at);
  const asking = `form[action='${at}/questions']`;
  await fill(desk, asking, { enterprise: await desk.$eval(`${asking} select[name=enterprise] option[value]:not([value=''])`, (e) => e.value) });
  await press(desk, `${asking} button`);
  const maker = await somebody("quality", "enterprise");
  await go(maker, "/enterprise/inquiries");
  await press(maker, "tbody th a");
  await shot(maker, "inquiry");
  const answer = "form[action$='/answer']";
  await fill(maker, answer, {
    opinion: "not_ours",
    grounds: "纸张无防伪纤维，喷码与本批不符。",
    signer: "李质检",
    position: "质量部经理",
    password,
  });
  await press(maker, `${answer} button`);

  // Two people end it.
  await go(desk, at);
  must((await text(desk, "main")).includes("李质检"), "the case does not show who answered");
  await add(desk, at, "proposed_close", { outcome: "counterfeit", grounds: "企业辨认及查询记录均证明该标签被复制。" });
  must((await desk.$(`form[action='${at}/decide'] button[value=closed]`)) === null, "who proposes decides");
  await go(head, at);
  await shot(head, "closing");
  const closing = `form[action='${at}/decide']:has(button[value=closed])`;
  await fill(head, closing, { grounds: "同意。" });
  await press(head, `${closing} button[value=closed]`);
  await shot(head, "closed");

  // The package leaves.
  await go(desk, `${at}/evidence`);
  await press(desk, `form[action='${at}/evidence'] button`);
  const end = Date.now() + 60_000;
  while ((await desk.$("a[download]")) === null) {
    must(Date.now() < end, "no package is built");
    await new Promise((wait) => setTimeout(wait, 200));
    await go(desk, `${at}/evidence`);
  }
  await shot(desk, "evidence");
  await desk.$eval("a[download]", (e) => e.click());
  while (!readdirSync(folder).some((name) => name.endsWith(".zip"))) {
    must(Date.now() < end, "no package is saved");
    await new Promise((wait) => setTimeout(wait, 100));
  }
  seen.package = readdirSync(folder).find((name) => name.endsWith(".zip"));
  console.log(JSON.stringify(seen));
} catch (error) {
  // What stood on each screen when it went wrong.
  console.error(JSON.stringify(seen));
  for (const [n, page] of windows.entries()) {
    if (page.isClosed()) continue;
    console.error(n, page.url());
    await shot(page, `failed-${n}`);
  }
  throw error;
} finally {
  await browser.close();
  await network.cut().catch(() => {});
}
