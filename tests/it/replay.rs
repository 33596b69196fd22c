//! `zhenma replay`: a recorded stream through the engine that serves.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use zhenma::scan::hosting::Hosting;
use zhenma::scan::replay::Recording;

use crate::store_contract::bed::Dice;

/// Prefixes of a data centre's networks.
const HOSTING: &str = "43.130.0.0/24\n";

pub const BATCHES: &str = r#"{"batch":"b0001","product":"liquor","size":500,"made_t":"2026-01-05T00:00:00Z","distributor":"d1","destination_region":"Henan","authorised_cities":["Zhoukou"]}
{"batch":"b0002","product":"oil","size":500,"made_t":"2026-02-01T00:00:00Z","distributor":"d2","destination_region":"Anhui","authorised_cities":["Bozhou"]}
"#;

/// Where phones of the stream are: latitude, longitude, city.
const CITIES: [(f64, f64, &str); 5] = [
    (33.63, 114.70, "Zhoukou"),
    (34.75, 113.63, "Zhengzhou"),
    (33.84, 115.78, "Bozhou"),
    (23.13, 113.26, "Guangzhou"),
    (43.83, 87.62, "Urumqi"),
];

pub fn recording() -> Recording {
    let batches = BATCHES.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    Recording::new(batches, Hosting::read(HOSTING).unwrap()).unwrap()
}

/// A stream of scans in the simulator's form: few codes so that some outgrow
/// their history, with previews, repeats, unknown codes and disorder.
pub fn stream(seed: u64, scans: u64) -> Vec<String> {
    let mut dice = Dice(seed);
    let mut lines: Vec<String> = Vec::new();
    for n in 0..scans {
        if n > 0 && dice.roll(20) == 0 {
            let again = dice.roll(n) as usize;
            lines.push(lines[again].clone());
            continue;
        }
        let (lat, lon, city) = CITIES[dice.roll(5) as usize];
        // Half an hour on from the last, sometimes a day back.
        let minutes = n * 30 - if dice.roll(15) == 0 { n.min(48) * 30 } else { 0 };
        let t = jiff::Timestamp::from_second(1_767_600_000 + 60 * minutes as i64).unwrap();
        let hosted = dice.roll(12) == 0;
        let device = (!hosted && dice.roll(8) > 0).then(|| format!("d{}", dice.roll(60)));
        let net = if hosted {
            "43.130.0.0/24".to_owned()
        } else {
            format!("117.{}.24.0/24", dice.roll(40))
        };
        let batch = if dice.roll(40) == 0 { 9 } else { 1 + dice.roll(2) };
        let channel = match dice.roll(25) {
            0 => "officer",
            1 => "factory",
            2 => "retail",
            3 => "preview",
            _ => "consumer",
        };
        let geo = if dice.roll(3) == 0 { "gps" } else { "ip" };
        let line = json!({"t": t.to_string(), "code": format!("b{batch:04}-{:06}", dice.roll(6)),
            "device": device, "ip_prefix": net, "lat": lat, "lon": lon, "city": city, "geo": geo,
            "channel": channel});
        lines.push(line.to_string());
    }
    lines
}

fn replay(folder: &Path, scans: &str, more: &[&str]) -> Output {
    fs::write(folder.join("scans.ndjson"), scans).unwrap();
    fs::write(folder.join("batches.ndjson"), BATCHES).unwrap();
    fs::write(folder.join("hosting.txt"), HOSTING).unwrap();
    let named =
        ["--scans", "scans.ndjson", "--batches", "batches.ndjson", "--hosting", "hosting.txt"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_zhenma"));
    command.arg("replay").args(named).args(more).current_dir(folder).output().unwrap()
}

fn answers(text: &[u8]) -> Vec<Value> {
    String::from_utf8_lossy(text).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn leads_are_ranked_and_hold_each_listed_code_once() {
    let folder = tempfile::tempdir().unwrap();
    let text = stream(7, 3_000).join("\n") + "\n";
    let asked = ["--out", "v.ndjson", "--leads", "end.ndjson"];
    assert!(replay(folder.path(), &text, &asked).status.success());
    let read = |name: &str| answers(&fs::read(folder.path().join(name)).unwrap());
    let leads = read("end.ndjson");
    let suspect: BTreeSet<String> = read("v.ndjson")
        .iter()
        .filter(|answer| answer["verdict"] == "suspect")
        .map(|answer| answer["code"].as_str().unwrap().to_owned())
        .collect();
    assert!(!suspect.is_empty(), "a stream without a suspect code tries nothing");
    let mut held = Vec::new();
    let number = |lead: &Value, name: &str| lead[name].as_f64().unwrap();
    for (rank, lead) in (1..).zip(&leads) {
        assert_eq!(lead["rank"], rank, "{lead}");
        let factors = ["probability", "harm", "freshness", "reach"].map(|name| number(lead, name));
        let product = 100.0 * factors.iter().product::<f64>();
        assert!((number(lead, "score") - product).abs() < 1e-6, "{lead}");
        assert!(lead["why"]["zh"].as_str().unwrap().ends_with('。'), "{lead}");
        assert!(lead["why"]["en"].as_str().unwrap().ends_with('.'), "{lead}");
        let codes = lead["codes"].as_array().unwrap().iter();
        held.extend(codes.map(|code| code.as_str().unwrap().to_owned()));
    }
    assert!(leads.windows(2).all(|two| number(&two[0], "score") >= number(&two[1], "score")));
    let once: BTreeSet<String> = held.iter().cloned().collect();
    assert_eq!(once.len(), held.len(), "a code is in two leads");
    assert!(once.is_superset(&suspect), "{once:?} {suspect:?}");

    // A day in the midst has fewer, and the day behind the end has all of them.
    let days = ["--leads", "d.ndjson", "--leads-at", "2027-12-31", "--leads-at", "2026-01-05"];
    assert!(replay(folder.path(), &text, &days).status.success());
    let found = read("d.ndjson");
    let at = |day: &str| found.iter().filter(|lead| lead["at"] == day).count();
    assert!(at("2026-01-05") < at("2027-12-31"), "{found:?}");
    assert_eq!(at("2027-12-31"), leads.len());
}

#[test]
fn every_line_is_answered_in_turn_and_a_broken_one_by_its_number() {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = stream(7, 300);
    let good = replay(folder.path(), &(lines.join("\n") + "\n"), &["--out", "v.ndjson"]);
    let said = String::from_utf8_lossy(&good.stderr).into_owned();
    assert!(good.status.success() && good.stdout.is_empty(), "{said}");
    let whole = answers(&fs::read(folder.path().join("v.ndjson")).unwrap());
    assert_eq!(whole.len(), 300);
    for (line, answer) in lines.iter().zip(&whole) {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["code"], answer["code"]);
        let code = line["code"].as_str().unwrap();
        let unknown = code.starts_with("b0009");
        assert_eq!(answer["verdict"] == "not_genuine", unknown, "{answer}");
        let early = line["t"].as_str().unwrap() < "2026-02-01" && code.starts_with("b0002");
        assert_eq!(answer["verdict"] == "not_on_sale", early, "{line} {answer}");
        assert!((0.0..=1.0).contains(&answer["score"].as_f64().unwrap()));
        assert!(!answer["reasons"].as_array().unwrap().is_empty());
    }
    let counted = |what: &str| {
        let before = said.split(what).next().unwrap().trim();
        before.rsplit([' ', ';']).next().unwrap().parse::<u64>().unwrap()
    };
    assert_eq!(counted(" scans of"), 300);
    assert!(counted(" repeated") > 0 && counted(" out of order") > 0, "{said}");

    // Broken lines take nothing from the others.
    let long = "x".repeat(70_000);
    for (at, broken) in
        [(3, "{\"t\":"), (9, ""), (20, "{\"t\":\"2026-01-06T00:00:00Z\"}"), (40, long.as_str())]
    {
        lines.insert(at, broken.to_owned());
    }
    lines.insert(50, lines[60].replace("\"117.", "\"nowhere."));
    lines.insert(51, lines[61].replace("consumer", "friend"));
    let out = replay(folder.path(), &lines.join("\n"), &[]);
    assert_eq!(out.status.code(), Some(2));
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    let told: Vec<Value> = answers(&out.stdout);
    assert_eq!(told.len(), lines.len());
    let (broken, rest): (Vec<_>, Vec<_>) = told.into_iter().partition(|a| !a["line"].is_null());
    for answer in &broken {
        let n = answer["line"].as_u64().unwrap();
        let expected = json!({"line": n, "verdict": "cannot_confirm", "score": 0.0,
            "reasons": ["line_unreadable"]});
        assert_eq!(*answer, expected);
        assert!(said.contains(&format!("line {n}: ")), "{said}");
    }
    let numbers: Vec<u64> = broken.iter().map(|a| a["line"].as_u64().unwrap()).collect();
    assert!([4, 10, 21, 41, 51].iter().all(|n| numbers.contains(n)), "{numbers:?}");
    assert!(said.contains(&format!("{} lines could not be read", broken.len())), "{said}");
    assert_eq!(rest, whole);
}

#[test]
fn a_hundred_thousand_scans_of_one_code_stay_one_bounded_history() {
    let mut engine = zhenma::scan::replay::Replay::new(
        recording(),
        zhenma::scan::judge::Policy::shipped(),
        false,
    );
    let line = |n: u64| {
        let t = jiff::Timestamp::from_second(1_770_000_000 + n as i64).unwrap();
        format!(
            r#"{{"t":"{t}","code":"b0001-000001","device":"d{n}","ip_prefix":"117.24.75.0/24","lat":33.63,"lon":114.7,"city":"Zhoukou","geo":"ip","channel":"consumer"}}"#
        )
    };
    let scans = 100_000;
    let mut last = String::new();
    for n in 0..scans {
        let line = line(n);
        let answer = engine.line(&line).unwrap();
        assert!(answer.score.is_finite());
        last = answer.verdict.to_owned();
    }
    assert_eq!((engine.codes(), engine.counts.scans), (1, scans));
    // One network is one witness, however many phones it claims: this is what
    // a robot can do to a bottle that it saw on a shelf.
    assert_eq!(last, "seen_before");
}
