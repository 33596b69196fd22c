//! The enterprise's console: typed views of its own serials.

use askama::Template;

use crate::web::console::{Choice, Frame, Typed};

/// A list, in the table or alone on its page.
pub struct ListLine {
    pub id: String,
    pub asked: String,
    pub by: String,
    pub product: String,
    pub lot: String,
    pub state: &'static str,
    pub done: u64,
    /// as far as the file was read.
    pub total: u64,
    /// The batch that came of it.
    pub batch: Option<String>,
}

/// The form, as it was filled in.
#[derive(Default)]
pub struct ListForm {
    pub products: Vec<Choice>,
    pub product_error: Option<String>,
    pub lot: Typed,
    pub made_on: Typed,
    pub expires_on: Typed,
    pub regions: Vec<Choice>,
    pub dealer: Typed,
    pub url: Typed,
    pub case_error: Option<String>,
    pub exact: bool,
    pub on_sale: bool,
    pub file_error: Option<String>,
}

#[derive(Template)]
#[template(path = "console/own.html")]
pub struct OwnPage {
    pub f: Frame,
    /// Unified social credit code.
    pub enterprise: String,
    pub origin: String,
    pub lists: Vec<ListLine>,
    /// `None`: whoever looks may not import.
    pub form: Option<ListForm>,
    pub file_mib: u64,
}

#[derive(Template)]
#[template(path = "console/own_import.html")]
pub struct OwnImportPage {
    pub f: Frame,
    pub list: ListLine,
    pub under_way: bool,
    pub faults: Vec<String>,
    pub more: u64,
}
