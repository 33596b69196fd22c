// Holds the reader of the page on the spot to the vectors of the printed code
// and to ed25519-speccheck: in node and in Chromium, each with the check of the
// platform (WebCrypto) and with the page's own.
//
//   node tests/browser/field_vectors.mjs BASE_URL
//
// COOKIE=NAME=VALUE signs the browser in. Prints JSON: how many texts were read
// where, and what was read otherwise than the vectors say.
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import puppeteer from "puppeteer-core";

const [base] = process.argv.slice(2);
const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, "../..");
const json = async (name) => JSON.parse(await readFile(path.join(root, "tests/vectors", name), "utf8"));
const [vectors, speccheck] = [await json("code.json"), await json("ed25519-speccheck.json")];

// Runs where the modules are: in node, and in the page as its text.
async function run(code, ed25519, vectors, speccheck, own) {
  const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (two) => parseInt(two, 16));
  const keys = new Map();
  for (const { kid, x, status } of vectors.keys) {
    keys.set(Number(kid), { status, key: await ed25519.loadKey(code.base64url(x), own) });
  }
  const outcome = async (text) => {
    let reading;
    try {
      reading = code.read(text);
    } catch (problem) {
      if (problem instanceof code.Malformed) return "malformed";
      throw problem;
    }
    const found = keys.get(reading.payload.key);
    if (!found) return "unknown_key";
    if (!(await ed25519.verifies(found.key, code.message(reading), reading.signature))) return "bad_signature";
    return found.status === "revoked" ? "key_revoked" : "valid";
  };
  const wrong = [];
  const texts = [...vectors.compact, ...vectors.gs1];
  for (const vector of texts) {
    const said = await outcome(vector.text ?? vector.uri);
    if (said !== vector.expect) wrong.push(`${vector.name}: ${said}`);
    if (said !== "valid") continue;
    const { payload } = code.read(vector.text ?? vector.uri);
    if (payload.text !== vector.serial_text) wrong.push(`${vector.name}: ${payload.text}`);
  }
  let accepted = 0;
  for (const { pub_key, message, signature } of speccheck) {
    const key = await ed25519.loadKey(bytes(pub_key), own);
    if (key && (await ed25519.verifies(key, bytes(message), bytes(signature)))) accepted += 1;
  }
  const platform = [...keys.values()].every(({ key }) => key.crypto !== null);
  return { texts: texts.length, wrong, speccheck: speccheck.length, accepted, platform };
}

async function inNode() {
  const folder = await mkdtemp(path.join(tmpdir(), "field-"));
  try {
    await writeFile(path.join(folder, "package.json"), '{"type":"module"}');
    await cp(path.join(root, "src/web/static/check"), folder, { recursive: true });
    await cp(path.join(root, "src/web/vendor"), folder, { recursive: true });
    const at = (name) => import(pathToFileURL(path.join(folder, name)).href);
    const modules = [await at("code.js"), await at("ed25519.js"), vectors, speccheck];
    return { webcrypto: await run(...modules, false), own: await run(...modules, true) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function inBrowser() {
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
  try {
    const page = await browser.newPage();
    for (const pair of process.env.COOKIE.split("; ")) {
      const [name, value] = pair.split("=");
      await page.setCookie({ name, value, url: base });
    }
    await page.goto(new URL("/officer/check", base).href);
    const files = await page.evaluate(async () => {
      const worker = await (await fetch("/officer/check-worker.js")).text();
      return JSON.parse(worker.slice(worker.indexOf("["), worker.indexOf("]") + 1));
    });
    const named = (name) => files.find((file) => file.startsWith(`/static/${name}.`));
    const one = (own) =>
      page.evaluate(
        async (text, code, ed25519, vectors, speccheck, own) => {
          const run = (await import(text)).default;
          return run(await import(code), await import(ed25519), vectors, speccheck, own);
        },
        `data:text/javascript,${encodeURIComponent(`export default ${run}`)}`,
        named("code"),
        named("ed25519"),
        vectors,
        speccheck,
        own,
      );
    await page.setBypassCSP(true);
    await page.reload();
    const platforms = { webcrypto: await one(false), own: await one(true) };
    return { version: await browser.version(), ...platforms };
  } finally {
    await browser.close();
  }
}

console.log(JSON.stringify({ node: await inNode(), browser: await inBrowser() }));
