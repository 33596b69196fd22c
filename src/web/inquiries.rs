//! Questions of an office at the enterprise's console: typed views.

use askama::Template;

use crate::web::console::{Choice, Frame, Typed};

pub struct InquiryLine {
    pub id: String,
    pub asked: String,
    pub office: String,
    pub labels: usize,
    pub state: &'static str,
    pub due: String,
    pub over: bool,
}

#[derive(Template)]
#[template(path = "console/inquiries.html")]
pub struct InquiriesPage {
    pub f: Frame,
    pub inquiries: Vec<InquiryLine>,
}

pub struct AskedUnit {
    pub serial: String,
    pub batch: String,
    pub number: u64,
    pub product: String,
}

/// What was answered.
pub struct Said {
    pub opinion: &'static str,
    pub grounds: String,
    pub signer: String,
    pub position: String,
    pub at: String,
}

/// The fields of an answer.
pub struct AnswerForm {
    pub photo_error: Option<String>,
    pub opinions: Vec<Choice>,
    pub opinion_error: Option<String>,
    pub grounds: Typed,
    pub signer: Typed,
    pub position: Typed,
    pub password_error: Option<String>,
}

#[derive(Template)]
#[template(path = "console/inquiry.html")]
pub struct InquiryPage {
    pub f: Frame,
    pub line: InquiryLine,
    pub text: String,
    pub units: Vec<AskedUnit>,
    /// By their hashes.
    pub photos: Vec<String>,
    /// Put to the answer, by their hashes.
    pub files: Vec<String>,
    pub said: Option<Said>,
    /// For whoever may answer, while it waits.
    pub form: Option<AnswerForm>,
    pub refused: Option<String>,
}
