// Works the order form and the packing line with the keyboard alone.
//
//   node tests/browser/keyboard.mjs BASE_URL CODE CODE CODE
//
// CODEs are two bottles and their case. COOKIE=NAME=VALUE signs the browser in.
// Prints JSON: where it came. Exit 1 where a stop of the Tab key cannot be seen,
// where Tab leaves something out, or where it never comes round.
import puppeteer from "puppeteer-core";

const [base, ...codes] = process.argv.slice(2);
const STOPS_MAX = 200;
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});
const problems = [];

async function open(where) {
  const page = await browser.newPage();
  await page.setViewport({ width: 1440, height: 900 });
  await page.setExtraHTTPHeaders({ "Accept-Language": "zh-CN" });
  for (const pair of process.env.COOKIE.split("; ")) {
    const [name, value] = pair.split("=");
    await page.setCookie({ name, value, url: base });
  }
  page.on("dialog", (d) => d.accept());
  await page.goto(new URL(where, base).href);
  return page;
}

// What has the focus, and whether anybody sees that it does.
const focused = (page) =>
  page.evaluate(() => {
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    const box = one.getBoundingClientRect();
    const style = getComputedStyle(one);
    const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    const there = box.width > 0 && box.bottom > 0 && box.top < window.innerHeight && box.right > 0 && box.left < window.innerWidth;
    one.dataset.stop ??= "1";
    return { name: one.id || one.name || one.className || one.textContent.trim().slice(0, 20), tag: one.tagName, ring, there };
  });

// All the way round, by Tab: to the end of the page, and where the page begins
// in its midst, from its beginning too.
async function tabThrough(page, label, rounds) {
  const stops = [];
  let ends = 0;
  for (let n = 0; n < STOPS_MAX; n += 1) {
    await page.keyboard.press("Tab");
    const stop = await focused(page);
    if (stop === null && (ends += 1) === rounds) break;
    if (stop === null) continue;
    if (!stop.ring) problems.push(`${label}: no ring on ${stop.tag} ${stop.name}`);
    if (!stop.there) problems.push(`${label}: out of sight: ${stop.tag} ${stop.name}`);
    stops.push(stop.name);
  }
  if (stops.length >= STOPS_MAX) problems.push(`${label}: Tab never comes round`);
  // Of a group of radio buttons one is a stop; what is folded away is none.
  const missed = await page.$$eval("a[href], button, input, select, textarea, summary", (all) =>
    all
      .filter((one) => !one.dataset.stop && !one.disabled && one.type !== "hidden" && one.checkVisibility())
      .map((one) => one.id || one.name || one.textContent.trim().slice(0, 20)),
  );
  if (missed.length > 0) problems.push(`${label}: never reached: ${missed.join(", ")}`);
  return stops;
}

async function tabTo(page, id) {
  for (let n = 0; n < STOPS_MAX; n += 1) {
    if (await page.evaluate((id) => document.activeElement?.id === id, id)) return;
    await page.keyboard.press("Tab");
  }
  problems.push(`Tab never comes to ${id}`);
}

try {
  // The order form.
  let page = await open("/enterprise/order");
  const stops = await tabThrough(page, "order form", 1);
  await page.close();
  page = await open("/enterprise/order");
  await page.keyboard.press("Tab");
  const skip = await focused(page);
  if (skip?.name !== "skip" || !skip.there) problems.push("the skip link is not the first stop, or not in sight");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  if (!(await page.evaluate(() => document.activeElement?.closest("main") !== null))) problems.push("the skip link does not lead into the page");
  for (const [id, keys] of [["lot", "K1"], ["made_on", "11012026"], ["count", "6"]]) {
    await tabTo(page, id);
    await page.keyboard.type(keys);
  }
  await tabTo(page, "format");
  await page.keyboard.type("CSV");
  const leaves = page.waitForNavigation();
  await page.keyboard.press("Enter");
  await leaves.catch(() => {});
  if (!page.url().includes("/enterprise/orders/")) {
    // A select opens by Enter in some browsers: the button it is.
    await tabTo(page, "place");
    const placed = page.waitForNavigation();
    await page.keyboard.press("Space");
    await placed;
  }
  const placed = new URL(page.url()).pathname;
  await page.close();

  // The packing line.
  page = await open("/enterprise/line");
  await page.waitForSelector("#scan:not([disabled])");
  const first = await focused(page);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await tabTo(page, "size");
  await page.keyboard.down("Control");
  await page.keyboard.press("a");
  await page.keyboard.up("Control");
  await page.keyboard.type("2");
  for (let n = 0; n < 10 && !(await page.evaluate(() => document.activeElement?.id === "scan")); n += 1) {
    await page.keyboard.down("Shift");
    await page.keyboard.press("Tab");
    await page.keyboard.up("Shift");
  }
  for (const code of codes) {
    await page.keyboard.type(code);
    await page.keyboard.press("Enter");
  }
  await page.waitForFunction(() => document.getElementById("packed").textContent === "1", { timeout: 20000 });
  await tabTo(page, "reset");
  await page.keyboard.press("Space");
  await page.waitForFunction(() => document.getElementById("sign").className.includes("reset"), { timeout: 20000 });
  const back = await focused(page);
  const line = await tabThrough(page, "packing line", 2);
  console.log(JSON.stringify({ stops: stops.length, placed, first: first?.name, back: back?.name, line: line.length }));
} finally {
  await browser.close();
}
for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);
