//! Finds which node serves which tag, again whenever that may have changed.
//!
//! Why not the cluster client of redis-rs: it hides which node a command goes
//! to, so nothing could gather per node, and while it looks for one lost node
//! it holds back the commands of the others.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use redis::{ConnectionAddr, ConnectionInfo, RedisResult, Value, from_redis_value};
use tokio::sync::Notify;

use super::layout::{self, TAGS};
use super::link::Link;
use super::node::{Node, layout_differs};
use super::place::Servers;
use crate::scan::StateError;
use crate::store::Bounds;

/// Between two looks, so that a storm of MOVED is one look.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// The first release whose scripts are refused as a whole on a replica or
/// out of memory (`#!lua`).
const REDIS_MAJOR_MIN: u64 = 7;

/// Which node serves which tag.
#[derive(Default)]
pub struct Map {
    pub nodes: Vec<Arc<Node>>,
    /// By tag; `None` while nobody serves it.
    of_tag: Vec<Option<Arc<Node>>>,
}

impl Map {
    pub fn node(&self, tag: u16) -> Option<&Arc<Node>> {
        self.of_tag.get(usize::from(tag))?.as_ref()
    }
}

/// Why there is no map.
pub enum Trouble {
    /// Waiting does not help: the operator must act.
    Refused(StateError),
    Unreached(StateError),
}

pub struct Scout {
    servers: Servers,
    bounds: Bounds,
    /// What scans are recorded in: [`layout::LAYOUT`], or [`layout::FILLING`].
    pub layout: &'static str,
    pub map: ArcSwap<Map>,
    /// Told when a look is due.
    pub lost: Arc<Notify>,
}

impl Scout {
    pub fn new(servers: Servers, bounds: Bounds, layout: &'static str) -> Self {
        let lost = Arc::new(Notify::new());
        Self { servers, bounds, layout, map: ArcSwap::default(), lost }
    }

    /// Looks again for as long as the state lives: at once when a node says
    /// that it does not serve a tag, steadily while nothing was found.
    pub async fn keep_looking(self: Arc<Self>) {
        loop {
            if !self.map.load().nodes.is_empty() {
                self.lost.notified().await;
            }
            if let Err(Trouble::Refused(e) | Trouble::Unreached(e)) = self.look().await {
                tracing::debug!("no node of the scan state found: {e}");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Asks the nodes one after the other until one knows the whole. One that is cut off
    /// from the others goes on by what it knew, and is believed where nobody knows better.
    pub async fn look(&self) -> Result<(), Trouble> {
        let known = self.map.load();
        let candidates = known.nodes.iter().map(|n| n.info()).chain(&self.servers.seeds);
        let (mut trouble, mut old) = (None, None);
        let mut asked: Vec<&ConnectionInfo> = Vec::new();
        for info in candidates {
            if asked.iter().any(|a| a.addr() == info.addr()) {
                continue;
            }
            asked.push(info);
            match self.ask(info, &known).await {
                Ok((map, true)) => {
                    self.map.store(Arc::new(map));
                    return Ok(());
                }
                Ok((map, false)) => old = old.or(Some(map)),
                Err(e @ Trouble::Refused(_)) => return Err(e),
                Err(e) => trouble = Some(e),
            }
        }
        if let Some(map) = old {
            self.map.store(Arc::new(map));
            return Ok(());
        }
        Err(trouble.unwrap_or_else(|| {
            Trouble::Unreached(StateError::Unavailable("no Redis server is named".into()))
        }))
    }

    /// Where the tags are, and whether the node is in touch with most of its cluster.
    async fn ask(&self, info: &ConnectionInfo, known: &Map) -> Result<(Map, bool), Trouble> {
        // A connection of its own: one of a node may be in use or broken.
        let link = Link::new(info.clone()).map_err(|e| {
            Trouble::Refused(StateError::Unavailable(format!("the Redis URL: {}", e.category())))
        })?;
        let mut questions = redis::pipe();
        questions.ignore_errors().cmd("INFO").cmd("GET").arg(layout::layout_key(0));
        let mut answers = link.run(&questions).await.map_err(Trouble::Unreached)?.into_iter();
        let info_text: String = read(&link, answers.next())?;
        let clustered = line(&info_text, "cluster_enabled") == Some("1");
        check_server(&link, &info_text, self.servers.cluster && !clustered)?;
        if clustered {
            return self.ask_cluster(&link, info, known).await;
        }
        let found: Option<String> = read(&link, answers.next())?;
        let known_to_us = [layout::LAYOUT, self.layout];
        if let Some(found) = found.filter(|found| !known_to_us.contains(&found.as_str())) {
            return Err(Trouble::Refused(layout_differs(link.place(), &found)));
        }
        let node = self.node_at(info.clone(), false, known)?;
        let of_tag = vec![Some(node.clone()); usize::from(TAGS)];
        Ok((Map { of_tag, nodes: vec![node] }, true))
    }

    async fn ask_cluster(
        &self,
        link: &Link,
        info: &ConnectionInfo,
        known: &Map,
    ) -> Result<(Map, bool), Trouble> {
        let mut questions = redis::pipe();
        questions.ignore_errors().cmd("CLUSTER").arg("INFO").cmd("CLUSTER").arg("SLOTS");
        for tag in 0..TAGS {
            questions.cmd("CLUSTER").arg("KEYSLOT").arg(layout::log_key(tag));
        }
        let mut answers = link.run(&questions).await.map_err(Trouble::Unreached)?.into_iter();
        let state: String = read(link, answers.next())?;
        let in_touch = line(&state, "cluster_state") == Some("ok");
        let ranges: Vec<Vec<Value>> = read(link, answers.next())?;
        let mut map = Map { nodes: Vec::new(), of_tag: vec![None; usize::from(TAGS)] };
        let mut slots = Vec::with_capacity(usize::from(TAGS));
        for answer in answers {
            slots.push(read::<u64>(link, Some(answer))?);
        }
        for range in ranges {
            let [first, last, master, ..] = range.as_slice() else { continue };
            let (first, last): (u64, u64) =
                (value(link, first.clone())?, value(link, last.clone())?);
            let master: Vec<Value> = value(link, master.clone())?;
            let [host, port, ..] = master.as_slice() else { continue };
            let host: Option<String> = value(link, host.clone())?;
            let at = moved(info, host.as_deref().unwrap_or_default(), value(link, port.clone())?);
            let node = match map.nodes.iter().find(|n| n.is_at(&at)) {
                Some(node) => node.clone(),
                None => {
                    let node = self.node_at(at, true, known)?;
                    map.nodes.push(node.clone());
                    node
                }
            };
            for (slot, serves) in slots.iter().zip(&mut map.of_tag) {
                if (first..=last).contains(slot) {
                    *serves = Some(node.clone());
                }
            }
        }
        if map.nodes.is_empty() {
            let says = format!("Redis at {} belongs to a cluster without slots", link.place());
            return Err(Trouble::Unreached(StateError::Unavailable(says)));
        }
        Ok((map, in_touch))
    }

    /// The node as it runs already, with its queue and connection, or a new one.
    fn node_at(
        &self,
        info: ConnectionInfo,
        clustered: bool,
        known: &Map,
    ) -> Result<Arc<Node>, Trouble> {
        match known.nodes.iter().find(|n| n.is_at(&info) && n.is_clustered() == clustered) {
            Some(node) => Ok(node.clone()),
            None => Node::start(info, clustered, self.bounds, self.layout, self.lost.clone())
                .map(Arc::new)
                .map_err(|e| Trouble::Unreached(StateError::Unavailable(e.to_string()))),
        }
    }
}

/// The same user, password and TLS at another address; an empty host is the
/// one that was asked.
fn moved(info: &ConnectionInfo, to: &str, port: u16) -> ConnectionInfo {
    let host = |asked: &String| if to.is_empty() { asked.clone() } else { to.to_owned() };
    let addr = match info.addr() {
        ConnectionAddr::Tcp(asked, _) => ConnectionAddr::Tcp(host(asked), port),
        ConnectionAddr::TcpTls { host: asked, insecure, tls_params, .. } => {
            ConnectionAddr::TcpTls {
                host: host(asked),
                port,
                insecure: *insecure,
                tls_params: tls_params.clone(),
            }
        }
        other => other.clone(),
    };
    info.clone().set_addr(addr)
}

fn check_server(link: &Link, info: &str, not_clustered: bool) -> Result<(), Trouble> {
    let refused = |what: String| {
        Err(Trouble::Refused(StateError::Unavailable(format!("Redis at {} {what}", link.place()))))
    };
    let version = line(info, "redis_version").unwrap_or_default();
    let major = version.split('.').next().and_then(|major| major.parse::<u64>().ok());
    if major.is_some_and(|major| major < REDIS_MAJOR_MIN) {
        return refused(format!("is version {version}; {REDIS_MAJOR_MIN}.0 or newer is needed"));
    }
    if not_clustered {
        return refused("is not a cluster node, though the URL says cluster".into());
    }
    Ok(())
}

/// A line of INFO.
pub fn line<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

fn read<T: redis::FromRedisValue>(
    link: &Link,
    answer: Option<RedisResult<Value>>,
) -> Result<T, Trouble> {
    match answer {
        Some(Ok(answer)) => value(link, answer),
        Some(Err(e)) => Err(Trouble::Unreached(link.unavailable(&e))),
        None => Err(Trouble::Unreached(StateError::Unavailable("an answer is missing".into()))),
    }
}

fn value<T: redis::FromRedisValue>(link: &Link, value: Value) -> Result<T, Trouble> {
    from_redis_value(value).map_err(|e| Trouble::Unreached(link.unavailable(&e.into())))
}
