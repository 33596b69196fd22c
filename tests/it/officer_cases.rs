//! Cases at the officer's console: two people for a closing, two hands on one
//! case, another office.

use std::sync::Arc;

use jiff::civil::date;
use reqwest::Method;
use uuid::Uuid;
use zhenma::auth::office::{FIRST, Office, OfficeLedger, Seat};
use zhenma::auth::people::PeopleLedger;
use zhenma::auth::port::TrailLedger;
use zhenma::auth::trail::Wanted as TrailWanted;
use zhenma::base::clock::{SetClock, SystemClock};
use zhenma::base::{By, Clock, UnixMs, ids};
use zhenma::cases::block::{BlockLedger, NewBlock, Span};
use zhenma::cases::fact::{Fact, Ground};
use zhenma::cases::file::CaseFile;
use zhenma::cases::matter::{CaseUnit, Spot};
use zhenma::cases::port::{FileLedger, NewCase};
use zhenma::code;
use zhenma::registry::{BatchRef, Bilingual};

use crate::faults::load::eventually;
use crate::media::{jpeg, picture};
use crate::reports::{BOUNDARY, Part, multipart, photo, text};
use crate::staff_bed::{Person, StaffBed, location};

/// A case of the first office, with these facts.
pub async fn opened(bed: &StaffBed, facts: &[Fact]) -> CaseFile {
    let day = date(2026, 11, 2);
    let now = SystemClock.now();
    let new = NewCase {
        id: ids::new_id(now),
        office: FIRST,
        title: "某超市销售涉嫌假冒白酒".to_owned(),
        ground: Ground::Inspection,
        lead: None,
        region: 4116,
        found_on: day,
        today: day,
        facts: facts.to_vec(),
    };
    bed.parts.ledger.open_case(&new, &By::shell(now)).await.expect("opened")
}

/// A block of the first office, on the last label of a batch.
pub async fn blocked(bed: &StaffBed, batch: &str) -> Uuid {
    blocked_for(bed, batch, None).await
}

async fn blocked_for(bed: &StaffBed, batch: &str, case: Option<Uuid>) -> Uuid {
    let now = SystemClock.now();
    let new = NewBlock {
        id: ids::new_id(now),
        office: FIRST,
        case,
        spans: vec![Span { batch: batch.parse().expect("a batch"), first: 2, last: 2 }],
        reason: Bilingual {
            zh: "涉嫌假冒，正在核查".to_owned(),
            en: "under examination".to_owned(),
        },
        until: now.plus_ms(86_400_000),
    };
    bed.parts.ledger.block(&new, &By::shell(now)).await.expect("blocked").id
}

/// The second office, whose supervisor sits where the legal officer sat.
pub async fn another_office(bed: &StaffBed) -> Uuid {
    let id = Uuid::from_u128(2);
    let office = Office::new(id, "邻县市场监督管理局", "The office next door", "4114");
    let by = By::shell(SystemClock.now());
    bed.parts.ledger.put_office(&office.expect("sound"), &by).await.expect("added");
    bed.parts.ledger.set_seat("legal", id, Seat::Supervisor, &by).await.expect("moved");
    id
}

struct Typing<'a> {
    at: String,
    person: Person<'a>,
}

impl<'a> Typing<'a> {
    async fn of(bed: &'a StaffBed, who: &str, at: &str) -> Self {
        Self { at: at.to_owned(), person: bed.person(who).await }
    }

    /// Status and page of what a form of the case answers.
    async fn send(&self, form: &str, pairs: &[(&str, &str)]) -> (u16, String) {
        let response = self.person.post(&format!("{}/{form}", self.at), pairs).await;
        let status = response.status().as_u16();
        (status, response.text().await.expect("text"))
    }

    /// Number of the last entry on the page.
    async fn seq(&self) -> String {
        seq(&self.person.page(&self.at).await)
    }
}

fn seq(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"seq\" value=\"").expect("a form");
    rest.split('"').next().expect("a number").to_owned()
}

async fn opened_by_hand(person: &Person<'_>, codes: &str) -> String {
    let form = person.page("/officer/cases/new").await;
    let (_, rest) = form.split_once("name=\"id\" value=\"").expect("an id");
    let id = rest.split('"').next().expect("an id");
    let title = ("title", "某超市销售涉嫌假冒白酒");
    let pairs = [
        ("id", id),
        title,
        ("ground", "inspection"),
        ("region", "4116"),
        ("found_on", "2026-11-02"),
        ("codes", codes),
        ("party", "某超市"),
        ("text", "现场"),
    ];
    let response = person.post("/officer/cases", &pairs).await;
    assert_eq!(response.status(), 303);
    let again = person.post("/officer/cases", &pairs).await;
    assert_eq!(location(&response), location(&again), "the same form is one case");
    location(&response)
}

#[tokio::test]
async fn a_case_is_opened_from_codes_and_closed_by_a_second_person_which_detection_hears() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(3).await;
    let texts = bed.codes(&batch).await;
    let payload = code::read(&texts[0]).expect("a code").payload;
    let officer = bed.person("officer").await;
    let at = opened_by_hand(&officer, &format!("{}\n{}", texts[0], texts[1])).await;
    let page = officer.page(&at).await;
    assert!(page.contains(&payload.serial_text()) && page.contains("某超市"), "{page}");
    assert!(!page.contains(&texts[0]), "no full code");
    assert!(!page.contains("未分派"), "whoever opened it has it");
    let officer = Typing::of(&bed, "officer", &at).await;
    let propose = [
        ("seq", &*officer.seq().await),
        ("kind", "proposed_close"),
        ("outcome", "counterfeit"),
        ("grounds", "企业辨认不是其产品"),
    ];
    assert_eq!(officer.send("entries", &propose).await.0, 303);
    let supervisor = Typing::of(&bed, "supervisor", &at).await;
    let close = |seq: String| async move {
        vec![
            ("seq".to_owned(), seq),
            ("kind".to_owned(), "closed".to_owned()),
            ("outcome".to_owned(), "counterfeit".to_owned()),
            ("grounds".to_owned(), "同意".to_owned()),
        ]
    };
    let pairs = close(supervisor.seq().await).await;
    let pairs: Vec<_> = pairs.iter().map(|(n, v)| (&**n, &**v)).collect();
    assert_eq!(officer.send("decide", &pairs).await.0, 403, "no seat for it");
    assert_eq!(supervisor.send("decide", &pairs).await.0, 303);
    let page = supervisor.person.page(&at).await;
    assert!(page.contains("已结案") && page.contains("假冒"), "{page}");
    let label = format!("/officer/codes/{}", payload.serial_text());
    let label = supervisor.person.page(&label).await;
    assert!(label.contains("认定为复制"), "{label}");
}

#[tokio::test]
async fn whoever_proposed_a_closing_does_not_close_it() {
    let bed = StaffBed::start().await;
    let at = format!("/officer/cases/{}", opened(&bed, &[]).await.id);
    let supervisor = Typing::of(&bed, "supervisor", &at).await;
    let seq = supervisor.seq().await;
    let propose = [
        ("seq", &*seq),
        ("kind", "proposed_close"),
        ("outcome", "cannot_tell"),
        ("grounds", "查无实据"),
    ];
    assert_eq!(supervisor.send("entries", &propose).await.0, 303);
    let seq = supervisor.seq().await;
    let close =
        [("seq", &*seq), ("kind", "closed"), ("outcome", "cannot_tell"), ("grounds", "同意")];
    let (status, page) = supervisor.send("decide", &close).await;
    assert_eq!(status, 409);
    assert!(page.contains("须由另一位负责人或法制人员审批"), "{page}");
    let legal = Typing::of(&bed, "legal", &at).await;
    assert_eq!(legal.send("decide", &close).await.0, 303);
}

#[tokio::test]
async fn who_typed_while_another_wrote_keeps_what_was_typed_and_sees_what_is_new() {
    let bed = StaffBed::start().await;
    let at = format!("/officer/cases/{}", opened(&bed, &[]).await.id);
    let (one, two) =
        (Typing::of(&bed, "officer", &at).await, Typing::of(&bed, "supervisor", &at).await);
    let seq = one.seq().await;
    let first = [("seq", &*seq), ("kind", "note"), ("text", "负责人先写的")];
    assert_eq!(two.send("entries", &first).await.0, 303);
    let late = [("seq", &*seq), ("kind", "note"), ("text", "承办人后写的")];
    let (status, page) = one.send("entries", &late).await;
    assert_eq!(status, 409);
    assert!(page.contains("您打开页面之后，别人添加了这些记录"), "{page}");
    assert!(page.contains("负责人先写的") && page.contains(">承办人后写的</textarea>"), "{page}");
    let now = self::seq(&page);
    assert_ne!(now, seq);
    let late = [("seq", &*now), ("kind", "note"), ("text", "承办人后写的")];
    assert_eq!(one.send("entries", &late).await.0, 303);
}

#[tokio::test]
async fn a_held_case_is_not_voided_by_a_supervisor_and_an_auditor_writes_nothing() {
    let bed = StaffBed::start().await;
    let at = format!("/officer/cases/{}", opened(&bed, &[]).await.id);
    let legal = Typing::of(&bed, "legal", &at).await;
    let hold = [("seq", "1"), ("kind", "hold"), ("grounds", "行政诉讼")];
    assert_eq!(legal.send("decide", &hold).await.0, 303);
    let supervisor = Typing::of(&bed, "supervisor", &at).await;
    let void = |seq| [("seq", seq), ("kind", "voided"), ("text", "误建")];
    let (status, page) = supervisor.send("supervise", &void("2")).await;
    assert_eq!(status, 409);
    assert!(page.contains("请先解除保全"), "{page}");
    let auditor = Typing::of(&bed, "auditor", &at).await;
    let page = auditor.person.page(&at).await;
    assert!(page.contains("行政诉讼") && !page.contains("name=\"seq\""), "it reads: {page}");
    let note = [("seq", "2"), ("kind", "note"), ("text", "x")];
    assert_eq!(auditor.send("entries", &note).await.0, 403);
    let release = [("seq", "2"), ("kind", "release"), ("grounds", "诉讼终结")];
    assert_eq!(legal.send("decide", &release).await.0, 303);
    assert_eq!(supervisor.send("supervise", &void("3")).await.0, 303);
    let page = supervisor.person.page(&at).await;
    assert!(page.contains("误建作废") && page.contains("行政诉讼"), "nothing is gone: {page}");
}

#[tokio::test]
async fn an_office_that_handed_a_case_over_reads_no_more_of_it() {
    let bed = StaffBed::start().await;
    let next = another_office(&bed).await;
    let secret = "仅供办案参考的内容";
    let fact = Fact::Note { text: secret.to_owned() };
    let at = format!("/officer/cases/{}", opened(&bed, &[fact]).await.id);
    let theirs = Typing::of(&bed, "legal", &at).await;
    assert_eq!(theirs.person.get(&at).await.status(), 404, "not theirs yet");
    let supervisor = Typing::of(&bed, "supervisor", &at).await;
    let to = next.to_string();
    let give = [("seq", "2"), ("kind", "hand_over"), ("to", &*to), ("text", "违法行为地在邻县")];
    assert_eq!(supervisor.send("supervise", &give).await.0, 303);
    let page = supervisor.person.page(&at).await;
    assert!(page.contains("邻县市场监督管理局") && !page.contains(secret), "{page}");
    let note = [("seq", "3"), ("kind", "note"), ("text", "x")];
    assert_eq!(supervisor.send("entries", &note).await.0, 404);
    let page = theirs.person.page(&at).await;
    assert!(page.contains(secret), "{page}");
    assert_eq!(theirs.send("entries", &note).await.0, 303);
}

#[tokio::test]
async fn a_block_goes_with_its_case_and_the_office_that_has_it_lifts_it() {
    let bed = StaffBed::start().await;
    let next = another_office(&bed).await;
    let batch = bed.batch(3).await;
    let file = opened(&bed, &[]).await;
    let block = blocked_for(&bed, &batch, Some(file.id)).await;
    let officer = bed.person("officer").await;
    let ask = format!("/officer/blocks/{block}/ask-lift");
    assert_eq!(officer.post(&ask, &[("grounds", "已查清")]).await.status(), 303);
    let at = format!("/officer/cases/{}", file.id);
    let supervisor = Typing::of(&bed, "supervisor", &at).await;
    let (to, seq) = (next.to_string(), supervisor.seq().await);
    let give = [("seq", &*seq), ("kind", "hand_over"), ("to", &*to), ("text", "管辖在邻县")];
    assert_eq!(supervisor.send("supervise", &give).await.0, 303);
    let lift = format!("/officer/blocks/{block}/lift");
    let refused = supervisor.person.post(&lift, &[("decision", "lift")]).await;
    assert_eq!(refused.status(), 404, "it is another office's now");
    let ledger = &bed.parts.ledger;
    let theirs = ledger.blocks(next, 9).await.expect("read");
    assert_eq!((theirs.len(), theirs[0].lift_asked.clone()), (1, None), "to be asked for anew");
    let by = |login: &str| By { login: login.to_owned(), ..By::shell(SystemClock.now()) };
    ledger.ask_lift(next, block, "已查清", &by("zhao")).await.expect("asked");
    ledger.decide_lift(next, block, true, &by("qian")).await.expect("lifted");
    let file = ledger.any_case(file.id).await.expect("read");
    let last = file.entries().last().expect("an entry");
    assert!(matches!(last.fact, Fact::Unblock { .. }) && last.office == next, "{last:?}");
}

#[tokio::test]
async fn a_block_of_an_office_is_not_taken_back_by_the_county() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(3).await;
    blocked(&bed, &batch).await;
    let ranges = format!("/api/v1/batches/{batch}/ranges");
    let block = async || {
        let said = bed.get("administrator", &ranges).await;
        let mut facts = said.as_array().expect("facts").iter();
        facts.find(|fact| fact["state"] == "blocked").cloned().expect("the block")
    };
    let path = format!("{ranges}/{}", block().await["id"].as_str().expect("an id"));
    let (status, told) = bed.send(bed.program("administrator", Method::DELETE, &path)).await;
    let kind = told["type"].as_str();
    assert_eq!((status, kind), (409, Some("urn:zhenma:problem:conflict")), "{told}");
    assert!(block().await["lifted_at"].is_null(), "it stands");
}

/// Sends a form with a photo.
pub async fn upload(person: &Person<'_>, at: &str, parts: &[Part]) -> (u16, String) {
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let request = person.ask(Method::POST, at).header("content-type", kind);
    let response = request.body(multipart(parts)).send().await.expect("an answer");
    (response.status().as_u16(), response.text().await.expect("text"))
}

#[tokio::test]
async fn a_photo_from_the_desk_goes_into_a_case_as_one_from_a_phone_does() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(2).await;
    let payload = code::read(&bed.codes(&batch).await[0]).expect("a code").payload;
    let batch: BatchRef = batch.parse().expect("a batch");
    let place = Fact::Place(Spot {
        name: "某超市".to_owned(),
        address: "真源大道1号".to_owned(),
        region: 4116,
        position: None,
        note: String::new(),
    });
    let file = opened(&bed, &[Fact::Unit(CaseUnit::of(&payload, batch, 0)), place]).await;
    let at = format!("/officer/cases/{}", file.id);
    let officer = bed.person("officer").await;
    let photos = format!("{at}/photos");
    let seq = self::seq(&officer.page(&at).await);
    let jpeg = jpeg(&picture(80, 60), None);
    let form = |bytes: Vec<u8>, caption: &str| {
        vec![text("seq", &seq), text("caption", caption), photo(bytes)]
    };
    let (status, page) = upload(&officer, &photos, &form(b"GIF89a".to_vec(), "货架")).await;
    assert_eq!(status, 422);
    assert!(page.contains("value=\"货架\""), "what was typed stays: {page}");
    assert_eq!(upload(&officer, &photos, &form(jpeg.clone(), "")).await.0, 422, "no caption");
    assert_eq!(upload(&officer, &photos, &form(jpeg.clone(), "货架")).await.0, 303);
    let kept = bed.parts.ledger.any_case(file.id).await.expect("read");
    let Fact::Photo(note) = &kept.entries().last().expect("an entry").fact else {
        panic!("no photo: {kept:?}")
    };
    let hash = zhenma::media::Sha256Hex::of(&jpeg).to_string();
    assert_eq!((&*note.caption, &note.media), ("货架", &hash));
    assert_eq!(officer.get(&format!("{photos}/{hash}")).await.status(), 200);
    // What is known of it, and what is not.
    let page = officer.page(&at).await;
    for said in ["真源大道1号", "周口", "还不知道的", "还没有查明当事人", "还没有请企业辨认"]
    {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(!page.contains("还没有照片"), "there is one: {page}");
    assert_eq!(upload(&officer, &photos, &form(jpeg, "货架")).await.0, 409, "others wrote since");
}

/// What the page of blocks sends.
async fn block_form(person: &Person<'_>, at: &str) -> String {
    let form = person.page(at).await;
    let (_, rest) = form.split_once("name=\"id\" value=\"").expect("an id");
    rest.split('"').next().expect("an id").to_owned()
}

#[tokio::test]
async fn a_block_stands_at_once_ends_by_the_clock_and_is_lifted_by_two() {
    let clock = Arc::new(SetClock::new(SystemClock.now()));
    let bed = StaffBed::start_by(Arc::<SetClock>::clone(&clock), |_| {}).await;
    let batch = bed.batch(5).await;
    let texts = bed.codes(&batch).await;
    let outcome = async |n: usize| {
        let body = serde_json::json!({"code": texts[n]});
        let (_, said) = bed.send(bed.ask(Method::POST, "/api/v1/scans").json(&body)).await;
        (said["outcome"].as_str().expect("a word").to_owned(), said.to_string())
    };
    let officer = bed.person("officer").await;
    let until = local(clock.now().plus_ms(2 * 3_600_000));
    let set = async |scope: &str| {
        let id = block_form(&officer, "/officer/blocks/new").await;
        let pairs = [
            ("id", &*id),
            ("scope", scope),
            ("reason_zh", "涉嫌假冒，正在核查"),
            ("reason_en", "Suspected copies, being examined"),
            ("until", &*until),
        ];
        officer.post("/officer/blocks", &pairs).await.status().as_u16()
    };
    let serial = code::read(&texts[0]).expect("a code").payload.serial_text();
    assert_eq!(set(&format!("{serial}\n{batch} 1-2")).await, 303);
    for n in [0, 1, 2] {
        let (word, said) = outcome(n).await;
        assert_eq!(word, "withdrawn");
        assert!(said.contains("涉嫌假冒，正在核查"), "{said}");
    }
    assert_eq!(outcome(3).await.0, "genuine");
    for wrong in ["9-9", "CAAA", &format!("{batch} 0-99")] {
        assert_eq!(set(wrong).await, 422, "{wrong}");
    }
    // The maker has no hand on it.
    let ranges = bed.get("member", &format!("/api/v1/batches/{batch}/ranges")).await;
    let fact = ranges.as_array().expect("a list").iter().find(|fact| fact["state"] == "blocked");
    let id = fact.expect("it is told")["id"].as_str().expect("an id").to_owned();
    let lift = format!("/api/v1/batches/{batch}/ranges/{id}");
    bed.send(bed.program("member", Method::DELETE, &lift)).await;
    bed.send(bed.program("administrator", Method::DELETE, &lift)).await;
    assert_eq!(outcome(1).await.0, "withdrawn");
    // Two people lift it.
    let page = officer.page("/officer/blocks").await;
    let (_, rest) = page.split_once("/officer/blocks/").expect("a link");
    assert!(rest.starts_with("new"), "the button");
    let (rest, _) = page.split_once("/ask-lift").expect("a form");
    let block = rest.rsplit('/').next().expect("an id").to_owned();
    let ask = format!("/officer/blocks/{block}/ask-lift");
    let supervisor = bed.person("supervisor").await;
    assert_eq!(supervisor.post(&ask, &[("grounds", "已查清")]).await.status(), 303);
    let lift = format!("/officer/blocks/{block}/lift");
    assert_eq!(supervisor.post(&lift, &[("decision", "lift")]).await.status(), 409);
    assert_eq!(outcome(2).await.0, "withdrawn");
    let legal = bed.person("legal").await;
    assert_eq!(legal.post(&lift, &[("decision", "lift")]).await.status(), 303);
    assert_eq!(outcome(2).await.0, "genuine");
    // Another ends by the clock; no worker notes it.
    assert_eq!(set(&format!("{batch} 4")).await, 303);
    assert_eq!(outcome(4).await.0, "withdrawn");
    clock.set(clock.now().plus_ms(3 * 3_600_000));
    eventually("a block is over", || async { outcome(4).await.0 == "genuine" }).await;
    let worker = By::worker(clock.now());
    bed.parts.ledger.end_blocks(&worker).await.expect("noted");
    assert_eq!(bed.parts.ledger.end_blocks(&worker).await.expect("noted"), 0);
    let ended = TrailWanted { action: Some("block.end".to_owned()), ..TrailWanted::default() };
    let ended = bed.parts.ledger.trail(&ended, 0, 9).await.expect("read");
    assert_eq!(ended.len(), 1, "the lifted one did not end a second time");
    assert!(officer.page("/officer/blocks").await.contains("已到期"));
}

#[tokio::test]
async fn a_case_is_offered_to_those_who_work_in_its_office_and_to_nobody_else() {
    let bed = StaffBed::start().await;
    let ledger = &bed.parts.ledger;
    let logins = async |limit: u32| {
        let found = ledger.colleagues(FIRST, limit).await.expect("read");
        found.into_iter().map(|colleague| colleague.login).collect::<Vec<_>>()
    };
    // An auditor and a legal officer do not work on cases.
    assert_eq!(logins(10).await, ["officer", "supervisor"]);
    assert_eq!(logins(1).await, ["officer"]);
    // Nor do those of another office, whatever their seat.
    another_office(&bed).await;
    assert_eq!(logins(10).await, ["officer", "supervisor"]);
    let file = opened(&bed, &[]).await;
    let page = bed.person("supervisor").await.page(&format!("/officer/cases/{}", file.id)).await;
    for (who, offered) in
        [("officer", true), ("supervisor", true), ("auditor", false), ("legal", false)]
    {
        assert_eq!(page.contains(&format!("{who} 王芳 ({who})")), offered, "{who}: {page}");
    }
    let by = By::shell(SystemClock.now());
    assert!(ledger.set_open("officer", false, &by).await.expect("closed"));
    assert_eq!(logins(10).await, ["supervisor"]);
}

/// An instant as a form has it.
fn local(at: UnixMs) -> String {
    let zone = jiff::tz::TimeZone::get("Asia/Shanghai").expect("a zone");
    let at = jiff::Timestamp::from_millisecond(at.0).expect("an instant");
    at.to_zoned_datetime(zone).strftime("%Y-%m-%dT%H:%M").to_string()
}
