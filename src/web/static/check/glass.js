// A signature with the finger: strokes on a canvas, taken off as a PNG.

const INK = "#101317";
const PAPER = "#ffffff";
const WIDTH = 2.5;
/** Fewer points than this is a touch, not a signature. */
const POINTS_MIN = 12;

export class Glass {
  constructor(canvas) {
    this.canvas = canvas;
    this.points = 0;
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const kind of ["pointerup", "pointercancel"]) canvas.addEventListener(kind, () => (this.at = null));
  }

  /** Clean, in the size that it has on the screen. */
  clear() {
    const { width, height } = this.canvas.getBoundingClientRect();
    const scale = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    this.pen = this.canvas.getContext("2d");
    this.pen.scale(scale, scale);
    this.pen.fillStyle = PAPER;
    this.pen.fillRect(0, 0, width, height);
    Object.assign(this.pen, { strokeStyle: INK, lineWidth: WIDTH, lineCap: "round", lineJoin: "round" });
    this.points = 0;
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  down(event) {
    event.preventDefault();
    this.canvas.setPointerCapture(event.pointerId);
    this.at = this.place(event);
  }

  move(event) {
    if (!this.at) return;
    const next = this.place(event);
    this.pen.beginPath();
    this.pen.moveTo(...this.at);
    this.pen.lineTo(...next);
    this.pen.stroke();
    this.at = next;
    this.points += 1;
  }

  get isSigned() {
    return this.points >= POINTS_MIN;
  }

  /** The PNG's bytes. */
  async png() {
    const blob = await new Promise((done) => this.canvas.toBlob(done, "image/png"));
    return new Uint8Array(await blob.arrayBuffer());
  }
}
