//! The page that stands where an answer should have been.

use askama::Template;

use crate::base::Lang;
use crate::web::text::{self, Text};

#[derive(Template)]
#[template(path = "message.html")]
pub struct MessagePage {
    pub lang: Lang,
    /// Where the way back leads.
    pub home: &'static str,
    pub title: Text,
    /// May be empty.
    pub detail: String,
    /// Says that nothing was found against the label.
    pub harmless: bool,
    pub request_id: String,
}
