// A phone whose officer's account was closed while it was without network: its first
// contact ends checks and keeps what was recorded; a supervisor takes that in.
//
//   node tests/browser/field_others.mjs BASE_URL CODE SUPERVISOR_COOKIE CONDUCTOR_URL
//
// COOKIE=NAME=VALUE is of the officer, whose account the conductor closes at "closed".
import * as field from "./field_page.mjs";

const { press, text, until, visible } = field;
const [base, code, supervisor, conductor] = process.argv.slice(2);
const PIN = "王芳手机的口令";
const browser = await field.launched();

async function check(page) {
  await press(page, "tab-check");
  await field.fill(page, "code", code);
  await field.submit(page, "typing");
  await visible(page, "answer");
  const source = await text(page, "source");
  await press(page, "next");
  return source;
}

await field.told(browser, async (said) => {
  await field.signedIn(browser, base, process.env.COOKIE);
  const page = await field.phone(browser);
  await field.open(page, base, PIN, true);
  await field.isReady(page);

  // Without network: a visit, a label; then the account is closed, and she goes on.
  await field.offline(page, true);
  await press(page, "tab-visit");
  await field.fill(page, "seller", "鹿邑县城关商行");
  await field.submit(page, "visit-form");
  await visible(page, "visit-open");
  said.offline = await check(page);
  await until(page, "waiting", "2");
  await field.ask(conductor, "closed");
  await check(page);
  await until(page, "waiting", "3");

  // The phone hears of it at its first contact.
  await field.offline(page, false);
  await visible(page, "left");
  said.left = await text(page, "left");
  said.checks = await page.$eval("#view-check", (e) => !e.hidden);
  said.kept = await field.ask(conductor, "kept");
  await field.picture(page, "left");

  // A supervisor signs in on the same phone.
  await field.signedIn(browser, base, supervisor);
  await field.open(page, base, "another sentence", true);
  await press(page, "tab-box");
  await visible(page, "others");
  said.others = await text(page, "others-list");
  await field.picture(page, "others");
  await page.type("#others-list input", "wrong");
  await page.$eval("#others-list form", (form) => form.requestSubmit());
  await until(page, "alert", "口令不对");
  await page.$eval("#others-list input", (field, pin) => (field.value = pin), PIN);
  await page.$eval("#others-list form", (form) => form.requestSubmit());
  await page.waitForSelector("#others[hidden]", { timeout: 20000 });
  said.alert = await text(page, "alert");
});
