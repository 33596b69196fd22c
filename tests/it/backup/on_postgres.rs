//! The same with a ledger on PostgreSQL: the file is one, whatever it was taken from
//! and whatever it is restored into.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::types::Value as Cell;
use serde_json::Value;
use zhenma::registry::port::{Registration, RegistryLedger};
use zhenma::store::sql::Ledger;
use zhenma::store::sql::lease::Work;

use super::{
    DEADLINE, backup, counts, data, drill_on, has_what_was_acknowledged, is_recalled,
    is_the_store_that_was_followed, nothing_to_mend, ready, recall, restore, run, said,
};
use crate::book::{NOW, by, maker};
use crate::kills::{Buyers, check};
use crate::postgres_server::PostgresServer;
use crate::redis_server::RedisServer;
use crate::site::{Site, kill};
use crate::store_contract::bed::Dice;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_postgresql_and_redis_is_restored_into_both() {
    let (Some(server), Some(redis)) = (PostgresServer::shared(), RedisServer::start()) else {
        return;
    };
    let url = server.database();
    let destroy = || {
        redis.command::<()>("FLUSHALL");
        server.drop_database(&url);
    };
    drill_on((&redis.url(), Some(url.clone())), (&redis.url(), Some(server.empty())), destroy)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_postgresql_and_redis_is_restored_into_files() {
    let (Some(server), Some(redis)) = (PostgresServer::shared(), RedisServer::start()) else {
        return;
    };
    let url = server.database();
    let destroy = || server.drop_database(&url);
    let files = ("embedded", Some("embedded".to_owned()));
    drill_on((&redis.url(), Some(url.clone())), files, destroy).await;
}

/// Histories in a file, the ledger on a server: two clocks of two stores.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_postgresql_and_a_file_is_restored_into_both() {
    let Some(server) = PostgresServer::shared() else { return };
    let url = server.database();
    let destroy = || server.drop_database(&url);
    let again = ("embedded", Some(server.empty()));
    drill_on(("embedded", Some(url.clone())), again, destroy).await;
}

fn embedded() -> Site {
    Site::on("embedded", Some("embedded".to_owned()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_move_to_redis_and_postgresql_by_one_command() {
    let (Some(server), Some(redis)) = (PostgresServer::shared(), RedisServer::start()) else {
        return;
    };
    let url = server.empty();
    let mut site = embedded();
    recall(&site);
    site.start_serve();
    site.start_worker();
    let buyers = Buyers::start(&site);
    buyers.progress(200, &site).await;
    kill(&mut site.worker);
    buyers.progress(100, &site).await;
    let record = buyers.so_far();
    let all = buyers.finish().await;
    let to = ["move", "--to", &redis.url(), "--to", &url];
    let refused = run(&site, &to);
    assert!(said(&refused).contains("stop `serve` and `worker`"), "{}", said(&refused));
    kill(&mut site.serve);
    let before = counts(&site).await;
    let ledger = data(&site).join("ledger.sqlite");
    let rows = contents(&ledger).values().map(Vec::len).sum::<usize>();
    // A command at the shell, which has the ledger alone open.
    let writing = Connection::open(&ledger).expect("opens");
    writing.execute_batch("BEGIN IMMEDIATE").expect("begun");
    let refused = run(&site, &["move", "--to", &url]);
    assert!(!refused.status.success(), "somebody writes");
    assert_eq!(
        server.sql(&url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"),
        "0\n"
    );
    drop(writing);

    let moved = run(&site, &[&["--json"], &to[..]].concat());
    assert!(moved.status.success(), "{}", said(&moved));
    let moved: Value = serde_json::from_slice(&moved.stdout).expect("JSON");
    assert_eq!((&moved["histories"], &moved["not_issued"]), (&before.len().into(), &0.into()));
    // Beside what it had the ledger knows the logs of the Redis, by their 64 tags.
    let kept = contents(&data(&site).join("ledger.sqlite.moved"));
    assert_eq!(kept.values().map(Vec::len).sum::<usize>(), rows + 64);
    assert_eq!(moved["ledger"]["rows"], rows + 64, "{moved}");
    for name in ["ledger.sqlite", "scans.sqlite"] {
        assert!(!data(&site).join(name).exists(), "{name}");
        assert!(data(&site).join(format!("{name}.moved")).exists(), "{name}");
    }
    // Whoever forgot the settings makes no empty ledger, and no empty scan state.
    let forgotten = run(&site, &["batch", "list"]);
    assert!(said(&forgotten).contains("ZHENMA_LEDGER"), "{}", said(&forgotten));
    site.ledger = Some(url.clone());
    let forgotten = run(&site, &["serve"]);
    assert!(said(&forgotten).contains("ZHENMA_SCAN_STORE"), "{}", said(&forgotten));
    let doctor = run(&site, &["doctor"]);
    assert!(String::from_utf8_lossy(&doctor.stdout).contains("until the setting follows"));
    site.scan_store = redis.url();
    assert_eq!(counts(&site).await, before);
    is_the_store_that_was_followed(&site);
    has_what_was_acknowledged(&mut site, &record, &all).await;

    let other = embedded();
    let refused = run(&other, &["move", "--to", &url]);
    assert!(said(&refused).contains("has tables already"), "{}", said(&refused));
    other.shell(&["batch", "show", "1-1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_places_are_looked_at_before_one_is_written_to() {
    let (Some(server), Some(redis)) = (PostgresServer::shared(), RedisServer::start()) else {
        return;
    };
    let site = embedded();
    drop(site.state().await);
    let url = server.empty();
    server.sql(&url, "CREATE TABLE theirs (n int)");
    let refused = run(&site, &["move", "--to", &redis.url(), "--to", &url]);
    assert!(said(&refused).contains("has tables already"), "{}", said(&refused));
    assert_eq!(redis.command::<u64>("DBSIZE"), 0);
}

/// After a move that was refused the settings may name what was to be moved to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_database_is_not_served_beside_a_ledger_that_was_not_moved() {
    let Some(server) = PostgresServer::shared() else { return };
    let mut site = embedded();
    site.ledger = Some(server.empty());
    // The first of them makes the tables.
    for word in ["doctor", "serve", "worker", "doctor"] {
        let done = run(&site, &[word]);
        assert!(!done.status.success(), "{word}");
        let says = said(&done) + &String::from_utf8_lossy(&done.stdout);
        assert!(says.contains("was not moved there"), "{word}: {says}");
    }
    site.ledger = Some("embedded".to_owned());
    site.shell(&["batch", "show", "1-1"]);
}

/// The ledger first, the histories later: each way is one of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ledger_moves_alone_and_the_histories_follow() {
    let (Some(server), Some(redis)) = (PostgresServer::shared(), RedisServer::start()) else {
        return;
    };
    let mut site = embedded();
    recall(&site);
    site.start_serve();
    let buyers = Buyers::start(&site);
    buyers.progress(50, &site).await;
    let record = buyers.so_far();
    let all = buyers.finish().await;
    kill(&mut site.serve);
    let url = server.empty();
    site.shell(&["move", "--to", &url]);
    site.ledger = Some(url);
    nothing_to_mend(&site);
    site.shell(&["move", "--to", &redis.url()]);
    site.scan_store = redis.url();
    has_what_was_acknowledged(&mut site, &record, &all).await;
}

/// All rows of all tables of a file, as SQLite gives them.
fn contents(file: &Path) -> BTreeMap<String, Vec<Vec<Cell>>> {
    let file = Connection::open(file).expect("opens");
    let names = |sql: &str| -> Vec<String> {
        let mut names = file.prepare(sql).expect("sound");
        names.query_map([], |row| row.get(0)).expect("rows").map(|n| n.expect("a text")).collect()
    };
    let tables = names(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'
         AND name NOT LIKE '\\_sqlx%' ESCAPE '\\'",
    );
    tables
        .into_iter()
        .map(|table| {
            let mut all = file.prepare(&format!("SELECT * FROM \"{table}\"")).expect("sound");
            let width = all.column_count();
            let rows = all.query_map([], |row| (0..width).map(|n| row.get(n)).collect());
            let mut rows: Vec<Vec<Cell>> = rows.expect("rows").map(|r| r.expect("read")).collect();
            rows.sort_by_key(|row| format!("{row:?}"));
            (table, rows)
        })
        .collect()
}

/// What no usual installation has: the least and the largest of every kind.
const STRANGE: &str = "
    INSERT INTO scan_logs VALUES (7, x'00ff', 9223372036854775807, -9223372036854775808);
    INSERT INTO scans SELECT 7, n, -n, CAST(printf('%012d', n) AS BLOB), 1, 2, n, -1, 0, 0, 0,
        iif(n % 2, NULL, n / 3.0), iif(n % 3, -0.0, 1e-300), '', 0, n
        FROM (WITH RECURSIVE up(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < 20000)
            SELECT n FROM up);
    INSERT INTO notes VALUES ('\\N', char(9, 10, 13, 92, 128512) || '\\.', 0), ('', '', 1);
    INSERT INTO media VALUES (x'', x'80', '', 0, 0, 0, 0, '{}', 'office', 0, '');
    INSERT INTO sessions (id, data, expires_at) VALUES ('large', zeroblob(3000000), 0);
    INSERT INTO field_records
        SELECT printf('r%d', n), n, '', NULL, '', x'', '', NULL, '', '', '', 0, 0, 0, NULL, n = 2
        FROM (SELECT 1 AS n UNION SELECT 2);
    INSERT INTO recalls (id, enterprise, kind, lifts, state, reason_zh, reason_en, remedy_zh,
        remedy_en, notice_zh, notice_en, labels, on_sale, proposed_by, proposed_at)
        SELECT id, '91411628MA9DEM01XU', '', lifts, '', '', '', '', '', '', '', 0, 0, '', 0
        FROM (SELECT 'z' AS id, NULL AS lifts UNION SELECT 'a', 'z');";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_value_goes_to_postgresql_and_comes_back_as_it_was() {
    let Some(server) = PostgresServer::shared() else { return };
    let mut site = embedded();
    let file = data(&site).join("ledger.sqlite");
    let kept = Connection::open(&file).expect("opens");
    kept.execute_batch(STRANGE).expect("written");
    kept.close().expect("closed");
    let before = contents(&file);
    let url = server.empty();
    site.shell(&["move", "--to", &url]);
    assert_eq!(server.sql(&url, "SELECT octet_length(data) FROM sessions"), "3000000\n");
    assert_eq!(server.sql(&url, "SELECT id FROM field_records WHERE overtaken"), "r2\n");
    site.ledger = Some(url);
    let file = backup(&site, "backup.age");
    std::fs::remove_dir_all(data(&site)).expect("destroyed");
    site.ledger = Some("embedded".to_owned());
    let done = restore(&site, &file, &[]);
    assert!(done.status.success(), "{}", said(&done));
    let mut after = contents(&data(&site).join("ledger.sqlite"));
    // Terms of work begin anew on a server.
    assert_eq!(after.insert("leases".to_owned(), Vec::new()).expect("a table").len(), 2);
    for (table, rows) in &before {
        assert!(rows == &after[table], "{table}: {rows:?} became {:?}", after[table]);
    }
    assert_eq!(before.len(), after.len());
    let schema = |file: &Path| -> Vec<String> {
        let file = Connection::open(file).expect("opens");
        let mut made = file.prepare("SELECT sql FROM sqlite_schema WHERE sql <> '' ORDER BY name");
        let made = made.as_mut().expect("sound");
        made.query_map([], |row| row.get(0)).expect("rows").map(|sql| sql.expect("read")).collect()
    };
    let fresh = embedded();
    assert_eq!(
        schema(&data(&site).join("ledger.sqlite")),
        schema(&data(&fresh).join("ledger.sqlite"))
    );
}

/// What gives back another row than it was given: here by a trigger on its table.
const SPOILS: &str = "
    CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN NEW.name_en := 'Another'; RETURN NEW; END $$;
    CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
        IF to_regclass('enterprises') IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgname = 'spoils') THEN
            CREATE TRIGGER spoils BEFORE INSERT ON enterprises
                FOR EACH ROW EXECUTE FUNCTION spoil();
        END IF; END $$;
    CREATE EVENT TRIGGER watches ON ddl_command_end WHEN TAG IN ('CREATE TABLE')
        EXECUTE FUNCTION watch()";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_gives_back_other_rows_is_found_out_and_left_empty() {
    let Some(server) = PostgresServer::shared() else { return };
    let url = server.empty();
    server.sql(&url, SPOILS);
    let mut site = embedded();
    let file = backup(&site, "backup.age");
    let refused = run(&site, &["move", "--to", &url]);
    assert!(said(&refused).contains("(tables enterprises)"), "{}", said(&refused));
    site.shell(&["batch", "show", "1-1"]);
    std::fs::remove_dir_all(data(&site)).expect("destroyed");
    site.ledger = Some(url.clone());
    let refused = restore(&site, &file, &[]);
    assert!(said(&refused).contains("(tables enterprises)"), "{}", said(&refused));
    assert_eq!(std::fs::read_dir(data(&site)).expect("there").count(), 0, "nothing is left");
    assert_eq!(
        server.sql(&url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"),
        "0\n"
    );
    server.sql(&url, "DROP EVENT TRIGGER watches");
    let done = restore(&site, &file, &[]);
    assert!(done.status.success(), "{}", said(&done));
    site.shell(&["batch", "show", "1-1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_into_postgresql_that_was_killed_is_begun_again() {
    let Some(server) = PostgresServer::shared() else { return };
    let mut site = embedded();
    let file = backup(&site, "backup.age");
    std::fs::remove_dir_all(data(&site)).expect("destroyed");
    let identity = site.file("identity");
    let mut dice = Dice(20_261_130);
    let partial = data(&site).join("restore.partial");
    let (mut killed, mut url) = (0, server.empty());
    for _ in 0..30 {
        site.ledger = Some(url.clone());
        let restoring = ["restore", "--identity", &identity, &file];
        let mut restoring =
            site.command(&restoring).stderr(Stdio::null()).spawn().expect("zhenma runs");
        let begun = Instant::now();
        while !partial.exists() && restoring.try_wait().expect("a child").is_none() {
            assert!(begun.elapsed() < DEADLINE);
            std::thread::sleep(Duration::from_micros(200));
        }
        std::thread::sleep(Duration::from_micros(dice.roll(400_000)));
        let _ = restoring.kill();
        restoring.wait().expect("ended");
        if partial.exists() {
            killed += 1;
            let refused = run(&site, &["batch", "list"]);
            assert!(said(&refused).contains("did not end"), "{}", said(&refused));
        } else {
            // It was faster, and all is there.
            site.shell(&["batch", "show", "1-1"]);
            std::fs::remove_dir_all(data(&site)).expect("destroyed");
        }
        if server.sql(&url, "SELECT to_regclass('batches')") != "\n" {
            url = server.empty();
        }
        if killed == 3 {
            break;
        }
    }
    assert_eq!(killed, 3, "none of them was killed in between");
    site.ledger = Some(url);
    let done = restore(&site, &file, &[]);
    assert!(done.status.success(), "{}", said(&done));
    site.shell(&["batch", "show", "1-1"]);
}

/// Its database is gone and another has its name, with what was there before: a
/// worker of the former, whose connections come back, writes nothing there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_of_the_lost_database_writes_nothing_to_the_restored_one() {
    let Some(server) = PostgresServer::shared() else { return };
    let url = server.database();
    let site = Site::on("embedded", Some(url.clone()));
    let old = Ledger::connect(&url, NOW).await.expect("opens");
    let lease = old.take_work(Work::Worker, NOW).await.expect("answered").expect("free");
    let file = backup(&site, "backup.age");
    std::fs::remove_dir_all(data(&site)).expect("destroyed");
    server.again(&url);
    let done = restore(&site, &file, &[]);
    assert!(done.status.success(), "{}", said(&done));
    let restored = Ledger::connect(&url, NOW).await.expect("opens");
    let theirs = restored.take_work(Work::Worker, NOW).await.expect("answered").expect("free");
    let object = [(0, Registration::Enterprise(maker()))];
    let begun = Instant::now();
    let refused = loop {
        // Its connections are lost at first.
        let done = old.under(&lease).register(&object, &by("shell", 0)).await;
        let says = done.expect_err("another's turn").to_string();
        if says.contains("another process is the worker") {
            break says;
        }
        assert!(begun.elapsed() < DEADLINE, "{says}");
    };
    eprintln!("{refused}");
    restored.under(&theirs).register(&object, &by("shell", 0)).await.expect("its turn");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_database_alone_is_restored_beside_what_survived() {
    let Some(server) = PostgresServer::shared() else { return };
    let url = server.database();
    let mut site = Site::on("embedded", Some(url.clone()));
    recall(&site);
    site.start_serve();
    site.start_worker();
    let buyers = Buyers::start(&site);
    buyers.progress(100, &site).await;
    kill(&mut site.worker);
    let file = tokio::task::block_in_place(|| backup(&site, "backup.age"));
    buyers.progress(100, &site).await;
    let all = buyers.finish().await;
    kill(&mut site.serve);
    server.again(&url);
    let done = restore(&site, &file, &["--ledger-only"]);
    assert!(done.status.success(), "{}", said(&done));
    site.start_serve();
    site.start_worker();
    check(&site, &site.books(), &all).await;
    ready(&site).await;
    is_recalled(&site).await;
    nothing_to_mend(&site);
}

#[tokio::test]
async fn places_that_cannot_be_used_are_told_without_a_password() {
    let site = embedded();
    for (to, words) in [
        ("postgres://zhenma:geheim@127.0.0.1:1/ledger", "refused"),
        ("postgres://zhenma:geheim@127.0.0.1", "--to: names no database"),
        ("postgres://zhenma@h/ledger?password=geheim", "--to: write the password before"),
        ("mysql://zhenma:geheim@127.0.0.1/ledger", "--to: write redis://HOST or postgres://"),
    ] {
        let refused = run(&site, &["move", "--to", to]);
        assert!(!refused.status.success(), "{to}");
        let says = said(&refused);
        assert!(says.contains(words) && !says.contains("geheim"), "{says}");
    }
    let Some(server) = PostgresServer::shared() else { return };
    let mut site = embedded();
    site.ledger = Some(server.empty());
    let recipient = age::x25519::Identity::generate().to_public().to_string();
    let out = site.file("none.age");
    let refused = run(&site, &["backup", "--recipient", &recipient, &out]);
    assert!(said(&refused).contains("nothing is registered yet"), "{}", said(&refused));
    let doctor = |site: &Site| String::from_utf8_lossy(&run(site, &["doctor"]).stdout).into_owned();
    std::fs::rename(data(&site).join("ledger.sqlite"), site.file("elsewhere")).expect("renamed");
    assert!(doctor(&site).contains("filled at the first start"), "{}", doctor(&site));
    let url = server.empty();
    server.sql(&url, "CREATE ROLE guest LOGIN");
    site.ledger = Some(url.replace("zhenma@", "guest@"));
    assert!(doctor(&site).contains("may not make tables"), "{}", doctor(&site));
}

#[tokio::test]
async fn a_ledger_of_another_version_is_not_backed_up() {
    let Some(server) = PostgresServer::shared() else { return };
    let site = Site::on("embedded", Some(server.database()));
    let recipient = age::x25519::Identity::generate().to_public().to_string();
    let out = site.file("none.age");
    for (change, words) in [
        ("UPDATE _sqlx_migrations SET version = 9999 WHERE version = 33", "a newer zhenma"),
        ("DELETE FROM _sqlx_migrations WHERE version = 9999", "an older zhenma (migration 30 of"),
    ] {
        server.sql(&site.ledger(), change);
        let refused = run(&site, &["backup", "--recipient", &recipient, &out]);
        assert!(said(&refused).contains(words), "{}", said(&refused));
        assert!(!Path::new(&out).exists());
    }
}
