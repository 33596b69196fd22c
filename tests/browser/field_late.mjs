// A phone that comes back after 80 hours with 400 records: its kit locked, it still
// notes down; back online its officer signs in anew, all of it is sent once, and a
// third was overtaken by a recall meanwhile.
//
//   node tests/browser/field_late.mjs BASE_URL FILE CONDUCTOR_URL
//
// FILE: JSON, the codes. COOKIE=NAME=VALUE is of the officer. The conductor is asked
// for "80h": the server's clock goes on, labels are recalled; it gives another cookie.
import { readFile } from "node:fs/promises";
import * as field from "./field_page.mjs";

const { press, text, until, visible } = field;
const [base, file, conductor] = process.argv.slice(2);
const codes = JSON.parse(await readFile(file, "utf8"));
const PIN = "河边老树2026";
const LATER = 80 * 3600000;
const browser = await field.launched();

/** Checks labels one after another, as fast as the page does. */
function checked(page, codes) {
  return page.evaluate(async (codes) => {
    const byId = (id) => document.getElementById(id);
    const holds = async (what) => {
      while (!what()) await new Promise((go) => setTimeout(go, 2));
    };
    const shown = {};
    for (const code of codes) {
      byId("code").value = code;
      byId("typing").requestSubmit();
      await holds(() => !byId("answer").hidden && !byId("answer").classList.contains("asking"));
      const [, outcome] = byId("answer").className.split(" ");
      shown[outcome] = (shown[outcome] ?? 0) + 1;
      byId("next").click();
      await holds(() => byId("answer").hidden);
    }
    return shown;
  }, codes);
}

async function note(page, words) {
  await press(page, "tab-visit");
  await press(page, "open-note");
  await field.fill(page, "note-text", words);
  await field.submit(page, "note-form");
  await until(page, "alert", "已存在本机");
}

await field.told(browser, async (said) => {
  await field.signedIn(browser, base, process.env.COOKIE);
  let page = await field.phone(browser);
  await field.open(page, base, PIN, true);
  await field.isReady(page);
  await field.offline(page, true);
  await press(page, "tab-visit");
  await field.fill(page, "seller", "鹿邑县老街烟酒店");
  await field.submit(page, "visit-form");
  await visible(page, "visit-open");
  await press(page, "tab-check");
  said.shown = await checked(page, codes);
  await page.close();

  // 80 hours later, still without network: nothing is checked, notes are taken.
  page = await field.phone(browser, LATER);
  await page.setOfflineMode(true);
  await field.open(page, base, PIN);
  await visible(page, "locked");
  said.locked = await text(page, "locked");
  await field.fill(page, "code", codes[0]);
  await field.submit(page, "typing");
  await until(page, "alert", "不能离线查验");
  await note(page, "八十小时后补记。");
  said.waiting = await text(page, "waiting");
  await field.picture(page, "late.locked");

  // Back: the session has run out, so what waits stays until somebody signs in.
  const { cookie } = await field.ask(conductor, "80h");
  await browser.deleteCookie(...(await browser.cookies()));
  await field.offline(page, false);
  await visible(page, "left");
  said.left = await text(page, "left");
  await field.picture(page, "late.left");
  await field.signedIn(browser, base, cookie);
  const started = performance.now();
  await field.open(page, base, PIN);
  await until(page, "waiting", "无待发", 120000);
  said.ms = Math.round(performance.now() - started);
  await page.waitForSelector("#locked[hidden]");
  said.age = await text(page, "age");
  await press(page, "tab-box");
  said.told = await page.$$eval("#told li", (all) => all.map((one) => one.textContent));
  await page.screenshot({ path: `${field.pictures}/field.late.told.png` });
});
