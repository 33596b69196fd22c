// Reads QR symbols from the camera: by the browser's own detector where there is
// one, else by `qr`. A frame is looked at as soon as the one before is done.
import { decodeQR } from "./qr-decode.js";

// Pixels of the square in the middle that is read: where a symbol of 41 modules
// held at arm's length has four to a module and more.
const SIDE_MAX = 720;

async function ofBrowser() {
  if (!("BarcodeDetector" in globalThis)) return null;
  const formats = await BarcodeDetector.getSupportedFormats().catch(() => []);
  return formats.includes("qr_code") ? new BarcodeDetector({ formats: ["qr_code"] }) : null;
}

function middle(video, canvas) {
  const side = Math.min(video.videoWidth, video.videoHeight);
  const scaled = Math.min(side, SIDE_MAX);
  canvas.width = canvas.height = scaled;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const [x, y] = [(video.videoWidth - side) / 2, (video.videoHeight - side) / 2];
  context.drawImage(video, x, y, side, side, 0, 0, scaled, scaled);
  return context.getImageData(0, 0, scaled, scaled);
}

/** The text of a symbol in an image (ImageData); null where none is read. */
export function textIn(image) {
  try {
    return decodeQR(image);
  } catch {
    return null;
  }
}

export class Camera {
  constructor(video) {
    this.video = video;
    this.canvas = document.createElement("canvas");
    this.stream = null;
  }

  /** Gives the first text that is read; null when it was closed before. */
  async scan() {
    const wanted = { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } };
    this.stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
    this.video.srcObject = this.stream;
    await this.video.play();
    const detector = await ofBrowser();
    while (this.stream) {
      const text = await this.look(detector);
      if (text) return text;
      await new Promise((go) => requestAnimationFrame(go));
    }
    return null;
  }

  async look(detector) {
    if (this.video.readyState < 2) return null;
    if (!detector) return textIn(middle(this.video, this.canvas));
    const found = await detector.detect(this.video).catch(() => []);
    return found[0]?.rawValue ?? null;
  }

  /** Whether the lamp is lit now; null where there is none to light. */
  async lamp() {
    const [track] = this.stream?.getVideoTracks() ?? [];
    if (!track?.getCapabilities?.().torch) return null;
    this.lit = !this.lit;
    await track.applyConstraints({ advanced: [{ torch: this.lit }] });
    return this.lit;
  }

  close() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.lit = false;
    this.video.srcObject = null;
  }
}
