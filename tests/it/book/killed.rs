//! `kill -9` of a process in the midst of a movement: it is done or it is not,
//! and the book balances.

use std::process::{Command, Stdio};
use std::time::Duration;

use zhenma::registry::movement::port::MovementLedger;
use zhenma::registry::movement::{Account, Kind};

use super::Desk;
use crate::ledger_bed::setting;
use crate::store_contract::bed::Dice;

const LABELS: u64 = 20_000;
const ROUNDS: u32 = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_movement_whose_process_is_killed_is_done_or_not_at_all() {
    let desk = Desk::new().await;
    let batch = desk.batch(LABELS).await;
    // Every second label: as many rows as a movement can write.
    let numbers: Vec<_> = (0..LABELS).step_by(2).map(|n| n.to_string()).collect();
    let file = desk.path().with_file_name("labels.csv");
    std::fs::write(&file, numbers.join("\n")).expect("written");
    let seed = 9;
    eprintln!("seed {seed}");
    let (mut dice, mut done) = (Dice(seed), 0);
    let zhenma = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zhenma"));
        command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        command.arg("--data").arg(desk.data()).env("ZHENMA_LEDGER", setting(&desk.data()));
        command.spawn().expect("it runs")
    };
    let (of, path) = (batch.to_string(), file.to_string_lossy().into_owned());
    for _ in 0..ROUNDS {
        let before = desk.on(batch, Account::Activated).await;
        let log = desk.ledger.movements(batch, 100).await.expect("a log");
        let last = log.first().map(|m| m.id.to_string()).unwrap_or_default();
        // Forth and back, so that there is something to do.
        let mut process = if before == 0 {
            zhenma(&["batch", "activate", "--batch", &of, "--file", &path])
        } else {
            zhenma(&["batch", "undo", "--batch", &of, &last, "--reason", "误操作"])
        };
        tokio::time::sleep(Duration::from_millis(20 + dice.roll(500))).await;
        process.kill().expect("killed");
        process.wait().expect("dead");
        let after = desk.on(batch, Account::Activated).await;
        assert!(after == before || after == LABELS / 2 - before, "{before} and then {after}");
        done += u32::from(after != before);
        desk.balances(batch).await;
    }
    eprintln!("{done} of {ROUNDS} were done before they were killed");
}

#[tokio::test]
async fn of_processes_that_activate_overlapping_ranges_at_once_each_label_has_one() {
    let desk = Desk::new().await;
    let batch = desk.batch(1_000).await;
    let of = batch.to_string();
    let processes: Vec<_> = (0..8)
        .map(|n| {
            // Each overlaps the half of the one before.
            let range = format!("{}-{}", 100 * n, 100 * n + 199);
            Command::new(env!("CARGO_BIN_EXE_zhenma"))
                .args(["batch", "activate", "--batch", &of, "--range", &range])
                .arg("--data")
                .arg(desk.data())
                .env("ZHENMA_LEDGER", setting(&desk.data()))
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .expect("it runs")
        })
        .collect();
    let mut done = Vec::new();
    for (n, process) in (0_u64..).zip(processes) {
        let output = process.wait_with_output().expect("it ends");
        let says = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            done.push(n);
        } else {
            assert!(says.contains("activated"), "process {n} does not say why: {says}");
        }
    }
    assert!(!done.is_empty() && done.len() <= 4, "{done:?}");
    assert!(done.windows(2).all(|pair| pair[1] - pair[0] > 1), "two have one label: {done:?}");
    assert_eq!(desk.on(batch, Account::Activated).await, 200 * done.len() as u64);
    desk.balances(batch).await;
    assert_eq!(doctor(&desk)["state"], "ok");
}

/// What `zhenma doctor` says of the book.
fn doctor(desk: &Desk) -> serde_json::Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zhenma"));
    command.args(["doctor", "--json"]).env("ZHENMA_DATA", desk.data());
    command.env("ZHENMA_LEDGER", setting(&desk.data()));
    let out = command.output().expect("it runs").stdout;
    let lines = String::from_utf8(out).expect("text");
    lines
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .find(|found| found["check"] == "book")
        .unwrap_or_else(|| panic!("nothing of the book:\n{lines}"))
}

#[tokio::test]
async fn doctor_finds_a_book_that_does_not_balance() {
    let desk = Desk::new().await;
    let batch = desk.batch(100).await;
    desk.moved(batch, Kind::Activate, &[(10, 19)]).await;
    assert_eq!(doctor(&desk)["state"], "ok");
    let file = rusqlite::Connection::open(desk.path()).expect("opens");
    for (harm, mend, says) in [
        (
            "UPDATE spans SET account = 'held' WHERE first_number = 10",
            "UPDATE spans SET account = 'activated' WHERE first_number = 10",
            "at 10 the book says held and the log activated",
        ),
        (
            "UPDATE spans SET last_number = 18 WHERE first_number = 10",
            "UPDATE spans SET last_number = 19 WHERE first_number = 10",
            "number 19 is not where the book has 20",
        ),
        (
            "UPDATE movement_legs SET from_account = 'printed'",
            "UPDATE movement_legs SET from_account = 'issued'",
            "takes 10 from printed where it is not",
        ),
    ] {
        file.execute_batch(harm).expect(harm);
        let found = doctor(&desk);
        assert_eq!(found["state"], "fault", "{harm}: {found}");
        assert!(found["says"].as_str().expect("text").contains(says), "{harm}: {found}");
        file.execute_batch(mend).expect(mend);
    }
    assert_eq!(doctor(&desk)["state"], "ok");
}
