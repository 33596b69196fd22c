//! Leads as an office works on them: whose they are, when they are due, and the
//! list that says what is next.

use jiff::civil::Date;
use uuid::Uuid;

use super::Kind;
use super::score::Factors;
use crate::base::{FieldError, UnixMs, grounds};
use crate::registry::{BatchRef, Bilingual, Gtin, Uscc};
use crate::scan::Place;

/// Leads of one page.
pub const LEADS_SHOWN: u32 = 50;
/// Leads to which something is done at once.
pub const AT_ONCE_MAX: usize = 100;
/// Days that a lead may rest.
const SNOOZE_DAYS_MAX: i32 = 366;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Open,
    Done,
    /// It goes on in another.
    Merged,
}

impl State {
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Merged => "merged",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        [Self::Open, Self::Done, Self::Merged].into_iter().find(|state| state.slug() == slug)
    }
}

/// A lead as a list has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Lead {
    pub id: Uuid,
    pub key: String,
    pub kind: Kind,
    pub state: State,
    pub merged_into: Option<Uuid>,
    pub enterprise: Option<Uscc>,
    pub product: Option<Gtin>,
    pub batch: Option<BatchRef>,
    /// Where most of it was met.
    pub place: Place,
    pub codes: u64,
    pub people: u32,
    pub provinces: u32,
    pub factors: Factors,
    /// Tenths of a point.
    pub score: i64,
    pub why: Bilingual,
    pub opened_at: UnixMs,
    pub updated_at: UnixMs,
    pub seen_at: UnixMs,
    pub office: Option<Uuid>,
    pub assigned_to: Option<String>,
    pub due_on: Option<Date>,
    pub snoozed_until: Option<Date>,
    /// Of the snooze, or of what closed it.
    pub grounds: String,
    /// None where nothing was left of it.
    pub closed_by: Option<String>,
    pub closed_at: Option<UnixMs>,
}

/// Something that was done with a lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    pub at: UnixMs,
    /// Empty: the worker.
    pub by: String,
    pub act: String,
    pub says: String,
}

/// Parts of the list. All but `Todo` are apart from one another: an open lead is
/// in one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// Open and not at rest.
    #[default]
    Todo,
    /// Nobody's.
    Open,
    Mine,
    Others,
    Overdue,
    Snoozed,
    Done,
}

impl Tab {
    pub const ALL: [Self; 7] = [
        Self::Todo,
        Self::Open,
        Self::Mine,
        Self::Others,
        Self::Overdue,
        Self::Snoozed,
        Self::Done,
    ];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Todo => "todo",
            Self::Open => "open",
            Self::Mine => "mine",
            Self::Others => "others",
            Self::Overdue => "overdue",
            Self::Snoozed => "snoozed",
            Self::Done => "done",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tab| tab.slug() == slug)
    }
}

/// How many leads are in each part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub open: u64,
    pub mine: u64,
    pub others: u64,
    pub overdue: u64,
    pub snoozed: u64,
    pub done: u64,
}

impl Counts {
    pub const fn of(&self, tab: Tab) -> u64 {
        match tab {
            Tab::Todo => self.open + self.mine + self.others + self.overdue,
            Tab::Open => self.open,
            Tab::Mine => self.mine,
            Tab::Others => self.others,
            Tab::Overdue => self.overdue,
            Tab::Snoozed => self.snoozed,
            Tab::Done => self.done,
        }
    }
}

/// Behind which lead a page begins: what the list is sorted by, and its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark(pub i64, pub Uuid);

impl Mark {
    pub fn text(&self) -> String {
        format!("{}.{}", self.0, self.1.simple())
    }

    fn read(text: &str) -> Option<Self> {
        let (by, id) = text.split_once('.')?;
        Some(Self(by.parse().ok()?, Uuid::try_parse(id).ok()?))
    }
}

/// What somebody wants of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub tab: Tab,
    /// Who asks: whose are mine.
    pub login: String,
    pub today: Date,
    pub kind: Option<Kind>,
    pub enterprise: Option<Uscc>,
    pub product: Option<Gtin>,
    /// GB/T 2260: a province (4100) with all of it, or a prefecture (4110).
    pub place: Option<u16>,
    pub after: Option<Mark>,
}

/// The same as it was typed.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub tab: String,
    pub kind: String,
    pub enterprise: String,
    pub product: String,
    pub place: String,
    pub after: String,
}

impl Wanted {
    /// All that is open, for `login`.
    pub fn todo(login: &str, today: Date) -> Self {
        Self {
            tab: Tab::Todo,
            login: login.to_owned(),
            today,
            kind: None,
            enterprise: None,
            product: None,
            place: None,
            after: None,
        }
    }

    /// # Errors
    /// Naming what cannot be read of the address.
    pub fn read(asked: &Asked, login: &str, today: Date) -> Result<Self, FieldError> {
        let known = crate::base::places::all();
        let place = |text: &str| {
            text.parse::<u16>().ok().filter(|code| known.iter().any(|r| r.code == *code))
        };
        Ok(Self {
            tab: chosen("tab", &asked.tab, Tab::from_slug)?.unwrap_or_default(),
            kind: chosen("kind", &asked.kind, Kind::from_slug)?,
            enterprise: chosen("enterprise", &asked.enterprise, |t| Uscc::parse(t).ok())?,
            product: chosen("product", &asked.product, |t| Gtin::parse(t).ok())?,
            place: chosen("place", asked.place.trim_start_matches('0'), place)?,
            after: chosen("after", &asked.after, Mark::read)?,
            ..Self::todo(login, today)
        })
    }
}

fn chosen<T>(
    field: &str,
    text: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, FieldError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let fault = || FieldError::new(field, "is not known", "choose one of the list, or none");
    read(text).map(Some).ok_or_else(fault)
}

/// What is done with leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// To somebody of an office, until a day; to nobody.
    Assign {
        to: Option<String>,
        due_on: Option<Date>,
    },
    Due {
        on: Option<Date>,
    },
    /// Lets it rest through a day.
    Snooze {
        until: Date,
        grounds: String,
    },
    Wake,
    /// No further action.
    Close {
        grounds: String,
    },
    Reopen {
        grounds: String,
    },
}

/// The same as a form says it.
#[derive(Clone, Debug, Default, serde::Deserialize)]
pub struct Typed {
    #[serde(default)]
    pub deed: String,
    #[serde(default)]
    pub assignee: String,
    #[serde(default)]
    pub due_on: String,
    #[serde(default)]
    pub until: String,
    #[serde(default)]
    pub grounds: String,
}

impl Deed {
    /// # Errors
    /// Naming the field that cannot be taken.
    pub fn read(typed: &Typed, today: Date) -> Result<Self, FieldError> {
        let reason = || grounds("grounds", &typed.grounds);
        let due = || match typed.due_on.trim() {
            "" => Ok(None),
            text => day("due_on", text, today).map(Some),
        };
        Ok(match typed.deed.as_str() {
            "assign" => {
                let to = Some(typed.assignee.trim().to_owned()).filter(|to| !to.is_empty());
                Self::Assign { due_on: due()?, to }
            }
            "due" => Self::Due { on: due()? },
            "snooze" => {
                Self::Snooze { until: day("until", &typed.until, today)?, grounds: reason()? }
            }
            "wake" => Self::Wake,
            "close" => Self::Close { grounds: reason()? },
            "reopen" => Self::Reopen { grounds: reason()? },
            _ => return Err(FieldError::new("deed", "is not known", "use one of the buttons")),
        })
    }

    pub const fn slug(&self) -> &'static str {
        match self {
            Self::Assign { to: Some(_), .. } => "assigned",
            Self::Assign { to: None, .. } => "released",
            Self::Due { .. } => "due",
            Self::Snooze { .. } => "snoozed",
            Self::Wake => "woken",
            Self::Close { .. } => "closed",
            Self::Reopen { .. } => "reopened",
        }
    }

    /// What the lead's own record says of it.
    pub fn says(&self) -> String {
        let until = |day: &Option<Date>| day.map_or_else(String::new, |day| format!(" {day}"));
        match self {
            Self::Assign { to, due_on } => {
                format!("{}{}", to.as_deref().unwrap_or_default(), until(due_on))
            }
            Self::Due { on } => until(on).trim().to_owned(),
            Self::Snooze { until, grounds } => format!("{until} {grounds}"),
            Self::Wake => String::new(),
            Self::Close { grounds } | Self::Reopen { grounds } => grounds.clone(),
        }
    }
}

/// From today on, within a year.
fn day(field: &str, text: &str, today: Date) -> Result<Date, FieldError> {
    let parsed = text.trim().parse::<Date>().ok();
    let within = |day: &Date| {
        let days = (*day - today).get_days();
        (0..=SNOOZE_DAYS_MAX).contains(&days)
    };
    parsed.filter(within).ok_or_else(|| {
        FieldError::new(field, "is no day from today on, within a year", "write it as 2026-12-01")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = jiff::civil::date(2026, 11, 27);

    #[test]
    fn what_an_address_says_is_read_and_what_is_not_known_is_named() {
        let asked = Asked { tab: "mine".into(), place: "4100".into(), ..Asked::default() };
        let wanted = Wanted::read(&asked, "wang", TODAY).expect("wanted");
        assert_eq!((wanted.tab, wanted.place), (Tab::Mine, Some(4100)));
        let mark = Mark(-3, Uuid::from_u128(7));
        let after = Asked { after: mark.text(), ..Asked::default() };
        assert_eq!(Wanted::read(&after, "wang", TODAY).expect("wanted").after, Some(mark));
        for (field, asked) in [
            ("tab", Asked { tab: "all".into(), ..Asked::default() }),
            ("kind", Asked { kind: "rumour".into(), ..Asked::default() }),
            ("place", Asked { place: "9999".into(), ..Asked::default() }),
            ("after", Asked { after: "1.x".into(), ..Asked::default() }),
        ] {
            let fault = Wanted::read(&asked, "wang", TODAY).expect_err("a fault");
            assert_eq!(fault.field, field);
        }
    }

    #[test]
    fn a_rest_has_a_reason_and_a_day_to_come() {
        let snooze = |until: &str, grounds: &str| {
            let typed = Typed {
                deed: "snooze".into(),
                until: until.into(),
                grounds: grounds.into(),
                ..Typed::default()
            };
            Deed::read(&typed, TODAY).map_err(|e| e.field)
        };
        assert!(snooze("2026-12-01", "等厂家回复").is_ok());
        assert_eq!(snooze("2026-11-26", "x"), Err("until".into()));
        assert_eq!(snooze("2028-01-01", "x"), Err("until".into()));
        assert_eq!(snooze("tomorrow", "x"), Err("until".into()));
        assert_eq!(snooze("2026-12-01", " "), Err("grounds".into()));
    }
}
