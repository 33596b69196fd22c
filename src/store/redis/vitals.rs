//! How these servers are, for who watches them.

use futures::future::try_join_all;
use redis::{FromRedisValue, RedisResult, Value, from_redis_value};

use super::node::Node;
use super::scout::line;
use super::{RedisState, entry, layout, odd};
use crate::base::UnixMs;
use crate::scan::StateError;
use crate::scan::port::{Memory, Vitals};

/// The logs of a server: length, and first line.
const QUESTIONS_OF_LOG: usize = 2;

impl RedisState {
    /// Of all servers: what is summed, and of the rest the worst.
    pub(super) async fn all_vitals(&self, now: UnixMs) -> Result<Vitals, StateError> {
        let map = self.scout.map.load_full();
        let served = map.nodes.iter().map(|node| {
            let of_node =
                |tag: &u16| map.node(*tag).is_some_and(|n| std::sync::Arc::ptr_eq(n, node));
            (node, (0..layout::TAGS).filter(of_node).collect::<Vec<u16>>())
        });
        let asked = served.filter(|(_, tags)| !tags.is_empty());
        let all = try_join_all(asked.map(|(node, tags)| of_node(node, tags))).await?;
        let mut worst = Vitals::default();
        for vitals in all {
            worst.log_entries += vitals.log_entries;
            worst.log_entries_of_one = worst.log_entries_of_one.max(vitals.log_entries_of_one);
            worst.oldest = [worst.oldest, vitals.oldest].into_iter().flatten().min();
            let memory = [worst.memory, vitals.memory].into_iter().flatten();
            worst.memory = memory
                .min_by_key(|m| if m.max == 0 { u64::MAX } else { m.max.saturating_sub(m.used) });
            let clocks = [worst.clock, vitals.clock].into_iter().flatten();
            worst.clock = clocks.max_by_key(|clock| clock.since(now).abs());
        }
        Ok(worst)
    }
}

async fn of_node(node: &Node, tags: Vec<u16>) -> Result<Vitals, StateError> {
    let mut questions = redis::pipe();
    questions.ignore_errors().cmd("INFO").arg("memory").cmd("TIME");
    for tag in &tags {
        let log = layout::log_key(*tag);
        questions.cmd("XLEN").arg(&log);
        questions.cmd("XRANGE").arg(&log).arg("-").arg("+").arg("COUNT").arg(1);
    }
    let mut answers = node.side.run(&questions).await?.into_iter();
    let info: String = read(node, answers.next())?;
    let (seconds, micros): (i64, i64) = read(node, answers.next())?;
    let bytes = |name| line(&info, name).and_then(|n| n.parse().ok()).unwrap_or(0);
    let mut vitals = Vitals {
        memory: Some(Memory { used: bytes("used_memory"), max: bytes("maxmemory") }),
        clock: Some(UnixMs(seconds * 1_000 + micros / 1_000)),
        ..Vitals::default()
    };
    let answers: Vec<_> = answers.collect();
    for of_log in answers.chunks(QUESTIONS_OF_LOG) {
        let length: u64 = read(node, of_log.first().cloned())?;
        let first: Vec<(String, Vec<Vec<u8>>)> = read(node, of_log.get(1).cloned())?;
        vitals.log_entries += length;
        vitals.log_entries_of_one = vitals.log_entries_of_one.max(length);
        for (id, fields) in &first {
            let at = entry(id, fields)?.seen.at;
            vitals.oldest = Some(vitals.oldest.map_or(at, |oldest| oldest.min(at)));
        }
    }
    Ok(vitals)
}

fn read<T: FromRedisValue>(
    node: &Node,
    answer: Option<RedisResult<Value>>,
) -> Result<T, StateError> {
    let answer = answer.unwrap_or(Ok(Value::Nil)).map_err(|e| node.side.unavailable(&e))?;
    from_redis_value(answer).map_err(|e| odd(&e))
}
