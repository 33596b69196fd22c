//! `POST /officer/field/records`: what a phone recorded, each record once.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Request, State};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::look::look;
use crate::auth::Role;
use crate::auth::office::{Seat, Serving, Working};
use crate::base::{FieldError, UnixMs};
use crate::http::access::AtPhone;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::{bodies, json};
use crate::visits::port::{Coming, Joined, Refused, Taken};
use crate::visits::visit::Arrival;
use crate::visits::{Fact, RECORDS_AT_ONCE_MAX, RECORDS_BYTES_MAX, Record, Says, read};

/// Records of one installation of the page, in their order.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Records {
    /// Made once by the installation.
    phone: Uuid,
    /// RFC 3339, by the clock of the phone, now.
    sent_at: String,
    /// Login of whose phone it was, where a supervisor takes its records in for them.
    #[serde(default)]
    recorded_by: Option<String>,
    /// At most 50. Each has `id` (a UUID made on the phone: the same record sent again
    /// is known by it), `kind`, `made_at`, `made_offline`, `kit`, `network`, and what
    /// belongs to its kind:
    /// `visit` {seller {name, uscc, address, person}, place {lat, lon, accuracy_m}, region, note, case};
    /// `check` {visit, sweep, code, shown, found {matches_label, product_in_hand, note}, quantity, photos};
    /// `photo` {visit, sha256, taken_at, caption, exif};
    /// `seal` {visit, act: preserved (先行登记保存), sealed_up (查封), detained (扣押), sampled
    /// (抽样取证) or sampled_to_test (抽样检验), what, quantity, unit, seal_number, kept_at, codes};
    /// `sweep` {visit, sweep, gtin, stock, sampling: random, picked or all, seed, ended};
    /// `signature` {visit, signer, as: seller, officer or witness, sha256, refused};
    /// `note` {visit, text}.
    #[schema(value_type = Vec<Object>)]
    records: Vec<Value>,
}

/// Answers in the order of the records.
#[derive(Serialize, ToSchema)]
pub struct RecordAnswers {
    records: Vec<RecordAnswer>,
}

/// What became of a record.
#[derive(Serialize, ToSchema)]
pub struct RecordAnswer {
    id: Uuid,
    /// `accepted`; `repeated`: it was there; `overtaken`: accepted, and the register
    /// says otherwise now than the phone did; `refused`: not kept, see `problem`.
    state: &'static str,
    /// Of a check: what the register said when it came.
    says: Option<RegisterSays>,
    /// Of a visit that names a case: whether it stands in that case now.
    case: Option<CaseNamed>,
    problem: Option<Told>,
}

/// A case that a visit names.
#[derive(Serialize, ToSchema)]
pub struct CaseNamed {
    number: String,
    attached: bool,
    zh: String,
    en: String,
}

/// What the register said of a label when the record of its check came.
#[derive(Serialize, ToSchema)]
pub struct RegisterSays {
    outcome: String,
    /// Slug of the reason that decided.
    reason: String,
    zh: String,
    en: String,
    serial: Option<String>,
    /// RFC 3339.
    at: String,
    overtaken: bool,
}

/// Why a record is not kept.
#[derive(Serialize, ToSchema)]
pub struct Told {
    zh: String,
    en: String,
}

impl From<Says> for RegisterSays {
    fn from(says: Says) -> Self {
        let Says { outcome, reason, zh, en, serial, at, overtaken } = says;
        Self { outcome, reason, zh, en, serial, at: at.rfc3339(), overtaken }
    }
}

/// Takes in what a phone recorded. A record that was answered is kept, once,
/// however often it is sent.
#[utoipa::path(
    post,
    path = "/officer/field/records",
    tag = "officer console",
    request_body = Records,
    responses(
        (status = 200, body = RecordAnswers, description = "Every record is answered, refusals too"),
        (status = 401, body = ProblemDocument, content_type = "application/problem+json", description = "Nobody is signed in; nothing was taken"),
        (status = 403, body = ProblemDocument, content_type = "application/problem+json", description = "Not for this seat; nothing was taken"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "No record was taken; names what is wrong"),
    )
)]
pub async fn take(
    State(desk): State<Desk>,
    AtPhone { who, by }: AtPhone<Serving<Working>>,
    request: Request,
) -> Result<Json<RecordAnswers>, Problem> {
    let body = bodies::whole(request.into_body(), RECORDS_BYTES_MAX).await?;
    let sent: Records = json::read(&body)?;
    let ids = ids(&sent.records)?;
    let arrival = Arrival {
        phone: sent.phone,
        recorded_by: recorder(&desk, &who, sent.recorded_by).await?,
        taken_in_by: who.login.clone(),
        sent_at: read::instant("sent_at", &sent.sent_at).map_err(one)?,
        received_at: by.at,
    };
    let known = desk.ledger.known_records(&ids).await?;
    let (mut coming, mut slots) = (Vec::new(), Vec::new());
    for value in sent.records {
        match read::record(value) {
            Ok(record) => {
                slots.push(None);
                coming.push(judged(&desk, record, &known, by.at).await);
            }
            Err(fault) => slots.push(Some(fault)),
        }
    }
    let taken = desk.ledger.take_records(who.office, &arrival, &coming, &by).await?;
    let mut taken = coming.iter().zip(taken);
    let answers = ids.into_iter().zip(slots).map(|(id, fault)| match fault {
        Some(fault) => refused(id, malformed(&fault)),
        None => taken.next().map_or_else(|| refused(id, lost()), |(new, of)| answer(new, of)),
    });
    Ok(Json(RecordAnswers { records: answers.collect() }))
}

fn one(fault: FieldError) -> Problem {
    Problem::invalid(vec![fault])
}

/// A record without an id could not be answered: then nothing is taken.
fn ids(records: &[Value]) -> Result<Vec<Uuid>, Problem> {
    if records.len() > RECORDS_AT_ONCE_MAX {
        let problem = format!("{} records are not taken at once", records.len());
        let remedy = format!("send at most {RECORDS_AT_ONCE_MAX}, then the next");
        return Err(one(FieldError::new("records", problem, remedy)));
    }
    let named = |(n, value): (usize, &Value)| {
        read::id_of(value).map_err(|fault| {
            let field = format!("records[{n}].id");
            one(FieldError::new(&field, fault.problem, fault.remedy))
        })
    };
    records.iter().enumerate().map(named).collect()
}

/// Whose records they are: one's own, or those of somebody of the office whose account
/// was closed, say, which a supervisor takes in.
async fn recorder(
    desk: &Desk,
    who: &Serving<Working>,
    named: Option<String>,
) -> Result<String, Problem> {
    let Some(login) = named.filter(|login| *login != who.login) else {
        return Ok(who.login.clone());
    };
    if who.seat != Seat::Supervisor {
        return Err(Problem::forbidden());
    }
    let account = desk.ledger.account(&login).await?;
    let colleague = account.is_some_and(
        |account| matches!(account.role, Role::Officer { office, .. } if office == who.office),
    );
    let unknown = || {
        let remedy = "write the login of an officer of your office";
        one(FieldError::new("recorded_by", "is nobody of your office", remedy))
    };
    colleague.then_some(login).ok_or_else(unknown)
}

async fn judged(desk: &Desk, record: Record, known: &BTreeSet<Uuid>, at: UnixMs) -> Coming {
    match &record.fact {
        Fact::Check(check) if !known.contains(&record.id) => {
            let (payload, says) = look(desk, check, at).await;
            Coming { record, payload, says: Some(says) }
        }
        _ => Coming { record, payload: None, says: None },
    }
}

fn answer(new: &Coming, taken: Taken) -> RecordAnswer {
    let (state, about) = match taken {
        Taken::Accepted(about) if about.says.as_ref().is_some_and(|says| says.overtaken) => {
            ("overtaken", about)
        }
        Taken::Accepted(about) => ("accepted", about),
        Taken::Repeated(about) => ("repeated", about),
        Taken::Refused(why) => return refused(new.record.id, told(why)),
    };
    metrics::counter!("zhenma_field_records_total", "state" => state).increment(1);
    RecordAnswer {
        id: new.record.id,
        state,
        says: about.says.map(RegisterSays::from),
        case: about.joined.and_then(|joined| case_named(&new.record, joined)),
        problem: None,
    }
}

fn case_named(record: &Record, joined: Joined) -> Option<CaseNamed> {
    let Fact::Visit(opening) = &record.fact else { return None };
    let number = opening.case.clone()?;
    let (zh, en) = match joined {
        Joined::Stands => {
            (format!("已归入案件{number}"), format!("The visit stands in case {number}"))
        }
        Joined::NoCase => (
            format!("本局没有编号{number}的案件：检查已收下，没有归入案件，请在检查记录里改归"),
            format!(
                "Your office has no case {number}: the visit was taken and stands in none; put it into one on its page"
            ),
        ),
        Joined::NotOpen => (
            format!("案件{number}已结案、正在报请结案或内容已满：检查已收下，没有归入该案件"),
            format!(
                "Nothing can be put into case {number} now: the visit was taken and does not stand in it"
            ),
        ),
    };
    Some(CaseNamed { number, attached: joined == Joined::Stands, zh, en })
}

fn refused(id: Uuid, problem: Told) -> RecordAnswer {
    metrics::counter!("zhenma_field_records_total", "state" => "refused").increment(1);
    RecordAnswer { id, state: "refused", says: None, case: None, problem: Some(problem) }
}

/// A member of a record, as a form names it.
fn named(field: &str) -> &str {
    match field {
        "seller.name" => "被检查单位",
        "seller.uscc" => "统一社会信用代码",
        "seller.address" => "地址",
        "seller.person" => "现场负责人",
        "case" => "案件编号",
        "note" | "found.note" => "备注",
        "text" => "记录内容",
        "code" => "码的内容",
        "codes" => "涉及的码",
        "quantity" => "数量",
        "photos" => "照片张数",
        "caption" => "照片说明",
        "what" => "物品",
        "act" => "措施",
        "unit" => "单位",
        "seal_number" => "封条号",
        "kept_at" => "存放地点",
        "signer" => "签名人",
        "stock" => "存货总数",
        "gtin" => "商品条码",
        "seed" => "抽号种子",
        "record" => "整条内容",
        other => other,
    }
}

fn malformed(fault: &FieldError) -> Told {
    let zh = format!("这条记录没有收下：{}填写有误或超出限制", named(&fault.field));
    Told { zh, en: format!("This record was not taken: {fault}") }
}

fn lost() -> Told {
    Told {
        zh: "没有得到答复，请再发一次".to_owned(), en: "No answer; send it again".to_owned()
    }
}

fn told(why: Refused) -> Told {
    let (zh, en) = match why {
        Refused::OtherContent => {
            ("同一编号下已有内容不同的记录，没有收下", "Another record is kept under this id.")
        }
        Refused::NoVisit => {
            ("所属的现场检查不存在，请先发送那次检查", "Its visit is not known: send that first.")
        }
        Refused::Full => {
            ("这次检查的记录已满，请另开一次检查", "The visit has as many records as it may have.")
        }
    };
    Told { zh: zh.to_owned(), en: en.to_owned() }
}
