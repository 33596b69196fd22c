//! Events as JSON-LD of EPCIS 2.0, which passes GS1's schema.
//!
//! What EPCIS has no words for stands under the prefix `zhenma`
//! ([`NAMESPACE`]): running numbers instead of a million EPCs, what a station
//! found, how many belong in a case.

use jiff::Timestamp;
use jiff::tz::Offset;
use serde_json::{Map, Value, json};

use crate::base::UnixMs;
use crate::trace::epc::Names;
use crate::trace::event::{Declaration, Quantity};
use crate::trace::{Event, EventType, Unit};

/// The context of EPCIS 2.0.
pub const CONTEXT: &str = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld";
/// Ours; the prefix is `zhenma`.
pub const NAMESPACE: &str = "urn:zhenma:epcis:";

/// An instant with its offset, milliseconds told.
pub fn time_text(at: UnixMs, offset_minutes: i32) -> String {
    let at = Timestamp::from_millisecond(at.0).unwrap_or_default();
    let offset = Offset::from_seconds(offset_minutes * 60).unwrap_or(Offset::UTC);
    let text = offset.to_datetime(at).strftime("%Y-%m-%dT%H:%M:%S.%3f").to_string();
    format!("{text}{}", offset_text(offset_minutes))
}

/// `+08:00`
pub fn offset_text(minutes: i32) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    let minutes = minutes.abs();
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Everything before the events of a document; they stand comma-separated
/// between this and [`TAIL`], so that a document of any length can be written
/// as it is read.
pub fn head(created: UnixMs) -> String {
    let created = time_text(created, 0);
    format!(
        "{{\"@context\":[\"{CONTEXT}\",{{\"zhenma\":\"{NAMESPACE}\"}}],\"type\":\"EPCISDocument\",\
         \"schemaVersion\":\"2.0\",\"creationDate\":\"{created}\",\"epcisBody\":{{\"eventList\":[\n"
    )
}

pub const TAIL: &str = "\n]}}\n";

/// An event that stands in no document: it says itself what its words mean.
pub fn alone(event: &str) -> String {
    let members = event.trim_start().strip_prefix('{').unwrap_or(event);
    format!("{{\"@context\":[\"{CONTEXT}\",{{\"zhenma\":\"{NAMESPACE}\"}}],{members}")
}

/// One event, without the declaration of an error.
pub fn event(e: &Event, names: Names<'_>, recorded: UnixMs) -> Value {
    let mut out = Map::new();
    let event_type = e.act.event_type();
    let passed = e.report.as_ref().map(|report| report.passed);
    let mut put = |name: &str, value: Value| out.insert(name.to_owned(), value);
    put("type", event_type.name().into());
    put("eventID", e.id.as_str().into());
    put("eventTime", time_text(e.at, e.offset_minutes).into());
    put("eventTimeZoneOffset", offset_text(e.offset_minutes).into());
    put("recordTime", time_text(recorded, 0).into());
    put("bizStep", e.act.biz_step().into());
    put("disposition", e.act.disposition(passed).into());
    if let Some(action) = e.act.action() {
        put("action", action.into());
    }
    if let Some(place) = &e.place {
        put("readPoint", json!({"id": names.place(place)}));
        if e.act != crate::trace::Act::Shipped {
            put("bizLocation", json!({"id": names.place(place)}));
        }
    }
    if let Some(from) = &e.from {
        put("sourceList", json!([{"type": "possessing_party", "source": names.place(from)}]));
    }
    if let Some(to) = &e.to {
        let to = json!([{"type": "possessing_party", "destination": names.place(to)}]);
        put("destinationList", to);
    }
    if let Some(t) = &e.transaction {
        put("bizTransactionList", json!([{"type": t.kind, "bizTransaction": t.uri}]));
    }
    what(e, event_type, names, &mut out);
    own(e, &mut out);
    Value::Object(out)
}

fn what(e: &Event, event_type: EventType, names: Names<'_>, out: &mut Map<String, Value>) {
    let epcs: Vec<String> = e.units.iter().filter_map(|unit| names.unit(unit)).collect();
    let parent = e.parent.as_ref().and_then(|parent| names.unit(parent));
    let classes: Vec<Value> = e
        .range
        .iter()
        .filter_map(|range| {
            Some(json!({"epcClass": names.class(range.batch)?, "quantity": range.count()}))
        })
        .collect();
    let mut put = |name: &str, value: Value| out.insert(name.to_owned(), value);
    if let Some(parent) = parent {
        put("parentID", parent.into());
    }
    match event_type {
        EventType::Object | EventType::Transaction => {
            if !epcs.is_empty() || classes.is_empty() {
                put("epcList", epcs.into());
            }
            if !classes.is_empty() {
                put("quantityList", classes.into());
            }
        }
        EventType::Aggregation => {
            put("childEPCs", epcs.into());
        }
        EventType::Association => {
            put("childEPCs", e.thing.iter().cloned().collect::<Vec<_>>().into());
        }
        EventType::Transformation => {
            put("inputQuantityList", e.inputs.iter().map(quantity).collect());
            put("outputQuantityList", classes.into());
        }
    }
}

fn quantity(q: &Quantity) -> Value {
    let mut out = json!({"epcClass": q.class, "quantity": q.quantity});
    if let Some(uom) = &q.uom {
        out["uom"] = uom.as_str().into();
    }
    out
}

fn own(e: &Event, out: &mut Map<String, Value>) {
    if let Some(range) = &e.range {
        let range = json!({"zhenma:batch": range.batch.to_string(), "zhenma:first": range.first,
            "zhenma:last": range.last});
        out.insert("zhenma:range".to_owned(), range);
    }
    if let Some(size) = e.size {
        out.insert("zhenma:packSize".to_owned(), size.into());
    }
    if let Some(r) = &e.report {
        let mut report = json!({"zhenma:station": r.station, "zhenma:number": r.number,
            "zhenma:passed": r.passed});
        if !r.sha256.is_empty() {
            report["zhenma:sha256"] = r.sha256.to_ascii_lowercase().into();
        }
        out.insert("zhenma:inspection".to_owned(), report);
    }
}

/// What a declaration adds to the event that it speaks of.
pub fn declaration(d: &Declaration) -> Value {
    json!({
        "declarationTime": time_text(d.at, 0),
        "reason": d.reason.slug(),
        "correctiveEventIDs": d.corrective,
    })
}

/// The text of an event as it was kept, with what was declared of it.
pub fn with_declaration(body: &str, d: &Declaration) -> String {
    let open = body.trim_end().strip_suffix('}').unwrap_or(body);
    format!("{open},\"errorDeclaration\":{}}}", declaration(d))
}

/// Where an address under our own `/id/` leads: what the units are called.
pub const fn kind_word(unit: &Unit) -> &'static str {
    match unit {
        Unit::Bottle { .. } => "bottle",
        Unit::Case { .. } => "case",
        Unit::Pallet { .. } => "pallet",
    }
}
