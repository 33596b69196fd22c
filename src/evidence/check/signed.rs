//! Who signed, with which key, when, and whether that key could.

use std::collections::BTreeMap;

use crate::base::UnixMs;
use crate::evidence::check::listed::beside;
use crate::evidence::check::open::Opened;
use crate::evidence::check::{Fault, Published, Report};
use crate::evidence::manifest::{
    STATEMENT, STATEMENT_BYTES_MAX, STATEMENT_TYP, Statement, TIMESTAMP, TIMESTAMP_QUERY,
};
use crate::evidence::tsp;
use crate::keys::jws;
use crate::keys::office::{OfficeKey, OfficeKeys};
use crate::keys::{KeyStatus, Keyring};

/// Where the keys of a package stand.
const KEYS: &str = "keys.json";
/// Clocks of an office's machines may differ by so much, seconds.
const CLOCKS_DIFFER_S: i64 = 600;

/// What the statement says, once its signature was looked at.
pub(super) struct Signed {
    /// `None` where no signature of it holds.
    pub(super) statement: Option<Statement>,
    /// Files in which one byte was wrong, as they were.
    pub(super) mended: BTreeMap<&'static str, Vec<u8>>,
    /// Keys of labels, from outside where they were given.
    pub(super) labels: Labels,
}

/// Keys of labels, and whether they are believed.
pub(super) struct Labels {
    pub(super) keys: Keyring,
    pub(super) published: bool,
}

pub(super) fn statement(opened: &Opened<'_>, published: &Published, report: &mut Report) -> Signed {
    let (offices, labels) = keys(opened, published, report);
    let mut signed = Signed { statement: None, mended: BTreeMap::new(), labels };
    let Some(found) = opened.get(STATEMENT) else {
        report.fault(Fault::new("missing", "is not in the package").of(STATEMENT));
        return signed;
    };
    let content = opened.content(found);
    if content.len() > STATEMENT_BYTES_MAX {
        let says = format!("is longer than {STATEMENT_BYTES_MAX} bytes");
        report.fault(Fault::new("statement", says).of(STATEMENT));
        return signed;
    }
    let as_it_is = taken(content, &offices);
    let taken = as_it_is.or_else(|problem| -> Result<_, String> {
        let mended = beside(opened, found, report).ok_or(problem)?;
        let taken = taken(&mended, &offices)?;
        signed.mended.insert(STATEMENT, mended);
        Ok(taken)
    });
    match taken {
        Err(problem) => report.fault(Fault::new("signature", problem).of(STATEMENT)),
        Ok((statement, key)) => {
            let text = signed.mended.get(STATEMENT).map_or(content, Vec::as_slice).to_vec();
            let dated = stamp(opened, &statement, &text, published, &mut signed.mended, report);
            timely(&statement, &key, dated, report);
            signed.statement = Some(statement);
        }
    }
    signed
}

/// The keys that are believed, or those of the package where none were given.
fn keys(opened: &Opened<'_>, published: &Published, report: &mut Report) -> (OfficeKeys, Labels) {
    let inside = opened.get(KEYS).map(|found| opened.content(found));
    let inside_labels = inside.and_then(|json| Keyring::from_jwks(json).ok()).unwrap_or_default();
    match &published.keys {
        Some((offices, labels)) => {
            let some = labels.iter().next().is_some();
            let keys = if some { labels.clone() } else { inside_labels };
            (offices.clone(), Labels { keys, published: some })
        }
        None => {
            report.note(
                "no published keys were given (--keys): those in the package were used, and whoever \
                 makes a package up makes up its keys too. Compare keys.json with what the office \
                 publishes at /.well-known/office-jwks.json and /.well-known/jwks.json",
            );
            let offices = inside.and_then(|json| OfficeKeys::from_jwks(json).ok());
            let labels = Labels { keys: inside_labels, published: false };
            (offices.unwrap_or_default(), labels)
        }
    }
}

/// The statement of a text whose signature holds, and the key that made it.
fn taken(content: &[u8], offices: &OfficeKeys) -> Result<(Statement, OfficeKey), String> {
    let text = std::str::from_utf8(content).map_err(|_| "is no text".to_owned())?;
    let read = jws::read(text).map_err(|e| format!("is no signed statement: {e}"))?;
    if read.header.typ.as_deref() != Some(STATEMENT_TYP) {
        return Err("is signed as something else than the statement of a package".to_owned());
    }
    let kid = read.header.kid.clone().unwrap_or_default();
    let key = kid.parse().ok().and_then(|kid| offices.get(kid)).cloned().ok_or_else(|| {
        format!("is signed by {kid:?}, which is not among the keys of offices that were given")
    })?;
    let payload = read.verify(&key.public).map_err(|_| {
        format!("its signature is not by the key {kid}, or the statement was changed")
    })?;
    let statement = Statement::read(&payload).map_err(|e| e.to_string())?;
    if statement.key != kid {
        return Err(format!("names the key {}, and {kid} signed it", statement.key));
    }
    Ok((statement, key))
}

/// When an authority dated the statement; tells what is wrong with that.
fn stamp(
    opened: &Opened<'_>,
    statement: &Statement,
    text: &[u8],
    published: &Published,
    mended: &mut BTreeMap<&'static str, Vec<u8>>,
    report: &mut Report,
) -> Option<UnixMs> {
    let timestamp = match &statement.timestamp {
        None => {
            report.note("no authority was asked for the time: the statement's own time is the office's word");
            return None;
        }
        Some(timestamp) => timestamp,
    };
    if let Some(problem) = &timestamp.problem {
        report.note(format!(
            "{} was asked for the time and gave none ({problem}): the statement's own time is the \
             office's word",
            timestamp.authority
        ));
        return None;
    }
    let (query, response) = (opened.get(TIMESTAMP_QUERY)?, opened.get(TIMESTAMP)?);
    for (path, found) in [(TIMESTAMP_QUERY, query), (TIMESTAMP, response)] {
        if let Some(bytes) = beside(opened, found, report) {
            mended.insert(path, bytes);
        }
    }
    let of =
        |path: &str, found| mended.get(path).map_or_else(|| opened.content(found), Vec::as_slice);
    let (query_bytes, response_bytes) = (of(TIMESTAMP_QUERY, query), of(TIMESTAMP, response));
    if query_bytes != tsp::query_as_asked(text, query_bytes) {
        let says = "is not the question for the time of this statement";
        report.fault(Fault::new("timestamp", says).of(TIMESTAMP_QUERY));
        return None;
    }
    match tsp::check(text, query_bytes, response_bytes, &published.roots) {
        Err(problem) => {
            report.fault(Fault::new("timestamp", problem.to_string()).of(TIMESTAMP));
            None
        }
        Ok(dated) => {
            report.holds(format!("{} dated the statement {}", timestamp.authority, said(dated.at)));
            if !dated.trusted {
                report.note(format!(
                    "the authority's certificate (SHA-256 {}) was not followed to one that is \
                     believed: name its root with --tsa",
                    dated.certificate
                ));
            }
            report.dated_at = Some(dated.at);
            dated.trusted.then_some(dated.at)
        }
    }
}

fn said(at: UnixMs) -> String {
    let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Whether the key is of the office that has the case.
fn whose(statement: &Statement, key: &OfficeKey, report: &mut Report) {
    let (kid, office) = (key.kid, &key.office);
    if statement.signed_for != *office {
        let says = format!(
            "says that {kid} was made for {}, and it is published as that of {office}",
            statement.signed_for
        );
        report.fault(Fault::new("office", says).of(STATEMENT));
    }
    if statement.case.office != *office {
        report.note(format!(
            "the case is of {}, and {kid} is a key of {office}: it is the word of {office}",
            statement.case.office
        ));
    }
}

/// Whether the key could sign when the statement was made. `dated`: when an
/// authority that is believed saw it.
fn timely(statement: &Statement, key: &OfficeKey, dated: Option<UnixMs>, report: &mut Report) {
    let (kid, office) = (key.kid, &key.office);
    let Some(made_at) = statement.made_at() else {
        report.fault(Fault::new("statement", "says no time at which it was made").of(STATEMENT));
        return;
    };
    report.holds(format!(
        "{} ({}) of {} made it for the case {} up to entry {}, {}; signed by {kid} of {office}",
        statement.made_by.name,
        statement.made_by.login,
        statement.case.office,
        statement.case.number,
        statement.case.entries,
        said(made_at)
    ));
    whose(statement, key, report);
    let at = dated.unwrap_or(made_at).seconds();
    let early = key.not_before.is_some_and(|nbf| at < nbf - CLOCKS_DIFFER_S);
    let late = key.not_after.is_some_and(|exp| at > exp + CLOCKS_DIFFER_S);
    if early || late {
        let says = format!("{kid} was not valid when it signed");
        report.fault(Fault::new("key_time", says).of(STATEMENT));
        return;
    }
    let since = key.status_at.map(|at| said(UnixMs(at.saturating_mul(1_000))));
    let since = since.unwrap_or_else(|| "an unknown time".to_owned());
    let after = key.status_at.is_none_or(|end| at > end);
    match (key.status, dated) {
        (KeyStatus::Active, _) => {}
        (KeyStatus::Retired, _) if after => {
            let says = format!("{kid} is retired since {since}, and this was signed later");
            report.fault(Fault::new("key_time", says).of(STATEMENT));
        }
        (KeyStatus::Retired, _) => report.note(format!(
            "{kid} is retired since {since}; it was in force when this was signed, which stays good"
        )),
        (KeyStatus::Revoked, Some(_)) if !after => report.note(format!(
            "{kid} is revoked since {since}; an authority dated this before, so it stays good"
        )),
        (KeyStatus::Revoked, Some(_)) => {
            let says = format!("{kid} is revoked since {since}, and this was dated later");
            report.fault(Fault::new("key_revoked", says).of(STATEMENT));
        }
        (KeyStatus::Revoked, None) => {
            let says = format!(
                "{kid} is revoked since {since}, and no authority that is believed dated this \
                 before: whoever has the key can have written it, under any time"
            );
            report.fault(Fault::new("key_revoked", says).of(STATEMENT));
        }
    }
}
