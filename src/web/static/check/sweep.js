// What a sample of a stock allows to say of all of it, exactly: binomial (Clopper
// and Pearson) where the stock is unknown, hypergeometric where it was counted.
// The server says the same of the same counts (src/visits/sample.rs), and both are
// held to the same vectors. And the draw that makes "at random" true.

export const CONFIDENCE = 0.95;
/** Units of one stock. */
export const STOCK_MAX = 100000;

// ln n!, by addition: exact enough for every n of a shelf, and no series.
const LOGS = [0];
function logFactorial(n) {
  for (let i = LOGS.length; i <= n; i++) LOGS.push(LOGS[i - 1] + Math.log(i));
  return LOGS[n];
}
const logChoose = (n, k) => (k < 0 || k > n ? -Infinity : logFactorial(n) - logFactorial(k) - logFactorial(n - k));

/** P(at most `most` of `n`) where each is one with probability `p`. */
function binomialUpTo(most, n, p) {
  if (p <= 0) return 1;
  if (p >= 1) return most >= n ? 1 : 0;
  let sum = 0;
  for (let i = 0; i <= most; i++) sum += Math.exp(logChoose(n, i) + i * Math.log(p) + (n - i) * Math.log1p(-p));
  return Math.min(1, sum);
}

/** The same of `drawn` of a stock of which `copies` are copies. */
function drawnUpTo(most, drawn, copies, stock) {
  let sum = 0;
  for (let i = 0; i <= most; i++) {
    const ways = logChoose(copies, i) + logChoose(stock - copies, drawn - i);
    if (ways > -Infinity) sum += Math.exp(ways - logChoose(stock, drawn));
  }
  return Math.min(1, sum);
}

// Where a condition that holds for small shares ceases to hold.
function crossing(holds) {
  let [low, high] = [0, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return high;
}

function shares(suspect, checked, alpha) {
  const below = (p) => 1 - binomialUpTo(suspect - 1, checked, p) < alpha;
  const above = (p) => binomialUpTo(suspect, checked, p) > alpha;
  const lower = suspect === 0 ? 0 : crossing(below);
  return { kind: "share", lower, upper: suspect >= checked ? 1 : crossing(above) };
}

// Sums of logarithms are this wrong at most: what should be equal must not be more.
const SLACK = 1e-9;

// The last of the whole numbers from `low` on for which `holds` does, as it does
// for the first.
function last(low, high, holds) {
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

function units(suspect, checked, stock, alpha) {
  const most = stock - (checked - suspect);
  const upper = last(suspect, most, (copies) => drawnUpTo(suspect, checked, copies, stock) > alpha + SLACK);
  if (suspect === 0) return { kind: "units", lower: 0, upper };
  const tooFew = (copies) => copies < suspect || 1 - drawnUpTo(suspect - 1, checked, copies, stock) <= alpha + SLACK;
  return { kind: "units", lower: last(suspect - 1, most, tooFew) + 1, upper };
}

/**
 * What `checked` units, `suspect` of them, say of a stock (null: of unknown size):
 * {kind: "nothing"}, {kind: "whole", suspect}, {kind: "share" or "units", lower,
 * upper}. One-sided where nothing was suspect.
 */
export function bound(suspect, checked, stock) {
  const alpha = suspect === 0 ? 1 - CONFIDENCE : (1 - CONFIDENCE) / 2;
  if (checked === 0) return { kind: "nothing" };
  if (stock === null) return shares(suspect, checked, alpha);
  return checked >= stock ? { kind: "whole", suspect } : units(suspect, checked, stock, alpha);
}

async function random(seed, at) {
  const text = new TextEncoder().encode(`${seed}:${at}`);
  const view = new DataView(await crypto.subtle.digest("SHA-256", text));
  return view.getUint32(0) * 2 ** 20 + (view.getUint32(4) >>> 12);
}

/**
 * `count` different places of 1..=stock, sorted, drawn by Fisher-Yates from
 * SHA-256 of `SEED:0`, `SEED:1` ...: whoever has the seed draws the same.
 */
export async function picked(seed, stock, count) {
  const moved = new Map();
  const out = [];
  for (let i = 0, at = 0; i < Math.min(count, stock); i++) {
    const left = stock - i;
    // Draws that would favour small places are drawn anew.
    const limit = Math.floor(2 ** 52 / left) * left;
    let drawn = await random(seed, at++);
    while (drawn >= limit) drawn = await random(seed, at++);
    const j = i + (drawn % left);
    out.push((moved.get(j) ?? j) + 1);
    moved.set(j, moved.get(i) ?? i);
  }
  return out.sort((a, b) => a - b);
}
