//! What went wrong, as RFC 9457 problem documents or, for a person's browser,
//! as a small page. Handlers return a [`Problem`]; [`render`] gives it its
//! form, its language and the request id, for every route alike.

mod forms;

use std::borrow::Cow;

use askama::Template;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::base::{FieldError, Lang, LedgerError};
use crate::cases::CaseError;
use crate::http::negotiate;
use crate::http::observe::RequestId;
use crate::recall::RecallError;
use crate::web;
use crate::web::message::MessagePage;
use crate::web::text::{self, Text};

/// A refusal: status, a stable slug, what to do in both languages.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    slug: &'static str,
    zh: Cow<'static, str>,
    en: Cow<'static, str>,
    field: Option<Box<str>>,
    errors: Box<[FieldError]>,
    retry_after_s: Option<u64>,
}

/// A problem document (RFC 9457), `application/problem+json`.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemDocument {
    /// `urn:zhenma:problem:` and a slug that stays the same.
    #[serde(rename = "type")]
    kind: String,
    /// The words of the HTTP status.
    title: &'static str,
    /// HTTP status.
    status: u16,
    /// What is wrong and how to mend it.
    detail: String,
    /// The member of the request that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// Everything that is wrong with an object or an import.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FaultDocument>,
    /// To be quoted when asking us.
    request_id: String,
}

/// One thing that is wrong, and what to write instead.
#[derive(Debug, Serialize, ToSchema)]
pub struct FaultDocument {
    /// Physical line of an import, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    field: String,
    problem: String,
    remedy: String,
}

/// Faults that a problem document tells one by one.
const FAULTS_MAX: usize = 100;

impl From<LedgerError> for Problem {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Unavailable(_) | LedgerError::NewerVersion(_) => {
                tracing::error!(%error, "the ledger gave no answer");
                Self::busy()
            }
            LedgerError::NotFound(_) => Self::nothing(),
            LedgerError::Conflict(says) => Self::new(
                StatusCode::CONFLICT,
                "conflict",
                "与已登记的内容冲突。",
                format!("It clashes with what is registered: {says}."),
            ),
            LedgerError::Invalid(errors) => Self::invalid(errors),
        }
    }
}

impl From<CaseError> for Problem {
    fn from(error: CaseError) -> Self {
        match error {
            CaseError::Ledger(error) => error.into(),
            CaseError::Refused(refusal) => Self::new(
                StatusCode::CONFLICT,
                "case_refused",
                web::cases::words::refusal(&refusal, Lang::Zh),
                web::cases::words::refusal(&refusal, Lang::En),
            ),
            CaseError::Stale(_) => Self::new(
                StatusCode::CONFLICT,
                "case_changed",
                "您打开之后别人添加了记录，请看过最新情况再提交。",
                "Others put entries down since you looked: look again, then send it anew.",
            ),
        }
    }
}

impl From<RecallError> for Problem {
    fn from(error: RecallError) -> Self {
        match error {
            RecallError::Ledger(error) => error.into(),
            RecallError::Refused(refusal) => Self::new(
                StatusCode::CONFLICT,
                "recall_refused",
                web::recall::refusal(&refusal, Lang::Zh),
                web::recall::refusal(&refusal, Lang::En),
            ),
        }
    }
}

impl Problem {
    /// Fields that cannot be taken.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let told = errors.len();
        let mut problem = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            format!("有{told}处填写不对，什么都没有登记。"),
            format!("{told} fields cannot be taken; nothing was registered."),
        );
        problem.field = errors.first().map(|e| e.field.as_str().into());
        problem.errors = errors.into();
        problem
    }

    /// Nobody is signed in.
    pub fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "请在 Authorization 头中给出有效的密钥：Bearer zm_...",
            "Send a valid key: Authorization: Bearer zm_... (made by `zhenma user key`).",
        )
    }

    /// The session of a page is over, or its account was closed.
    pub fn signed_out() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "signed_out",
            "登录已失效。请重新登录；手机里记录的内容仍在手机里。",
            "You are not signed in any more. Sign in again; what was recorded stays on the phone.",
        )
    }

    /// Somebody is signed in whose role this is not.
    pub fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "这个账号的角色不能做这件事。",
            "The role of this account may not do that.",
        )
    }

    /// Somebody of the enterprise, whose duties do not reach.
    pub fn not_your_duty() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "not_your_duty",
            "您的职责不包括这项操作。如需办理，请联系本企业的负责人。",
            "Your duties do not include this. Ask an owner of your enterprise.",
        )
    }

    pub fn new(
        status: StatusCode,
        slug: &'static str,
        zh: impl Into<Cow<'static, str>>,
        en: impl Into<Cow<'static, str>>,
    ) -> Self {
        let (zh, en) = (zh.into(), en.into());
        Self { status, slug, zh, en, field: None, errors: Box::default(), retry_after_s: None }
    }

    /// Names the member of the request that is wrong.
    #[must_use]
    pub fn at(mut self, field: impl Into<Box<str>>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// In other words than those of its kind.
    #[must_use]
    pub fn saying(
        mut self,
        zh: impl Into<Cow<'static, str>>,
        en: impl Into<Cow<'static, str>>,
    ) -> Self {
        (self.zh, self.en) = (zh.into(), en.into());
        self
    }

    #[must_use]
    pub const fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "请检查网址，或者回首页输入标签上的编号。",
            "Check the address, or type the number on the label on the home page.",
        )
    }

    /// What was named is not there, or is not for this caller.
    pub fn nothing() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "没有找到：它不存在，或者不属于您的企业。",
            "It does not exist, or is not within your reach.",
        )
    }

    pub const fn is_not_found(&self) -> bool {
        matches!(self.status, StatusCode::NOT_FOUND)
    }

    pub fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "这个网址不接受这种请求；/openapi.json 列出了可用的。",
            "This address does not take that method; /openapi.json lists those it takes.",
        )
    }

    pub fn too_many(retry_after_s: u64) -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            format!("请过{retry_after_s}秒再试。"),
            format!("Please try again in {retry_after_s} seconds."),
        )
        .retry_after(retry_after_s)
    }

    pub fn busy() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "服务器此刻忙不过来，请稍等片刻。",
            "The server has more to do than it can; please wait a moment.",
        )
        .retry_after(1)
    }

    pub fn broken() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "这是我们的差错，已经记下。",
            "This is our mistake, and it has been noted.",
        )
    }

    const fn title(&self) -> Text {
        match self.status {
            StatusCode::NOT_FOUND => text::NOT_FOUND,
            StatusCode::TOO_MANY_REQUESTS => text::TOO_MANY,
            StatusCode::SERVICE_UNAVAILABLE => text::BUSY,
            StatusCode::INTERNAL_SERVER_ERROR => text::BROKEN,
            _ => text::REFUSED,
        }
    }

    fn document(&self, lang: Lang, request_id: String) -> ProblemDocument {
        ProblemDocument {
            kind: format!("urn:zhenma:problem:{}", self.slug),
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: lang.pick(&self.zh, &self.en).to_owned(),
            field: self.field.as_deref().map(str::to_owned),
            errors: self.errors.iter().take(FAULTS_MAX).cloned().map(FaultDocument::from).collect(),
            request_id,
        }
    }

    fn page(&self, lang: Lang, request_id: String, home: &'static str) -> Response {
        let page = MessagePage {
            lang,
            home,
            title: self.title(),
            detail: lang.pick(&self.zh, &self.en).to_owned(),
            harmless: self.status != StatusCode::NOT_FOUND && home == forms::BUYERS_HOME,
            request_id,
        };
        Html(page.render().unwrap_or_default()).into_response()
    }
}

impl From<FieldError> for FaultDocument {
    fn from(e: FieldError) -> Self {
        Self { line: e.line, field: e.field, problem: e.problem, remedy: e.remedy }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.head();
        response.extensions_mut().insert(self);
        response
    }
}

/// Who hears of a problem: in which language, and whether as a page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hearer {
    lang: Lang,
    page: bool,
}

impl Hearer {
    pub const ALL: [Self; 4] = [
        Self { lang: Lang::Zh, page: false },
        Self { lang: Lang::Zh, page: true },
        Self { lang: Lang::En, page: false },
        Self { lang: Lang::En, page: true },
    ];

    /// Programs get a document, people a page; under `/api/` there are only programs.
    pub fn of(uri: &Uri, headers: &HeaderMap) -> Self {
        let page = !uri.path().starts_with("/api/") && negotiate::names_html(headers);
        Self { lang: negotiate::lang(uri, headers), page }
    }
}

impl Problem {
    /// Its answer without a body.
    fn head(&self) -> Response {
        let mut response = self.status.into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"zhenma\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }

    /// Its whole answer.
    pub fn told(&self, to: Hearer, id: RequestId) -> Response {
        let mut response = self.head();
        self.tell(&mut response, to, id, forms::BUYERS_HOME);
        response
    }

    fn tell(&self, response: &mut Response, to: Hearer, id: RequestId, home: &'static str) {
        let body = if to.page {
            self.page(to.lang, id.0, home)
        } else {
            let document = serde_json::to_vec(&self.document(to.lang, id.0)).unwrap_or_default();
            ([(header::CONTENT_TYPE, "application/problem+json")], document).into_response()
        };
        let (parts, body) = body.into_parts();
        *response.body_mut() = body;
        let headers = response.headers_mut();
        for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH] {
            match parts.headers.get(&name) {
                Some(value) => headers.insert(name, value.clone()),
                None => headers.remove(name),
            };
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// Gives every [`Problem`] its body.
pub async fn render(request: Request, next: Next) -> Response {
    let hearer = Hearer::of(request.uri(), request.headers());
    let id = request.extensions().get::<RequestId>().cloned().unwrap_or_default();
    let opens = hearer.page && request.method() == Method::GET;
    let uri = request.uri().clone();
    let mut response = next.run(request).await;
    if let Some(mut problem) = response.extensions_mut().remove::<Problem>() {
        if opens && problem.status == StatusCode::METHOD_NOT_ALLOWED {
            if let Some(form) = forms::page_of(&uri) {
                return Redirect::to(&form).into_response();
            }
            problem = problem.saying(
                "这个页面要从表单提交打开。请返回重新填写。",
                "This page opens only from its form. Go back and fill it in again.",
            );
        }
        problem.tell(&mut response, hearer, id, forms::home_of(&uri));
    }
    response
}
