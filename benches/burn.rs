//! What it takes to make a genuine label look copied: the engine that answers
//! scans, the shipped policy, and robots that scan until the label is
//! `suspect`. `cargo bench --bench burn`, or with `--profile dev`.

use std::collections::BTreeSet;

use serde_json::json;
use zhenma::scan::hosting::Hosting;
use zhenma::scan::judge::Policy;
use zhenma::scan::replay::{Recording, Replay};

/// When, or in which town, the robot of a number scans.
type Pick = fn(u32) -> u32;

const DAY: u32 = 24 * 60;
const NETWORKS_MAX: u32 = 64;
const MINUTES_MAX: u32 = 365 * DAY;
/// The batch was made for the province of the first.
const TOWNS: [(f64, f64); 13] = [
    (33.63, 114.70),
    (23.13, 113.26),
    (31.23, 121.47),
    (39.90, 116.40),
    (30.57, 104.07),
    (43.83, 87.62),
    (45.80, 126.53),
    (36.65, 117.12),
    (30.27, 120.15),
    (28.23, 112.94),
    (26.07, 119.30),
    (25.04, 102.71),
    (34.26, 108.94),
];
/// The label that is burned alone.
const LABEL: u32 = 5;
/// Labels that a farm burns together.
const LABELS: u32 = 50;

struct Scan<'a> {
    label: u32,
    minute: u32,
    /// Without a cookie none.
    phone: Option<&'a str>,
    /// A /16, and which of its /24.
    network: (u32, u32),
    town: u32,
}

struct Engine(Replay);

impl Engine {
    /// A batch of ten thousand for Henan, of which four hundred were scanned
    /// by their buyers: at home, and by one in thirty-three elsewhere.
    fn new() -> Self {
        let batch = json!({"batch": "b", "size": 10_000, "made_t": "2026-01-01T00:00:00Z",
            "destination_region": "Henan"});
        let batch = serde_json::from_value(batch).expect("a batch");
        let recording = Recording::new(vec![batch], Hosting::default()).expect("a recording");
        let mut engine = Self(Replay::new(recording, Policy::shipped(), false));
        for n in 0..400 {
            let town = if n % 33 == 7 { 1 + n / 33 % 12 } else { 0 };
            let (phone, network) = (format!("other {n}"), (1_000 + n, 0));
            let (label, minute) = (5_000 + n * 3, n * 200);
            engine.is_suspect(&Scan { label, minute, phone: Some(&phone), network, town });
        }
        engine
    }

    fn is_suspect(&mut self, scan: &Scan<'_>) -> bool {
        let seconds = 1_770_000_000 + i64::from(scan.minute) * 60;
        let t = jiff::Timestamp::from_second(seconds).expect("an instant");
        let (lat, lon) = TOWNS[scan.town as usize];
        let (provider, own) = scan.network;
        let [_, _, a, b] = provider.to_be_bytes();
        let line = json!({"t": t.to_string(), "code": format!("b-{}", scan.label),
            "device": scan.phone, "ip_prefix": format!("{}.{b}.{own}.0/24", 20 + a), "lat": lat,
            "lon": lon, "geo": "ip", "channel": "consumer"});
        let line = line.to_string();
        self.0.line(&line).expect("it reads").verdict == "suspect"
    }

    /// A buyer at home who looks twice, with somebody of the household.
    fn buyer(&mut self, label: u32, minute: u32) -> bool {
        let mut suspect = false;
        for (after, who, network) in [(0, 0, 0), (60, 0, 0), (180, 1, 0), (8 * DAY, 0, 1)] {
            let (phone, network) =
                (format!("buyer {label} {who}"), (2_000 + 2 * label + network, 0));
            let (minute, phone) = (minute + after, Some(phone.as_str()));
            suspect |= self.is_suspect(&Scan { label, minute, phone, network, town: 0 });
        }
        suspect
    }
}

/// What the robots of one label bring.
#[derive(Clone, Copy)]
struct Robots {
    /// Fresh ones each time, or none.
    cookies: bool,
    /// The label was bought before.
    after_a_buyer: bool,
    /// All networks are one provider's, else each has its own.
    one_provider: bool,
}

/// Robots, each on a network of its own, until the label is suspect: how many,
/// and on which day.
fn until_suspect(when: Pick, town: Pick, robots: Robots) -> String {
    let mut engine = Engine::new();
    let start = 100 * DAY;
    if robots.after_a_buyer {
        engine.buyer(LABEL, start - 20 * DAY);
    }
    for n in 0..NETWORKS_MAX {
        let minute = when(n);
        if minute > MINUTES_MAX {
            break;
        }
        let phone = format!("robot {n}");
        let phone = robots.cookies.then_some(phone.as_str());
        let network = if robots.one_provider { (10, n) } else { (10 + n, 0) };
        let town = town(n);
        let minute = start + minute;
        if engine.is_suspect(&Scan { label: LABEL, minute, phone, network, town }) {
            return format!("{} in {}", n + 1, (minute - start) / DAY + 1);
        }
    }
    "never".to_owned()
}

struct Farm {
    phones: u32,
    networks: u32,
    town: Pick,
    /// Labels beside one another, or so many numbers apart.
    apart: u32,
}

/// Every label once a day for sixty days, by one phone after another, before or
/// after its buyer: how many labels are suspect in the end.
fn burned(farm: &Farm, buyers_first: bool) -> usize {
    let mut engine = Engine::new();
    let mut suspect = BTreeSet::new();
    let buyers = |engine: &mut Engine, suspect: &mut BTreeSet<u32>, from: u32| {
        for n in 0..LABELS {
            if engine.buyer(n * farm.apart, from + n * 540) {
                suspect.insert(n);
            }
        }
    };
    if buyers_first {
        buyers(&mut engine, &mut suspect, 60 * DAY);
    }
    for day in 0..60 {
        for n in 0..LABELS {
            let robot = (day + n) % farm.phones;
            let (label, minute) = (n * farm.apart, (100 + day) * DAY + n * 3);
            let (phone, network) = (format!("robot {robot}"), (10 + robot % farm.networks, 0));
            let (phone, town) = (Some(phone.as_str()), (farm.town)(robot));
            if engine.is_suspect(&Scan { label, minute, phone, network, town }) {
                suspect.insert(n);
            }
        }
    }
    if !buyers_first {
        buyers(&mut engine, &mut suspect, 162 * DAY);
    }
    suspect.len()
}

/// One label after another, each of them once a day by each network of the
/// farm, after its buyer: how many are suspect in the end.
fn burned_in_turn(farm: &Farm) -> usize {
    let mut engine = Engine::new();
    let mut suspect = BTreeSet::new();
    for n in 0..LABELS {
        engine.buyer(n * farm.apart, 60 * DAY + n * 540);
    }
    for turn in 0..LABELS * farm.networks {
        let (n, robot) = (turn / farm.networks, turn % farm.networks);
        let (label, minute) = (n * farm.apart, (100 + turn) * DAY);
        let phone = format!("robot {robot}");
        let (phone, network, town) = (Some(phone.as_str()), (10 + robot, 0), (farm.town)(robot));
        if engine.is_suspect(&Scan { label, minute, phone, network, town }) {
            suspect.insert(n);
        }
    }
    suspect.len()
}

const HOME: Pick = |_| 0;
const OTHER: Pick = |_| 1;
const SPREAD: Pick = |n| 1 + n % 12;

fn main() {
    println!(
        "| robots scan | where | fresh cookies | no cookies | after a buyer | the same, one provider |"
    );
    println!("|---|---|---|---|---|---|");
    let when: [(&str, Pick); 6] = [
        ("all in one night", |n| n * 5),
        ("once an hour", |n| n * 60),
        ("once a day", |n| n * DAY),
        ("once a week", |n| n * 7 * DAY),
        ("three a fortnight", |n| n / 3 * 14 * DAY + n % 3 * 60),
        ("once a month", |n| n * 30 * DAY),
    ];
    let places = [("home", HOME), ("one other", OTHER), ("twelve others", SPREAD)];
    for (rhythm, when) in when {
        for (place, town) in places {
            let fresh = Robots { cookies: true, after_a_buyer: false, one_provider: false };
            let none = Robots { cookies: false, ..fresh };
            let after = Robots { after_a_buyer: true, ..fresh };
            let one = Robots { one_provider: true, ..after };
            let tried = [fresh, none, after, one].map(|robots| until_suspect(when, town, robots));
            println!("| {rhythm} | {place} | {} |", tried.join(" | "));
        }
    }
    println!();
    println!(
        "| phones | networks | where | beside, before buyers | after | in turn | apart, before | after | in turn |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for (phones, networks) in [(1, 1), (3, 1), (50, 1), (3, 3), (50, 3), (6, 6), (12, 12)] {
        for (place, town) in places {
            print!("| {phones} | {networks} | {place} |");
            for apart in [1, 40] {
                let farm = Farm { phones, networks, town, apart };
                let (before, after) = (burned(&farm, false), burned(&farm, true));
                print!(" {before} | {after} | {} |", burned_in_turn(&farm));
            }
            println!();
        }
    }
}
