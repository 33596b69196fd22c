// What the server refuses stays on the phone: a visit whose name misleads with all
// that belongs to it, and a file that is no photograph. The visit is mended and
// goes, the file is sent again and then deleted by a tap.
//
//   node tests/browser/field_refused.mjs BASE_URL CODE
//
// COOKIE=NAME=VALUE is of the officer. Prints JSON: what the page showed.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import * as field from "./field_page.mjs";

const { press, text, until, visible } = field;
const [base, code] = process.argv.slice(2);
const PIN = "河边老树2026";
const folder = await mkdtemp(path.join(tmpdir(), "field-"));
const browser = await field.launched();

/** A visit as a page of another version might have kept it: past the form's bounds. */
async function badVisit(page) {
  await page.evaluate(async () => {
    const scripts = performance.getEntriesByType("resource").map(({ name }) => name);
    const { app, stamp } = await import(scripts.find((name) => /\/app\.[0-9a-f]+\.js$/.test(name)));
    const { uuid } = await import(scripts.find((name) => /\/vault\.[0-9a-f]+\.js$/.test(name)));
    const seller = { name: "老街\u202e烟酒店", uscc: null, address: null, person: null };
    const record = { id: uuid(), kind: "visit", made_at: stamp(), made_offline: true, kit: null, network: "offline" };
    await app.vault.keep({ ...record, seller, place: null, region: 0, note: "", case: null });
    app.visit = { id: record.id, seller: seller.name, checks: 0, photos: 0, since: stamp() };
    await app.vault.put("visit", app.visit);
    app.changed();
  });
}

await field.told(browser, async (said) => {
  await field.signedIn(browser, base, process.env.COOKIE);
  const page = await field.phone(browser);
  await field.open(page, base, PIN, true);
  await field.isReady(page);
  await field.offline(page, true);

  // The form itself says so before anything is kept.
  await press(page, "tab-visit");
  await field.fill(page, "seller", "老街\u202e烟酒店");
  await field.submit(page, "visit-form");
  await until(page, "alert", "改变文字方向");
  said.beforehand = await text(page, "alert");
  await field.picture(page, "bounds");

  await badVisit(page);
  await press(page, "tab-check");
  await field.fill(page, "code", code);
  await field.submit(page, "typing");
  await visible(page, "answer");
  await press(page, "next");
  await press(page, "tab-visit");
  await press(page, "open-note");
  await field.fill(page, "note-text", "店主称系串货购入。");
  await field.submit(page, "note-form");
  await until(page, "alert", "已存在本机");
  const file = path.join(folder, "photo.jpg");
  await writeFile(file, Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 4));
  const [chooser] = await Promise.all([page.waitForFileChooser(), press(page, "visit-photo")]);
  await chooser.accept([file]);
  await until(page, "waiting", "待发 5");

  // All of it is refused: the visit for its name, the rest for want of it, the file.
  await field.offline(page, false);
  await until(page, "waiting", "未被接收 5", 60000);
  await press(page, "tab-box");
  await until(page, "refused", "被检查单位");
  said.refused = await text(page, "refused");
  await field.picture(page, "refused");
  await page.setViewport({ width: 1440, height: 900, deviceScaleFactor: 2, hasTouch: true });
  await field.picture(page, "refused.desk");
  await page.setViewport({ width: 390, height: 844, deviceScaleFactor: 2, hasTouch: true });

  // It is still there when the page is opened anew, and in English.
  await page.goto(`${base}/officer/check?lang=en`);
  await visible(page, "lock");
  said.lock = await text(page, "pin-left");
  await field.unlock(page, PIN);
  await press(page, "tab-box");
  await visible(page, "refused-box");
  await field.picture(page, "refused.en");
  await page.goto(`${base}/officer/check?lang=zh-CN`);
  await field.unlock(page, PIN);
  await press(page, "tab-box");
  await visible(page, "refused-box");

  // Mended, the visit takes along what waited for it.
  await page.$eval("#refused details", (details) => (details.open = true));
  await field.picture(page, "mend");
  await page.$eval("#refused form", (form) => form.requestSubmit());
  await until(page, "alert", "改变文字方向");
  await page.$eval("#refused form input", (name) => (name.value = "老街烟酒店"));
  await page.$eval("#refused form", (form) => form.requestSubmit());
  await until(page, "waiting", "未被接收 1", 60000);
  await until(page, "visit-name", "老街烟酒店");
  said.left = await text(page, "refused");

  // The file is sent again, is refused again, and goes by a tap.
  const tap = (n) => page.$$eval("#refused .row button", (buttons, n) => buttons[n].click(), n);
  const [again] = await Promise.all([page.waitForResponse((response) => response.request().method() === "PUT"), tap(0)]);
  said.again = again.status();
  await until(page, "waiting", "未被接收 1", 60000);
  await tap(1);
  await page.waitForSelector("#refused-box[hidden]");
  said.waiting = await text(page, "waiting");
}).finally(() => rm(folder, { recursive: true }));
