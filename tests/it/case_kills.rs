//! `kill -9` of a process that puts entries into a case: what it was told is kept is
//! there, and what it was not told of is there whole or not at all.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use jiff::civil::date;
use uuid::Uuid;
use zhenma::base::{By, Clock, clock::SystemClock, ids};
use zhenma::cases::fact::{Fact, Ground};
use zhenma::cases::port::{FileLedger, NewCase, Seen};

use crate::ledger_bed;
use crate::store_contract::bed::Dice;

const CHILD: &str = "case_kills::a_child_of_the_test_puts_entries_down";
const LEDGER: &str = "ZHENMA_TEST_CASE_LEDGER";
const CASE: &str = "ZHENMA_TEST_CASE";
const ROUNDS: u64 = 12;
/// Entries of one append.
const TOGETHER: u32 = 20;

/// Puts entries down, a batch of them after the other, and says of each that it is
/// kept. It runs for the test below alone, which kills it.
#[tokio::test]
async fn a_child_of_the_test_puts_entries_down() {
    #[allow(clippy::disallowed_methods, reason = "the test tells its child what to do")]
    let told = |name| std::env::var(name);
    let (Ok(path), Ok(case)) = (told(LEDGER), told(CASE)) else { return };
    let ledger = ledger_bed::open(path.as_ref(), SystemClock.now()).await.expect("opens");
    let case: Uuid = case.parse().expect("an id");
    let by = By::shell(SystemClock.now());
    loop {
        let file = ledger.any_case(case).await.expect("read");
        let (office, today) = (file.office, date(2026, 11, 2));
        let seen = Seen { office, case, seq: file.seq(), today };
        let text = format!("{}", file.seq());
        let facts = vec![Fact::Note { text }; TOGETHER as usize];
        let kept = ledger.append(&seen, &facts, &by).await.expect("put down");
        println!("kept {}", kept.seq());
    }
}

#[tokio::test]
async fn an_entry_that_was_acknowledged_is_there_and_another_is_whole_or_not_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ledger.sqlite");
    let now = SystemClock.now();
    let today = date(2026, 11, 2);
    let new = NewCase {
        id: ids::new_id(now),
        office: Uuid::from_u128(1),
        title: "某超市销售涉嫌假冒白酒".to_owned(),
        ground: Ground::Inspection,
        lead: None,
        region: 4116,
        found_on: today,
        today,
        facts: Vec::new(),
    };
    let ledger = ledger_bed::open(&path, now).await.expect("opens");
    ledger.open_case(&new, &By::shell(now)).await.expect("opened");
    let seed = 11;
    eprintln!("seed {seed}");
    let mut dice = Dice(seed);
    for _ in 0..ROUNDS {
        let mut child = Command::new(std::env::current_exe().expect("this binary"))
            .args([CHILD, "--exact", "--nocapture", "--test-threads=1"])
            .env(LEDGER, &path)
            .env(CASE, new.id.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it runs");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let enough = 1 + dice.roll(6);
        let mut told = 0;
        let mut heard = 0;
        // It is killed at once behind one of its words, in the midst of the next append.
        for line in lines.map_while(Result::ok) {
            let Some(seq) = line.split("kept ").nth(1) else { continue };
            told = seq.trim().parse::<u32>().expect("a number");
            heard += 1;
            if heard == enough {
                child.kill().expect("killed");
            }
        }
        child.wait().expect("dead");
        let file = ledger.any_case(new.id).await.expect("read");
        assert!(heard >= enough && file.seq() >= told, "{told} was kept, and {} is", file.seq());
        assert_eq!((file.seq() - 1) % TOGETHER, 0, "a part of an append is there");
    }
    let kept = rusqlite::Connection::open(&path).expect("opens");
    let count = |sql: &str| kept.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("counted");
    let entries = count("SELECT COUNT(*) FROM case_entries");
    assert_eq!(entries, count("SELECT seq FROM case_files"));
    let told = count("SELECT COUNT(*) FROM audit WHERE action = 'case.append'");
    assert_eq!(entries - 1, told * i64::from(TOGETHER), "each append has its row of the trail");
}
