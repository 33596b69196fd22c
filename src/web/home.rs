//! The home page: what this is, the form, and samples where there are any.

use askama::Template;

use crate::base::Lang;
use crate::registry::Bilingual;
use crate::scan::Outcome;
use crate::web::text::{self, Text};
use crate::web::verdict::icon;

/// A label to try, shown on the home page of a demonstration.
#[derive(Clone, Debug)]
pub struct Sample {
    pub title: Bilingual,
    pub note: Bilingual,
    /// Path of the label's page, beginning with a slash.
    pub path: String,
    /// The symbol as an `<svg>` element; trusted, as it is our own drawing.
    pub symbol_svg: String,
}

#[derive(Template)]
#[template(path = "home.html")]
pub struct HomePage<'a> {
    lang: Lang,
    legend: Vec<Line>,
    samples: &'a [Sample],
    form_label: Text,
    typed: &'static str,
}

struct Line {
    outcome: Outcome,
    icon: &'static str,
    text: Text,
}

impl<'a> HomePage<'a> {
    pub fn new(lang: Lang, samples: &'a [Sample]) -> Self {
        let line = |outcome| Line { outcome, icon: icon(outcome), text: text::legend(outcome) };
        Self {
            lang,
            legend: Outcome::ALL.into_iter().rev().map(line).collect(),
            samples,
            form_label: text::FORM_LABEL,
            typed: "",
        }
    }
}
