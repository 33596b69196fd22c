//! Documents out and in: GS1's schema, GS1's examples, and what is refused.

use jsonschema::Validator;
use serde_json::{Value, json};

use super::{Bed, NOW, bottle, case, event, id};
use crate::trace::capture::{self, Captured};
use crate::trace::document::{self, head, time_text, with_declaration};
use crate::trace::event::{Declaration, ErrorReason, Quantity, Report, Transaction};
use crate::trace::{Act, Event, Range};

fn vectors() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/epcis")
}

fn schema() -> Validator {
    let text = std::fs::read_to_string(vectors().join("EPCIS-JSON-Schema.json")).expect("a schema");
    let schema: Value = serde_json::from_str(&text).expect("JSON");
    jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema")
}

fn passes(schema: &Validator, document: &Value) {
    let faults: Vec<_> =
        schema.iter_errors(document).map(|e| format!("{}: {e:.300}", e.instance_path())).collect();
    assert!(faults.is_empty(), "{faults:#?}\n{document:#}");
}

/// One of each act, with all that it can say.
fn one_of_each(bed: &Bed) -> Vec<Event> {
    let pallet = bed.pallet("P-7");
    let range = Some(Range { batch: id(1), first: 0, last: 999_999 });
    Act::ALL
        .into_iter()
        .map(|act| {
            let mut e = event(act, None, &[case(1, 3), bed.pallet("095201234567891235")]);
            e.place = Some("hall-1".to_owned());
            match act {
                Act::Bottled | Act::Commissioned | Act::Inspected => {
                    (e.range, e.units) = (range, Vec::new());
                }
                Act::Packed => {
                    e.parent = Some(case(2, 1));
                    e.units = vec![bottle(1, 7), bottle(2, 8)];
                    e.size = Some(2);
                }
                Act::Unpacked => (e.parent, e.units) = (Some(pallet.clone()), Vec::new()),
                Act::Attached | Act::Detached => {
                    (e.parent, e.units) = (Some(pallet.clone()), Vec::new());
                    e.thing = Some("urn:epc:id:giai:6900000.logger-12".to_owned());
                }
                Act::Shipped => {
                    e.from = Some("hall-1".to_owned());
                    e.to = Some("dealer-7".to_owned());
                }
                _ => {}
            }
            if act == Act::Bottled {
                e.inputs = vec![Quantity {
                    class: "urn:example:raw:2026-11-A".to_owned(),
                    quantity: 520.5,
                    uom: Some("LTR".to_owned()),
                }];
            }
            if act == Act::Inspected {
                e.report = Some(Report {
                    station: "河南省产品质量检验技术研究院".to_owned(),
                    number: "2026-0412".to_owned(),
                    passed: true,
                    sha256: "AB".repeat(32),
                });
            }
            if matches!(act, Act::Linked | Act::Shipped) {
                let uri = "urn:example:desadv:17".to_owned();
                e.transaction = Some(Transaction { kind: "desadv".to_owned(), uri });
            }
            e.check().expect("sound");
            e
        })
        .collect()
}

fn document_of(bodies: &[String]) -> String {
    format!("{}{}{}", head(NOW), bodies.join(",\n"), document::TAIL)
}

#[test]
fn what_is_exported_passes_the_schema_of_gs1_and_is_read_back() {
    let (bed, schema) = (Bed::new(), schema());
    let events = one_of_each(&bed);
    let bodies: Vec<_> =
        events.iter().map(|e| document::event(e, bed.names(), NOW).to_string()).collect();
    let text = document_of(&bodies);
    passes(&schema, &serde_json::from_str(&text).expect("JSON"));
    let raw = capture::parse(text.as_bytes()).expect("a document");
    assert_eq!(raw.len(), events.len());
    for (raw, event) in raw.into_iter().zip(&events) {
        let mut event = event.clone();
        if let Some(report) = &mut event.report {
            report.sha256 = report.sha256.to_ascii_lowercase();
        }
        let read = raw.read(bed.names(), || unreachable!("it has a name")).expect("kept here");
        assert_eq!(read, Captured::Event(Box::new(event)));
    }
}

#[test]
fn an_event_that_was_wrong_is_exported_with_its_declaration() {
    let (bed, schema) = (Bed::new(), schema());
    let declaration = Declaration {
        at: NOW,
        reason: ErrorReason::IncorrectData,
        corrective: vec!["urn:uuid:404d95fc-9457-4a51-bd6a-0bba133845a8".to_owned()],
    };
    let packed = event(Act::Packed, Some(&case(1, 3)), &[bottle(1, 7)]);
    let body = document::event(&packed, bed.names(), NOW).to_string();
    let text = document_of(&[with_declaration(&body, &declaration)]);
    passes(&schema, &serde_json::from_str(&text).expect("JSON"));
    let raw = capture::parse(text.as_bytes()).expect("a document").remove(0);
    let read = raw.read(bed.names(), String::new).expect("kept here");
    assert_eq!(read, Captured::Declared { id: packed.id, declaration });
}

#[test]
fn a_million_bottles_are_one_small_event() {
    let bed = Bed::new();
    let commissioned = &one_of_each(&bed)[1];
    let body = document::event(commissioned, bed.names(), NOW);
    assert!(body.to_string().len() < 1_000, "{body}");
    assert_eq!(body["quantityList"][0]["quantity"], 1_000_000);
    assert_eq!(
        body["quantityList"][0]["epcClass"],
        "https://id.gs1.org/01/06900000001011/10/A%2F1"
    );
}

#[test]
fn examples_of_gs1_are_taken_apart_or_refused_by_the_member_that_would_be_lost() {
    let (schema, bed) = (schema(), Bed::new());
    let mut taken = 0;
    for file in std::fs::read_dir(vectors().join("examples")).expect("examples").flatten() {
        let text = std::fs::read_to_string(file.path()).expect("an example");
        let name = file.file_name().to_string_lossy().into_owned();
        match capture::parse(text.as_bytes()) {
            Ok(raw) => {
                passes(&schema, &serde_json::from_str(&text).expect("JSON"));
                taken += raw.len();
                for raw in raw {
                    // The goods are of others: each is refused by a name.
                    if let Err(fault) = raw.read(bed.names(), || "urn:x:1".to_owned()) {
                        assert!(!fault.field.is_empty() && !fault.problem.is_empty(), "{name}");
                    }
                }
            }
            Err(fault) => {
                let known =
                    ["unknown field", "missing field", "duplicate field", "is no EPCISDocument"];
                assert!(known.iter().any(|k| fault.problem.contains(k)), "{name}: {fault}");
            }
        }
    }
    assert!(taken >= 6, "{taken}");
}

#[test]
fn bad_documents_are_named_by_what_is_wrong() {
    let long = "x".repeat(capture::DOCUMENT_BYTES_MAX + 1);
    let event = |at: &str, offset: &str| {
        json!({"type": "ObjectEvent", "action": "OBSERVE", "bizStep": "inspecting",
            "eventTime": at, "eventTimeZoneOffset": offset, "epcList": []})
    };
    let document = |events: Vec<Value>| {
        json!({"@context": [], "type": "EPCISDocument", "schemaVersion": "2.0",
            "creationDate": "2026-11-27T00:00:00Z", "epcisBody": {"eventList": events}})
        .to_string()
    };
    let many = vec![event("2026-11-27T00:00:00Z", "+00:00"); capture::DOCUMENT_EVENTS_MAX + 1];
    for (text, says) in [
        (String::new(), "EOF"),
        ("[]".to_owned(), "invalid"),
        (long, "too long"),
        (document(many), "more than 1000 events"),
        (document(vec![json!({"type": "ObjectEvent"})]), "missing field"),
        (json!({"type": "EPCISDocument", "schemaVersion": "1.2", "epcisBody": {"eventList": []}})
            .to_string(), "2.0"),
    ] {
        let fault = capture::parse(text.as_bytes()).expect_err(says);
        assert!(fault.to_string().contains(says), "{fault}");
    }
    let bed = Bed::new();
    for (at, offset, field) in [
        ("2026-02-29T00:00:00Z", "+00:00", "eventTime"),
        ("2026-11-27", "+00:00", "eventTime"),
        ("2026-11-27T00:00:00Z", "+15:00", "eventTimeZoneOffset"),
        ("2026-11-27T00:00:00Z", "0800", "eventTimeZoneOffset"),
        ("2028-02-29T23:59:60+08:00", "+08:00", "report"),
    ] {
        let text = document(vec![event(at, offset)]);
        let raw = capture::parse(text.as_bytes()).expect("a document").remove(0);
        let fault = raw.read(bed.names(), || "urn:x:1".to_owned()).expect_err(at);
        assert_eq!(fault.field, field, "{at} {offset}: {fault}");
    }
}

#[test]
fn times_keep_the_offset_of_the_floor() {
    let leap = capture::instant("t", "2028-02-29T00:30:00.250+08:00").expect("a leap day");
    assert_eq!(time_text(leap, 480), "2028-02-29T00:30:00.250+08:00");
    assert_eq!(time_text(leap, 0), "2028-02-28T16:30:00.250+00:00");
    assert_eq!(time_text(leap, -570), "2028-02-28T07:00:00.250-09:30");
    assert_eq!(capture::offset("-09:30").expect("an offset"), -570);
}
