// Draws ZPL as a printer would, with zebrash compiled to WebAssembly: no
// network, no printer. A PNG a label, 0.png, 1.png, ... in the order of ^XA.
//
//   node tests/browser/zpl.mjs DOTS_A_MM WIDTH_MM HEIGHT_MM FILE.zpl FOLDER
//
// A label takes 16 ms, and all of a file are in memory at once. What lies
// outside of the given size is cut off, as on paper.
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { ready } from "zpl-renderer-js";

const [dots, width, height, file, folder] = process.argv.slice(2);
if (!folder) {
  console.error("usage: node zpl.mjs DOTS_A_MM WIDTH_MM HEIGHT_MM FILE.zpl FOLDER");
  process.exit(2);
}

const { api } = await ready;
const zpl = await readFile(file, "utf8");
const labels = await api.zplToBase64MultipleAsync(zpl, Number(width), Number(height), Number(dots));
for (const [index, label] of labels.entries()) {
  await writeFile(path.join(folder, `${index}.png`), Buffer.from(label, "base64"));
}
console.log(`${labels.length} labels`);
// The Go runtime inside would wait for ever.
process.exit(0);
