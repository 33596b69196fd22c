//! What an acknowledged scan survives on these servers, in plain words.

use std::collections::HashMap;

use redis::{Value, from_redis_value};

use super::layout;
use super::node::{Node, call, is_no_script, refused};
use super::scout::line;
use crate::scan::StateError;
use crate::scan::port::Durability;

const SETTINGS: [&str; 3] = ["appendfsync", "save", "maxmemory-policy"];

/// Asks one node, and whether it takes scans at all.
pub async fn of_node(node: &Node, tag: u16) -> Result<Durability, StateError> {
    let mut questions = redis::pipe();
    questions.ignore_errors().cmd("INFO").cmd("CONFIG").arg("GET").arg(&SETTINGS);
    // An empty batch: refused where a scan would be.
    let script = redis::Script::new(layout::FOLD);
    questions.add_command(call(&script, &[(tag, Vec::new())], 1, layout::LAYOUT));
    let answers = node.side.run(&questions).await?;
    let [info, config, scans] = answers.as_slice() else {
        return Err(StateError::Unavailable("answers are missing".into()));
    };
    match scans {
        Err(e) if !is_no_script(e) => return Err(refused(&node.side, e)),
        _ => {}
    }
    let info = info.clone().map_err(|e| node.side.unavailable(&e))?;
    let info: String = from_redis_value(info).map_err(|e| node.side.unavailable(&e.into()))?;
    // Hosted servers forbid CONFIG; then INFO alone has to do.
    let config = config.clone().unwrap_or(Value::Nil);
    let config: HashMap<String, String> = from_redis_value(config).unwrap_or_default();
    Ok(say(&info, &config))
}

/// From the texts of INFO and CONFIG GET.
fn say(info: &str, config: &HashMap<String, String>) -> Durability {
    let config = |name: &str| config.get(name).map(String::as_str);
    let (mut synced, mut replicated) = (true, false);
    let mut says = Vec::new();
    let aof = line(info, "aof_enabled") == Some("1");
    match (aof, config("appendfsync")) {
        (true, Some("always")) => {
            says.push("syncs every scan to its disk before it is answered".to_owned());
        }
        (true, Some("everysec")) => {
            synced = false;
            says.push(
                "syncs to its disk once a second (appendfsync everysec): when its machine stops, \
                 the acknowledged scans of the last second or two are lost"
                    .into(),
            );
        }
        (true, Some(_)) => {
            synced = false;
            says.push(
                "leaves syncing to the operating system (appendfsync no): when its machine stops, \
                 acknowledged scans of half a minute or more are lost"
                    .into(),
            );
        }
        (true, None) => {
            synced = false;
            says.push(
                "keeps an append-only file, but does not tell how often it is synced: unless \
                 that is appendfsync always, the last acknowledged scans may be lost"
                    .into(),
            );
        }
        (false, _) => {
            synced = false;
            says.push(match config("save") {
                Some("") => "keeps nothing on disk (appendonly no, no snapshots): every history \
                             is lost when it stops, and copies would pass as never scanned"
                    .into(),
                _ => "keeps snapshots only (appendonly no): every scan since the last snapshot \
                      is lost when it stops"
                    .into(),
            });
        }
    }
    if line(info, "role") == Some("slave") {
        synced = false;
        says.push("is a replica and takes no scans".into());
    } else if line(info, "connected_slaves").is_some_and(|n| n != "0") {
        replicated = true;
        says.push(
            "has replicas that follow it asynchronously: a fail-over to one can lose scans \
             acknowledged just before"
                .into(),
        );
    }
    let policy = config("maxmemory-policy").or_else(|| line(info, "maxmemory_policy"));
    if let Some(policy) = policy.filter(|p| p.starts_with("allkeys")) {
        synced = false;
        says.push(format!(
            "DANGER: maxmemory-policy {policy} deletes histories when memory is short, and a \
             copied code whose history was deleted passes as never scanned; set noeviction"
        ));
    }
    Durability { synced, replicated, says: says.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(info: &str, config: &[(&str, &str)]) -> Durability {
        say(info, &config.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    const MASTER: &str = "role:master\r\nconnected_slaves:0\r\naof_enabled:1\r\n";

    #[test]
    fn only_a_lone_master_that_syncs_always_is_durable_in_full() {
        let policy = ("maxmemory-policy", "noeviction");
        assert!(said(MASTER, &[("appendfsync", "always"), policy]).is_full());
        assert!(!said(MASTER, &[("appendfsync", "everysec"), policy]).is_full());
        assert!(!said(MASTER, &[]).is_full(), "CONFIG is forbidden");
        let replicated = MASTER.replace("slaves:0", "slaves:1");
        let replicated = said(&replicated, &[("appendfsync", "always")]);
        assert!(!replicated.is_full() && replicated.says.contains("fail-over"), "{replicated:?}");
        assert!(replicated.synced, "set as well as can be: {replicated:?}");
        let volatile = said(&MASTER.replace("aof_enabled:1", "aof_enabled:0"), &[("save", "")]);
        assert!(!volatile.synced && volatile.says.contains("nothing on disk"), "{volatile:?}");
    }

    #[test]
    fn an_evicting_policy_is_named_as_a_danger() {
        let info = format!("{MASTER}maxmemory_policy:allkeys-lru\r\n");
        let said = said(&info, &[("appendfsync", "always")]);
        assert!(!said.is_full() && said.says.contains("DANGER: maxmemory-policy allkeys-lru"));
    }
}
