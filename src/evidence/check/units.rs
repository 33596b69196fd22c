//! Labels: every signature in the package is checked again, and the transcript
//! must say what came of it.

use serde::Deserialize;

use crate::base::hex;
use crate::code::Payload;
use crate::evidence::check::listed::Contents;
use crate::evidence::check::signed::Labels;
use crate::evidence::check::{Fault, Report};
use crate::evidence::manifest::Manifest;
use crate::keys::KeyStatus;

/// What of a transcript is checked again.
#[derive(Deserialize)]
struct Transcript {
    serial: String,
    payload: Printed,
    signature: Signature,
}

#[derive(Deserialize)]
struct Printed {
    hex: String,
}

#[derive(Deserialize)]
struct Signature {
    known: bool,
    #[serde(default)]
    signature: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    checked: Vec<Checked>,
}

#[derive(Deserialize)]
struct Checked {
    what: String,
    good: bool,
}

/// The step of a transcript that says what this module finds out itself.
pub(in crate::evidence) const SIGNED: &str = "the key signed these very bytes";

/// How many labels came out how.
#[derive(Default)]
struct Tally {
    good: u64,
    bad: u64,
    unread: u64,
}

pub(super) fn check(
    manifest: &Manifest,
    contents: &Contents,
    labels: &Labels,
    report: &mut Report,
) {
    let mut tally = Tally::default();
    let transcripts = manifest.files.iter().map(|file| file.path.as_str());
    for path in transcripts.filter(|p| p.starts_with("units/") && p.ends_with(".json")) {
        let Some(bytes) = contents.get(path) else { continue };
        match one(path, bytes, contents, labels, &mut tally) {
            Ok(note) => note.into_iter().for_each(|note| report.note(note)),
            Err(says) => report.fault(Fault::new("label", says).of(path)),
        }
    }
    let Tally { good, bad, unread } = tally;
    if good + bad + unread == 0 {
        return;
    }
    let whose = if labels.published { "the published keys" } else { "the keys in the package" };
    report.holds(format!(
        "labels, checked again with {whose}: {good} signatures hold, {bad} do not, {unread} labels \
         were never read whole; the transcripts say the same"
    ));
    if report.compared && !labels.published {
        report.note("no published keys of labels were given: add --keys jwks.json to compare them");
    }
}

/// A note on the label, if there is something to be known of it.
fn one(
    path: &str,
    bytes: &[u8],
    contents: &Contents,
    labels: &Labels,
    tally: &mut Tally,
) -> Result<Option<String>, String> {
    let told: Transcript =
        serde_json::from_slice(bytes).map_err(|e| format!("is no transcript: {e}"))?;
    let payload = Payload::from_serial_text(&told.serial)
        .map_err(|_| "names a serial that is none".to_owned())?;
    if hex(&payload.to_bytes()) != told.payload.hex {
        return Err("its serial and its payload are not the same".to_owned());
    }
    if !told.signature.known {
        tally.unread += 1;
        return Ok(None);
    }
    let stem = path.trim_end_matches(".json");
    let file = |ending: &str| contents.get(&format!("{stem}.{ending}")).map(Vec::as_slice);
    let (Some(message), Some(signature)) = (file("msg"), file("sig")) else {
        return Err("says that its signature is known, and .msg or .sig is not there".to_owned());
    };
    if hex(message) != told.signature.message || hex(signature) != told.signature.signature {
        return Err("what it says was signed is not what .msg and .sig hold".to_owned());
    }
    let carries = message.windows(Payload::BYTES).any(|part| part == payload.to_bytes());
    let signature: &[u8; 64] =
        signature.try_into().map_err(|_| "its signature is not of 64 bytes".to_owned())?;
    let key = labels.keys.get(payload.key);
    if key.is_none() && labels.published {
        return Err(format!("is signed by the key {}, which is not published", payload.key));
    }
    let good = carries && key.is_some_and(|key| key.public.verifies(message, signature));
    let said = told.signature.checked.iter().find(|step| step.what == SIGNED);
    if said.is_none_or(|said| said.good != good) {
        let holds = if good { "holds" } else { "does not hold" };
        return Err(format!("its signature {holds}, and it says otherwise"));
    }
    if good {
        tally.good += 1
    } else {
        tally.bad += 1
    }
    let revoked = key.filter(|key| key.status == KeyStatus::Revoked);
    Ok(revoked.map(|key| {
        format!(
            "{}: its key {} was revoked since; its signature proves no more that the enterprise \
             made it",
            told.serial, key.number
        )
    }))
}
