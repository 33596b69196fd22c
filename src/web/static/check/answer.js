// The answer without network: the words of the format (src/code/FORMAT.md,
// Outcomes) and what the kit knows beyond them. Worst first; an answer keeps
// every finding, and says what no kit can know.
import { Malformed, message, read, serialTyped } from "./code.js";
import { verifies } from "./ed25519.js";

/** Findings in the order in which the first names the answer. */
const ORDER = [
  "malformed",
  "unknown_key",
  "bad_signature",
  "withdrawn",
  "key_revoked",
  "product_mismatch",
  "signed_otherwise",
  "flagged",
  "foreign_host",
  "part_withdrawn",
  "serial_only",
  "unknown_batch",
  "valid",
];

/** How a finding is shown: an outcome of the service by its colour and sign. */
export const SHOWN = {
  malformed: "not_genuine",
  unknown_key: "suspect",
  bad_signature: "not_genuine",
  withdrawn: "withdrawn",
  key_revoked: "cannot_confirm",
  product_mismatch: "suspect",
  signed_otherwise: "suspect",
  flagged: "suspect",
  foreign_host: "suspect",
  part_withdrawn: "cannot_confirm",
  serial_only: "cannot_confirm",
  unknown_batch: "cannot_confirm",
  valid: "genuine",
};

function taken(text) {
  const serial = serialTyped(text);
  if (serial) return { payload: serial, signature: null, host: null, gs1: null };
  return read(text);
}

async function word(kit, reading) {
  if (!reading.signature) return "serial_only";
  const found = await kit.key(reading.payload.key);
  if (!found?.key) return "unknown_key";
  if (!(await verifies(found.key, message(reading), reading.signature))) return "bad_signature";
  return found.status === "revoked" ? "key_revoked" : "valid";
}

/**
 * Whether the registered product is not what is in the hand: a category, a GTIN,
 * or "" for what is not to be compared.
 */
export function goodsDiffer(product, inHand) {
  if (inHand === "") return false;
  return /^[0-9]{14}$/.test(inHand) ? product.gtin !== inHand : product.category !== inHand;
}

async function findings(kit, reading, inHand, now) {
  const { payload, gs1, host } = reading;
  const batch = kit.batches.get(`${payload.key}-${payload.batch}`) ?? null;
  const product = (batch && kit.products.get(batch.gtin)) ?? null;
  const { said, ask } = kit.withdrawal(payload, now);
  const signedOtherwise = gs1 && batch && (gs1.gtin !== batch.gtin || gs1.lot !== batch.lot);
  const all = [
    said && "withdrawn",
    product && goodsDiffer(product, inHand) && "product_mismatch",
    signedOtherwise && "signed_otherwise",
    (await kit.isFlagged(payload)) && "flagged",
    host && !kit.manifest.hosts.includes(host) && "foreign_host",
    ask && "part_withdrawn",
    !batch && "unknown_batch",
  ];
  return { all: all.filter(Boolean), batch, product, said: said ?? null };
}

/**
 * What the kit says at `now`: {word, shown, label, findings, serial, batch, product, said, key, host}. A forged or
 * unreadable text is told nothing of any batch, as the service does.
 */
export async function answer(kit, text, inHand, now) {
  let reading;
  try {
    reading = taken(text);
  } catch (problem) {
    if (!(problem instanceof Malformed)) throw problem;
    return { word: "malformed", shown: SHOWN.malformed, findings: ["malformed"], why: problem.message };
  }
  const { payload, host } = reading;
  const first = await word(kit, reading);
  const named = { serial: payload.text, layer: payload.layer, host };
  if (first === "unknown_key" || first === "bad_signature") {
    return { word: first, shown: SHOWN[first], findings: [first], ...named };
  }
  const found = await findings(kit, reading, inHand, now);
  const all = [first, ...found.all].sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
  const key = kit.keys.get(payload.key) ?? null;
  // Of the label alone: that the goods are others is said beside it.
  const label = SHOWN[all.find((finding) => finding !== "product_mismatch")];
  return { word: all[0], shown: SHOWN[all[0]], label, findings: all, ...named, ...found, key };
}
