//! From JSON that a phone sent to records. What is wrong with one record is its
//! own affair: the others are taken.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::base::{FieldError, UnixMs};
use crate::visits::RECORD_BYTES_MAX;
use crate::visits::record::{Fact, Record};

/// Characters of a network's kind and of a kit's version.
const WORD_CHARACTERS_MAX: usize = 64;

/// What every record has.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    id: Uuid,
    kind: String,
    made_at: String,
    #[serde(default)]
    made_offline: bool,
    #[serde(default)]
    kit: Option<Value>,
    #[serde(default)]
    network: String,
}

const HEAD: [&str; 6] = ["id", "kind", "made_at", "made_offline", "kit", "network"];

/// An instant as RFC 3339 writes it.
///
/// # Errors
/// Naming `field`.
pub fn instant(field: &str, text: &str) -> Result<UnixMs, FieldError> {
    let remedy = "write RFC 3339 such as 2026-11-27T10:05:00+08:00";
    let at = text.parse::<jiff::Timestamp>();
    let at = at.map_err(|_| FieldError::new(field, "is no time", remedy))?;
    Ok(UnixMs(at.as_millisecond()))
}

/// The id of what is meant to be a record.
///
/// # Errors
/// For what has none: it could not be answered.
pub fn id_of(value: &Value) -> Result<Uuid, FieldError> {
    let id = value.get("id").and_then(Value::as_str).and_then(|id| id.parse().ok());
    id.ok_or_else(|| FieldError::new("id", "is no UUID", "give every record a UUID"))
}

/// A record.
///
/// # Errors
/// For the first member that cannot be taken.
pub fn record(value: Value) -> Result<Record, FieldError> {
    let bytes = serde_json::to_string(&value).map_or(usize::MAX, |text| text.len());
    if bytes > RECORD_BYTES_MAX {
        let remedy = format!("at most {RECORD_BYTES_MAX} are taken");
        return Err(FieldError::new("record", format!("has {bytes} bytes"), remedy));
    }
    let Value::Object(mut members) = value else {
        return Err(FieldError::new("record", "is no object", "see /openapi.json"));
    };
    let head: Map<String, Value> =
        HEAD.iter().filter_map(|name| members.remove_entry(*name)).collect();
    let head: Head = shaped(head)?;
    let fact = match head.kind.as_str() {
        "visit" => Fact::Visit(shaped(members)?),
        "check" => Fact::Check(shaped(members)?),
        "photo" => Fact::Photo(shaped(members)?),
        "seal" => Fact::Seal(shaped(members)?),
        "sweep" => Fact::Sweep(shaped(members)?),
        "signature" => Fact::Signature(shaped(members)?),
        "note" => Fact::Note(shaped(members)?),
        _ => {
            let remedy = format!("write one of {}", Fact::KINDS.join(", "));
            return Err(FieldError::new("kind", "is not known", remedy));
        }
    };
    Ok(Record {
        id: head.id,
        made_at: instant("made_at", &head.made_at)?,
        made_offline: head.made_offline,
        kit: head.kit.map(kit).transpose()?,
        network: word("network", head.network)?,
        fact: fact.checked()?,
    })
}

/// Versions may be numbers.
fn kit(version: Value) -> Result<String, FieldError> {
    match version {
        Value::String(text) => word("kit", text),
        Value::Number(number) => word("kit", number.to_string()),
        _ => Err(FieldError::new("kit", "is no version", "write its version, or null")),
    }
}

fn word(field: &str, text: String) -> Result<String, FieldError> {
    if text.len() > WORD_CHARACTERS_MAX || !text.bytes().all(|b| b.is_ascii_graphic()) {
        let remedy = format!("write at most {WORD_CHARACTERS_MAX} characters of ASCII");
        return Err(FieldError::new(field, "is too long or not plain", remedy));
    }
    Ok(text)
}

fn shaped<T: DeserializeOwned>(members: Map<String, Value>) -> Result<T, FieldError> {
    serde_path_to_error::deserialize(Value::Object(members)).map_err(|error| {
        let field = error.path().to_string();
        let field = if field == "." { "record" } else { &field };
        let problem: String = error.inner().to_string().chars().take(200).collect();
        FieldError::new(field, problem, "write it as /openapi.json says")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn base(kind: &str) -> Value {
        json!({"id": "0197b8f0-0000-7000-8000-000000000001", "kind": kind,
            "made_at": "2026-11-27T10:05:00+08:00", "made_offline": true, "kit": 7,
            "network": "offline"})
    }

    fn with(kind: &str, members: &Value) -> Value {
        let mut value = base(kind);
        for (name, member) in members.as_object().expect("members") {
            value[name] = member.clone();
        }
        value
    }

    #[test]
    fn every_bound_is_named_by_its_member() {
        let visit = "0197b8f0-0000-7000-8000-000000000002";
        let long = "酒".repeat(3_000);
        for (kind, members, field) in [
            ("visit", json!({"seller": {"name": ""}}), "seller.name"),
            ("visit", json!({"seller": {"name": "店\u{202e}"}}), "seller.name"),
            ("visit", json!({"seller": {"name": "店", "uscc": "91"}}), "seller.uscc"),
            ("visit", json!({"seller": {"name": "店"}, "region": 9999}), "region"),
            ("visit", json!({"seller": {"name": "店"}, "region": -1}), "region"),
            (
                "visit",
                json!({"seller": {"name": "店"},
                "place": {"lat": 91, "lon": 0, "accuracy_m": 1}}),
                "place.lat",
            ),
            ("visit", json!({"seller": {"name": "店"}, "note": long}), "note"),
            ("visit", json!({"seller": {"name": "店"}, "extra": 1}), "extra"),
            ("visit", json!({}), "record"),
            ("check", json!({"code": "", "shown": "genuine"}), "code"),
            ("check", json!({"code": "x", "shown": "IS FINE"}), "shown"),
            ("check", json!({"code": "x", "shown": "genuine", "quantity": 0}), "quantity"),
            ("check", json!({"code": "x", "shown": "genuine", "quantity": 1.5}), "quantity"),
            ("check", json!({"code": "x", "shown": "genuine", "photos": ["zz"]}), "photos"),
            ("check", json!({"code": "x", "shown": "genuine", "visit": "1"}), "visit"),
            (
                "photo",
                json!({"visit": visit, "sha256": "a".repeat(64), "taken_at": "now"}),
                "taken_at",
            ),
            (
                "photo",
                json!({"visit": visit, "sha256": "a".repeat(64),
                "taken_at": "2026-11-27T10:05:00+08:00", "exif": {"x": "y".repeat(5_000)}}),
                "exif",
            ),
            ("seal", json!({"visit": visit, "act": "burnt", "what": "酒", "quantity": 1}), "act"),
            (
                "seal",
                json!({"visit": visit, "act": "sealed", "what": "酒", "quantity": 1,
                "codes": vec!["x"; 201]}),
                "codes",
            ),
            ("sweep", json!({"visit": visit, "sampling": "random", "stock": 0}), "stock"),
            ("sweep", json!({"visit": visit, "sampling": "random", "gtin": "1"}), "gtin"),
            ("sweep", json!({"visit": visit, "sampling": "random", "seed": ""}), "seed"),
            (
                "signature",
                json!({"visit": visit, "signer": "王", "as": "seller", "refused": true,
                "sha256": "a".repeat(64)}),
                "sha256",
            ),
            ("note", json!({"visit": visit, "text": "  "}), "text"),
            ("note", json!({"visit": visit, "text": "x", "kit": {}}), "kit"),
            ("note", json!({"visit": visit, "text": "x", "made_at": "yesterday"}), "made_at"),
            ("note", json!({"visit": visit, "text": "x", "network": "n".repeat(65)}), "network"),
            ("party", json!({}), "kind"),
            ("note", json!({"visit": visit, "text": "x".repeat(60_000)}), "record"),
        ] {
            let fault = record(with(kind, &members)).expect_err(field);
            assert_eq!(fault.field, field, "{kind} {fault}");
        }
    }

    #[test]
    fn a_record_read_again_is_the_same_and_another_content_has_another_hash() {
        let members = json!({"visit": null, "code": "ABC", "shown": "genuine", "photos": []});
        let read = record(with("check", &members)).expect("a record");
        let kept = serde_json::to_string(&read).expect("JSON");
        let again: Record = serde_json::from_str(&kept).expect("a record");
        assert_eq!(again, read);
        assert_eq!(again.hash(), read.hash());
        let other = json!({"visit": null, "code": "ABD", "shown": "genuine", "photos": []});
        assert_ne!(record(with("check", &other)).expect("a record").hash(), read.hash());
        assert_eq!(read.kit.as_deref(), Some("7"));
    }
}
