//! The county's console: typed views of its pages.

use askama::Template;

use crate::web::console::{Choice, Frame, Typed};
use crate::web::people::{InviteForm, PersonLine};

pub struct LicenceLine {
    pub kind: String,
    pub number: String,
    pub expires_on: String,
    /// `expired` or `soon`, for its colour; empty while there is time.
    pub class: &'static str,
    /// What is said of it.
    pub note: String,
}

pub struct EnterpriseLine {
    pub uscc: String,
    pub name: String,
    pub gs1_prefix: String,
    pub licences: usize,
    /// Of the licence that ends first, if it is over or soon will be.
    pub class: &'static str,
    pub note: String,
}

/// The fields of an enterprise to be registered.
#[derive(Default)]
pub struct RegisterForm {
    pub uscc: Typed,
    pub name_zh: Typed,
    pub name_en: Typed,
    pub gs1_prefix: Typed,
    pub licence_kind: Typed,
    pub licence_number: Typed,
    pub licence_expires_on: Typed,
    pub other: Vec<String>,
}

#[derive(Template)]
#[template(path = "console/enterprises.html")]
pub struct EnterprisesPage {
    pub f: Frame,
    /// The most urgent ones.
    pub enterprises: Vec<EnterpriseLine>,
    pub count: usize,
    pub form: RegisterForm,
}

/// The fields of a licence.
#[derive(Default)]
pub struct LicenceForm {
    pub kind: Typed,
    pub number: Typed,
    pub expires_on: Typed,
}

#[derive(Template)]
#[template(path = "console/enterprise.html")]
pub struct EnterprisePage {
    pub f: Frame,
    pub uscc: String,
    pub name_zh: String,
    pub name_en: String,
    pub gs1_prefix: String,
    pub licences: Vec<LicenceLine>,
    pub licence: LicenceForm,
    pub base: &'static str,
    pub people: Vec<PersonLine>,
    pub invite: InviteForm,
}

pub struct TrailLine {
    pub seq: u64,
    pub at: String,
    pub login: String,
    pub origin: String,
    pub enterprise: String,
    pub action: String,
    pub object: String,
    pub before: String,
    pub after: String,
}

/// What the page of the trail is narrowed to, as it was typed.
#[derive(Default)]
pub struct TrailFilter {
    pub login: String,
    pub enterprise: String,
    pub action: String,
    pub from: Typed,
    pub until: Typed,
}

#[derive(Template)]
#[template(path = "console/trail.html")]
pub struct TrailPage {
    pub f: Frame,
    pub rows: Vec<TrailLine>,
    pub filter: TrailFilter,
    /// The filter as a query, for the links.
    pub query: String,
    /// Row behind which the page before this one ends.
    pub older: Option<u64>,
}

/// The fields of one office.
pub struct OfficeForm {
    /// Empty for one that is to be added.
    pub id: String,
    pub name_zh: Typed,
    pub name_en: Typed,
    pub region: Typed,
    pub regions: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "console/offices.html")]
pub struct OfficesPage {
    pub f: Frame,
    /// The last is for another one.
    pub forms: Vec<OfficeForm>,
}

/// Days of a year that are not as their weekday says.
#[derive(Template)]
#[template(path = "console/calendar.html")]
pub struct CalendarPage {
    pub f: Frame,
    pub year: String,
    /// Years to choose from, and which it is.
    pub years: Vec<(i16, bool)>,
    pub off: Typed,
    pub on: Typed,
    pub terms: [TermField; 4],
    pub terms_error: Option<String>,
}

/// How long a term is.
pub struct TermField {
    pub name: &'static str,
    pub text: &'static str,
    pub value: String,
    /// What the rules of 2021 say.
    pub usual: u32,
}
