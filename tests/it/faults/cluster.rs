//! Faults of a cluster of three masters.

use std::collections::HashSet;
use std::sync::Arc;

use zhenma::scan::{ScanState, StateError};
use zhenma::store::redis::{RedisState, Walk};

use super::load::{Load, call, eventually};
use crate::redis_server::{RedisCluster, RedisServer, wait};
use crate::store_contract::bed::{code, scan};

const WRITERS: u64 = 32;
/// One code a block, so that every node has some.
const CODES: u64 = 200;

async fn open(cluster: &RedisCluster) -> Arc<dyn ScanState> {
    Arc::new(RedisState::open(&cluster.url()).await.expect("opens"))
}

/// Numbers of the codes, of those that `record` scanned, that a node keeps.
fn kept_by(node: &RedisServer) -> HashSet<u64> {
    let keys: Vec<Vec<u8>> = node.command("KEYS zm:*}:h:*");
    let number = |key: &Vec<u8>| {
        let block = &key[key.len() - 3..];
        u64::from_be_bytes([0, 0, 0, 0, block[0], block[1], block[2], 0])
    };
    keys.iter().map(number).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_node_fails_its_own_codes_and_no_others() {
    let Some(mut cluster) = RedisCluster::start() else { return };
    let state = open(&cluster).await;
    let codes = || (0..CODES).map(|n| n * 256);
    for number in codes() {
        call(&*state, code(number), scan(1)).await.expect("recorded");
    }
    let lost = kept_by(&cluster.nodes[1]);
    assert!(lost.len() > 20 && lost.len() < 150, "{} of {CODES} codes", lost.len());

    cluster.nodes[1].kill();
    for round in 2..6 {
        let calls = codes().map(|number| {
            let state = state.clone();
            async move { (number, call(&*state, code(number), scan(round)).await) }
        });
        for (number, answer) in futures::future::join_all(calls).await {
            if lost.contains(&number) {
                assert!(matches!(answer, Err(StateError::Unavailable(_))), "{answer:?}");
            } else {
                assert!(answer.is_ok(), "another node's code fails too: {answer:?}");
            }
        }
    }
    assert!(matches!(state.durability().await, Err(StateError::Unavailable(_))));

    cluster.nodes[1].restart();
    for number in codes() {
        eventually("a scan of the returned node is recorded", || async {
            call(&*state, code(number), scan(9)).await.is_ok()
        })
        .await;
        let expected = if lost.contains(&number) { 2 } else { 6 };
        assert_eq!(state.peek(code(number)).await.expect("read").count(), expected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_nodes_lose_no_acknowledged_scan() {
    let Some(mut cluster) = RedisCluster::start() else { return };
    let load = Load::start(open(&cluster).await, WRITERS);
    for n in 0..3 {
        load.progress(300).await;
        cluster.nodes[n].kill();
        load.failures(WRITERS).await;
        cluster.nodes[n].restart();
    }
    load.progress(300).await;
    cluster.wait_until_whole();
    load.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tags_that_moved_to_a_replica_are_found_there() {
    let Some(mut cluster) = RedisCluster::start() else { return };
    let Some(replica) = cluster.add_replica_of_first() else { return };
    let state = open(&cluster).await;
    let said = state.durability().await.expect("asked");
    assert!(!said.is_full() && said.synced && said.says.contains("fail-over"), "{said:?}");

    // In order: nothing acknowledged is lost.
    let load = Load::start(state.clone(), WRITERS);
    load.progress(300).await;
    replica.command::<()>("CLUSTER FAILOVER");
    eventually("the replica is master", || async { replica.is_master() }).await;
    load.progress(300).await;
    load.finish().await;

    // By death: the first is the replica now, and takes its place back.
    eventually("the first follows", || async {
        replica.command::<String>("INFO replication").contains("state=online")
    })
    .await;
    let all = |state: Arc<dyn ScanState>, round: u64| async move {
        for n in 0..CODES {
            eventually("every code is served", || async {
                call(&*state, code(n * 256), scan(1_000_000 + round)).await.is_ok()
            })
            .await;
        }
    };
    all(state.clone(), 1).await;
    let mut replica = replica;
    replica.kill();
    all(state.clone(), 2).await;
    cluster.nodes.push(replica);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_node_holds_up_no_others() {
    let Some(cluster) = RedisCluster::start() else { return };
    let state = open(&cluster).await;
    for n in 0..CODES {
        call(&*state, code(n * 256), scan(1)).await.expect("recorded");
    }
    let silent = kept_by(&cluster.nodes[0]);
    cluster.nodes[0].signal("STOP");
    for round in 2..5 {
        let calls = (0..CODES).map(|n| {
            let state = state.clone();
            async move { (n * 256, call(&*state, code(n * 256), scan(round)).await) }
        });
        for (number, answer) in futures::future::join_all(calls).await {
            assert_eq!(answer.is_err(), silent.contains(&number), "{answer:?}");
        }
    }
    cluster.nodes[0].signal("CONT");
    for n in 0..CODES {
        eventually("every code is served", || async {
            call(&*state, code(n * 256), scan(9)).await.is_ok()
        })
        .await;
    }
}

/// It is asked first, and goes on by what it knew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_cut_off_is_believed_where_nobody_knows_better() {
    let (Some(mut alone), Some(whole)) = (RedisCluster::start(), RedisCluster::start()) else {
        return;
    };
    for node in &mut alone.nodes[1..] {
        node.kill();
    }
    let cut_off = &alone.nodes[0];
    wait(|| cut_off.command::<String>("CLUSTER INFO").contains("cluster_state:fail"));
    let others = whole.url();
    let (_, others) = others.split_once("//").expect("a URL");
    let url = format!("redis://127.0.0.1:{},{others}", cut_off.port);
    let state: Arc<dyn ScanState> = Arc::new(RedisState::open(&url).await.expect("opens"));
    for n in 0..CODES {
        call(&*state, code(n * 256), scan(1)).await.expect("recorded by those in touch");
    }
    let kept: usize = whole.nodes.iter().map(|node| kept_by(node).len()).sum();
    assert_eq!(kept as u64, CODES);
}

/// Nothing of it is heard any more, and it is the first that is known.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tags_of_a_silent_node_are_found_at_its_replica_and_others_go_on() {
    let Some(cluster) = RedisCluster::start() else { return };
    let Some(replica) = cluster.add_replica_of_first() else { return };
    let state = open(&cluster).await;
    for n in 0..CODES {
        call(&*state, code(n * 256), scan(1)).await.expect("recorded");
    }
    let silent = kept_by(&cluster.nodes[0]);
    cluster.nodes[0].signal("STOP");
    let calls = (0..CODES).map(|n| {
        let state = state.clone();
        async move { (n * 256, call(&*state, code(n * 256), scan(2)).await) }
    });
    for (number, answer) in futures::future::join_all(calls).await {
        assert!(answer.is_ok() || silent.contains(&number), "{number}: {answer:?}");
    }
    wait(|| replica.is_master());
    for n in 0..CODES {
        eventually("every code is served", || async {
            call(&*state, code(n * 256), scan(3)).await.is_ok()
        })
        .await;
    }
}

/// No node tells of the others' tags when it is found.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_that_was_not_filled_to_its_end_is_refused() {
    let Some(cluster) = RedisCluster::start() else { return };
    for tag in [0, 63] {
        let key = format!("zm:{{{tag:02x}}}:layout");
        let slot: u16 = cluster.nodes[0].command(&format!("CLUSTER KEYSLOT {key}"));
        let owner = &cluster.nodes[usize::from(slot) * 3 / 16_384];
        owner.command::<()>(&format!("SET {key} 1:64:256:filling"));
        for refused in [
            RedisState::open(&cluster.url()).await.err(),
            RedisState::reach(&cluster.url()).await.err(),
        ] {
            let says = refused.map(|error| error.to_string()).unwrap_or_default();
            assert!(says.contains("did not end"), "tag {tag}: {says}");
        }
        owner.command::<()>(&format!("DEL {key}"));
        drop(open(&cluster).await);
    }
}

/// Else what was to come on one node may have gone to another that was done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_walk_knows_whether_slots_were_moved_meanwhile() {
    let Some(cluster) = RedisCluster::start() else { return };
    let state = RedisState::reach(&cluster.url()).await.expect("reached");
    for n in 0..CODES {
        state.record(code(n * 256), scan(n)).await.expect("recorded");
    }
    state.hold(false).await.expect("held");
    let mut walk = Walk::default();
    state.walk(&mut walk).await.expect("walks");
    state.hold(true).await.expect("held");
    assert!(state.is_where_it_was(&walk));
    let slot = cluster.nodes[0].command("CLUSTER KEYSLOT zm:{00}:log");
    let owner = usize::from(slot) * 3 / 16_384;
    cluster.move_slot(slot, owner, (owner + 1) % 3);
    eventually("the hold is renewed", || async { state.hold(true).await.is_ok() }).await;
    assert!(!state.is_where_it_was(&walk));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slots_that_are_moved_under_load_lose_no_acknowledged_scan() {
    let Some(cluster) = RedisCluster::start() else { return };
    let load = Load::start(open(&cluster).await, WRITERS);
    load.progress(1_000).await;
    let owner = |slot: u16| usize::from(slot) * 3 / 16_384;
    for tag in 0..12 {
        let key = format!("CLUSTER KEYSLOT zm:{{{tag:02x}}}:log");
        let slot = cluster.nodes[0].command(&key);
        cluster.move_slot(slot, owner(slot), (owner(slot) + 1) % 3);
        load.progress(100).await;
    }
    load.finish().await;
}
