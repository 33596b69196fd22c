//! What is wrong with an installation, and how to mend it.
//!
//! Every check looks for itself and changes nothing: no directory or file is
//! made, no store is migrated, the address is let go at once. A fault keeps
//! something from working or makes its answers wrong; a warning is for the
//! operator to know.

pub(crate) mod address;
mod book;
mod disk;
mod history;
mod keys;
mod register;
mod trail;

use serde::Serialize;

use crate::app::compose::StartError;
use crate::app::config::Settings;
use crate::base::UnixMs;
use crate::keys::KeyDir;

/// Days before an end, of a key or a licence, from which on it is told.
const SOON_DAYS: i64 = 60;
/// The remedy where what is told is one, which serve and worker insist on.
const NOT_BEFORE: &str = "neither `serve` nor `worker` starts before that";
/// Names told of a list that may be long.
const NAMES_MAX: usize = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Ok,
    Warning,
    Fault,
}

impl State {
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Fault => "fault",
        }
    }
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub check: &'static str,
    pub state: State,
    pub says: String,
    /// `None` where nothing is to be done.
    pub remedy: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, says: impl Into<String>) -> Self {
        Self { check, state: State::Ok, says: says.into(), remedy: None }
    }

    fn warning(check: &'static str, says: impl Into<String>, remedy: impl Into<String>) -> Self {
        let remedy = Some(remedy.into());
        Self { check, state: State::Warning, says: says.into(), remedy }
    }

    fn fault(check: &'static str, says: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { state: State::Fault, ..Self::warning(check, says, remedy) }
    }
}

/// Runs all checks, in the order in which an installation comes up.
///
/// # Errors
/// None of its own: what fails is a finding.
pub async fn examine(settings: &Settings, now: UnixMs) -> Result<Vec<Finding>, StartError> {
    let mut found = settings_in_force(settings);
    found.extend(address::public_url(settings));
    found.extend(address::listen(settings));
    found.extend(address::proxies(settings));
    found.push(time_zone(settings, now));
    found.extend(disk::data(settings));
    found.push(disk::geo_database(settings));
    found.push(disk::hosting_networks(settings));
    found.extend(disk::map(settings));
    let dir = KeyDir::at(&settings.keys);
    let ring = dir.keyring();
    found.extend(keys::published(&ring, now));
    if let Ok(ring) = &ring {
        found.extend(keys::files(&dir, ring));
        found.extend(keys::passphrase(settings, &dir, ring, now));
    }
    found.extend(keys::offices(&dir, now));
    let (of_ledger, ledger) = history::ledger(settings).await;
    found.extend(of_ledger);
    found.extend(history::scans(settings, ledger.as_ref(), now).await);
    if let Some(ledger) = &ledger {
        found.extend(address::buyers(settings, ledger).await);
        if let Ok(ring) = &ring {
            found.extend(keys::as_in_kit(ledger, ring).await);
        }
        found.extend(register::checks(settings, ledger, ring.as_ref().ok(), now).await);
        found.push(trail::checks(ledger).await);
        found.extend(book::checks(ledger).await);
        ledger.close().await;
    }
    Ok(found)
}

fn settings_in_force(settings: &Settings) -> Vec<Finding> {
    let pairs: Vec<_> =
        settings.pairs().into_iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let mut found = vec![Finding::ok("settings", pairs.join(", "))];
    for (name, nearest) in Settings::unknown_variables() {
        found.push(Finding::warning(
            "settings",
            format!("the variable {name} is no setting and is ignored"),
            match nearest {
                Some(nearest) => format!("take it away, or write {nearest} if that is meant"),
                None => "take it away; `zhenma config print` names all".to_owned(),
            },
        ));
    }
    found
}

fn time_zone(settings: &Settings, now: UnixMs) -> Finding {
    let shown = local(settings, now).strftime("%Y-%m-%d %H:%M");
    Finding::ok("time_zone", format!("{}: it is {shown} there", settings.time_zone))
}

fn local(settings: &Settings, at: UnixMs) -> jiff::ZonedDateTime {
    jiff::Timestamp::from_millisecond(at.0).unwrap_or_default().to_zoned_datetime(settings.zone())
}

/// The first of a list, and how many more.
fn some_of<T: std::fmt::Display>(all: &[T]) -> String {
    let told: Vec<_> = all.iter().take(NAMES_MAX).map(ToString::to_string).collect();
    match all.len().checked_sub(NAMES_MAX) {
        None | Some(0) => told.join(", "),
        Some(more) => format!("{} and {more} more", told.join(", ")),
    }
}
