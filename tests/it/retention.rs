//! What tells of a person goes when its time has come, and evidence stays.

use std::sync::Arc;

use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;
use zhenma::app::retention::Retention;
use zhenma::auth::port::{AccountLedger, TrailLedger};
use zhenma::auth::trail::Wanted;
use zhenma::base::{By, Clock, UnixMs, clock::SetClock, clock::SystemClock, ids};
use zhenma::cases::fact::{Fact, Ground, Outcome};
use zhenma::cases::file::CaseFile;
use zhenma::cases::matter::CaseUnit;
use zhenma::cases::port::{FileLedger, NewCase, Seen};
use zhenma::cases::{CaseLedger, DecisionRecord, Flag, FlagState};
use zhenma::code::Payload;
use zhenma::media::MediaStore;
use zhenma::registry::{BatchRef, Decision};
use zhenma::scan::across::Changes;
use zhenma::scan::ledger::ScanLedger;
use zhenma::scan::spread::Spread;
use zhenma::scan::{CodeId, Cursor, Entry, LogId, Observation, Spot};
use zhenma::store::sql::Ledger;

use crate::ledger_bed;
use crate::staff_bed::StaffBed;
use crate::store_contract::bed::{code, scan};

const DAY_MS: i64 = 86_400_000;
/// 2026-11-27, 18:30 in Shanghai.
const NOW: UnixMs = UnixMs(1_795_775_400_000);

fn old(days: i64) -> UnixMs {
    NOW.plus_ms(-days * DAY_MS)
}

async fn ledger() -> (Ledger, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = ledger_bed::open(&folder.path().join("ledger.sqlite"), NOW).await.expect("opens");
    (ledger, folder)
}

fn retention(ledger: &Ledger, clock: Arc<SetClock>) -> Retention {
    let zone = TimeZone::get("Asia/Shanghai").expect("a zone");
    Retention {
        ledger: ledger.clone(),
        clock,
        zone,
        days: 1_095,
        media: MediaStore::at(std::path::PathBuf::from("nowhere")),
        contact_days: 180,
        content_days: 730,
    }
}

fn entry(n: u64, code: CodeId, at: UnixMs) -> Entry {
    let seen = Observation { at, spot: Spot::new(33.9, 115.4, 20.0), ..scan(n) };
    Entry { cursor: Cursor { major: 1, minor: n }, code, seen }
}

async fn only(ledger: &Ledger, code: CodeId) -> Observation {
    ledger.scans_of(&code.payload, 10).await.expect("scans")[0]
}

fn is_whole(seen: &Observation) -> bool {
    seen.device.get() != 0 && seen.network != 0 && seen.spot.is_some()
}

fn flag(code: CodeId) -> Flag {
    let payload = Payload::from_bytes(code.payload).expect("a payload");
    Flag {
        payload: code.payload,
        batch: BatchRef { key: payload.key, batch: payload.batch },
        number: code.number,
        state: FlagState::Open,
        risk: 0.9,
        reasons: Vec::new(),
        policy: "none".to_owned(),
        accused_at: None,
        scans: 1,
        spread: Spread::default(),
        seen_at: old(1_200),
        opened_at: old(1_200),
        updated_at: old(1_200),
    }
}

async fn decide(ledger: &Ledger, code: CodeId, decision: Decision, at: UnixMs) {
    let record = DecisionRecord {
        id: ids::new_id(at),
        payload: code.payload,
        decision,
        note: "现场核对".to_owned(),
        decided_by: "officer".to_owned(),
        decided_at: at,
    };
    ledger.decide(&record, &By::shell(at)).await.expect("decided");
}

async fn told(ledger: &Ledger) -> Vec<(String, String)> {
    let wanted = Wanted { action: Some("scans.thin".to_owned()), ..Wanted::default() };
    let rows = ledger.trail(&wanted, 0, 100).await.expect("rows");
    rows.into_iter().map(|row| (row.login, row.after)).collect()
}

#[tokio::test]
async fn an_old_scan_keeps_place_day_and_channel_and_a_younger_one_everything() {
    let (ledger, _folder) = ledger().await;
    let (aged, young, flagged, copied, cleared) = (code(1), code(2), code(3), code(4), code(5));
    let entries: Vec<_> = [
        (aged, old(1_096)),
        (young, old(1_094)),
        (flagged, old(1_100)),
        (copied, old(1_100)),
        (cleared, old(1_100)),
    ]
    .into_iter()
    .zip(0..)
    .map(|((code, at), n)| entry(n + 1, code, at))
    .collect();
    ScanLedger::append(&ledger, LogId([1; 16]), &entries, &Changes::default(), 0)
        .await
        .expect("written");
    for code in [flagged, copied, cleared] {
        ledger.raise_flags(&[flag(code)]).await.expect("raised");
    }
    decide(&ledger, copied, Decision::Copied, old(1_000)).await;
    decide(&ledger, cleared, Decision::Genuine, old(1_000)).await;

    let clock = Arc::new(SetClock::new(NOW));
    let work = retention(&ledger, Arc::clone(&clock));
    let stop = CancellationToken::new();
    assert_eq!(work.pass(&stop).await.expect("thinned"), 2);
    for (code, whole) in
        [(aged, false), (young, true), (flagged, true), (copied, true), (cleared, false)]
    {
        assert_eq!(is_whole(&only(&ledger, code).await), whole, "{code:?}");
    }
    let seen = only(&ledger, aged).await;
    // Midnight in Shanghai, of the same day.
    assert_eq!(seen.at, UnixMs(old(1_096).0 - (18 * 60 + 30) * 60_000));
    assert_eq!(
        (seen.place, seen.scan, seen.channel),
        (scan(1).place, scan(1).scan, scan(1).channel)
    );
    assert_eq!((seen.device.get(), seen.network, seen.spot), (0, 0, None));
    let count = format!("{{\"made_before\":{},\"scans\":2}}", old(1_095).0);
    assert_eq!(told(&ledger).await, [("worker".to_owned(), count)]);
    // Nothing more to do: nothing more is told.
    assert_eq!(work.pass(&stop).await.expect("thinned"), 0);
    assert_eq!(told(&ledger).await.len(), 1);

    // Evidence goes too, when it is none any more.
    decide(&ledger, flagged, Decision::CannotTell, NOW).await;
    assert_eq!(work.pass(&stop).await.expect("thinned"), 1);
    assert!(!is_whole(&only(&ledger, flagged).await));
    clock.set(NOW.plus_ms(900 * DAY_MS));
    // The one found copied is prosecuted no more, and the young one is old.
    assert_eq!(work.pass(&stop).await.expect("thinned"), 2);
    assert!(!is_whole(&only(&ledger, copied).await) && !is_whole(&only(&ledger, young).await));
    // A copy of the log that is put back adds none of them again.
    assert!(ledger.missing(&entries).await.expect("asked").is_empty());
}

#[tokio::test]
async fn scans_of_a_case_stay_whole_while_it_is_open_or_held_and_go_when_it_lets_them() {
    let (ledger, _folder) = ledger().await;
    let (free, kept, taken_out) = (code(1), code(2), code(3));
    let entries: Vec<_> = [free, kept, taken_out]
        .into_iter()
        .zip(1..)
        .map(|(code, n)| entry(n, code, old(1_200)))
        .collect();
    ScanLedger::append(&ledger, LogId([1; 16]), &entries, &Changes::default(), 0)
        .await
        .expect("written");
    let unit = |code: CodeId| {
        let payload = Payload::from_bytes(code.payload).expect("a payload");
        let batch = BatchRef { key: payload.key, batch: payload.batch };
        Fact::Unit(CaseUnit::of(&payload, batch, code.number))
    };
    let today = jiff::civil::date(2026, 11, 27);
    let by = By::shell(NOW);
    let new = NewCase {
        id: ids::new_id(NOW),
        office: zhenma::auth::office::FIRST,
        title: "某超市销售涉嫌假冒白酒".to_owned(),
        ground: Ground::Inspection,
        lead: None,
        region: 4116,
        found_on: today,
        today,
        facts: vec![unit(kept), unit(taken_out)],
    };
    let mut file = ledger.open_case(&new, &by).await.expect("opened");
    let work = retention(&ledger, Arc::new(SetClock::new(NOW)));
    let stop = CancellationToken::new();
    let pass = async || work.pass(&stop).await.expect("thinned");
    let whole = async |code| is_whole(&only(&ledger, code).await);
    let then = async |file: &CaseFile, fact: Fact| {
        let seen = Seen { office: file.office, case: file.id, seq: file.seq(), today };
        FileLedger::append(&ledger, &seen, &[fact], &by).await.expect("put down")
    };
    assert_eq!(pass().await, 1);
    assert!(!whole(free).await && whole(kept).await && whole(taken_out).await);
    // What is in no case any more goes with the next pass.
    let grounds = || "依据充分".to_owned();
    let (out, _) = file.units().nth(1).expect("a label");
    let back = Fact::Withdrawn { entry: out.id, grounds: grounds() };
    file = then(&file, back).await;
    assert_eq!(pass().await, 1);
    assert!(whole(kept).await && !whole(taken_out).await);
    // Held it stays though the case is over.
    file = then(&file, Fact::Hold { on: true, grounds: grounds() }).await;
    let outcome = Outcome::CannotTell;
    file = then(&file, Fact::ProposedClose { outcome, grounds: grounds() }).await;
    let seen = Seen { office: file.office, case: file.id, seq: file.seq(), today };
    let other = By { login: "chen".to_owned(), ..by.clone() };
    let closed = [Fact::Closed { outcome, grounds: grounds() }];
    file = FileLedger::append(&ledger, &seen, &closed, &other).await.expect("closed");
    assert_eq!(pass().await, 0);
    assert!(whole(kept).await);
    then(&file, Fact::Hold { on: false, grounds: grounds() }).await;
    assert_eq!(pass().await, 1);
    assert!(!whole(kept).await);
}

#[tokio::test]
async fn very_many_are_thinned_in_small_steps_and_told_once_though_the_process_dies_between() {
    let (ledger, _folder) = ledger().await;
    // Several steps, all at one instant.
    let entries: Vec<_> = (0..1_300).map(|n| entry(n, code(n % 50), old(1_200))).collect();
    ScanLedger::append(&ledger, LogId([1; 16]), &entries, &Changes::default(), 0)
        .await
        .expect("written");
    let pass = zhenma::scan::retention::Pass {
        before: old(1_095),
        evidence_since: old(1_827),
        offset_ms: 0,
        rows_max: 500,
    };
    use zhenma::scan::retention::RetentionLedger;
    let first = ledger.thin_scans(&pass, &By::worker(NOW)).await.expect("thinned");
    assert_eq!((first.scans, first.more), (500, true));
    assert!(told(&ledger).await.is_empty());
    // Another process goes on.
    let work = retention(&ledger, Arc::new(SetClock::new(NOW)));
    assert_eq!(work.pass(&CancellationToken::new()).await.expect("thinned"), 800);
    let rows = told(&ledger).await;
    assert!(rows.len() == 1 && rows[0].1.contains("\"scans\":1300"), "{rows:?}");
    // A policy is never compared over scans that tell no phone from another.
    let mut seen = 0;
    ledger.scans_since(UnixMs(0), &mut |_, _| seen += 1).await.expect("read");
    assert_eq!(seen, 0);
}

#[tokio::test]
async fn an_erased_account_is_nobody_and_its_login_is_nobody_elses() {
    let bed = StaffBed::start().await;
    let ledger = &bed.parts.ledger;
    let by = By::shell(SystemClock.now());
    let viewer = bed.person("viewer").await;
    assert_eq!(viewer.get("/enterprise/").await.status(), 200);
    assert_eq!(ledger.erase_account("viewer", &by).await.expect("erased"), Some(true));
    assert_eq!(ledger.erase_account("viewer", &by).await.expect("asked"), Some(false));
    assert_eq!(ledger.erase_account("nobody", &by).await.expect("asked"), None);
    let left = ledger.account("viewer").await.expect("asked").expect("its login stays");
    assert_eq!((left.name.as_str(), &left.password_hash), ("", &None));
    assert!(left.disabled_at.is_some());
    // Out at once, by session and by key.
    assert_eq!(viewer.get("/enterprise/").await.status(), 303);
    let asked = bed.program("viewer", reqwest::Method::GET, "/api/v1/products");
    assert_eq!(bed.send(asked).await.0, 401);
    let again = zhenma::auth::Account { name: "李四".to_owned(), ..left };
    assert!(ledger.add_account(&again, &by).await.is_err(), "the login was given out again");
    // The trail never had the name.
    let rows = ledger.trail(&Wanted::default(), 0, 1_000).await.expect("rows");
    assert!(rows.iter().any(|row| row.action == "account.erase"));
    assert!(rows.iter().all(|row| !row.after.contains("王芳") && !row.before.contains("王芳")));
}
