//! `/enterprise/settings`: what an enterprise decides of orders and packages.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::home::own;
use crate::auth::duty::{Acting, Owning};
use crate::base::FieldError;
use crate::handoff::Settings;
use crate::http::access::AtConsole;
use crate::http::bodies::Posted;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::problem::Problem;
use crate::web::console::{Frame, Typed};
use crate::web::handoff::{self, SettingField, SettingsPage};

/// What the form sends; texts, as people typed them.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct Typing {
    approval_labels: String,
    sign_off_labels: String,
    pick_up_days: String,
    printed_days: String,
    activated_days: String,
}

impl Typing {
    fn of(s: &Settings) -> Self {
        Self {
            approval_labels: s.approval_labels.to_string(),
            sign_off_labels: s.sign_off_labels.to_string(),
            pick_up_days: s.pick_up_days.to_string(),
            printed_days: s.printed_days.to_string(),
            activated_days: s.activated_days.to_string(),
        }
    }

    fn read(&self) -> Result<Settings, Vec<FieldError>> {
        let mut errors = Vec::new();
        let approval_labels = number("approval_labels", &self.approval_labels, &mut errors);
        let sign_off_labels = number("sign_off_labels", &self.sign_off_labels, &mut errors);
        let pick_up_days = number("pick_up_days", &self.pick_up_days, &mut errors);
        let printed_days = number("printed_days", &self.printed_days, &mut errors);
        let activated_days = number("activated_days", &self.activated_days, &mut errors);
        if !errors.is_empty() {
            return Err(errors);
        }
        let small = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        let settings = Settings {
            approval_labels,
            sign_off_labels: small(sign_off_labels),
            pick_up_days: small(pick_up_days),
            printed_days: small(printed_days),
            activated_days: small(activated_days),
        };
        settings.check().map(|()| settings)
    }
}

fn number(field: &str, text: &str, errors: &mut Vec<FieldError>) -> u64 {
    text.trim().parse().unwrap_or_else(|_| {
        errors.push(FieldError::new(field, format!("{text:?} is no number"), "write one"));
        0
    })
}

/// The form.
#[utoipa::path(
    get,
    path = "/enterprise/settings",
    tag = "enterprise console",
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A form"),
        (status = 303, description = "To the form for signing in"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Acting<Owning>>,
) -> Result<Response, Problem> {
    let settings = desk.ledger.settings(&own(&who)?).await?;
    filled(frame, &Typing::of(&settings), &[], false)
}

/// Decides anew.
#[utoipa::path(
    post,
    path = "/enterprise/settings",
    tag = "enterprise console",
    request_body(content = Typing, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "The form, saved"),
        (status = 422, body = String, content_type = "text/html", description = "The form, with what is wrong"),
    )
)]
pub async fn save(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Owning>>,
    Posted(typed): Posted<Typing>,
) -> Result<Response, Problem> {
    match typed.read() {
        Err(faults) => filled(frame, &typed, &faults, false),
        Ok(settings) => {
            desk.ledger.set_settings(&own(&who)?, &settings, &by).await?;
            filled(frame, &Typing::of(&settings), &[], true)
        }
    }
}

fn filled(
    f: Frame,
    typed: &Typing,
    faults: &[FieldError],
    saved: bool,
) -> Result<Response, Problem> {
    let lang = f.lang;
    let field = |name, value: &str, label, help| {
        let error = faults.iter().find(|e| e.field == name).map(|e| handoff::fault(e, lang));
        SettingField { name, label, help, typed: Typed { value: value.to_owned(), error } }
    };
    let fields = vec![
        field(
            "approval_labels",
            &typed.approval_labels,
            f.t("超过多少枚须第二人审批", "Orders of more labels need a second person"),
            f.t(
                "同一人24小时内所订同一产品、未经审批的合计计算；自己下的订单（含用自己生成的密钥下的）不能自己审批；填0则每张都要审批；调高后满24小时才生效",
                "counted together with what the same person ordered of the same product within 24 hours without approval; nobody approves what they ordered, or what a key that they made ordered; 0: every order; a higher number counts after 24 hours",
            ),
        ),
        field(
            "sign_off_labels",
            &typed.sign_off_labels,
            f.t("验收每卷至少扫多少枚", "Labels to scan before a roll is signed off"),
            f.t("前、中、后三段都要扫到", "from its first, middle and last third"),
        ),
        field(
            "pick_up_days",
            &typed.pick_up_days,
            f.t("多少天没有取件就提醒", "Days until a package not picked up is an alarm"),
            f.t("文件备好7天后取件过期", "the pick-up expires after 7"),
        ),
        field(
            "printed_days",
            &typed.printed_days,
            f.t("取件后多少天没有印完就提醒", "Days from pick-up until all is printed"),
            f.t("按印刷厂的报告计算", "as the printing house reports"),
        ),
        field(
            "activated_days",
            &typed.activated_days,
            f.t("验收后多少天没有启用就提醒", "Days from sign-off until labels are on sale"),
            f.t("启用一枚即不再提醒", "one label is enough"),
        ),
    ];
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page(&SettingsPage { f, saved, fields }, lang, status)
}
