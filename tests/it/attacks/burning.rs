//! Robots that scan a genuine label over HTTP. Each attack is what one robot,
//! one network or one farm can do; where the same scans would accuse from true
//! networks, that is asserted beside it, so that the attack is a real one.

use std::sync::PoisonError;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use zhenma::scan::ledger::AcrossLedger;

use crate::follower::Desk;
use crate::http_bed::{self as bed, Bed};

const DAY_S: i64 = 86_400;
const HOUR_S: i64 = 3_600;

/// Sends what it likes.
pub struct Robot {
    client: Client,
    url: String,
}

impl Robot {
    pub fn at(bed: &Bed) -> Self {
        Self { client: Client::new(), url: format!("{}/api/v1/scans", bed.base) }
    }

    /// A cookie that it made up, as good as one of ours.
    pub fn ask(&self, phone: u32, body: &Value) -> RequestBuilder {
        let mut bytes = [9; 16];
        bytes[..4].copy_from_slice(&phone.to_be_bytes());
        let cookie = format!("zm_device={}", BASE64_URL_SAFE_NO_PAD.encode(bytes));
        self.client.post(&self.url).header("cookie", cookie).json(body)
    }

    pub async fn told(request: RequestBuilder) -> Value {
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        response.json().await.expect("JSON")
    }

    /// A scan through the proxy that is trusted, from `203.N.P.0/24` in province P.
    pub async fn scan(&self, label: u64, phone: u32, (n, province): (u32, u32)) -> Value {
        let request = self.ask(phone, &json!({"code": bed::code(label)}));
        let request = request.header("x-forwarded-for", format!("203.{n}.{province}.77"));
        Self::told(request).await
    }

    /// Its buyer's household in Henan, some days before.
    pub async fn buyer(&self, bed: &Bed, label: u64) {
        let household = 900_000 + u32::try_from(label).expect("small") * 2;
        let network = household % 200;
        self.scan(label, household, (network, 41)).await;
        bed.later(2 * HOUR_S);
        self.scan(label, household + 1, (network, 41)).await;
        bed.later(5 * DAY_S);
    }
}

fn accuses(answer: &Value) -> bool {
    answer["outcome"] == "suspect"
}

#[tokio::test]
async fn a_thousand_cookies_on_one_network_over_two_months_accuse_nobody() {
    let bed = Bed::start().await;
    let robot = Robot::at(&bed);
    robot.buyer(&bed, 1).await;
    for n in 0..1_000 {
        let answer = robot.scan(1, n, (7, 44)).await;
        assert!(!accuses(&answer), "scan {n}: {answer}");
        bed.later(5_000);
    }
}

/// A thousand addresses in the headers of a peer, over two months.
async fn forged_headers(bed: &Bed) -> bool {
    let robot = Robot::at(bed);
    let mut accused = false;
    for n in 0..1_000_u32 {
        let address = format!("203.{}.{}.9", n % 200, 11 + n % 50);
        let request = robot.ask(n, &json!({"code": bed::code(1)}));
        let request = request
            .header("x-forwarded-for", &address)
            .header("forwarded", format!("for={address}"))
            .header("x-real-ip", &address);
        accused |= accuses(&Robot::told(request).await);
        bed.later(5_000);
    }
    accused
}

#[tokio::test]
async fn addresses_forged_in_headers_accuse_only_where_their_writer_is_trusted() {
    let stranger = Bed::start_with(|mut services| {
        services.trusted_proxies = std::sync::Arc::new([]);
        services
    });
    assert!(!forged_headers(&stranger.await).await);
    assert!(forged_headers(&Bed::start().await).await, "the attack was none");
}

#[tokio::test]
async fn a_scan_id_replayed_from_many_addresses_is_one_scan() {
    let bed = Bed::start().await;
    let robot = Robot::at(&bed);
    let body = json!({"code": bed::code(1), "scan_id": "01890a5d-ac96-774b-bcce-b302099a8057"});
    for n in 0..60 {
        let request = robot.ask(n, &body);
        let request = request.header("x-forwarded-for", format!("203.{n}.{}.9", 11 + n % 50));
        let answer = Robot::told(request).await;
        assert!(!accuses(&answer));
        assert_eq!(answer["scans"]["count"], 1, "{answer}");
        bed.later(DAY_S);
    }
}

#[tokio::test]
async fn a_farm_of_fifty_phones_on_three_networks_accuses_nobody_in_sixty_days() {
    let bed = Bed::start().await;
    let robot = Robot::at(&bed);
    robot.buyer(&bed, 1).await;
    // An office, a tunnel that no list names, a home.
    let networks = [(7, 44), (8, 31), (9, 51)];
    for day in 0..60 {
        for n in 0..10 {
            let answer = robot.scan(1, (day * 10 + n) % 50, networks[(n % 3) as usize]).await;
            assert!(!accuses(&answer), "day {day}: {answer}");
        }
        bed.later(DAY_S);
    }
}

/// A phone that takes a new address of its carrier each day and forgets who it
/// is: sixty networks of one /16. With as many of their own it accuses.
#[tokio::test]
async fn a_phone_with_a_new_address_of_its_provider_each_day_accuses_nobody() {
    for one_provider in [true, false] {
        let bed = Bed::start().await;
        let robot = Robot::at(&bed);
        robot.buyer(&bed, 1).await;
        let mut accused = false;
        for n in 0..60 {
            let provider = if one_provider { 207 } else { 100 + n };
            accused |= accuses(&robot.scan(1, n, (provider, 100 + n)).await);
            bed.later(DAY_S);
        }
        assert_eq!(accused, !one_provider);
    }
}

#[tokio::test]
async fn three_providers_are_too_few_and_eight_are_not() {
    for (networks, enough) in [(3, false), (8, true)] {
        let bed = Bed::start().await;
        let robot = Robot::at(&bed);
        robot.buyer(&bed, 1).await;
        let mut accused = false;
        for n in 0..40 {
            accused |= accuses(&robot.scan(1, n, (n % networks, 44)).await);
            bed.later(DAY_S);
        }
        assert_eq!(accused, enough, "{networks} providers");
    }
}

#[tokio::test]
async fn places_claimed_all_over_the_country_from_one_network_accuse_nobody() {
    for phones in [1, 50] {
        let bed = Bed::start().await;
        let robot = Robot::at(&bed);
        robot.buyer(&bed, 1).await;
        for n in 0..60_u32 {
            let location = json!({"lat": 22.0 + f64::from(n % 20), "lon": 88.0 + f64::from(n % 35),
                "accuracy_m": 20});
            let body = json!({"code": bed::code(1), "location": location});
            let request = robot.ask(n % phones, &body).header("x-forwarded-for", "203.7.44.77");
            let answer = Robot::told(request).await;
            assert!(!accuses(&answer), "{phones} phones, scan {n}: {answer}");
            bed.later(DAY_S);
        }
    }
}

#[tokio::test]
async fn onlookers_of_a_photo_and_a_family_over_a_year_accuse_nobody() {
    let bed = Bed::start().await;
    let robot = Robot::at(&bed);
    robot.buyer(&bed, 1).await;
    for night in 0..2 {
        for n in 0..30 {
            let answer = robot.scan(1, night * 30 + n, (night * 30 + n, 11 + n % 50)).await;
            assert_eq!(answer["outcome"], "seen_before", "{answer}");
            bed.later(600);
        }
        bed.later(DAY_S - 30 * 600);
    }
    // Four phones at home, at work, and on a mobile network of the province.
    for week in 0..52_u32 {
        for phone in 0..4 {
            let network = [(1, 41), (1, 41), (2, 41), (3, 41)][((week + phone) % 4) as usize];
            let answer = robot.scan(2, 500 + phone, network).await;
            assert!(!accuses(&answer), "week {week}: {answer}");
        }
        bed.later(7 * DAY_S);
    }
}

/// Days of a farm over twenty labels beside one another, each bought before,
/// with a worker behind; gives how many were accused.
async fn farm_over_labels(networks: u32) -> usize {
    let desk = Desk::new().await;
    let site = &desk.site;
    let state = site.services.scanner.state.clone();
    let robot = Robot::at(site);
    for label in 100..120 {
        robot.buyer(site, label).await;
    }
    let mut accused = std::collections::BTreeSet::new();
    for day in 0..12 {
        for label in 100..120_u64 {
            let n = (day + u32::try_from(label).expect("small")) % networks;
            if accuses(&robot.scan(label, n, (210 + n, 44)).await) {
                accused.insert(label);
            }
        }
        desk.follow_all(&state).await;
        let across = &site.services.scanner.across;
        let since = across.read().unwrap_or_else(PoisonError::into_inner).revision;
        let changes = desk.ledger.across_since(since).await.expect("read").expect("news");
        across.write().unwrap_or_else(PoisonError::into_inner).apply(changes);
        site.later(DAY_S);
    }
    accused.len()
}

#[tokio::test]
async fn a_farm_that_scans_many_labels_day_after_day_burns_none_of_them() {
    for networks in [1, 3, 6] {
        assert_eq!(farm_over_labels(networks).await, 0, "{networks} networks");
    }
}
