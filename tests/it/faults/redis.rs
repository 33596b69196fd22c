//! Faults of one Redis server.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use zhenma::scan::{ScanState, StateError};
use zhenma::store::redis::{RedisState, Walk};

use super::load::{Load, call, eventually};
use super::proxy::Proxy;
use crate::redis_server::{RedisServer, free_port};
use crate::store_contract::bed::{code, scan, whole_log};

const WRITERS: u64 = 32;

async fn open(server: &RedisServer) -> Arc<dyn ScanState> {
    Arc::new(RedisState::open(&server.url()).await.expect("opens"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_scripts_cost_no_scan() {
    let Some(server) = RedisServer::start() else { return };
    let load = Load::start(open(&server).await, WRITERS);
    for _ in 0..20 {
        server.command::<()>("SCRIPT FLUSH");
        load.progress(50).await;
    }
    assert_eq!(load.failed(), 0, "the script is loaded within the same call");
    load.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_server_fails_calls_in_time_and_works_when_it_goes_on() {
    let Some(server) = RedisServer::start() else { return };
    let load = Load::start(open(&server).await, WRITERS);
    for _ in 0..3 {
        load.progress(200).await;
        server.signal("STOP");
        load.failures(3 * WRITERS).await;
        server.signal("CONT");
    }
    load.progress(200).await;
    load.finish().await;
}

/// A server that is started again keeps its keys in another order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_walk_comes_to_every_history_though_the_server_is_started_again() {
    const HISTORIES: u64 = 2_000;
    let Some(mut server) = RedisServer::start() else { return };
    let state = RedisState::reach(&server.url()).await.expect("reached");
    for n in 0..HISTORIES {
        // One code a block.
        state.record(code(n * 256), scan(n)).await.expect("recorded");
    }
    let (mut walk, mut found, mut pages) = (Walk::default(), HashSet::new(), 0);
    loop {
        match state.walk(&mut walk).await {
            Ok(Some(some)) => found.extend(some.into_iter().map(|history| history.number)),
            Ok(None) => break,
            Err(StateError::Unavailable(_)) => tokio::time::sleep(Duration::from_millis(5)).await,
            Err(error) => panic!("{error}"),
        }
        pages += 1;
        if pages == 8 {
            assert!(found.len() < 1_500, "{} of them were found already", found.len());
            server.kill();
            server.restart();
        }
    }
    assert_eq!(found, (0..HISTORIES).map(|n| n * 256).collect());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_loses_no_acknowledged_scan() {
    let Some(mut server) = RedisServer::start() else { return };
    let load = Load::start(open(&server).await, WRITERS);
    for _ in 0..5 {
        load.progress(300).await;
        server.kill();
        load.failures(2 * WRITERS).await;
        server.restart();
    }
    load.progress(200).await;
    load.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_became_a_replica_takes_no_scan() {
    let Some(server) = RedisServer::start() else { return };
    let state = open(&server).await;
    let load = Load::start(state.clone(), WRITERS);
    load.progress(200).await;
    // Of nobody, so that its own data stays.
    server.command::<()>(&format!("REPLICAOF 127.0.0.1 {}", free_port()));
    load.failures(3 * WRITERS).await;
    assert!(matches!(state.durability().await, Err(StateError::Unavailable(_))));
    server.command::<()>("REPLICAOF NO ONE");
    load.progress(200).await;
    load.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_out_of_memory_takes_no_scan() {
    let Some(server) = RedisServer::start() else { return };
    let state = open(&server).await;
    let load = Load::start(state.clone(), WRITERS);
    load.progress(200).await;
    server.command::<()>("CONFIG SET maxmemory 1mb");
    load.failures(3 * WRITERS).await;
    assert!(matches!(state.durability().await, Err(StateError::Unavailable(_))));
    server.command::<()>("CONFIG SET maxmemory 0");
    load.progress(200).await;
    load.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_was_down_at_the_start_is_found_when_it_comes() {
    let Some(mut server) = RedisServer::start() else { return };
    server.kill();
    let state = open(&server).await;
    for n in 0..20 {
        let refused = call(&*state, code(1), scan(n)).await;
        assert!(matches!(refused, Err(StateError::Unavailable(_))), "{refused:?}");
    }
    server.restart();
    eventually("a scan is recorded", || async { call(&*state, code(1), scan(99)).await.is_ok() })
        .await;
    assert_eq!(state.peek(code(1)).await.expect("read").count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_whose_answer_was_lost_counts_once() {
    let Some(server) = RedisServer::start() else { return };
    let proxy = Proxy::start(server.port).await;
    let url = format!("redis://127.0.0.1:{}", proxy.port);
    let state = RedisState::open(&url).await.expect("opens");
    let direct = open(&server).await;
    for n in 0..40 {
        // Recorded in time, so the link is open and idle.
        eventually("the link opens again", || async {
            call(&state, code(5), scan(1_000)).await.is_ok()
        })
        .await;
        proxy.lose_next_answer();
        let lost = call(&state, code(6), scan(n)).await;
        assert!(matches!(lost, Err(StateError::Unavailable(_))), "it was answered");
        assert!(proxy.has_lost_it());
        assert_eq!(direct.peek(code(6)).await.expect("read").count(), n + 1, "it was applied");
        eventually("the same scan is answered", || async {
            match call(&state, code(6), scan(n)).await {
                Ok(again) => {
                    assert!(again.repeated && again.position as u64 == n);
                    true
                }
                Err(_) => false,
            }
        })
        .await;
    }
    assert_eq!(whole_log(&*direct).await.len(), 41);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn state_of_another_layout_is_refused_and_left_alone() {
    let Some(server) = RedisServer::start() else { return };
    for tag in 0..64 {
        server.command::<()>(&format!("SET zm:{{{tag:02x}}}:layout 2:64:256"));
    }
    let refused = RedisState::open(&server.url()).await.err();
    assert!(matches!(&refused, Some(StateError::Corrupt(says)) if says.contains("2:64:256")));
    assert_eq!(server.command::<u64>("DBSIZE"), 64, "nothing was written");

    // A server that comes later with another layout is refused by the script.
    server.command::<()>("DEL zm:{00}:layout");
    let state = open(&server).await;
    let mut refused = 0;
    for n in 0..50 {
        match call(&*state, code(n * 256), scan(n)).await {
            Err(StateError::Corrupt(says)) if says.contains("2:64:256") => refused += 1,
            other => assert!(other.is_ok(), "{other:?}"),
        }
    }
    assert!(refused > 25, "{refused} refused");
}

/// Else it would count as one that holds scans, and no move would go there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_how_an_empty_server_is_leaves_nothing_there() {
    let Some(server) = RedisServer::start() else { return };
    let state = open(&server).await;
    call(&*state, code(1), scan(1)).await.expect("recorded");
    // The script stays.
    server.command::<()>("FLUSHALL");
    state.durability().await.expect("asked");
    assert_eq!(server.command::<u64>("DBSIZE"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_the_queue_holds_is_refused_at_once() {
    let Some(server) = RedisServer::start() else { return };
    let bounds = zhenma::store::Bounds { queue_max: 8, ..Default::default() };
    let state = RedisState::open_bounded(&server.url(), bounds).await.expect("opens");
    call(&state, code(1), scan(1)).await.expect("recorded");
    server.signal("STOP");
    // More than the queue and the batch that is out.
    let calls = (0..100).map(|n| {
        let state = &state;
        async move {
            let start = std::time::Instant::now();
            let answer = call(state, code(n), scan(n)).await;
            assert!(answer.is_err());
            start.elapsed()
        }
    });
    let took = futures::future::join_all(calls).await;
    server.signal("CONT");
    let at_once = took.iter().filter(|took| **took < Duration::from_millis(100)).count();
    assert!(at_once >= 50, "{at_once} of 100 were refused at once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn weaker_settings_are_named() {
    let Some(server) = RedisServer::start() else { return };
    let state = open(&server).await;
    server.command::<()>("CONFIG SET appendfsync everysec");
    let weaker = state.durability().await.expect("asked");
    assert!(!weaker.is_full() && weaker.says.contains("everysec"), "{weaker:?}");
    server.command::<()>("CONFIG SET maxmemory-policy allkeys-lru");
    let dangerous = state.durability().await.expect("asked");
    assert!(dangerous.says.contains("DANGER"), "{dangerous:?}");
}
