//! A cluster of three masters. The first has a replica that takes its place when it
//! dies, and follows the other in turn; slots of the others move between them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::redis_server::{RedisCluster, RedisServer, wait};

/// Of two elections, more than the five seconds after which one is given up.
const APART: Duration = Duration::from_secs(6);

pub struct Cluster {
    cluster: RedisCluster,
    replica: RedisServer,
    /// Slots that are no longer where they were at the start, with who has them.
    moved: BTreeMap<u16, usize>,
    /// When the first and its replica changed places.
    changed: Instant,
    /// How often a master died whose replica took over.
    pub deaths: u64,
}

impl Cluster {
    /// `None` where no Redis is installed.
    pub fn start() -> Option<Self> {
        let cluster = RedisCluster::start()?;
        let replica = cluster.add_replica_of_first()?;
        Some(Self { cluster, replica, moved: BTreeMap::new(), changed: Instant::now(), deaths: 0 })
    }

    pub fn url(&self) -> String {
        self.cluster.url()
    }

    /// The first dies, and its replica is the first.
    pub fn fail_over(&mut self) {
        self.cluster.nodes[0].kill();
        wait(|| self.replica.is_master());
        self.cluster.nodes[0].restart();
        self.deaths += 1;
        self.change_places();
    }

    /// As before maintenance: the first waits until the replica has all it has.
    pub fn hand_over(&mut self) {
        // Votes of the last election count for a while, for one that nobody asked for.
        std::thread::sleep(APART.saturating_sub(self.changed.elapsed()));
        let mut asked = None::<Instant>;
        wait(|| {
            // A replica gives up after five seconds, as where a voter was away.
            if asked.is_none_or(|then| then.elapsed() > APART) {
                self.replica.command::<()>("CLUSTER FAILOVER");
                asked = Some(Instant::now());
            }
            self.replica.is_master()
        });
        self.change_places();
    }

    fn change_places(&mut self) {
        std::mem::swap(&mut self.cluster.nodes[0], &mut self.replica);
        let said = |node: &RedisServer| node.command::<String>("INFO replication");
        wait(|| said(&self.cluster.nodes[0]).contains("state=online"));
        wait(|| said(&self.replica).contains("master_link_status:up"));
        self.changed = Instant::now();
    }

    /// One of those without a replica dies, and comes back with what it had.
    pub fn kill(&mut self) {
        self.cluster.nodes[1].kill();
        self.cluster.nodes[1].restart();
    }

    pub fn silent(&self) -> &RedisServer {
        &self.cluster.nodes[2]
    }

    /// The slot of a tag goes to the other of the two without a replica; one of the first
    /// stays where it is.
    pub fn move_tag(&mut self, tag: u8) {
        let slot: u16 =
            self.cluster.nodes[1].command(&format!("CLUSTER KEYSLOT zm:{{{tag:02x}}}:log"));
        let at_start = usize::from(slot) * 3 / 16_384;
        let from = *self.moved.get(&slot).unwrap_or(&at_start);
        if from > 0 {
            let to = 3 - from;
            self.cluster.move_slot(slot, from, to);
            self.moved.insert(slot, to);
        }
    }
}
