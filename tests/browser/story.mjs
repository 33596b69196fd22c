// The whole way of a lot, as its people go it: one Chromium, a window of its own
// for each of them, forms that are filled and buttons that are pressed.
//
//   node tests/browser/story.mjs BASE_URL LABELS FOLDER
//
// BASE_URL is a fresh demo installation: its log-ins are used. LABELS is 600 or
// more. FOLDER is for what the printing house gets. Needs age, tar, pdftoppm and
// ZXingReader. Prints JSON of what each of them saw; exit 1 at the first thing
// that is not as it should be.
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync, mkdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";

const [base, count, folder] = process.argv.slice(2);
const labels = Number(count);
const here = path.dirname(fileURLToPath(import.meta.url));
const pictures = path.resolve(here, "../../target/screenshots");
mkdirSync(pictures, { recursive: true });
mkdirSync(folder, { recursive: true });
const password = "luyi-demo-2026";
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});
const seen = {};
const windows = [];
const minutes = 60_000;

const must = (holds, words) => {
  if (!holds) throw new Error(words);
};
const url = (at) => new URL(at, base).href;

/** A window of somebody's own. */
async function somebody(login) {
  const downloadBehavior = { policy: "allow", downloadPath: path.resolve(folder) };
  const context = await browser.createBrowserContext({ downloadBehavior });
  const page = await context.newPage();
  windows.push(page);
  page.setDefaultTimeout(minutes);
  await page.setViewport({ width: 1440, height: 900 });
  await page.setExtraHTTPHeaders({ "Accept-Language": "zh-CN" });
  page.on("dialog", (d) => d.accept());
  if (login) {
    await page.goto(url("/enterprise/sign-in"));
    await fill(page, { login, password });
    await press(page, "form[action='/enterprise/sign-in'] button");
    must(!page.url().includes("sign-in"), `${login} is not let in`);
  }
  return page;
}

/** Types into the fields of those ids; chooses in lists. */
async function fill(page, fields) {
  for (const [id, value] of Object.entries(fields)) {
    await page.waitForSelector("#" + id);
    const kind = await page.$eval("#" + id, (e) => (e.type === "date" ? "date" : e.tagName));
    if (kind === "SELECT")
      must((await page.select("#" + id, value)).includes(value), `${page.url()}: no ${value} in ${id}`);
    else if (kind === "date" || value.length > 200)
      await page.$eval("#" + id, (e, value) => (e.value = value), value);
    else {
      await page.$eval("#" + id, (e) => (e.value = ""));
      await page.type("#" + id, value);
    }
  }
}

/** Presses a button and waits for the page that follows. */
async function press(page, selector) {
  const button = await page.waitForSelector(selector);
  const [response] = await Promise.all([page.waitForNavigation(), button.evaluate((e) => e.click())]);
  const errors = await page.$$eval(".error", (all) => all.map((e) => e.textContent.trim()).filter(Boolean));
  return { status: response?.status() ?? 0, errors };
}

async function pressed(page, selector) {
  const { status, errors } = await press(page, selector);
  must(status === 200 && errors.length === 0, `${page.url()}: ${status} ${errors.join("; ")}`);
}

const text = (page, selector) => page.$eval(selector, (e) => e.textContent.trim());
const shot = (page, name) =>
  page.screenshot({ path: path.join(pictures, `story.${name}.png`), fullPage: true });

/** Reads the page again until it holds. */
async function until(page, at, holds, words) {
  const end = Date.now() + 10 * minutes;
  for (;;) {
    await page.goto(url(at));
    if (await page.evaluate(holds)) return;
    must(Date.now() < end, words);
    await new Promise((go) => setTimeout(go, 250));
  }
}

/** What a buyer's phone shows of a code. */
async function asks(code, name) {
  const page = await somebody();
  await page.setViewport({ width: 390, height: 844, isMobile: true });
  await page.goto(url("/" + code));
  const outcome = await page.$eval("section.verdict", (e) => e.className.replace("verdict ", ""));
  const headline = await text(page, "section.verdict h1");
  await shot(page, name);
  const journey = await page.$$eval("section.card", (all) => {
    const told = all.find((e) => e.querySelector("h2")?.textContent === "这批商品的经历");
    return [...(told?.querySelectorAll("dd") ?? [])].map((e) => e.textContent);
  });
  await page.close();
  return { outcome, headline, journey };
}

/** The name of a file that the browser has saved whole. */
async function downloaded(end) {
  const until = Date.now() + 10 * minutes;
  for (;;) {
    const name = readdirSync(folder).find((name) => name.endsWith(end));
    if (name) return name;
    must(Date.now() < until, `no ${end} came`);
    await new Promise((go) => setTimeout(go, 250));
  }
}

/** A file behind the session of the page. */
async function fetched(page, at, file) {
  const cookies = await page.cookies(url(at));
  const cookie = cookies.map((c) => `${c.name}=${c.value}`).join("; ");
  const response = await fetch(url(at), { headers: { cookie } });
  must(response.ok, `${at}: ${response.status}`);
  writeFileSync(file, Buffer.from(await response.arrayBuffer()));
}

/** Decodes a page of labels, printed at 300 dpi, by a decoder that is not ours. */
function decoded(pdf, sheet) {
  const picture = path.join(folder, `sheet-${sheet}`);
  execFileSync("pdftoppm", ["-r", "300", "-f", sheet, "-l", sheet, "-singlefile", "-png", pdf, picture]);
  const said = execFileSync("ZXingReader", ["-fast", "-format", "QRCode", picture + ".png"], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  return [...said.matchAll(/Text:\s+"?(https?:\/\/[^\s"]+)/gi)].map((m) => m[1]);
}

/** Codes from the first, the middle and the last sheet of the roll. */
function printed(pdf) {
  const sheets = Number(execFileSync("pdfinfo", [pdf], { encoding: "utf8" }).match(/Pages:\s+(\d+)/)[1]);
  return [1, Math.ceil(sheets / 2), sheets].map((sheet) => decoded(pdf, String(sheet)));
}

const thirds = (all) => [all.slice(0, 12), all.slice(all.length / 2, all.length / 2 + 12), all.slice(-12)];
const table = (file) =>
  readFileSync(file, "utf8").trim().split("\n").slice(1).map((row) => row.split(",")[2]);

try {
  // The house has a key of its own.
  const key = path.join(folder, "key.txt");
  execFileSync("age-keygen", ["-o", key], { stdio: "ignore" });
  const recipient = execFileSync("age-keygen", ["-y", key], { encoding: "utf8" }).trim();

  const owner = await somebody("songhe");
  await owner.goto(url("/enterprise/printers"));
  await fill(owner, { name: "周口彩印", contact: "刘师傅", recipient });
  await pressed(owner, "form[action='/enterprise/printers'] button");
  await owner.goto(url("/enterprise/settings"));
  await fill(owner, { approval_labels: String(labels - 1) });
  await pressed(owner, "form[action='/enterprise/settings'] button");

  const planner = await somebody("songhe-plan");
  await planner.goto(url("/enterprise/products"));
  await fill(planner, {
    gtin: "6900000001042",
    name_zh: "宋河粮液 故事装",
    name_en: "Song He, story edition",
    net_content: "500 mL",
    standard: "GB/T 10781.1",
  });
  await pressed(planner, "form[method=post][action='/enterprise/products'] button");
  await planner.goto(url("/enterprise/order"));
  const house = await planner.$$eval("#house option", (all) => all.find((o) => o.text.includes("周口"))?.value);
  must(house, "the form does not offer the house");
  const cases = Math.min(100, Math.floor(labels / 6));
  await fill(planner, {
    product: "06900000001042",
    lot: "STORY1",
    made_on: "2026-11-20",
    destination: "4100",
    count: String(labels),
    cases: String(cases),
    house,
    format: labels > 10_000 ? "csv" : "pdf",
  });
  await shot(planner, "order_form");
  await pressed(planner, "form[action='/enterprise/order'] button:not([formaction])");
  const order = new URL(planner.url()).pathname;
  must(!(await planner.$("button.good")), "a planner approves the own order");

  const approver = await somebody("songhe-approve");
  await approver.goto(url(order));
  await shot(approver, "approval");
  await pressed(approver, "form[action$='/approve'] button");
  const began = Date.now();
  await until(planner, order, () => !!document.querySelector("form[action$='/package'] button"), "the order is not made");
  seen.seconds_to_make = Math.round((Date.now() - began) / 1000);
  const batch = await planner.$eval("main a[href^='/enterprise/batches/']", (e) => e.getAttribute("href"));
  await pressed(planner, "form[action$='/package'] button");
  const [number, code] = await planner.$$eval(".once", (all) => all.map((e) => e.textContent.trim()));
  await shot(planner, "secrets");
  const packaged = await planner.$eval("main a[href^='/enterprise/packages/']", (e) => e.getAttribute("href"));

  // At the counter, from elsewhere.
  const printer = await somebody();
  await printer.goto(url("/printer/sign-in"));
  await fill(printer, { number, code });
  await press(printer, "form[action='/printer/sign-in'] button");
  await until(printer, "/printer/", () => !!document.querySelector("form[action='/printer/downloads']"), "no files");
  await shot(printer, "counter");
  const begin = await printer.$("form[action='/printer/downloads'] button");
  await begin.evaluate((e) => e.click());
  const sealed = path.join(folder, await downloaded(".tar.age"));
  execFileSync("age", ["-d", "-i", key, "-o", path.join(folder, "package.tar"), sealed]);
  execFileSync("tar", ["-xf", path.join(folder, "package.tar"), "-C", folder]);
  const files = readdirSync(folder, { recursive: true }).map(String);
  seen.files = files.filter((name) => !/\.tar|key\.txt/.test(name)).length;
  const pdf = files.find((name) => /\/labels\/.*\.pdf$/.test(name));
  const csv = files.find((name) => /\/labels\/.*\.csv$/.test(name));
  const parts = pdf ? printed(path.join(folder, pdf)) : thirds(table(path.join(folder, csv)));
  const [roll, middle, last] = parts;
  seen.read_from_the_roll = parts.map((part) => part.length);
  must(roll.length >= 12, `of the printed sheet ${roll.length} labels were read`);
  await printer.goto(url("/printer/"));
  await fill(printer, { kind: "printed", range: `0-${labels - 1}` });
  await pressed(printer, "form[action='/printer/reports'] button");

  // Nothing goes on sale before the roll is signed off.
  const line = await somebody("songhe-line");
  await line.goto(url(batch));
  const early = await press(line, "form[action$='/activate'] button");
  must(early.status === 422, `activated before the sign-off: ${early.status}`);
  seen.before_sign_off = early.errors[0];
  must(early.errors[0]?.includes("验收"), `the refusal does not say why: ${early.errors[0]}`);
  const bare = (code) => code.split("/").pop();
  seen.unsold = await asks(bare(roll[0]), "unsold");
  const quality = await somebody("songhe-quality");
  await quality.goto(url(packaged + "/sign-off"));
  await fill(quality, { codes: [roll[0], roll[1], middle[0], middle[1], last[0]].join("\n") });
  await shot(quality, "sign_off");
  await pressed(quality, "button[name=word][value=accept]");
  await line.goto(url(batch));
  const activating = Date.now();
  await pressed(line, "form[action$='/activate'] button");
  seen.milliseconds_to_activate = Date.now() - activating;
  await shot(line, "book");

  // Codes of the cases: another order of the same batch, for the own printer.
  await planner.goto(url("/enterprise/order?batch=" + batch.split("/").pop()));
  await fill(planner, { format: "csv", codes: "cases" });
  await pressed(planner, "form[action='/enterprise/order'] button:not([formaction])");
  const caseOrder = new URL(planner.url()).pathname;
  await until(planner, caseOrder, () => !!document.querySelector("a[href*='.csv']"), "no codes of cases");
  const caseFile = await planner.$eval("a[href*='.csv']", (e) => e.getAttribute("href"));
  await fetched(planner, caseFile, path.join(folder, "cases.csv"));
  const crates = table(path.join(folder, "cases.csv"));

  // Two cases of six, by the hand scanner.
  await line.goto(url("/enterprise/line"));
  await line.waitForSelector("#scan:not([disabled])");
  await line.$eval("#size", (e) => (e.value = "6"));
  for (const one of [0, 1])
    for (const scanned of [...roll.slice(6 * one, 6 * one + 6), crates[one]]) {
      await line.$eval("#scan", (e, code) => (e.value = code), scanned);
      await line.focus("#scan");
      await line.keyboard.press("Enter");
    }
  await line.waitForFunction(() => document.getElementById("waiting").textContent === "0" && document.getElementById("packed").textContent === "2");
  await shot(line, "line");

  const sales = await somebody("songhe-sales");
  await sales.goto(url("/enterprise/places"));
  await sales.goto(url("/enterprise/trace/acts/shipped"));
  const to = await sales.$$eval("#to option", (all) => all.map((o) => o.value).find(Boolean));
  must(to, "no dealer to send to");
  await fill(sales, { codes: crates.slice(0, 2).join("\n"), to, document: "CK20261127-01" });
  await pressed(sales, "form[action$='/shipped'] button");
  await shot(sales, "shipped");

  seen.bought = await asks(bare(roll[2]), "bought");
  must(seen.bought.outcome === "genuine", `a buyer is told ${seen.bought.outcome}`);

  await quality.goto(url("/enterprise/recalls/new?kind=recall"));
  await fill(quality, {
    scope: crates[0],
    reason_zh: "封口不严",
    reason_en: "poor seals",
    remedy_zh: "请到购买处退货退款",
    remedy_en: "take it back for a refund",
  });
  await pressed(quality, "form[action='/enterprise/recalls'] button");
  const recall = new URL(quality.url()).pathname;
  await approver.goto(url(recall));
  await fill(approver, { note: "同意召回这一箱" });
  await shot(approver, "recall");
  await pressed(approver, "button[name=decision][value=approve]");
  seen.recalled = await asks(bare(roll[2]), "recalled");
  must(seen.recalled.outcome === "withdrawn", `after the recall a buyer is told ${seen.recalled.outcome}`);
  seen.other_case = (await asks(bare(roll[8]), "other_case")).outcome;
  must(seen.other_case === "genuine", `of the other case a buyer is told ${seen.other_case}`);
  seen.batch = batch.split("/").pop();
  console.log(JSON.stringify(seen));
} catch (error) {
  // What stood on each screen when it went wrong.
  for (const [n, page] of windows.entries()) {
    if (page.isClosed()) continue;
    console.error(n, page.url());
    await shot(page, `failed-${n}`);
  }
  throw error;
} finally {
  await browser.close();
}
