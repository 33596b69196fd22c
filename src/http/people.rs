//! What the consoles of enterprises and of the county do alike with people's
//! accounts.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::link::Purpose;
use crate::auth::office::FIRST;
use crate::auth::people::{self, Newcomer, Person, Reach};
use crate::auth::{Duties, Duty, Office, Role, Seat, mail};
use crate::base::{By, FieldError, Lang, LedgerError, UnixMs};
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::scan::reason::minute_text;
use crate::web::console::{Choice, Frame, Typed, fault};
use crate::web::people::{
    InviteForm, LinkPage, PersonLine, PersonPage, duty_boxes, duty_text, role_text, seats,
};

/// Somebody who answers for accounts, at the page where that is done.
pub(super) struct Charge {
    pub(super) frame: Frame,
    pub(super) by: By,
    pub(super) reach: Reach,
    /// `/enterprise/people`
    pub(super) base: &'static str,
}

/// Boxes that were ticked, by the slug of the duty.
#[derive(Clone, Default, Deserialize, ToSchema)]
pub struct Boxes {
    owner: Option<String>,
    planner: Option<String>,
    approver: Option<String>,
    line: Option<String>,
    quality: Option<String>,
    sales: Option<String>,
    viewer: Option<String>,
}

impl Boxes {
    pub(super) fn duties(&self) -> Duties {
        let ticked = |duty: &Duty| {
            let of = match duty {
                Duty::Owner => &self.owner,
                Duty::Planner => &self.planner,
                Duty::Approver => &self.approver,
                Duty::Line => &self.line,
                Duty::Quality => &self.quality,
                Duty::Sales => &self.sales,
                Duty::Viewer => &self.viewer,
            };
            of.is_some()
        };
        Duty::ALL.into_iter().filter(ticked).collect()
    }

    /// # Errors
    /// When none is ticked.
    pub(super) fn some(&self) -> Result<Duties, FieldError> {
        let duties = self.duties();
        if duties.is_empty() {
            return Err(FieldError::new("duties", "none is ticked", "tick one or more"));
        }
        Ok(duties)
    }
}

/// Somebody to be invited.
#[derive(Clone, Default, Deserialize, ToSchema)]
pub struct Invited {
    #[serde(default)]
    pub(super) login: String,
    #[serde(default)]
    pub(super) name: String,
    /// Of the county's staff: officer, supervisor, legal, auditor or administrator
    #[serde(default)]
    pub(super) role: String,
    /// Id of an officer's office; empty: the first one
    #[serde(default)]
    pub(super) office: String,
    /// Where the link is sent, if anywhere
    #[serde(default)]
    pub(super) mail: String,
    pub(super) program: Option<String>,
    #[serde(flatten)]
    pub(super) duties: Boxes,
}

impl Invited {
    /// What an account of the county's staff is to be.
    ///
    /// # Errors
    /// Naming `seat` or `office`.
    pub(super) fn of_staff(&self) -> Result<Role, FieldError> {
        if self.role == Role::Administrator.slug() {
            return Ok(Role::Administrator);
        }
        let office = match self.office.as_str() {
            "" => FIRST,
            id => office_id(id)?,
        };
        Ok(Role::Officer { office, seat: Seat::parse(&self.role)? })
    }

    fn login(&self) -> String {
        self.login.trim().to_ascii_lowercase()
    }
}

/// An officer's seat and office.
#[derive(Default, Deserialize, ToSchema)]
pub struct Seated {
    /// officer, supervisor, legal or auditor
    #[serde(default)]
    pub(super) seat: String,
    /// Id of the office
    #[serde(default)]
    pub(super) office: String,
}

pub(super) fn office_id(text: &str) -> Result<Uuid, FieldError> {
    text.parse().map_err(|_| FieldError::new("office", "is not known", "choose one of the list"))
}

/// Where a link is sent.
#[derive(Default, Deserialize, ToSchema)]
pub struct SentTo {
    #[serde(default)]
    mail: String,
}

/// The boxes of one person's duties.
#[derive(Default, Deserialize, ToSchema)]
pub struct Ticked {
    #[serde(flatten)]
    pub(super) duties: Boxes,
}

/// What was just done, for the page that follows.
#[derive(Default, Deserialize)]
pub struct Done {
    #[serde(default)]
    pub(super) done: String,
}

pub(super) fn person_line(person: &Person, desk: &Desk, lang: Lang, now: UnixMs) -> PersonLine {
    let account = &person.account;
    let minute = |at| minute_text(at, lang, &desk.zone);
    let invited = person.invited_until.map(|until| until > now);
    let state = match (person.is_open(), account.password_hash.is_some(), invited) {
        (false, ..) => lang.pick("已停用", "closed"),
        (true, true, _) => lang.pick("正常", "open"),
        (true, false, None) => lang.pick("程序", "program"),
        (true, false, Some(true)) => lang.pick("已邀请", "invited"),
        (true, false, Some(false)) => lang.pick("邀请已过期", "invitation ran out"),
    };
    PersonLine {
        login: account.login.clone(),
        name: account.name.clone(),
        what: role_text(&account.role, lang),
        state: state.to_owned(),
        open: person.is_open(),
        second_factor: person.second_factor,
        seen: person.last_seen_at.map(minute).unwrap_or_default(),
    }
}

/// What is wrong, in words for the page.
pub(super) fn said(e: &FieldError, lang: Lang) -> String {
    let zh = match e.problem.as_str() {
        "is your own" => "这是您自己的账号，请在“我的账号”中操作",
        "is closed" => "账号已停用，请先恢复",
        "is a program's" => "程序的账号没有密码，请给它生成接口密钥",
        "is taken" => "这个账号名已经有人用了，请换一个",
        problem if problem.starts_with("is the last who") => {
            "这是最后一个能登录的负责人，请先让另一人担任"
        }
        "is not known" if e.field == "office" || e.field == "seat" => "请从列表中选择",
        problem if problem.ends_with("accounts are there") => "账号数已满，请联系管理员",
        "is no mail address" => "请填一个邮箱地址，例如 wang@example.cn",
        _ => return fault(e, lang),
    };
    lang.pick(zh, &e.sentence()).to_owned()
}

/// The faults of an input; any other error goes on its way.
pub(super) fn faults(error: LedgerError) -> Result<Vec<FieldError>, Problem> {
    match error {
        LedgerError::Invalid(faults) => Ok(faults),
        LedgerError::Conflict(_) => {
            Ok(vec![FieldError::new("login", "is taken", "choose another")])
        }
        other => Err(other.into()),
    }
}

/// The form of an invitation, with what was typed and what is wrong with it.
pub(super) fn invite_form(
    desk: &Desk,
    action: String,
    typed: &Invited,
    faults: &[FieldError],
    lang: Lang,
) -> InviteForm {
    let error = |field: &str| faults.iter().find(|e| e.field == field).map(|e| said(e, lang));
    let of = |field: &str, value: &String| Typed { value: value.clone(), error: error(field) };
    InviteForm {
        action,
        login: of("login", &typed.login),
        name: of("name", &typed.name),
        duties: duty_boxes(typed.duties.duties(), lang),
        duties_error: error("duties"),
        roles: Vec::new(),
        offices: Vec::new(),
        programs: true,
        mail: desk.mailer.is_some(),
        mail_to: of("mail", &typed.mail),
        other: faults
            .iter()
            .find(|e| !["login", "name", "duties", "mail"].contains(&e.field.as_str()))
            .map(|e| said(e, lang)),
    }
}

/// Choices of the county's staff: the seats of an office, and who registers.
pub(super) fn staff_roles(chosen: &str, lang: Lang) -> Vec<Choice> {
    let administrator = Choice {
        value: Role::Administrator.slug().to_owned(),
        text: role_text(&Role::Administrator, lang),
        chosen: chosen == Role::Administrator.slug(),
    };
    seats(chosen, lang).into_iter().chain([administrator]).collect()
}

/// The offices to choose from.
pub(super) async fn offices(desk: &Desk, chosen: &str, lang: Lang) -> Result<Vec<Choice>, Problem> {
    let one = |office: &Office| Choice {
        value: office.id.to_string(),
        text: office.name(lang).to_owned(),
        chosen: office.id.to_string() == chosen,
    };
    Ok(desk.ledger.offices().await?.iter().map(one).collect())
}

/// A response, or what is wrong with the form.
type Came = Result<Response, (Charge, Vec<FieldError>)>;

/// Makes the account; what comes back is the page with the link, or to the list.
///
/// # Errors
/// What is not the form's fault.
pub(super) async fn invite(
    desk: &Desk,
    charge: Charge,
    invited: &Invited,
    role: Result<Role, FieldError>,
    back: String,
) -> Result<Came, Problem> {
    let login = invited.login();
    let name = people::newcomer(&login, &invited.name);
    let (role, to, name) = match (role, sent_to(&invited.mail), name) {
        (Ok(role), Ok(to), Ok(name)) => (role, to, name),
        (role, to, name) => {
            let own = role.err().into_iter().chain(to.err());
            return Ok(Err((charge, own.chain(name.err().into_iter().flatten()).collect())));
        }
    };
    let new = Newcomer { login, name: name.clone(), role, program: invited.program.is_some() };
    match people::invite(&*desk.ledger, new, &charge.by).await {
        Ok(None) => Ok(Ok(Redirect::to(&back).into_response())),
        Ok(Some(token)) => {
            let shown = Shown { name: &name, purpose: Purpose::Invitation, to, back };
            link_page(desk, charge.frame, charge.by.at, &token, shown).await.map(Ok)
        }
        Err(error) => Ok(Err((charge, faults(error)?))),
    }
}

fn sent_to(typed: &str) -> Result<Option<String>, FieldError> {
    if typed.trim().is_empty() { Ok(None) } else { mail::address(typed).map(Some) }
}

/// What a page with a link says beside it.
struct Shown<'a> {
    name: &'a str,
    purpose: Purpose,
    to: Option<String>,
    back: String,
}

async fn link_page(
    desk: &Desk,
    mut f: Frame,
    now: UnixMs,
    token: &str,
    shown: Shown<'_>,
) -> Result<Response, Problem> {
    f.path.clone_from(&shown.back);
    let lang = f.lang;
    let url = format!("{}/join/{token}", desk.site.origin());
    let mailed = match (&desk.mailer, shown.to) {
        (Some(mailer), Some(to)) => {
            let sent = mailer.send(&mail::letter(to, shown.purpose, &url)).await;
            if let Err(error) = &sent {
                tracing::warn!(%error, "a letter with a link was not sent");
            }
            Some(sent.is_ok())
        }
        _ => None,
    };
    let until = now.plus_ms(shown.purpose.hours() * 3_600_000);
    let link = LinkPage {
        name: shown.name.to_owned(),
        invitation: shown.purpose == Purpose::Invitation,
        url,
        until: minute_text(until, lang, &desk.zone),
        mailed,
        back: shown.back,
        f,
    };
    page(&link, lang, StatusCode::OK)
}

/// The page of one person.
pub(super) async fn person_page(
    desk: &Desk,
    charge: Charge,
    login: &str,
    wrong: Option<String>,
    done: &str,
) -> Result<Response, Problem> {
    let Charge { mut frame, by, reach, base } = charge;
    let person = people::find(&*desk.ledger, &reach, login, by.at).await?;
    frame.path = format!("{base}/{login}");
    let lang = frame.lang;
    let is_member = person.account.role.enterprise().is_some();
    let done = match done {
        "duties" => Some(frame.t("职责已更改。", "The duties are changed.")),
        "seat" => Some(frame.t("岗位已更改。", "The seat is changed.")),
        "closed" => Some(frame.t("账号已停用。", "The account is closed.")),
        "open" => Some(frame.t("账号已恢复。", "The account is open.")),
        "removed" => Some(frame.t("两步验证已停用。", "The second step is removed.")),
        _ => None,
    };
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (seats, offices) = match &person.account.role {
        Role::Officer { office, seat } => {
            (seats(seat.slug(), lang), offices(desk, &office.to_string(), lang).await?)
        }
        _ => (Vec::new(), Vec::new()),
    };
    let shown = PersonPage {
        seats,
        offices,
        person: person_line(&person, desk, lang, by.at),
        own: by.login == login,
        program: person.is_program(),
        joined: person.account.password_hash.is_some(),
        duties: if is_member { duty_boxes(person.account.role.duties(), lang) } else { Vec::new() },
        mail: desk.mailer.is_some(),
        wrong,
        done,
        base,
        f: frame,
    };
    page(&shown, lang, status)
}

/// To the page of the person, with what was done or what stands against it.
pub(super) async fn after(
    desk: &Desk,
    charge: Charge,
    login: &str,
    done: &'static str,
    came: Result<(), LedgerError>,
) -> Result<Response, Problem> {
    match came {
        Ok(()) => {
            let to = format!("{}/{login}?done={done}", charge.base);
            Ok(Redirect::to(&to).into_response())
        }
        Err(error) => {
            let faults = faults(error)?;
            let lang = charge.frame.lang;
            let wrong = faults.first().map(|e| said(e, lang));
            person_page(desk, charge, login, wrong, "").await
        }
    }
}

/// Makes a link for somebody and shows it.
pub(super) async fn link(
    desk: &Desk,
    charge: Charge,
    login: &str,
    sent: SentTo,
) -> Result<Response, Problem> {
    let to = match sent_to(&sent.mail) {
        Ok(to) => to,
        Err(wrong) => {
            return after(desk, charge, login, "", Err(LedgerError::Invalid(vec![wrong]))).await;
        }
    };
    match people::link(&*desk.ledger, &charge.reach, login, &charge.by).await {
        Ok((token, purpose)) => {
            let back = format!("{}/{login}", charge.base);
            let shown = Shown { name: login, purpose, to, back };
            link_page(desk, charge.frame, charge.by.at, &token, shown).await
        }
        Err(error) => after(desk, charge, login, "", Err(error)).await,
    }
}

/// The name of a duty, for a list of keys.
pub(super) fn scope_text(scope: Option<Duties>, lang: Lang) -> String {
    scope.map_or_else(
        || lang.pick("与账号相同", "all of the account's").to_owned(),
        |scope| {
            let names: Vec<_> = scope.iter().map(|duty| duty_text(duty).of(lang)).collect();
            names.join(lang.pick("、", ", "))
        },
    )
}
