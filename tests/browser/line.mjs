// Works a packing line as a hand scanner does: types codes and Enter, at 50 a
// second, with the network cut for a while in between.
//
//   node tests/browser/line.mjs BASE_URL CODES_BEFORE CODES_WHILE_CUT
//
// CODES are comma-separated. COOKIE=NAME=VALUE signs the browser in. Prints
// JSON: what the page showed while cut and at the end. Exit 1 on any message
// on the console but those of the cut network.
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";

const [base, before, cut] = process.argv.slice(2);
const here = path.dirname(fileURLToPath(import.meta.url));
const pictures = path.resolve(here, "../../target/screenshots");
await mkdir(pictures, { recursive: true });
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});
const problems = [];

try {
  const page = await browser.newPage();
  await page.setExtraHTTPHeaders({ "Accept-Language": "zh-CN" });
  for (const pair of process.env.COOKIE.split("; ")) {
    const [name, value] = pair.split("=");
    await page.setCookie({ name, value, url: base });
  }
  page.on("console", (m) => {
    if (!m.text().includes("ERR_INTERNET_DISCONNECTED")) problems.push(m.text());
  });
  page.on("pageerror", (e) => problems.push(String(e)));
  page.on("dialog", (d) => d.accept());
  await page.goto(new URL("/enterprise/line", base).href);
  await page.waitForSelector("#scan:not([disabled])");
  const text = (id) => page.$eval("#" + id, (e) => e.textContent);
  const size = await page.$("#size");
  await size.evaluate((e) => (e.value = "2"));

  // Characters and Enter as events, so that the pace is ours and not the driver's.
  const scan = (codes) =>
    page.evaluate(async (codes) => {
      const field = document.getElementById("scan");
      const begun = performance.now();
      for (const [i, code] of codes.entries()) {
        field.value = code;
        field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
        const due = begun + (i + 1) * 20;
        while (performance.now() < due) await new Promise((go) => setTimeout(go, 1));
      }
      return codes.length / ((performance.now() - begun) / 1000);
    }, codes);
  // What waits is counted a while behind the scans: none may wait before the last is counted.
  const sent = (cases) => {
    const all = (packed) =>
      document.getElementById("waiting").textContent === "0" &&
      document.getElementById("packed").textContent === packed;
    return page.waitForFunction(all, { timeout: 30000 }, String(cases));
  };
  const cases = (codes) => Math.floor(codes.split(",").length / 3);

  const pace = await scan(before.split(","));
  await sent(cases(before));
  const packedBefore = await text("packed");
  await page.screenshot({ path: path.join(pictures, "line.packed.png"), fullPage: true });
  await page.setOfflineMode(true);
  await scan(cut.split(","));
  const kept_all = (n) => document.getElementById("waiting").textContent === String(n);
  await page.waitForFunction(kept_all, { timeout: 30000 }, cut.split(",").length);
  const waiting = await text("waiting");
  const kept = await text("word");
  await page.screenshot({ path: path.join(pictures, "line.cut.png"), fullPage: true });

  // The window is closed meanwhile and opened again: what was kept is there.
  await page.setOfflineMode(false);
  await page.reload();
  await page.waitForSelector("#scan:not([disabled])");
  await sent(cases(cut));
  const packed = await text("packed");
  await page.screenshot({ path: path.join(pictures, "line.sent.png"), fullPage: true });
  const refused = await page.$$eval("#refused li", (all) => all.map((one) => one.textContent));
  console.log(JSON.stringify({ pace, packedBefore, waiting, kept, packed, refused }));
} finally {
  await browser.close();
}
for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);
