// Looks at pages as people see them: axe-core finds no violation in light and
// dark, narrow and wide; a picture of each is kept in target/screenshots/.
//
//   node tests/browser/check.mjs BASE_URL NAME=PATH...
//
// A PATH that begins with POST is sent as a form: what stands behind ? are its
// fields. A NAME that ends in .en is asked for in English. COOKIE="NAME=VALUE; ..." in the
// environment signs the browser in. Exit 1 on any violation,
// any console message, any request that was refused, any sideways scrolling.
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const here = path.dirname(fileURLToPath(import.meta.url));
const pictures = path.resolve(here, "../../target/screenshots");
await mkdir(pictures, { recursive: true });

const [base, ...pages] = process.argv.slice(2);
if (!base || pages.length === 0) {
  console.error("usage: node check.mjs BASE_URL NAME=PATH...");
  process.exit(2);
}

const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--force-color-profile=srgb"],
});
const agent =
  "Mozilla/5.0 (Linux; Android 13; V2171A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/86.0.4240.99 Mobile Safari/537.36";
const problems = [];
const OF_COLOURS = ["color-contrast", "link-in-text-block"];

// Makes a form's request of the navigation that follows.
async function sendAsForm(page) {
  await page.setRequestInterception(true);
  page.on("request", (request) => {
    if (!request.isNavigationRequest()) return request.continue();
    const url = new URL(request.url());
    const postData = url.search.slice(1);
    url.search = "";
    const headers = { ...request.headers(), "content-type": "application/x-www-form-urlencoded" };
    return request.continue({ url: url.href, method: "POST", postData, headers });
  });
}

// A page at one width: light, dark, and on paper.
async function look(name, where, width) {
  const page = await browser.newPage();
  const label = `${name} ${width}`;
  const picture = (of) => page.screenshot({ path: path.join(pictures, `${name}.${of}.png`), fullPage: true, optimizeForSpeed: true });
  try {
    await page.setUserAgent({ userAgent: agent });
    await page.setExtraHTTPHeaders({ "Accept-Language": name.endsWith(".en") ? "en" : "zh-CN" });
    for (const pair of process.env.COOKIE?.split("; ") ?? []) {
      const [name, value] = pair.split("=");
      await page.setCookie({ name, value, url: base });
    }
    await page.setViewport({ width, height: width < 700 ? 844 : 900, deviceScaleFactor: width < 700 ? 2 : 1 });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "light" }]);
    // A page that is itself a 404, 409 or 422 is told on the console too; a part of one is a problem.
    page.on("console", (m) => {
      if (!/status of (404|409|422)/.test(m.text())) problems.push(`${label}: console: ${m.text()}`);
    });
    page.on("response", (r) => {
      const part = !r.request().isNavigationRequest();
      if (part && r.status() >= 400) problems.push(`${label}: ${r.url()}: ${r.status()}`);
    });
    page.on("requestfailed", (r) => problems.push(`${label}: ${r.url()}: ${r.failure()?.errorText}`));
    // axe needs a script in the page, which our policy rightly forbids; the
    // policy itself was obeyed while the page loaded.
    if (where.startsWith("POST")) await sendAsForm(page);
    await page.goto(new URL(where.replace(/^POST/, ""), base).href, { waitUntil: "load" });
    // What is folded away is looked at too.
    await page.$$eval("details", (all) => all.forEach((one) => (one.open = true)));
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    if (wide) problems.push(`${label}: scrolls sideways`);
    await picture(`light.${width}`);
    await page.evaluate(axe);
    const levels = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    await judge(page, `${label} light`, levels);
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
    await picture(`dark.${width}`);
    // The sheet changes nothing in the dark but colours (`tidy` holds it to that).
    await judge(page, `${label} dark`, { type: "rule", values: OF_COLOURS });
    if (width < 700) {
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "light" }]);
      await page.emulateMediaType("print");
      await picture("print");
    }
  } finally {
    await page.close();
  }
}

async function judge(page, label, runOnly) {
  const run = (runOnly) => globalThis.axe.run(document, { runOnly, resultTypes: ["violations"] });
  const found = await page.evaluate(run, runOnly);
  for (const violation of found.violations) {
    const nodes = violation.nodes.map((n) => n.target.join(" ")).join(", ");
    problems.push(`${label}: ${violation.id}: ${violation.help}: ${nodes}`);
  }
}

try {
  for (const given of pages) {
    const at = given.indexOf("=");
    for (const width of [390, 1440]) await look(given.slice(0, at), given.slice(at + 1), width);
  }
} finally {
  await browser.close();
}
for (const problem of problems) console.error(problem);
console.log(`${pages.length} pages, ${problems.length} problems; pictures in ${pictures}`);
process.exit(problems.length === 0 ? 0 : 1);
