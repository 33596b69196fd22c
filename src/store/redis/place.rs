//! Where the servers are: the URL of the configuration.

use redis::{ConnectionInfo, IntoConnectionInfo};

use crate::scan::StateError;

/// What `ZHENMA_SCAN_STORE` names.
#[derive(Debug)]
pub struct Servers {
    pub seeds: Vec<ConnectionInfo>,
    /// The operator says that it is a cluster.
    pub cluster: bool,
}

/// Reads `redis://[user:password@]host[:port][/db]`, `rediss://` (TLS),
/// `unix:///path`, or for a cluster some of its nodes:
/// `redis://a:6379,b:6379,c:6379/?cluster`.
///
/// # Errors
/// Says what is wrong, without repeating the URL: it may hold a password.
pub fn read(url: &str) -> Result<Servers, StateError> {
    let wrong = |what: &str| StateError::Unavailable(format!("the Redis URL {what}"));
    let (scheme, rest) = url.split_once("://").ok_or_else(|| wrong("has no redis://"))?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let options: Vec<&str> = query.split('&').filter(|o| !o.is_empty()).collect();
    let (flags, kept): (Vec<&str>, Vec<&str>) =
        options.iter().partition(|o| matches!(**o, "cluster" | "cluster=true" | "cluster=1"));
    let (hosts, path) = match rest.split_once('/') {
        // The path is the socket's, not a database.
        _ if scheme.contains("unix") => (rest, String::new()),
        Some((hosts, path)) => (hosts, format!("/{path}")),
        None => (rest, String::new()),
    };
    let (user, hosts) = match hosts.rsplit_once('@') {
        Some((user, hosts)) => (format!("{user}@"), hosts),
        None => (String::new(), hosts),
    };
    let query = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
    let seeds = hosts
        .split(',')
        .map(|host| {
            format!("{scheme}://{user}{host}{path}{query}")
                .into_connection_info()
                .map_err(|e| wrong(&format!("cannot be read ({})", e.category())))
        })
        .collect::<Result<Vec<_>, _>>()?;
    if matches!(scheme, "rediss" | "valkeys") {
        // Fails when another is installed already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    let cluster = !flags.is_empty() || seeds.len() > 1;
    if cluster && seeds.iter().any(|s| s.redis_settings().db() != 0) {
        return Err(wrong("names a database, and a cluster has only database 0"));
    }
    Ok(Servers { seeds, cluster })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::redis::link::place;

    fn places(url: &str) -> (Vec<String>, bool) {
        let servers = read(url).expect("a good URL");
        (servers.seeds.iter().map(place).collect(), servers.cluster)
    }

    #[test]
    fn urls_name_one_server_or_some_of_a_cluster() {
        assert_eq!(places("redis://h"), (vec!["h:6379".into()], false));
        assert_eq!(places("redis://u:p@h:7/3"), (vec!["h:7".into()], false));
        assert_eq!(places("rediss://h:7/?cluster"), (vec!["h:7".into()], true));
        assert_eq!(places("unix:///run/redis.sock"), (vec!["/run/redis.sock".into()], false));
        let three = vec!["a:1".to_owned(), "b:2".into(), "c:3".into()];
        assert_eq!(places("redis://a:1,b:2,c:3/?cluster"), (three, true));
    }

    #[test]
    fn a_wrong_url_is_refused_without_repeating_its_password() {
        for url in ["h:6379", "redis://u:secret@h:port", "http://u:secret@h", "redis://a,b/1"] {
            let said = read(url).expect_err(url).to_string();
            assert!(said.contains("Redis URL") && !said.contains("secret"), "{said}");
        }
    }
}
