//! Reads EPCIS documents of other systems.
//!
//! Taken are the events of [`Act`]: their members are those that
//! [`crate::trace::document`] writes. A member that would be lost is refused by
//! name rather than dropped.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};

use crate::base::{FieldError, UnixMs};
use crate::trace::epc::Names;
use crate::trace::event::{Declaration, ErrorReason, Quantity, Report, Transaction};
use crate::trace::{Act, Event, EventType, Range};

/// Events of one document.
pub const DOCUMENT_EVENTS_MAX: usize = 1_000;
/// Bytes of one document.
pub const DOCUMENT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// One event as it stands in a document.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Raw {
    #[serde(rename = "type")]
    kind: String,
    action: Option<String>,
    #[serde(rename = "eventID")]
    event_id: Option<String>,
    event_time: String,
    event_time_zone_offset: String,
    /// Ours is the time at which we record it.
    #[serde(rename = "recordTime")]
    _record_time: Option<IgnoredAny>,
    #[serde(rename = "@context")]
    _context: Option<IgnoredAny>,
    biz_step: Option<String>,
    disposition: Option<String>,
    #[serde(rename = "parentID")]
    parent_id: Option<String>,
    #[serde(default)]
    epc_list: Vec<String>,
    #[serde(default, rename = "childEPCs")]
    child_epcs: Vec<String>,
    #[serde(default)]
    quantity_list: Vec<RawQuantity>,
    #[serde(default)]
    input_quantity_list: Vec<RawQuantity>,
    #[serde(default)]
    output_quantity_list: Vec<RawQuantity>,
    read_point: Option<Place>,
    biz_location: Option<Place>,
    #[serde(default)]
    biz_transaction_list: Vec<RawTransaction>,
    #[serde(default)]
    source_list: Vec<Source>,
    #[serde(default)]
    destination_list: Vec<Destination>,
    error_declaration: Option<RawDeclaration>,
    #[serde(rename = "zhenma:range")]
    range: Option<RawRange>,
    #[serde(rename = "zhenma:packSize")]
    pack_size: Option<usize>,
    #[serde(rename = "zhenma:inspection")]
    inspection: Option<RawReport>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawQuantity {
    epc_class: String,
    quantity: Option<f64>,
    uom: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawTransaction {
    #[serde(rename = "type")]
    kind: Option<String>,
    biz_transaction: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    #[serde(rename = "type")]
    _kind: String,
    source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Destination {
    #[serde(rename = "type")]
    _kind: String,
    destination: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawDeclaration {
    declaration_time: String,
    reason: Option<ErrorReason>,
    #[serde(default, rename = "correctiveEventIDs")]
    corrective: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRange {
    #[serde(rename = "zhenma:batch")]
    batch: String,
    #[serde(rename = "zhenma:first")]
    first: u64,
    #[serde(rename = "zhenma:last")]
    last: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReport {
    #[serde(rename = "zhenma:station")]
    station: String,
    #[serde(rename = "zhenma:number")]
    number: String,
    #[serde(rename = "zhenma:passed")]
    passed: bool,
    #[serde(default, rename = "zhenma:sha256")]
    sha256: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    #[serde(rename = "type")]
    kind: String,
    schema_version: Option<serde_json::Value>,
    epcis_body: Body,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    event_list: Bounded,
}

/// At most [`DOCUMENT_EVENTS_MAX`]: one more ends the reading.
struct Bounded(Vec<Raw>);

impl<'de> Deserialize<'de> for Bounded {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Events;
        impl<'de> Visitor<'de> for Events {
            type Value = Bounded;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of events")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Bounded, A::Error> {
                let mut out = Vec::new();
                while let Some(raw) = seq.next_element()? {
                    if out.len() >= DOCUMENT_EVENTS_MAX {
                        let words = format!("more than {DOCUMENT_EVENTS_MAX} events");
                        return Err(serde::de::Error::custom(words));
                    }
                    out.push(raw);
                }
                Ok(Bounded(out))
            }
        }
        from.deserialize_seq(Events)
    }
}

/// An event, or what is declared of an earlier one.
#[derive(Clone, Debug, PartialEq)]
pub enum Captured {
    Event(Box<Event>),
    Declared { id: String, declaration: Declaration },
}

/// Takes a document apart: an `EPCISDocument` of version 2.
///
/// # Errors
/// One, with the place in the document.
pub fn parse(bytes: &[u8]) -> Result<Vec<Raw>, FieldError> {
    if bytes.len() > DOCUMENT_BYTES_MAX {
        let remedy = format!("send at most {DOCUMENT_BYTES_MAX} bytes and go on in another");
        return Err(FieldError::new("document", "is too long", remedy));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let read: Result<Document, _> = serde_path_to_error::deserialize(&mut json);
    let document = read.map_err(|error| {
        let path = error.path().to_string();
        let remedy = "send an EPCISDocument 2.0 in JSON with members that are kept here";
        // A member may have an empty name.
        let field = if path.is_empty() || path == "." { "document" } else { &path };
        FieldError::new(field, error.into_inner().to_string(), remedy)
    })?;
    let version = document.schema_version.as_ref().map(|v| v.to_string().replace('"', ""));
    if document.kind != "EPCISDocument" || !version.is_some_and(|v| v == "2" || v.starts_with("2."))
    {
        let remedy = "send type EPCISDocument, schemaVersion 2.0";
        return Err(FieldError::new("type", "is no EPCISDocument 2.0", remedy));
    }
    Ok(document.epcis_body.event_list.0)
}

/// An instant with its offset; a leap second is the one before it.
///
/// # Errors
/// Naming `field`.
pub fn instant(field: &str, text: &str) -> Result<UnixMs, FieldError> {
    let remedy = "write RFC 3339 with an offset, such as 2026-11-27T08:00:00+08:00";
    text.parse::<Timestamp>()
        .map(|at| UnixMs(at.as_millisecond()))
        .map_err(|_| FieldError::new(field, "is no instant", remedy))
}

/// Minutes east of UTC of `+08:00`.
///
/// # Errors
/// Naming `eventTimeZoneOffset`.
pub fn offset(text: &str) -> Result<i32, FieldError> {
    let read = || {
        let (sign, rest) = text.split_at_checked(1)?;
        let (hours, minutes) = rest.split_once(':')?;
        if hours.len() != 2 || minutes.len() != 2 {
            return None;
        }
        let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
        let total = (minutes < 60).then_some(hours * 60 + minutes).filter(|t| *t <= 14 * 60)?;
        match sign {
            "+" => Some(total),
            "-" => Some(-total),
            _ => None,
        }
    };
    let remedy = "write it as +08:00";
    read().ok_or_else(|| FieldError::new("eventTimeZoneOffset", "cannot be read", remedy))
}

/// The offset that stands at the end of an instant; 0 behind `Z`.
///
/// # Errors
/// Naming `field`.
pub fn offset_of(field: &str, time: &str) -> Result<i32, FieldError> {
    let time = time.trim();
    match time.get(time.len().saturating_sub(6)..) {
        Some(end) if end.starts_with(['+', '-']) => offset(end).map_err(|mut fault| {
            field.clone_into(&mut fault.field);
            fault
        }),
        _ => Ok(0),
    }
}

impl Raw {
    /// The event in our words. `new_id` names one that has no name yet.
    ///
    /// # Errors
    /// The first thing that is not known here: act, unit, place.
    pub fn read(
        self,
        names: Names<'_>,
        new_id: impl FnOnce() -> String,
    ) -> Result<Captured, FieldError> {
        if let Some(declared) = self.error_declaration {
            let id = self.event_id.ok_or_else(|| {
                FieldError::new("eventID", "is missing", "name the event that was wrong")
            })?;
            let declaration = Declaration {
                at: instant("declarationTime", &declared.declaration_time)?,
                reason: declared.reason.unwrap_or(ErrorReason::IncorrectData),
                corrective: declared.corrective,
            };
            return Ok(Captured::Declared { id, declaration });
        }
        let step = |text: &Option<String>, prefix: &str| {
            text.as_deref().map(|t| t.strip_prefix(prefix).unwrap_or(t).to_owned())
        };
        let biz_step = step(&self.biz_step, "https://ref.gs1.org/cbv/BizStep-");
        let disposition = step(&self.disposition, "https://ref.gs1.org/cbv/Disp-");
        let act = Act::of_epcis(
            &self.kind,
            self.action.as_deref(),
            biz_step.as_deref(),
            disposition.as_deref(),
        )
        .ok_or_else(|| {
            let problem = format!("{} with this action and step is not kept here", self.kind);
            FieldError::new("bizStep", problem, "see the documents for the events that are")
        })?;
        let id = self.event_id.clone().unwrap_or_else(new_id);
        let at = instant("eventTime", &self.event_time)?;
        let mut event = Event::new(id, act, at, offset(&self.event_time_zone_offset)?);
        self.read_what(&mut event, names)?;
        self.read_where(&mut event, names)?;
        self.read_own(&mut event)?;
        event.check().map_err(|faults| {
            faults.into_iter().next().unwrap_or_else(|| FieldError::new("event", "is wrong", "-"))
        })?;
        Ok(Captured::Event(Box::new(event)))
    }

    fn read_what(&self, event: &mut Event, names: Names<'_>) -> Result<(), FieldError> {
        let unit = |field: &str, uri: &String| {
            names.read_unit(uri).map_err(|refusal| {
                let words = refusal.text(crate::base::Lang::En);
                FieldError::new(field, words, "name a bottle, case or pallet of this enterprise")
            })
        };
        event.parent = self.parent_id.as_ref().map(|uri| unit("parentID", uri)).transpose()?;
        if event.act.event_type() == EventType::Association {
            event.thing = self.child_epcs.first().cloned();
            if self.child_epcs.len() > 1 {
                let remedy = "send one event for each";
                return Err(FieldError::new("childEPCs", "are several things", remedy));
            }
            return Ok(());
        }
        for uri in self.epc_list.iter().chain(&self.child_epcs) {
            event.units.push(unit("epcList", uri)?);
        }
        for q in &self.input_quantity_list {
            event.inputs.push(Quantity {
                class: q.epc_class.clone(),
                quantity: q.quantity.unwrap_or(0.0),
                uom: q.uom.clone(),
            });
        }
        Ok(())
    }

    fn read_where(&self, event: &mut Event, names: Names<'_>) -> Result<(), FieldError> {
        let place = |field: &str, uri: &String| {
            names.read_place(uri).ok_or_else(|| {
                FieldError::new(
                    field,
                    format!("{uri:?} is not registered"),
                    "register the place first",
                )
            })
        };
        let at = self.biz_location.as_ref().or(self.read_point.as_ref());
        event.place = at.map(|p| place("bizLocation", &p.id)).transpose()?;
        event.from =
            self.source_list.first().map(|s| place("sourceList", &s.source)).transpose()?;
        let to = self.destination_list.first();
        event.to = to.map(|d| place("destinationList", &d.destination)).transpose()?;
        event.transaction = self.biz_transaction_list.first().map(|t| Transaction {
            kind: t.kind.clone().unwrap_or_else(|| "po".to_owned()),
            uri: t.biz_transaction.clone(),
        });
        Ok(())
    }

    fn read_own(&self, event: &mut Event) -> Result<(), FieldError> {
        event.size = self.pack_size;
        event.report = self.inspection.as_ref().map(|r| Report {
            station: r.station.clone(),
            number: r.number.clone(),
            passed: r.passed,
            sha256: r.sha256.clone(),
        });
        event.range = self
            .range
            .as_ref()
            .map(|r| {
                let batch = r.batch.parse();
                batch.map(|batch| Range { batch, first: r.first, last: r.last })
            })
            .transpose()
            .map_err(|e| FieldError::new("zhenma:range", e, "name a batch of yours"))?;
        // A class and an amount alone do not say which bottles.
        let classes = self.quantity_list.len() + self.output_quantity_list.len();
        if classes > 0 && event.range.is_none() {
            let remedy = "say which with zhenma:range";
            return Err(FieldError::new("quantityList", "does not say which bottles", remedy));
        }
        Ok(())
    }
}
