//! One label: what is printed on it, who signed it, what was checked, what the
//! judge says and why.

use serde_json::{Value, json};

use crate::base::hex;
use crate::evidence::check::SIGNED;
use crate::evidence::package::Part;
use crate::evidence::parts::{pretty, utc};
use crate::evidence::{Dossier, Unit, UnitSigned};

/// The transcript, and the signed bytes with their signature as `openssl` reads
/// them.
pub(super) fn files(dossier: &Dossier, unit: &Unit) -> Vec<Part> {
    let name = format!("units/{}", unit.payload.serial_text());
    let mut parts = vec![Part::of(&format!("{name}.json"), pretty(&transcript(dossier, unit)))];
    if let Some(signed) = &unit.signed {
        parts.push(Part::of(&format!("{name}.msg"), signed.message.clone()));
        parts.push(Part::of(&format!("{name}.sig"), signed.signature.to_vec()));
    }
    parts
}

fn transcript(dossier: &Dossier, unit: &Unit) -> Value {
    let payload = unit.payload;
    json!({
        "serial": payload.serial_text(),
        "printed": payload.to_string(),
        "payload": {
            "hex": hex(&payload.to_bytes()),
            "layer": payload.layer.slug(),
            "key": payload.key.get(),
            "batch": payload.batch,
            "running_number": unit.number,
        },
        "register": unit.register,
        "signature": signature(dossier, unit),
        "verdict": unit.judged.as_ref().map(|judged| json!({
            "at": utc(dossier.made_at),
            "outcome": judged.outcome,
            "risk": judged.risk,
            "judged_by": judged.judged_by,
            "reasons": judged.reasons.iter().map(|reason| json!({
                "code": reason.code, "zh": reason.zh, "en": reason.en,
                "rests_on_scans": reason.rests_on,
            })).collect::<Vec<_>>(),
        })),
        "other_policies": unit.elsewhere.iter().map(|other| json!({
            "policy": other.policy, "outcome": other.outcome, "risk": other.risk,
            "reasons": other.reasons,
        })).collect::<Vec<_>>(),
        "scans": {"listed": unit.scans.len(), "counted_only": unit.scans_unlisted},
        "decisions": unit.decisions,
        "causes": unit.causes,
        "unknown": unknown(unit),
    })
}

fn signature(dossier: &Dossier, unit: &Unit) -> Value {
    let key = dossier.keys.get(unit.payload.key);
    let Some(UnitSigned { signature, message, read_in }) = &unit.signed else {
        return json!({"known": false,
            "why": "nobody scanned the whole code for this case; its serial alone proves nothing"});
    };
    let good = key.is_some_and(|key| key.public.verifies(message, signature));
    json!({
        "known": true,
        "read_in": read_in,
        "algorithm": "Ed25519 (RFC 8032), checked strictly",
        "public_key": key.map(|key| hex(&key.public.to_bytes())),
        "issuer": key.map(|key| key.issuer.clone()),
        "key_status": key.map(|key| key.status.slug()),
        "signature": hex(signature),
        "message": hex(message),
        "checked": [
            {"what": "the payload has a known version and layer", "good": true},
            {"what": "the key is in the published set", "good": key.is_some()},
            {"what": SIGNED, "good": good},
            {"what": "the register issued this serial", "good": unit.number.is_some()},
        ],
    })
}

/// What nobody can tell from this package.
fn unknown(unit: &Unit) -> Vec<&'static str> {
    let mut open = vec![
        "whether the goods behind the label are those that it was made for: the label was checked",
    ];
    if unit.signed.is_none() {
        open.push("whether the symbol on the goods bears the signature");
    }
    if unit.judged.is_none() {
        open.push("how often the label was scanned: no history could be read");
    }
    open
}
