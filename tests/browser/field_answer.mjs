// How soon a phone answers, and what stands then: the kit's answer at once, the
// server's in its place, also where the label was put aside meanwhile.
//
//   node tests/browser/field_answer.mjs BASE_URL GOOD RECALLED CONDUCTOR_URL
//
// COOKIE=NAME=VALUE is of the officer. The conductor recalls RECALLED at "recall",
// of which the kit on the phone knows nothing. Prints JSON: what was shown, and
// measured milliseconds.
import * as field from "./field_page.mjs";

const { press, text, until, visible } = field;
const [base, good, recalled, conductor] = process.argv.slice(2);
const browser = await field.launched();

/** Asks for a label; what is shown first and last, and after how many milliseconds. */
function asked(page, code) {
  return page.evaluate(async (code) => {
    const byId = (id) => document.getElementById(id);
    const look = () => ({
      shown: byId("answer").className,
      word: byId("word").textContent,
      source: byId("source").textContent,
      findings: byId("findings").textContent,
    });
    const when = async (holds) => {
      while (!holds()) await new Promise((go) => setTimeout(go, 1));
      return Math.round((performance.now() - started) * 10) / 10;
    };
    const started = performance.now();
    byId("code").value = code;
    byId("typing").requestSubmit();
    const first_ms = await when(() => !byId("answer").hidden);
    const first = look();
    const last_ms = await when(() => !byId("answer").classList.contains("asking"));
    const last = look();
    return { first, first_ms, last, last_ms };
  }, code);
}

async function put(page) {
  await press(page, "next");
  await page.waitForSelector("#answer[hidden]");
}

const slow = (page, latency) => page.emulateNetworkConditions({ latency, download: 1e6, upload: 1e6, offline: false });

await field.told(browser, async (said) => {
  await field.signedIn(browser, base, process.env.COOKIE);
  const page = await field.phone(browser);
  await field.open(page, base, "河边老树2026", true);
  await field.isReady(page);
  await field.ask(conductor, "recall");
  said.ms = {};
  const noted = (name, { first_ms, last_ms }) => (said.ms[name] = { first: first_ms, last: last_ms });

  for (const name of ["network", "network again"]) {
    noted(name, await asked(page, good));
    await put(page);
  }
  await slow(page, 1500);
  said.good = await asked(page, good);
  noted("slow network", said.good);
  await put(page);
  said.recalled = await asked(page, recalled);
  noted("slow network, recalled", said.recalled);
  await field.picture(page, "replaced");
  await put(page);

  // Looked at before the server answers; then put aside before it does.
  await field.fill(page, "code", recalled);
  await field.submit(page, "typing");
  await visible(page, "answer");
  await field.picture(page, "asking");
  await put(page);
  await visible(page, "late");
  said.late = await text(page, "late-says");
  await field.picture(page, "late");
  await press(page, "late-seen");
  await page.waitForSelector("#late[hidden]");

  // A server that does not answer at all.
  await slow(page, 60000);
  said.hanging = await asked(page, good);
  noted("network that hangs", said.hanging);
  await put(page);
  await field.offline(page, true);
  said.offline = await asked(page, good);
  noted("no network", said.offline);
  await put(page);
  await slow(page, 0);
  await field.offline(page, false);
  await until(page, "waiting", "无待发", 60000);
});
