//! An office asks the maker of a label, who sees no more than it must and answers
//! over a name.

use jiff::ToSpan;
use jiff::civil::Date;
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;
use zhenma::auth::office::FIRST;
use zhenma::base::{By, Clock, clock::SystemClock, ids};
use zhenma::cases::fact::Fact;
use zhenma::cases::file::CaseFile;
use zhenma::cases::inquiry::{FILES_MAX, InquiryLedger, NewInquiry};
use zhenma::cases::matter::{CaseUnit, Party, PartyRole, PhotoNote};
use zhenma::cases::port::{FileLedger, Seen};
use zhenma::code;
use zhenma::media::{MediaLedger, Sha256Hex};
use zhenma::registry::{Placement, Uscc};

use crate::media::{jpeg, picture};
use crate::officer_cases::{opened, upload};
use crate::reports::photo;
use crate::staff_bed::{OURS, PASSWORD, StaffBed};

const SELLER: &str = "某超市张老板";
const NOTE: &str = "举报人称在该店购买";

pub fn today() -> Date {
    let now = jiff::Timestamp::from_millisecond(SystemClock.now().0).expect("an instant");
    now.to_zoned_datetime(jiff::tz::TimeZone::get("Asia/Shanghai").expect("a zone")).date()
}

/// A case with a label of ours about which our maker is asked, and the question.
pub async fn asked(bed: &StaffBed, text: &str) -> (CaseFile, Uuid) {
    asked_with(bed, text, vec!["a".repeat(64)]).await
}

/// The same with these photos of the case.
pub async fn asked_with(bed: &StaffBed, text: &str, photos: Vec<String>) -> (CaseFile, Uuid) {
    let payload = code::read(text).expect("a code").payload;
    let register = bed.parts.scanner.register.load_full();
    let Placement::Issued { facts, number, .. } = register.place(&payload) else {
        panic!("it was issued")
    };
    let mut unit = CaseUnit::of(&payload, facts.batch.id, number);
    unit.note = NOTE.to_owned();
    let party = Party {
        role: PartyRole::Respondent,
        name: SELLER.to_owned(),
        uscc: String::new(),
        contact: "13800000000".to_owned(),
        address: String::new(),
        note: String::new(),
    };
    let photo = |digit: &str| PhotoNote {
        media: digit.repeat(64),
        caption: "货架".to_owned(),
        shows: String::new(),
    };
    let facts =
        [Fact::Unit(unit), Fact::Party(party), Fact::Photo(photo("a")), Fact::Photo(photo("b"))];
    let file = opened(bed, &facts).await;
    put(bed, file, photos).await
}

/// Asks our maker about the case and these photos of it.
async fn put(bed: &StaffBed, file: CaseFile, photos: Vec<String>) -> (CaseFile, Uuid) {
    let new = NewInquiry {
        id: ids::new_id(SystemClock.now()),
        enterprise: Uscc::parse(OURS).expect("sound"),
        text: "是否贵企业印制？".to_owned(),
        photos,
        due: today().saturating_add(10.days()),
    };
    let seen = Seen { office: FIRST, case: file.id, seq: file.seq(), today: today() };
    let by = By { login: "officer".to_owned(), ..By::shell(SystemClock.now()) };
    let file = bed.parts.ledger.ask(&seen, &new, &by).await.expect("asked");
    (file, new.id)
}

/// A case with a label of ours and a photo that is kept under this hash, about both
/// of which our maker is asked.
pub async fn asked_about(bed: &StaffBed, text: &str, media: &str) -> (CaseFile, Uuid) {
    let payload = code::read(text).expect("a code").payload;
    let register = bed.parts.scanner.register.load_full();
    let Placement::Issued { facts, number, .. } = register.place(&payload) else {
        panic!("it was issued")
    };
    let photo =
        PhotoNote { media: media.to_owned(), caption: "货架".to_owned(), shows: String::new() };
    let unit = CaseUnit::of(&payload, facts.batch.id, number);
    let file = opened(bed, &[Fact::Unit(unit), Fact::Photo(photo)]).await;
    put(bed, file, vec![media.to_owned()]).await
}

#[tokio::test]
async fn the_maker_sees_its_labels_and_the_chosen_photos_and_nothing_else_of_the_case() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(2).await;
    let texts = bed.codes(&batch).await;
    let (file, inquiry) = asked(&bed, &texts[0]).await;
    let serial = code::read(&texts[0]).expect("a code").payload.serial_text();
    let quality = bed.person("quality").await;
    let page = quality.page(&format!("/enterprise/inquiries/{inquiry}")).await;
    assert!(
        page.contains(&serial)
            && page.contains("是否贵企业印制？")
            && page.contains(&"a".repeat(64))
    );
    let said = bed.get("quality", "/api/v1/inquiries").await.to_string();
    assert!(said.contains(&serial), "{said}");
    for secret in [SELLER, NOTE, "13800000000", "货架", &"b".repeat(64), &file.number, &texts[0]]
    {
        assert!(!page.contains(secret), "{secret}: {page}");
        assert!(!said.contains(secret), "{secret}: {said}");
    }
    let stranger = bed.person("stranger").await;
    let theirs = stranger.get(&format!("/enterprise/inquiries/{inquiry}")).await;
    assert_eq!(theirs.status(), 404);
    assert_eq!(bed.get("stranger", "/api/v1/inquiries").await, json!([]));
    let other = format!("/enterprise/inquiries/{inquiry}/photos/{}", "b".repeat(64));
    assert_eq!(quality.get(&other).await.status(), 404, "not chosen");
}

#[tokio::test]
async fn an_answer_is_signed_with_a_password_once_and_becomes_an_entry_of_the_case() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(2).await;
    let (file, inquiry) = asked(&bed, &bed.codes(&batch).await[0]).await;
    let at = format!("/enterprise/inquiries/{inquiry}/answer");
    let form = |password: &'static str| {
        [
            ("opinion", "not_ours"),
            ("grounds", "纸张和油墨不同"),
            ("signer", "王芳"),
            ("position", "质量负责人"),
            ("password", password),
        ]
    };
    let sales = bed.person("sales").await;
    assert_eq!(sales.post(&at, &form(PASSWORD)).await.status(), 403, "no duty for it");
    let quality = bed.person("quality").await;
    let wrong = quality.post(&at, &form("wrong")).await;
    assert_eq!(wrong.status(), 422);
    assert!(wrong.text().await.expect("text").contains("纸张和油墨不同"), "what was typed stays");
    assert_eq!(quality.post(&at, &form(PASSWORD)).await.status(), 303);
    assert_eq!(quality.post(&at, &form(PASSWORD)).await.status(), 409, "once");
    let late = json!({"opinion": "ours", "grounds": "x", "signer": "x", "position": "x"});
    let api = format!("/api/v1/inquiries/{inquiry}/answer");
    let (status, _) = bed.send(bed.program("quality", Method::POST, &api).json(&late)).await;
    assert_eq!(status, 409);
    let page = bed.person("officer").await.page(&format!("/officer/cases/{}", file.id)).await;
    for said in ["纸张和油墨不同", "王芳", "质量负责人", "不是本企业的产品或标签"]
    {
        assert!(page.contains(said), "{said}");
    }
    let file = bed.parts.ledger.any_case(file.id).await.expect("read");
    assert!(!file.waits_for_answers());
}

#[tokio::test]
async fn an_officer_asks_from_the_case_and_takes_a_question_back() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(2).await;
    let (file, inquiry) = asked(&bed, &bed.codes(&batch).await[0]).await;
    let at = format!("/officer/cases/{}", file.id);
    let officer = bed.person("officer").await;
    let page = officer.page(&at).await;
    assert!(page.contains("撤销询问"), "{page}");
    let (seq, id) = (file.seq().to_string(), inquiry.to_string());
    let back = [("seq", &*seq), ("entry", &*id), ("grounds", "已另行取得鉴定")];
    assert_eq!(officer.post(&format!("{at}/questions/drop"), &back).await.status(), 303);
    let seq = (file.seq() + 1).to_string();
    let new = ids::new_id(SystemClock.now()).to_string();
    let due = today().saturating_add(5.days()).to_string();
    let ask = |enterprise: &'static str| {
        [
            ("seq", seq.clone()),
            ("id", new.clone()),
            ("enterprise", enterprise.to_owned()),
            ("due", due.clone()),
            ("text", "请辨认".to_owned()),
            ("x", "yes".to_owned()),
        ]
    };
    let post = async |pairs: &[(&str, String)]| {
        let pairs: Vec<_> = pairs.iter().map(|(n, v)| (*n, &**v)).collect();
        officer.post(&format!("{at}/questions"), &pairs).await.status().as_u16()
    };
    assert_eq!(post(&ask(OURS)).await, 422, "a photo that is not in the case");
    assert_eq!(post(&ask(crate::staff_bed::THEIRS)[..5]).await, 422, "none of its labels");
    assert_eq!(post(&ask(OURS)[..5]).await, 303);
    let said = bed.get("quality", "/api/v1/inquiries").await;
    let waits: Vec<_> =
        said.as_array().expect("a list").iter().map(|one| &one["withdrawn"]).collect();
    assert_eq!(waits, [&json!(false), &json!(true)], "those that wait come first");
}

#[tokio::test]
async fn photos_that_the_maker_puts_to_its_answer_are_photos_of_the_case() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(2).await;
    let (file, inquiry) = asked_with(&bed, &bed.codes(&batch).await[0], Vec::new()).await;
    let at = format!("/enterprise/inquiries/{inquiry}");
    let quality = bed.person("quality").await;
    let bytes = jpeg(&picture(70, 50), None);
    let hash = Sha256Hex::of(&bytes).to_string();
    let put =
        async |bytes: Vec<u8>| upload(&quality, &format!("{at}/photos"), &[photo(bytes)]).await.0;
    assert_eq!(put(b"%PDF-1.7".to_vec()).await, 422);
    assert_eq!(put(bytes.clone()).await, 303);
    assert_eq!(put(bytes).await, 303, "the same again is nothing");
    let own = quality.get(&format!("{at}/photos/{hash}")).await;
    assert_eq!(own.status(), 200);
    let officer = bed.person("officer").await;
    let theirs = format!("/officer/cases/{}/photos/{hash}", file.id);
    assert_eq!(officer.get(&theirs).await.status(), 404, "it is not signed yet");
    let answer = [
        ("opinion", "not_ours"),
        ("grounds", "纸张和油墨不同，见附图"),
        ("signer", "王芳"),
        ("position", "质量负责人"),
        ("password", PASSWORD),
    ];
    assert_eq!(quality.post(&format!("{at}/answer"), &answer).await.status(), 303);
    assert_eq!(officer.get(&theirs).await.status(), 200);
    let kept = bed.parts.ledger.any_case(file.id).await.expect("read");
    let [.., answered, shown] = kept.entries() else { panic!("no entries") };
    assert!(
        matches!(&answered.fact, Fact::Answer { files, .. } if *files == [hash.clone()])
            && matches!(&shown.fact, Fact::Photo(note) if note.media == hash),
        "{answered:?} {shown:?}"
    );
    assert_eq!(put(jpeg(&picture(60, 50), None)).await, 409, "it was answered");
}

#[tokio::test]
async fn a_photo_beyond_those_that_an_answer_takes_is_not_kept() {
    let bed = StaffBed::start().await;
    let batch = bed.batch(2).await;
    let (_, inquiry) = asked_with(&bed, &bed.codes(&batch).await[0], Vec::new()).await;
    let at = format!("/enterprise/inquiries/{inquiry}/photos");
    let quality = bed.person("quality").await;
    let shot = |n: usize| jpeg(&picture(60 + u32::try_from(n).expect("few"), 50), None);
    for n in 0..=FILES_MAX {
        let hash = Sha256Hex::of(&shot(n));
        let (status, page) = upload(&quality, &at, &[photo(shot(n))]).await;
        let kept = bed.parts.ledger.media(&hash).await.expect("read").is_some();
        let wanted = if n < FILES_MAX { (303, true) } else { (422, false) };
        assert_eq!((status, kept), wanted, "{n}: {page}");
    }
    assert_eq!(upload(&quality, &at, &[photo(shot(0))]).await.0, 303, "it has this one");
}
