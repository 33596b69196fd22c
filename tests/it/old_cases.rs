//! A case whose time is over loses persons, words and photos, and is still a case.

use std::sync::Arc;

use jiff::civil::date;
use tokio_util::sync::CancellationToken;
use zhenma::app::old_cases::OldCases;
use zhenma::app::paths;
use zhenma::auth::office::FIRST;
use zhenma::auth::port::TrailLedger;
use zhenma::auth::trail::Wanted;
use zhenma::base::{By, Clock, clock::SetClock, clock::SystemClock, ids};
use zhenma::cases::fact::{Fact, Ground, Outcome};
use zhenma::cases::file::{CaseFile, State};
use zhenma::cases::matter::{Party, PartyRole, PhotoNote, Spot, Statement};
use zhenma::cases::port::{FileLedger, NewCase, Seen};
use zhenma::media::{MediaLedger, MediaRow, MediaStore, Purpose};
use zhenma::store::sql::Ledger;

use crate::ledger_bed;
use crate::media::{jpeg, picture};

const SECRET: &str = "张三";
const DAY_MS: i64 = 86_400_000;

fn facts(photo: &str) -> Vec<Fact> {
    let secret = || format!("{SECRET}的话");
    let party = |uscc: &str| {
        Fact::Party(Party {
            role: PartyRole::Respondent,
            name: if uscc.is_empty() {
                secret()
            } else {
                "鹿邑县某商贸有限公司".to_owned()
            },
            uscc: uscc.to_owned(),
            contact: secret(),
            address: secret(),
            note: secret(),
        })
    };
    vec![
        party(""),
        party("91411628MA9DEM01XU"),
        Fact::Place(Spot {
            name: secret(),
            address: secret(),
            region: 4116,
            position: Some((33.861, 115.484)),
            note: secret(),
        }),
        Fact::Statement(Statement {
            of: secret(),
            position: secret(),
            taken_on: date(2026, 11, 2),
            text: secret(),
        }),
        Fact::Note { text: secret() },
        Fact::Photo(PhotoNote { media: photo.to_owned(), caption: secret(), shows: secret() }),
    ]
}

async fn photo(ledger: &Ledger, store: &MediaStore) -> MediaRow {
    let taken = zhenma::media::intake(&jpeg(&picture(40, 30), None), None).expect("a photo");
    let row = MediaRow {
        original: taken.original,
        shown: taken.shown_hash,
        kind: taken.kind,
        bytes: taken.bytes,
        shown_bytes: taken.shown.len() as u64,
        width: taken.width,
        height: taken.height,
        exif: taken.exif,
        purpose: Purpose::Office,
        added_at: SystemClock.now(),
        added_by: "zhang".to_owned(),
    };
    store.put(taken.shown).await.expect("written");
    ledger.add_media(&row, &By::shell(SystemClock.now())).await.expect("kept");
    row
}

async fn closed(ledger: &Ledger, facts: Vec<Fact>, hold: bool) -> CaseFile {
    let today = date(2026, 11, 2);
    let by = |login: &str| By { login: login.to_owned(), ..By::shell(SystemClock.now()) };
    let new = NewCase {
        id: ids::new_id(SystemClock.now()),
        office: FIRST,
        title: format!("{SECRET}销售涉嫌假冒白酒"),
        ground: Ground::Inspection,
        lead: None,
        region: 4116,
        found_on: today,
        today,
        facts,
    };
    let mut file = ledger.open_case(&new, &by("zhang")).await.expect("opened");
    let grounds = || format!("{SECRET}已陈述");
    let outcome = Outcome::Counterfeit;
    for (fact, who) in [
        (Fact::Hold { on: true, grounds: grounds() }, "chen"),
        (Fact::ProposedClose { outcome, grounds: grounds() }, "zhang"),
        (Fact::Closed { outcome, grounds: grounds() }, "chen"),
        (Fact::Hold { on: false, grounds: grounds() }, "chen"),
    ] {
        if matches!(fact, Fact::Hold { on: false, .. }) && hold {
            continue;
        }
        let seen = Seen { office: FIRST, case: file.id, seq: file.seq(), today };
        file = ledger.append(&seen, &[fact], &by(who)).await.expect("put down");
    }
    file
}

/// A package of evidence of the case, as it was asked for.
fn packed(ledger: &std::path::Path, of: &CaseFile) -> uuid::Uuid {
    let id = ids::new_id(SystemClock.now());
    let file = rusqlite::Connection::open(ledger).expect("opens");
    let (package, case) = (id.to_string(), of.id.to_string());
    file.execute(
        "INSERT INTO evidence_packages (id, office, case_id, case_number, entries, state, asked_by,
         asked_name, asked_seat, asked_at, leased_until, downloads)
         VALUES (?1, ?2, ?3, ?4, 1, '', 'chen', '', 'legal', 0, 0, 0)",
        (package, FIRST.to_string(), case, &of.number),
    )
    .expect("kept");
    id
}

#[tokio::test]
async fn persons_words_and_photos_of_a_case_go_when_its_time_is_over_but_never_under_a_hold() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = paths::ledger(folder.path());
    let ledger = ledger_bed::open(&file, SystemClock.now()).await.expect("opens");
    let store = MediaStore::at(paths::media(folder.path()));
    let row = photo(&ledger, &store).await;
    let hash = row.original.to_string();
    let free = closed(&ledger, facts(&hash), false).await;
    let held = closed(&ledger, facts(&"b".repeat(64)), true).await;
    let package = packed(&file, &free);
    let zip = paths::evidence(folder.path(), package);
    std::fs::create_dir_all(zip.parent().expect("a folder")).expect("made");
    std::fs::write(&zip, SECRET).expect("written");
    let clock = Arc::new(SetClock::new(SystemClock.now()));
    let (data, years) = (folder.path().to_owned(), 30);
    let work = OldCases { ledger: ledger.clone(), clock: clock.clone(), data, years };
    let stop = CancellationToken::new();
    let later = |days: i64| clock.set(SystemClock.now().plus_ms(days * DAY_MS));
    later(29 * 366);
    assert_eq!(work.pass(&stop).await.expect("a pass"), 0, "too early");
    assert!(zip.exists());
    later(31 * 366);
    assert_eq!(work.pass(&stop).await.expect("a pass"), 1);
    assert_eq!(work.pass(&stop).await.expect("a pass"), 0, "once");

    assert_eq!(ledger.any_case(held.id).await.expect("read"), held, "a hold keeps all of it");
    let left = ledger.any_case(free.id).await.expect("read");
    assert!(left.is_erased() && left.entries().len() == free.entries().len());
    assert_eq!((left.state, left.outcome), (State::Closed, Some(Outcome::Counterfeit)));
    assert_eq!((&left.number, left.region), (&free.number, 4116));
    let written = serde_json::json!(left.entries()).to_string();
    assert!(!written.contains(SECRET) && !written.contains("33.861"), "{written}");
    assert!(written.contains("某商贸有限公司"), "a company is no person: {written}");
    assert!(ledger.media(&row.original).await.expect("asked").is_none(), "its photo goes");
    let path = rusqlite::Connection::open(&file).expect("opens");
    assert!(!zip.exists(), "a package of it holds the same persons");
    let count = |sql: &str| path.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("counted");
    assert_eq!(count("SELECT COUNT(*) FROM media_gone"), 2, "original and what was shown");
    for sql in ["SELECT COUNT(*) FROM evidence_packages", "SELECT COUNT(*) FROM evidence_gone"] {
        assert_eq!(count(sql), 0, "{sql}");
    }
    for table in ["case_entries", "case_files"] {
        let column = if table == "case_entries" { "fact" } else { "title" };
        let of = if table == "case_entries" { "case_id" } else { "id" };
        let sql = format!(
            "SELECT COUNT(*) FROM {table} WHERE {column} LIKE '%{SECRET}%' AND {of} = '{}'",
            free.id
        );
        assert_eq!(count(&sql), 0, "{table}");
    }
    let wanted = Wanted { action: Some("case.erase".to_owned()), ..Wanted::default() };
    let told = ledger.trail(&wanted, 0, 9).await.expect("read");
    assert_eq!((told.len(), &*told[0].login), (1, "worker"));
}
