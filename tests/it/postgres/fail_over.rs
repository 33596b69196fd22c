//! A standby that had not all takes over under a server that runs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use zhenma::app::live::{Keys, Live};
use zhenma::base::clock::SystemClock;
use zhenma::keys::office::development_signer;
use zhenma::keys::{KeyDir, development};
use zhenma::registry::port::RegistryLedger;
use zhenma::registry::{Bilingual, RangeFact, RangeState, Register, Standing};
use zhenma::store::sql::Ledger;

use super::{one_batch, stocked};
use crate::book::{NOW, by};
use crate::postgres_server::PostgresServer;
use crate::thousand::line::{End, Line};

const DEADLINE: Duration = Duration::from_secs(30);

/// Batches, and those of them whose first label is blocked.
fn batches(register: &Register) -> (usize, usize) {
    let is_blocked = |standing: Standing| matches!(standing, Standing::Withdrawn { .. });
    let blocked = register.batches.values().filter(|batch| is_blocked(batch.standing(0)));
    (register.batches.len(), blocked.count())
}

async fn block(ledger: &Ledger) {
    let both = |text: &str| Bilingual { zh: text.to_owned(), en: text.to_owned() };
    let batch = ledger.batches(None, 1).await.expect("read").remove(0);
    let fact = RangeFact {
        id: uuid::Uuid::nil(),
        batch: batch.id,
        first: 0,
        last: 9,
        state: RangeState::Blocked,
        reason: both("test"),
        remedy: both("test"),
        set_by: "shell".to_owned(),
        set_at: NOW,
        until: None,
        lifted_at: None,
    };
    ledger.add_range(&fact, &by("shell", 1)).await.expect("blocked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_answers_by_nothing_that_the_standby_lacked() {
    let Some(first) = PostgresServer::durable() else { return };
    let database = first.database();
    let (_, name) = database.rsplit_once('/').expect("a database");
    let line = Line::to(vec![End::Socket(first.socket())]).await;
    let ledger = stocked(&format!("postgres://zhenma@127.0.0.1:{}/{name}", line.port)).await;
    one_batch(&ledger).await.expect("registered");
    let second = first.follower();
    // What is committed from now on is not there.
    second.end("INT");
    block(&ledger).await;

    let folder = tempfile::tempdir().expect("a folder");
    let keys = KeyDir::at(folder.path());
    keys.publish_office(&development_signer(), NOW).expect("published");
    let signer = development::signer(1).expect("a development key");
    keys.publish(&signer, "宋河", NOW).expect("published");
    let of_live = Arc::new(ledger.clone());
    let live = Live::load(keys, Keys::Development, of_live, Arc::new(SystemClock)).await;
    let live = live.expect("read");
    let register = Arc::clone(&live.register);
    assert_eq!(batches(&register.load()), (1, 1));
    let (revision, timeline) = (register.load().revision, register.load().timeline);
    let stop = CancellationToken::new();
    let keeping = tokio::spawn(live.keep(stop.clone()));

    first.end("KILL");
    second.run();
    second.promote();
    let url = second.url(name);
    // Under the number that the block had.
    let later = Ledger::connect(&url, NOW).await.expect("opens");
    one_batch(&later).await.expect("registered");
    let again = second.sql(&url, "SELECT revision FROM register_revision");
    assert_eq!(again.trim(), revision.to_string(), "it is given a second time");
    line.lead(End::Socket(second.socket()));

    let deadline = Instant::now() + DEADLINE;
    while batches(&register.load()) != (2, 0) {
        assert!(Instant::now() < deadline, "{:?}", batches(&register.load()));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(register.load().timeline > timeline);
    one_batch(&later).await.expect("registered");
    while batches(&register.load()) != (3, 0) {
        assert!(Instant::now() < deadline, "what comes then is not heard of");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.cancel();
    keeping.await.expect("ended");
}
