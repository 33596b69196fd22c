//! The page of one's own account, signing in's second step, and what follows a
//! one-time link: typed views.

use askama::Template;

use crate::web::console::{Frame, Typed};

#[derive(Template)]
#[template(path = "console/code_form.html")]
pub struct CodePage {
    pub f: Frame,
    pub failed: bool,
    pub locked_s: Option<u64>,
}

pub struct SessionRow {
    pub id: String,
    pub own: bool,
    pub browser: String,
    pub origin: String,
    pub begun: String,
    pub seen: String,
}

/// The second factor of an account that has one.
pub struct FactorView {
    pub since: String,
    pub recovery_left: u32,
}

#[derive(Template)]
#[template(path = "console/account.html")]
pub struct AccountPage {
    pub f: Frame,
    pub login: String,
    pub role: String,
    pub factor: Option<FactorView>,
    pub sessions: Vec<SessionRow>,
    /// What was just done.
    pub done: Option<&'static str>,
    /// What is wrong with the form for the password.
    pub password_error: Option<String>,
    /// With those that ask for the password of the second factor.
    pub factor_error: Option<String>,
}

#[derive(Template)]
#[template(path = "console/second_factor.html")]
pub struct SecondFactorPage {
    pub f: Frame,
    /// The symbol, as SVG.
    pub symbol: String,
    /// The secret, for typing, in groups of four.
    pub secret: String,
    pub code: Typed,
    pub password: Typed,
}

#[derive(Template)]
#[template(path = "console/recovery_codes.html")]
pub struct RecoveryPage {
    pub f: Frame,
    pub codes: Vec<String>,
}

#[derive(Template)]
#[template(path = "console/join.html")]
pub struct JoinPage {
    pub f: Frame,
    pub login: String,
    /// `None` where only a password is chosen.
    pub name: Option<Typed>,
    pub password_error: Option<String>,
    pub locked_s: Option<u64>,
}

#[derive(Template)]
#[template(path = "console/link_gone.html")]
pub struct LinkGonePage {
    pub f: Frame,
}
