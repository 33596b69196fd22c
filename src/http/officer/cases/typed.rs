//! What the forms of a case send, and the facts that it says.

use std::collections::HashMap;

use jiff::civil::Date;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::base::{FieldError, LedgerError};
use crate::cases::CaseError;
use crate::cases::fact::{Fact, Outcome, Ruling};
use crate::cases::matter::{CaseUnit, Party, PartyRole, Spot, Statement};
use crate::http::desk::Desk;
use crate::http::officer::look_up;
use crate::http::problem::Problem;
use crate::registry::Placement;
use crate::web::cases::Kept;

/// Lines of codes that one form names.
const CODES_MAX: usize = 500;

/// One entry as it is typed: which fields count goes by its kind.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct TypedEntry {
    /// Number of the last entry that was on the page
    pub seq: String,
    /// note, unit, party, place, statement, due, done, decision, assigned, withdrawn or proposed_close
    pub kind: String,
    pub text: String,
    pub name: String,
    pub role: String,
    pub uscc: String,
    pub contact: String,
    pub address: String,
    /// GB/T 2260
    pub region: String,
    /// A day such as 2026-12-01
    pub on: String,
    /// A ruling
    pub what: String,
    pub outcome: String,
    pub grounds: String,
    /// Id of an entry
    pub entry: String,
    /// A login, or an office
    pub to: String,
    /// One a line
    pub codes: String,
}

impl TypedEntry {
    /// The form as it comes back where it cannot be taken.
    pub fn kept(&self) -> Kept {
        let values = [
            ("text", &self.text),
            ("name", &self.name),
            ("role", &self.role),
            ("uscc", &self.uscc),
            ("contact", &self.contact),
            ("address", &self.address),
            ("region", &self.region),
            ("on", &self.on),
            ("what", &self.what),
            ("outcome", &self.outcome),
            ("grounds", &self.grounds),
            ("to", &self.to),
            ("codes", &self.codes),
        ];
        Kept {
            form: self.kind.clone(),
            values: HashMap::from(values.map(|(name, value)| (name, value.clone()))),
            errors: HashMap::new(),
        }
    }
}

pub(in crate::http) fn day(field: &str, text: &str) -> Result<Date, FieldError> {
    let day = text.trim().parse();
    day.map_err(|_| FieldError::new(field, "is no day", "write it as 2026-12-01"))
}

pub(super) fn uuid(field: &str, text: &str) -> Result<Uuid, FieldError> {
    let id = text.trim().parse();
    id.map_err(|_| FieldError::new(field, "is not known", "open the page anew"))
}

fn one_of<T>(field: &str, found: Option<T>) -> Result<T, FieldError> {
    found.ok_or_else(|| FieldError::new(field, "is not known", "choose one of the list"))
}

pub(super) fn region(text: &str) -> Result<u16, FieldError> {
    if text.trim().is_empty() {
        return Ok(0);
    }
    one_of("region", text.trim().parse().ok())
}

/// The labels that lines of text name, each once.
///
/// # Errors
/// `Invalid` with the line of each that is none of ours.
pub(in crate::http) async fn units(
    desk: &Desk,
    codes: &str,
    note: &str,
) -> Result<Result<Vec<CaseUnit>, Vec<FieldError>>, Problem> {
    let lines: Vec<_> = (1_u64..).zip(codes.lines().map(str::trim)).collect();
    let lines: Vec<_> = lines.into_iter().filter(|(_, line)| !line.is_empty()).collect();
    let (mut found, mut faults) = (Vec::<CaseUnit>::new(), Vec::new());
    if lines.is_empty() || lines.len() > CODES_MAX {
        let remedy = format!("name 1 to {CODES_MAX} labels, one a line");
        return Ok(Err(vec![FieldError::new("codes", "names no label, or too many", remedy)]));
    }
    for (number, line) in lines {
        let label = look_up::label(desk, line).await?;
        let register = desk.scanner.register.load_full();
        let placed = label.map(|payload| (payload, register.place(&payload)));
        match placed {
            Some((payload, Placement::Issued { facts, number, .. })) => {
                let mut unit = CaseUnit::of(&payload, facts.batch.id, number);
                note.trim().clone_into(&mut unit.note);
                if found.iter().all(|known| known.serial != unit.serial) {
                    found.push(unit);
                }
            }
            _ => {
                let remedy = "leave it out, and describe a forged code in a note";
                let problem = "is no label that was issued";
                faults.push(FieldError::new("codes", problem, remedy).at_line(number));
            }
        }
    }
    Ok(if faults.is_empty() { Ok(found) } else { Err(faults) })
}

/// What the form puts down.
pub(super) async fn facts(
    desk: &Desk,
    typed: &TypedEntry,
) -> Result<Result<Vec<Fact>, CaseError>, Problem> {
    let read = match typed.kind.as_str() {
        "unit" => units(desk, &typed.codes, &typed.text)
            .await?
            .map(|units| units.into_iter().map(Fact::Unit).collect()),
        _ => one(typed).map(|fact| vec![fact]).map_err(|fault| vec![fault]),
    };
    Ok(read.map_err(|faults| LedgerError::Invalid(faults).into()))
}

fn trimmed(text: &str) -> String {
    text.trim().to_owned()
}

fn one(typed: &TypedEntry) -> Result<Fact, FieldError> {
    Ok(match typed.kind.as_str() {
        "note" => Fact::Note { text: trimmed(&typed.text) },
        "party" => Fact::Party(Party {
            role: one_of("role", PartyRole::from_slug(&typed.role))?,
            name: trimmed(&typed.name),
            uscc: trimmed(&typed.uscc).to_uppercase(),
            contact: trimmed(&typed.contact),
            address: trimmed(&typed.address),
            note: trimmed(&typed.text),
        }),
        "place" => Fact::Place(Spot {
            name: trimmed(&typed.name),
            address: trimmed(&typed.address),
            region: region(&typed.region)?,
            position: None,
            note: trimmed(&typed.text),
        }),
        "statement" => Fact::Statement(Statement {
            of: trimmed(&typed.name),
            position: trimmed(&typed.address),
            taken_on: day("on", &typed.on)?,
            text: trimmed(&typed.text),
        }),
        "due" => Fact::Due { what: trimmed(&typed.name), on: day("on", &typed.on)? },
        "done" => Fact::Done { due: uuid("entry", &typed.entry)? },
        "decision" => ruling(typed, false)?,
        "assigned" => {
            let to = trimmed(&typed.to);
            Fact::Assigned { to: (!to.is_empty()).then_some(to) }
        }
        "withdrawn" => Fact::Withdrawn {
            entry: uuid("entry", &typed.entry)?,
            grounds: trimmed(&typed.grounds),
        },
        "proposed_close" => Fact::ProposedClose {
            outcome: one_of("outcome", Outcome::from_slug(&typed.outcome))?,
            grounds: trimmed(&typed.grounds),
        },
        _ => return Err(FieldError::new("kind", "is not known", "open the page anew")),
    })
}

/// A ruling: those of the head of the office are put down by a supervisor.
pub(super) fn ruling(typed: &TypedEntry, of_the_head: bool) -> Result<Fact, FieldError> {
    let what = Ruling::from_slug(&typed.what).filter(|what| what.of_the_head() == of_the_head);
    Ok(Fact::Decision {
        what: one_of("what", what)?,
        on: day("on", &typed.on)?,
        number: trimmed(&typed.name),
        text: trimmed(&typed.text),
    })
}
