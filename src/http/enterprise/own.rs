//! `/enterprise/own`: lists of serials that the enterprise made itself.

use axum::extract::State;
use axum::extract::multipart::{Field, Multipart, MultipartRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use utoipa::ToSchema;
use uuid::Uuid;

use super::home::own;
use crate::auth::duty::{Acting, Planning};
use crate::auth::{Duty, Member};
use crate::base::limits::OWN_FORM_BYTES_MAX;
use crate::base::{FieldError, Lang, LedgerError};
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::console::{page, regions};
use crate::http::desk::Desk;
use crate::http::own::{keep, prepared};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::turns::{Holder, Work};
use crate::registry::own::import::Written;
use crate::registry::own::port::{Import, ImportState};
use crate::registry::service::Scope;
use crate::registry::{Bilingual, Product, Uscc};
use crate::scan::reason::minute_text;
use crate::web::console::{Choice, Frame, Typed};
use crate::web::own::{ListForm, ListLine, OwnImportPage, OwnPage};
use crate::web::verdict::named;

/// Latest lists that are shown.
const LISTED_MAX: u32 = 100;
/// Bytes of what is typed beside the file.
const TYPED_BYTES_MAX: usize = 512;
/// Broken lines that the page tells.
const LINES_TOLD_MAX: usize = 50;

/// A list of serials, and what it becomes a batch of.
#[derive(ToSchema)]
#[allow(dead_code, reason = "the form's shape for the document; it is read field by field")]
pub struct OwnUpload {
    product: String,
    lot: String,
    made_on: String,
    expires_on: Option<String>,
    destination: Option<String>,
    dealer: Option<String>,
    url: Option<String>,
    /// `exact`: small and large letters differ
    case: Option<String>,
    /// 1: puts all of it on sale
    on_sale: Option<String>,
    /// Behind all the others.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Lists of the enterprise, and the form for another.
#[utoipa::path(
    get,
    path = "/enterprise/own",
    tag = "enterprise console",
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
    )
)]
pub async fn list(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Member>,
) -> Result<Response, Problem> {
    let own = own(&who)?;
    let written = Written { on_sale: true, ..Written::default() };
    lists_page(&desk, frame, &own, written, &[], StatusCode::OK).await
}

/// Takes a list; the worker takes it in.
#[utoipa::path(
    post,
    path = "/enterprise/own",
    tag = "enterprise console",
    request_body(content = OwnUpload, content_type = "multipart/form-data"),
    responses(
        (status = 303, description = "The file is here: to the page of the list"),
        (status = 400, body = ProblemDocument, content_type = "application/problem+json", description = "Not the form of the page"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not this person's duty"),
        (status = 409, body = ProblemDocument, content_type = "application/problem+json", description = "Another list of the enterprise is under way"),
        (status = 422, body = String, content_type = "text/html", description = "The page, with what is wrong"),
        (status = 429, body = ProblemDocument, content_type = "application/problem+json", description = "Another list of yours is being sent"),
    )
)]
pub async fn import(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Acting<Planning>>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, Problem> {
    let own = own(&who)?;
    let _turn = desk.turns.take(Work::List, Holder::Enterprise(own.clone()))?;
    let mut form = form.map_err(|_| not_a_form())?;
    let mut written = Written::default();
    while let Some(field) = form.next_field().await.map_err(|_| not_a_form())? {
        if field.name() != Some("file") {
            typed(&mut written, field).await?;
            continue;
        }
        let new = match prepared(&desk, &Scope::One(own.clone()), &written).await {
            Ok(new) => new,
            Err(LedgerError::Invalid(faults)) => {
                drain(field).await?;
                let wrong = StatusCode::UNPROCESSABLE_ENTITY;
                return lists_page(&desk, frame, &own, written, &faults, wrong).await;
            }
            Err(error) => {
                drain(field).await?;
                return Err(error.into());
            }
        };
        let id = new.id;
        return match keep(&desk, new, field, OWN_FORM_BYTES_MAX, &by).await {
            Ok(_) => Ok(Redirect::to(&format!("/enterprise/own/{id}")).into_response()),
            Err(problem) => Err(problem),
        };
    }
    let missing = [FieldError::new("file", "is missing", "choose a file")];
    let wrong = StatusCode::UNPROCESSABLE_ENTITY;
    lists_page(&desk, frame, &own, written, &missing, wrong).await
}

fn not_a_form() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "not_a_form",
        "请从页面上的表单提交。",
        "Send it from the form on the page.",
    )
}

async fn typed(written: &mut Written, mut field: Field<'_>) -> Result<(), Problem> {
    let name = field.name().unwrap_or_default().to_owned();
    let mut text = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(|_| not_a_form())? {
        text.extend_from_slice(&piece);
        if text.len() > TYPED_BYTES_MAX {
            return Err(not_a_form());
        }
    }
    let text = String::from_utf8(text).map_err(|_| not_a_form())?;
    match name.as_str() {
        "product" => written.product = text,
        "lot" => written.lot = text,
        "made_on" => written.made_on = text,
        "expires_on" => written.expires_on = Some(text),
        "destination" => written.destination = Some(text),
        "dealer" => written.dealer = Some(text),
        "url" => written.url = Some(text),
        "case" => written.case = text,
        "on_sale" => written.on_sale = !text.is_empty(),
        _ => return Err(not_a_form()),
    }
    Ok(())
}

/// Reads what nobody wants any more, within the bound: a browser shows an answer
/// when it has sent all.
async fn drain(mut field: Field<'_>) -> Result<(), Problem> {
    let mut bytes = 0;
    while let Some(piece) = field.chunk().await.map_err(|_| not_a_form())? {
        bytes += piece.len() as u64;
        if bytes > OWN_FORM_BYTES_MAX {
            break;
        }
    }
    Ok(())
}

async fn lists_page(
    desk: &Desk,
    mut f: Frame,
    of: &Uscc,
    written: Written,
    faults: &[FieldError],
    status: StatusCode,
) -> Result<Response, Problem> {
    let products = desk.ledger.products(Some(of)).await?;
    let lists = desk.ledger.imports(Some(of), LISTED_MAX).await?;
    if status == StatusCode::OK && lists.iter().any(|list| !list.state.is_over()) {
        f.refresh = Some(5);
    }
    let lang = f.lang;
    let page_of = OwnPage {
        enterprise: of.to_string(),
        origin: desk.site.origin().to_owned(),
        lists: lists.iter().map(|list| line(list, &products, desk, &f)).collect(),
        form: f.may(Duty::Planner).then(|| form_of(&written, &products, faults, &f)),
        file_mib: OWN_FORM_BYTES_MAX >> 20,
        f,
    };
    page(&page_of, lang, status)
}

fn form_of(w: &Written, products: &[Product], faults: &[FieldError], f: &Frame) -> ListForm {
    let text = |field: &str, value: Option<&str>| Typed {
        value: value.unwrap_or_default().to_owned(),
        error: told(field, faults, f),
    };
    let choice = |product: &Product| Choice {
        value: product.gtin.to_string(),
        text: format!("{} {}", named(&product.name, f.lang), product.net_content),
        chosen: product.gtin.as_str() == w.product,
    };
    ListForm {
        products: products.iter().map(choice).collect(),
        product_error: told("product", faults, f),
        lot: text("lot", Some(&w.lot)),
        made_on: text("made_on", Some(&w.made_on)),
        expires_on: text("expires_on", w.expires_on.as_deref()),
        regions: regions(w.destination.as_deref().unwrap_or_default(), f),
        dealer: text("dealer", w.dealer.as_deref()),
        url: text("url", w.url.as_deref()),
        case_error: told("case", faults, f),
        exact: w.case == "exact",
        on_sale: w.on_sale,
        file_error: told("file", faults, f),
    }
}

fn told(field: &str, faults: &[FieldError], f: &Frame) -> Option<String> {
    faults.iter().find(|fault| fault.field == field).map(|fault| fault_text(fault, f))
}

/// What is wrong with a field or a line. Domains speak English.
fn fault_text(e: &FieldError, f: &Frame) -> String {
    let in_list = e.problem.contains("earlier list");
    let zh = match e.field.as_str() {
        "url" => "请照标签上的网址填写，编号的位置写 {serial}，不能是本站的网址",
        "case" => "与以前的名单不一致：一家企业的名单要么都区分大小写，要么都不区分",
        "file" => "文件里没有编号、太大，或没有读完；请重新导入",
        "serial" if in_list => "这个编号以前的名单里已经有了，请删去",
        "serial" if e.problem.contains("too") => "这个编号在文件里重复，请删去一个",
        "serial" => "编号只能用字母、数字、点和下划线，最多64个字符",
        "line" => "这一行读不懂：每行写一个编号，存为UTF-8；带其他列的要有表头",
        _ => return crate::web::console::fault(e, f.lang),
    };
    let words = match f.lang {
        Lang::Zh => zh.to_owned(),
        Lang::En => e.sentence(),
    };
    match (e.line, f.lang) {
        (None, _) => words,
        (Some(line), Lang::Zh) => format!("第{line}行：{words}"),
        (Some(line), Lang::En) => format!("line {line}: {words}"),
    }
}

fn line(list: &Import, products: &[Product], desk: &Desk, f: &Frame) -> ListLine {
    let batch = &list.specification.batch;
    let product = products.iter().find(|product| product.gtin == batch.product);
    let unnamed = Bilingual::default();
    ListLine {
        id: list.id.to_string(),
        asked: minute_text(list.asked_at, f.lang, &desk.zone),
        by: list.asked_by.clone(),
        product: named(product.map_or(&unnamed, |product| &product.name), f.lang).to_owned(),
        lot: batch.lot.clone(),
        state: match list.state {
            ImportState::Waiting => f.lang.pick("等待处理", "waiting"),
            ImportState::Running => f.lang.pick("正在导入", "being imported"),
            ImportState::Clearing => f.lang.pick("正在清理", "being cleared"),
            ImportState::Done => f.lang.pick("已导入", "imported"),
            ImportState::Failed => f.lang.pick("没有导入", "not imported"),
        },
        done: list.done,
        total: list.total,
        batch: list.batch.map(|batch| batch.to_string()),
    }
}

/// How far one list is, what is wrong with it, or the batch that came of it.
#[utoipa::path(
    get,
    path = "/enterprise/own/{id}",
    tag = "enterprise console",
    params(("id" = String, Path, description = "UUID")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page; it renews itself until the list is in"),
        (status = 303, description = "To the form for signing in"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such list of this enterprise"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { who, frame: mut f, .. }: AtConsole<Member>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let own = own(&who)?;
    let id: Uuid = id.parse().map_err(|_| Problem::nothing())?;
    let list = desk.ledger.import(id).await?;
    if list.enterprise != own {
        return Err(Problem::nothing());
    }
    let under_way = !list.state.is_over();
    if under_way {
        f.refresh = Some(2);
    }
    let products = desk.ledger.products(Some(&own)).await?;
    let lang = f.lang;
    let some = list.faults.iter().take(LINES_TOLD_MAX);
    let page_of = OwnImportPage {
        list: line(&list, &products, &desk, &f),
        under_way,
        faults: some.map(|fault| fault_text(fault, &f)).collect(),
        more: list.faults.len().saturating_sub(LINES_TOLD_MAX) as u64,
        f,
    };
    page(&page_of, lang, StatusCode::OK)
}
