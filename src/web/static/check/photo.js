// A photograph: hashed before anything else, and sent as the bytes that were
// hashed. What its EXIF says the server reads from those same bytes.
import { app, record, stamp, tell, unkept } from "./app.js";
import { BOUNDS } from "./bounds.js";
import { hex, sha256 } from "./kit.js";
import { say } from "./words.js";

const MAGIC = [
  ["image/jpeg", [0xff, 0xd8, 0xff]],
  ["image/png", [0x89, 0x50, 0x4e, 0x47]],
  ["image/webp", [0x52, 0x49, 0x46, 0x46]],
];

const typeOf = (bytes) => MAGIC.find(([, magic]) => magic.every((byte, i) => bytes[i] === byte))?.[0] ?? null;

/** Lets the person take one; null when none was. */
export function taken() {
  const input = document.createElement("input");
  Object.assign(input, { type: "file", accept: "image/jpeg,image/png,image/webp", capture: "environment" });
  return new Promise((done) => {
    input.addEventListener("change", () => done(input.files[0] ?? null));
    input.addEventListener("cancel", () => done(null));
    input.click();
  });
}

/** Keeps the bytes under their hash and gives it; null when that cannot be, which was said then. */
export async function keepPhoto(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const hash = hex(await sha256(bytes));
  const type = typeOf(bytes);
  if (!type) return tell(say("photo_unreadable"), true), null;
  if (bytes.length > BOUNDS.photo_bytes) return tell(say("photo_large", BOUNDS.photo_bytes >> 20), true), null;
  return (await kept(hash, type, bytes)) ? hash : null;
}

async function kept(hash, type, bytes) {
  try {
    await app.vault.keepPhoto(hash, type, bytes);
    return true;
  } catch (problem) {
    unkept(problem);
    return false;
  }
}

/** A photograph of the visit that is under way; its hash, or null. */
export async function photograph(caption) {
  const file = await taken();
  const hash = file && (await keepPhoto(file));
  if (!hash) return null;
  if (app.visit) {
    const taken_at = stamp(file.lastModified);
    const facts = { visit: app.visit.id, sha256: hash, taken_at, caption, exif: {} };
    if (!(await record("photo", facts))) return null;
    app.visit.photos += 1;
  }
  return hash;
}

/** Keeps a signature's PNG. */
export async function keepSignature(bytes) {
  const hash = hex(await sha256(bytes));
  return (await kept(hash, "image/png", bytes)) ? hash : null;
}
