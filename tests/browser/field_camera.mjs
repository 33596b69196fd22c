// Makes a film for Chromium's fake camera of a drawing, as an unsteady hand
// would hold the label: turned, small, blurred.
import { writeFile } from "node:fs/promises";

const VIEWS = [
  "rotate(-7deg)",
  "rotate(4deg) translateX(2%)",
  "rotate(11deg) scale(.92)",
];

/** Writes the film (MJPEG) of `svg` to `file` with a page of `browser`. */
export async function film(browser, svg, file) {
  const page = await browser.newPage();
  await page.setViewport({ width: 1280, height: 720 });
  const frames = [];
  for (const view of VIEWS) {
    await page.setContent(`<style>
      body { margin: 0; height: 720px; background: #8d8473; display: grid; place-items: center; overflow: hidden; }
      div { background: #fff; padding: 18px; line-height: 0; transform: ${view}; filter: blur(.6px); }
      svg { width: 380px; height: 380px; }
    </style><div>${svg}</div>`);
    const frame = await page.screenshot({ type: "jpeg", quality: 80 });
    // Each view stays for a while, as a hand does.
    frames.push(...Array(10).fill(frame));
  }
  await page.close();
  await writeFile(file, Buffer.concat(frames));
}
