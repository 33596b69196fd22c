//! What is of PostgreSQL alone: its server dies and comes back, several processes
//! write at once, and what was acknowledged is there. What a ledger promises on
//! either database is tried by the tests of each area (`ledger_bed`).

mod fail_over;
mod schema;
mod tls;
mod workers;

use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use zhenma::base::LedgerError;
use zhenma::registry::Register;
use zhenma::registry::port::{Registered, Registration, RegistryLedger};
use zhenma::registry::service::renew;
use zhenma::store::sql::Ledger;
use zhenma::store::sql::lease::Work;

use crate::book::{NOW, by, maker, prepared, product};
use crate::http_log::Paper;
use crate::postgres_server::PostgresServer;

/// A ledger with one maker and its product.
async fn stocked(url: &str) -> Ledger {
    stock(Ledger::connect(url, NOW).await.expect("opens")).await
}

async fn stock(ledger: Ledger) -> Ledger {
    let objects = [Registration::Enterprise(maker()), Registration::Product(product())];
    let objects: Vec<_> = objects.into_iter().map(|object| (0, object)).collect();
    ledger.register(&objects, &by("shell", 0)).await.expect("registered");
    ledger
}

async fn one_batch(ledger: &Ledger) -> Result<u32, LedgerError> {
    let object = [(0, Registration::Batch(prepared(10)))];
    let done = ledger.register(&object, &by("shell", 0)).await?;
    let [Registered::Batch(id)] = done[..] else { panic!("{done:?}") };
    Ok(id.batch)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_write_at_once_take_turns() {
    let Some(server) = PostgresServer::shared() else { return };
    let url = server.database();
    let mut servers = vec![stocked(&url).await];
    for _ in 0..2 {
        servers.push(Ledger::connect(&url, NOW).await.expect("opens"));
    }
    let writing = servers.iter().map(|ledger| async move {
        let mut numbers = Vec::new();
        for _ in 0..10 {
            numbers.push(one_batch(ledger).await.expect("registered"));
        }
        numbers
    });
    let mut numbers: Vec<u32> =
        futures::future::join_all(writing).await.into_iter().flatten().collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=30).collect::<Vec<_>>(), "each batch has a number of its own");
    let trail = server.sql(&url, "SELECT MIN(seq), MAX(seq), COUNT(*) FROM audit");
    assert_eq!(trail.trim(), "1|31|31", "the trail has no gap");
    let revisions = server.sql(&url, "SELECT COUNT(DISTINCT revision) FROM batches");
    assert_eq!(revisions.trim(), "30");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_start_together_migrate_once() {
    let Some(server) = PostgresServer::shared() else { return };
    let url = server.empty();
    let opening = (0..4).map(|_| Ledger::connect(&url, NOW));
    for opened in futures::future::join_all(opening).await {
        opened.expect("opens");
    }
    assert_eq!(server.sql(&url, "SELECT COUNT(*) FROM installation").trim(), "1");
}

// One thread: the log is that thread's own.
#[tokio::test]
async fn a_migration_that_takes_long_does_not_fill_the_log_with_its_text() {
    let Some(server) = PostgresServer::shared() else { return };
    let paper = Paper::default();
    // As in `http_log`.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let log = tracing_subscriber::fmt().with_ansi(false).with_writer(paper.clone()).finish();
    let _log = tracing::subscriber::set_default(log);
    let url = server.empty();
    // Somebody has a table of that name for longer than the driver calls slow.
    let holder = std::thread::spawn({
        let url = url.clone();
        let held = "BEGIN; CREATE TABLE enterprises (id INT); SELECT pg_sleep(1.5); ROLLBACK";
        move || server.sql(&url, held)
    });
    let sleeps = "SELECT count(*) FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event = 'PgSleep'";
    while server.sql(&url, sleeps).trim() != "1" {
        assert!(!holder.is_finished(), "nobody holds the table");
    }
    Ledger::connect(&url, NOW).await.expect("opens");
    holder.join().expect("it let go");
    assert!(!paper.text().contains("CREATE TABLE"), "{}", paper.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_open_a_file_together_migrate_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ledger.sqlite");
    let opening: Vec<_> = (0..8)
        .map(|_| {
            tokio::spawn({
                let path = path.clone();
                async move { Ledger::open(&path, NOW).await }
            })
        })
        .collect();
    for opened in opening {
        opened.await.expect("ended").expect("opens").close().await;
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("read").flatten().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_of_a_newer_version_is_refused() {
    let Some(server) = PostgresServer::shared() else { return };
    let url = server.database();
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, \
                 execution_time) VALUES (9999, 'later', true, '', 0)";
    server.sql(&url, newer);
    let refused = Ledger::connect(&url, NOW).await.err().expect("refused");
    assert!(matches!(refused, LedgerError::NewerVersion(9999)), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_outlives_a_server_that_is_told_not_to_wait_for_the_disk() {
    let Some(server) = PostgresServer::durable() else { return };
    let url = server.database();
    let name = url.rsplit_once('/').expect("a database").1;
    server.sql(&url, &format!("ALTER DATABASE {name} SET synchronous_commit = off"));
    // What nobody waits for is not written before that.
    server.sql(&url, "ALTER SYSTEM SET wal_writer_delay = '10s'");
    server.sql(&url, "SELECT pg_reload_conf()");
    let ledger = stocked(&url).await;
    let batch = one_batch(&ledger).await.expect("registered");
    server.end("QUIT");
    // Nothing answers; nobody waits for ever.
    let begun = Instant::now();
    let error = ledger.enterprises().await.expect_err("nobody is there");
    assert!(matches!(error, LedgerError::Unavailable(_)), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    server.run();
    assert_eq!(ledger.batches(None, 9).await.expect("again there").len(), 1);
    assert_eq!(one_batch(&ledger).await.expect("writes again"), batch + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_is_in_no_error() {
    let Some(server) = PostgresServer::shared() else { return };
    let url = server.database();
    for wrong in [
        url.replace("zhenma@", "nobody:geheim@"),
        "postgres://zhenma:geheim@127.0.0.1:1/ledger".to_owned(),
        "postgres://zhenma:geheim@host.invalid/ledger".to_owned(),
        "postgres://zhenma:geheim@[/ledger".to_owned(),
    ] {
        let error = Ledger::connect(&wrong, NOW).await.err().expect("refused").to_string();
        assert!(!error.contains("geheim") && !error.is_empty(), "{error}");
    }
}

/// As where a standby takes over that had not all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_that_went_back_is_read_anew() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str| folder.path().join(name).join("ledger.sqlite");
    let first = stock(Ledger::open(&file("first"), NOW).await.expect("opens")).await;
    let second = stock(Ledger::open(&file("second"), NOW).await.expect("opens")).await;
    for _ in 0..3 {
        one_batch(&first).await.expect("registered");
    }
    one_batch(&second).await.expect("registered");
    let register = ArcSwap::from_pointee(Register::default());
    for (ledger, batches) in [(&first, 3), (&second, 1)] {
        renew(ledger, &register, NOW).await.expect("read");
        assert_eq!(register.load().batches.len(), batches);
    }
    one_batch(&second).await.expect("registered");
    renew(&second, &register, NOW).await.expect("read");
    assert_eq!(register.load().batches.len(), 2, "what comes then is heard of");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_is_refused_until_it_is_promoted() {
    let Some(first) = PostgresServer::durable() else { return };
    let url = first.database();
    let (_, name) = url.rsplit_once('/').expect("a database");
    let second = first.follower();
    let url = second.url(name);
    let refused = Ledger::connect(&url, NOW).await.err().expect("refused").to_string();
    assert!(refused.contains("standby"), "{refused}");
    second.promote();
    Ledger::connect(&url, NOW).await.expect("it is a server of its own");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_lost_its_turn_writes_nothing() {
    let Some(server) = PostgresServer::shared() else { return };
    let url = server.database();
    let (first, second) = (stocked(&url).await, Ledger::connect(&url, NOW).await.expect("opens"));
    let mut lease = first.take_work(Work::Worker, NOW).await.expect("answered").expect("free");
    assert!(second.take_work(Work::Worker, NOW).await.expect("answered").is_none());
    assert!(second.take_work(Work::Courier, NOW).await.expect("answered").is_some());
    let working = first.under(&lease);
    one_batch(&working).await.expect("its turn");
    // The session that holds it dies, as with its network; it has not heard of it.
    server.sql(
        &url,
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'
         AND classid = 73108687 AND objid = 1 AND granted
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    );
    let deadline = Instant::now() + Duration::from_secs(10);
    let taken = loop {
        match second.take_work(Work::Worker, NOW).await.expect("answered") {
            Some(lease) => break lease,
            None => assert!(Instant::now() < deadline, "nobody takes over"),
        }
    };
    let error = one_batch(&working).await.expect_err("another's turn").to_string();
    assert!(error.contains("another process is the worker"), "{error}");
    one_batch(&second.under(&taken)).await.expect("its turn");
    tokio::time::timeout(Duration::from_secs(10), lease.lost()).await.expect("hears of it");
}

/// What a later version may do to tables that the former has in use.
const LATER: &str = "
    ALTER TABLE enterprises ADD COLUMN later TEXT;
    ALTER TABLE products ADD COLUMN later BIGINT NOT NULL DEFAULT 0;
    ALTER TABLE batches ADD COLUMN later BIGINT NOT NULL DEFAULT 0;
    ALTER TABLE audit ADD COLUMN later TEXT;
    CREATE TABLE latest (id BIGINT PRIMARY KEY)";

/// A version that has the ledger open goes on with it while a later one migrates.
async fn goes_on(ledger: Ledger, migrate: impl FnOnce()) {
    let ledger = stock(ledger).await;
    let makers = ledger.enterprises().await.expect("read").len();
    assert!(makers > 0);
    for _ in 0..20 {
        assert_eq!(ledger.enterprises().await.expect("read").len(), makers);
        one_batch(&ledger).await.expect("written");
    }
    let batches = ledger.batches(None, 50).await.expect("read").len();
    migrate();
    for more in 0..20 {
        assert_eq!(ledger.enterprises().await.expect("read").len(), makers);
        assert_eq!(ledger.batches(None, 50).await.expect("read").len(), batches + more);
        one_batch(&ledger).await.expect("written");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_beneath_an_open_server_breaks_none_of_its_statements() {
    let Some(server) = PostgresServer::shared() else { return };
    let url = server.database();
    let ledger = Ledger::connect(&url, NOW).await.expect("opens");
    goes_on(ledger, || drop(server.sql(&url, LATER))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_of_a_file_breaks_no_statement_of_who_has_it_open() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ledger.sqlite");
    let ledger = Ledger::open(&path, NOW).await.expect("opens");
    let migrate = || {
        let file = rusqlite::Connection::open(&path).expect("opens");
        file.busy_timeout(Duration::from_secs(5)).expect("set");
        file.execute_batch(&format!("BEGIN IMMEDIATE; {LATER}; COMMIT")).expect("migrated");
    };
    goes_on(ledger, migrate).await;
}
