//! The page of a proof, read by who tries a printer and a size. Whoever meets
//! one on a product must not take it for a good answer: it looks like none of
//! the verdicts and says first what it is not.

use askama::Template;

use crate::base::Lang;
use crate::scan::Outcome;
use crate::web::text;
use crate::web::verdict::icon;

#[derive(Template)]
#[template(path = "proof.html")]
pub struct ProofPage {
    lang: Lang,
    icon: &'static str,
    /// Millimetres, such as `0.339`.
    module_mm: String,
    other_language: String,
}

impl ProofPage {
    /// `module_um` is in micrometres; `other_language` the address of this
    /// page in the other language.
    pub fn new(lang: Lang, module_um: u16, other_language: String) -> Self {
        let module_mm = format!("{}.{:03}", module_um / 1_000, module_um % 1_000);
        Self { lang, icon: icon(Outcome::Genuine), module_mm, other_language }
    }
}
