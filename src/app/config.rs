//! Settings: a TOML file, overlaid by `ZHENMA_*` variables.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::base::Cidr;
use crate::code;
use crate::reports::retention as reports;
use crate::store::mail::Smtp;

/// Everything that can be set. In the file the names are these; in the
/// environment they are upper-case with `ZHENMA_` before them, lists
/// separated by commas.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Address and port to serve on.
    pub listen: SocketAddr,
    /// What labels begin with: scheme and host, without a path.
    pub public_url: String,
    /// Further hosts that are ours.
    pub public_aliases: Vec<String>,
    /// Directory of the embedded files and of finished orders.
    pub data: PathBuf,
    /// `embedded`, `redis://HOST`, `rediss://HOST` or
    /// `redis://A,B,C/?cluster` (see `src/store/redis/README.md`).
    #[serde(serialize_with = "without_password")]
    pub scan_store: String,
    /// `embedded`.
    pub ledger: String,
    /// Directory of the key files and of `jwks.json`.
    pub keys: PathBuf,
    /// File whose first line opens the private keys. The worker's alone.
    pub key_passphrase_file: Option<PathBuf>,
    /// Networks (CIDR) whose Forwarded and X-Forwarded-For are believed.
    pub trusted_proxies: Vec<Cidr>,
    /// IANA name of the zone in which times are shown.
    pub time_zone: String,
    /// Databases that tell an address's place, of MaxMind's format or of
    /// ip2region's; one, or several of which the first that knows it tells.
    #[serde(deserialize_with = "one_or_several")]
    pub geo_database: Vec<PathBuf>,
    /// Networks of data centres, a prefix a line: scans from there are no
    /// evidence of copying.
    pub hosting_networks: Option<PathBuf>,
    /// Networks (CIDR) within which webhooks may be called, by http too; beside
    /// them it is the whole net alone, by https.
    pub webhook_allow: Vec<Cidr>,
    /// Days for which a scan keeps what tells of a person; then it keeps place,
    /// day and channel (see `guide::privacy`).
    pub scan_retention_days: u32,
    /// Days for which it is kept how a reporter wishes to be told, and for which
    /// photos and texts of a report are.
    pub report_contact_days: u32,
    pub report_content_days: u32,
    /// Map of provinces that consoles draw, as GeoJSON; without it a cartogram.
    pub map: Option<PathBuf>,
    /// The relay for mail: `smtps://USER:PASSWORD@HOST`, or
    /// `smtp://HOST:587?tls=required`. Without it links are shown alone.
    #[serde(serialize_with = "without_smtp_password")]
    pub smtp_url: Option<String>,
    /// Whom letters come from: `Zhenma <no-reply@example.cn>`.
    pub smtp_from: Option<String>,
    /// An authority for the time (RFC 3161) that dates packages of evidence:
    /// `http://` or `https://`. The courier asks it.
    pub tsa_url: Option<String>,
    /// Root certificates from which that authority's must come, PEM.
    pub tsa_roots: Option<PathBuf>,
    /// `text` or `json`.
    pub log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: "http://127.0.0.1:8080".to_owned(),
            public_aliases: Vec::new(),
            data: PathBuf::from("data"),
            scan_store: "embedded".to_owned(),
            ledger: "embedded".to_owned(),
            keys: PathBuf::from("keys"),
            key_passphrase_file: None,
            trusted_proxies: Vec::new(),
            time_zone: "Asia/Shanghai".to_owned(),
            geo_database: Vec::new(),
            hosting_networks: None,
            webhook_allow: Vec::new(),
            scan_retention_days: 1_095,
            report_contact_days: reports::CONTACT_DAYS,
            report_content_days: reports::CONTENT_DAYS,
            map: None,
            smtp_url: None,
            smtp_from: None,
            tsa_url: None,
            tsa_roots: None,
            log_format: LogFormat::Text,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("settings file {path}: {problem}")]
    File { path: String, problem: String },
    #[error("setting {name}: {problem}")]
    Setting { name: String, problem: String },
}

/// Names of all settings, for the environment.
const NAMES: [(&str, Kind); 22] = [
    ("listen", Kind::Text),
    ("public_url", Kind::Text),
    ("public_aliases", Kind::List),
    ("data", Kind::Text),
    ("scan_store", Kind::Text),
    ("ledger", Kind::Text),
    ("keys", Kind::Text),
    ("key_passphrase_file", Kind::Text),
    ("trusted_proxies", Kind::List),
    ("time_zone", Kind::Text),
    ("geo_database", Kind::List),
    ("hosting_networks", Kind::Text),
    ("webhook_allow", Kind::List),
    ("scan_retention_days", Kind::Number),
    ("report_contact_days", Kind::Number),
    ("report_content_days", Kind::Number),
    ("map", Kind::Text),
    ("smtp_url", Kind::Text),
    ("smtp_from", Kind::Text),
    ("tsa_url", Kind::Text),
    ("tsa_roots", Kind::Text),
    ("log_format", Kind::Text),
];

/// Fewer days and a copy that is sold slowly is not seen; more is no retention.
const RETENTION_DAYS: std::ops::RangeInclusive<u32> = 180..=3_650;

#[derive(Clone, Copy)]
enum Kind {
    Text,
    /// A text that is no number is left to be refused as what it is.
    Number,
    List,
}

impl Settings {
    /// Reads `file`, if given, then the environment, and checks the whole.
    ///
    /// # Errors
    /// Naming the file or the setting and what to write instead.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        #[allow(clippy::disallowed_methods, reason = "this is where the environment is read")]
        let env = |name: &str| std::env::var(name).ok();
        Self::from_sources(file, env)
    }

    /// `ZHENMA_*` variables that set nothing, such as a name spelt wrongly.
    pub fn unknown_variables() -> Vec<String> {
        let known = |name: &str| NAMES.iter().any(|(known, _)| known.to_uppercase() == name);
        std::env::vars_os()
            .filter_map(|(name, _)| name.into_string().ok())
            .filter(|name| name.strip_prefix("ZHENMA_").is_some_and(|rest| !known(rest)))
            .collect()
    }

    /// Each setting with its value, secrets hidden.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let table = toml::Table::try_from(self).unwrap_or_default();
        table.into_iter().map(|(name, value)| (name, value.to_string())).collect()
    }

    fn from_sources(
        file: Option<&Path>,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut table = match file {
            None => toml::Table::new(),
            Some(path) => {
                let told = |problem: String| ConfigError::File {
                    path: path.display().to_string(),
                    problem,
                };
                let text = std::fs::read_to_string(path).map_err(|e| told(e.to_string()))?;
                let table: toml::Table =
                    text.parse().map_err(|e: toml::de::Error| told(e.to_string()))?;
                toml::Value::Table(table.clone())
                    .try_into::<Self>()
                    .map_err(|e| told(e.to_string()))?;
                table
            }
        };
        for (name, kind) in NAMES {
            let variable = format!("ZHENMA_{}", name.to_uppercase());
            let Some(text) = env(&variable) else { continue };
            let value = match kind {
                Kind::Text => toml::Value::String(text),
                Kind::Number => match text.trim().parse() {
                    Ok(number) => toml::Value::Integer(number),
                    Err(_) => toml::Value::String(text),
                },
                Kind::List => toml::Value::Array(
                    text.split(',')
                        .map(str::trim)
                        .filter(|part| !part.is_empty())
                        .map(|part| toml::Value::String(part.to_owned()))
                        .collect(),
                ),
            };
            let mut alone = toml::Table::new();
            alone.insert(name.to_owned(), value.clone());
            toml::Value::Table(alone).try_into::<Self>().map_err(|e| ConfigError::Setting {
                name: variable,
                problem: e.message().to_owned(),
            })?;
            table.insert(name.to_owned(), value);
        }
        let settings: Self =
            toml::Value::Table(table).try_into().map_err(|e: toml::de::Error| {
                ConfigError::Setting {
                    name: "settings".to_owned(),
                    problem: e.message().to_owned(),
                }
            })?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let wrong = |name: &str, problem: String| {
            Err(ConfigError::Setting { name: format!("ZHENMA_{name}"), problem })
        };
        if host_of(&self.public_url).is_none() {
            return wrong(
                "PUBLIC_URL",
                format!("{:?} is not https://HOST or http://HOST without a path", self.public_url),
            );
        }
        if let Some(alias) = self.public_aliases.iter().find(|a| !code::host_is_sound(a)) {
            return wrong(
                "PUBLIC_ALIASES",
                format!("{alias:?} is not a host, with its port if it has one"),
            );
        }
        if self.scan_store != "embedded"
            && !["redis://", "rediss://"].iter().any(|s| self.scan_store.starts_with(s))
        {
            return wrong("SCAN_STORE", "write embedded, redis://HOST or rediss://HOST".to_owned());
        }
        if self.ledger != "embedded" {
            return wrong(
                "LEDGER",
                "write embedded: this release keeps the ledger on SQLite".to_owned(),
            );
        }
        if jiff::tz::TimeZone::get(&self.time_zone).is_err() {
            return wrong(
                "TIME_ZONE",
                format!("{:?} is not an IANA name such as Asia/Shanghai", self.time_zone),
            );
        }
        if let Err(problem) = self.mailer() {
            return wrong("SMTP_URL", problem);
        }
        if let Err(problem) = self.tsa() {
            return wrong("TSA_URL", problem);
        }
        for (name, days, range) in [
            ("SCAN_RETENTION_DAYS", self.scan_retention_days, RETENTION_DAYS),
            ("REPORT_CONTACT_DAYS", self.report_contact_days, reports::CONTACT_DAYS_RANGE),
            ("REPORT_CONTENT_DAYS", self.report_content_days, reports::CONTENT_DAYS_RANGE),
        ] {
            if !range.contains(&days) {
                let (least, most) = (range.start(), range.end());
                return wrong(name, format!("is not from {least} to {most}"));
            }
        }
        Ok(())
    }

    /// What sends mail, where a relay is named.
    ///
    /// # Errors
    /// What is wrong with the relay or the sender.
    pub fn mailer(&self) -> Result<Option<Smtp>, String> {
        match (&self.smtp_url, &self.smtp_from) {
            (None, None) => Ok(None),
            (Some(url), Some(from)) => Smtp::new(url, from).map(Some),
            _ => Err("give ZHENMA_SMTP_URL and ZHENMA_SMTP_FROM, or neither".to_owned()),
        }
    }

    /// The authority for the time, where one is named.
    ///
    /// # Errors
    /// What is wrong with its address.
    pub fn tsa(&self) -> Result<Option<hyper::Uri>, String> {
        let Some(url) = &self.tsa_url else { return Ok(None) };
        let wrong = || format!("{url:?} is no address such as https://tsa.example.cn/tsr");
        let uri: hyper::Uri = url.parse().map_err(|_| wrong())?;
        let known = matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some();
        if known { Ok(Some(uri)) } else { Err(wrong()) }
    }

    /// Lower-case hosts (with port, if any) under which our codes are read.
    pub fn hosts(&self) -> Vec<String> {
        host_of(&self.public_url)
            .into_iter()
            .chain(self.public_aliases.iter().map(|host| host.to_ascii_lowercase()))
            .collect()
    }

    /// The zone in which times are shown.
    pub fn zone(&self) -> jiff::tz::TimeZone {
        jiff::tz::TimeZone::get(&self.time_zone).unwrap_or(jiff::tz::TimeZone::UTC)
    }
}

/// A path, or a list of paths.
fn one_or_several<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<PathBuf>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a path or a list of paths")]
    enum Paths {
        One(PathBuf),
        Several(Vec<PathBuf>),
    }
    Ok(match Paths::deserialize(from)? {
        Paths::One(path) => vec![path],
        Paths::Several(paths) => paths,
    })
}

fn without_smtp_password<S: serde::Serializer>(
    url: &Option<String>,
    into: S,
) -> Result<S::Ok, S::Error> {
    match url {
        Some(url) => without_password(url, into),
        None => into.serialize_none(),
    }
}

/// What is printed gets into tickets and logs.
fn without_password<S: serde::Serializer>(url: &str, into: S) -> Result<S::Ok, S::Error> {
    let hidden = url.rsplit_once('@').and_then(|(before, place)| {
        let (scheme, user) = before.split_once("://")?;
        let (user, _) = user.split_once(':')?;
        Some(format!("{scheme}://{user}:***@{place}"))
    });
    into.serialize_str(hidden.as_deref().unwrap_or(url))
}

/// Host and port of `https://HOST[:PORT]`, in small letters.
fn host_of(url: &str) -> Option<String> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let host = rest.strip_suffix('/').unwrap_or(rest);
    code::host_is_sound(host).then(|| host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        Settings::from_sources(None, |name| {
            pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned())
        })
    }

    #[test]
    fn the_environment_overrides_defaults() {
        let settings = with(&[
            ("ZHENMA_LISTEN", "127.0.0.1:9"),
            ("ZHENMA_TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
            ("ZHENMA_PUBLIC_URL", "https://ID.Example.CN"),
            ("ZHENMA_GEO_DATABASE", "v4.xdb,v6.xdb"),
            ("ZHENMA_SCAN_RETENTION_DAYS", "730"),
        ])
        .expect("good settings");
        assert_eq!(settings.geo_database, [Path::new("v4.xdb"), Path::new("v6.xdb")]);
        assert_eq!((settings.listen.port(), settings.scan_retention_days), (9, 730));
        assert!(settings.trusted_proxies[0].contains([10, 200, 0, 1].into()));
        assert!(!settings.trusted_proxies[0].contains([11, 0, 0, 1].into()));
        assert!(settings.trusted_proxies[1].contains("::1".parse().expect("address")));
        assert_eq!(settings.hosts(), ["id.example.cn"]);
    }

    #[test]
    fn a_database_in_the_file_is_one_or_several() {
        let read = |text: &str| toml::from_str::<Settings>(text);
        let one = read("geo_database = \"city.mmdb\"").expect("a path");
        assert_eq!(one.geo_database, [Path::new("city.mmdb")]);
        let two = read("geo_database = [\"v4.xdb\", \"v6.xdb\"]").expect("paths");
        assert_eq!(two.geo_database.len(), 2);
        let error = read("geo_database = 4").expect_err("no path").to_string();
        assert!(error.contains("a path or a list of paths"), "{error}");
    }

    #[test]
    fn printed_settings_hide_the_password_of_redis() {
        for (url, shown) in [
            ("redis://:s3cret@h:6379/1", "redis://:***@h:6379/1"),
            ("rediss://zhenma:s3@cret@a,b/?cluster", "rediss://zhenma:***@a,b/?cluster"),
            ("redis://h", "redis://h"),
        ] {
            let settings = with(&[("ZHENMA_SCAN_STORE", url)]).expect("good settings");
            let printed = toml::to_string(&settings).expect("texts");
            assert!(printed.contains(shown) && !printed.contains("cret"), "{printed}");
        }
    }

    #[test]
    fn bad_settings_name_the_variable() {
        for (name, value) in [
            ("ZHENMA_LISTEN", "nowhere"),
            ("ZHENMA_PUBLIC_URL", "id.example.cn"),
            ("ZHENMA_PUBLIC_URL", "https://id.example.cn/q"),
            ("ZHENMA_PUBLIC_URL", "https://[::1]:8080"),
            ("ZHENMA_PUBLIC_URL", "https://id_1.example.cn"),
            ("ZHENMA_PUBLIC_ALIASES", "a.example.cn, https://b.example.cn"),
            ("ZHENMA_TRUSTED_PROXIES", "10.0.0.0/33"),
            ("ZHENMA_WEBHOOK_ALLOW", "intranet"),
            ("ZHENMA_SCAN_RETENTION_DAYS", "0"),
            ("ZHENMA_SCAN_RETENTION_DAYS", "three"),
            ("ZHENMA_REPORT_CONTACT_DAYS", "29"),
            ("ZHENMA_REPORT_CONTENT_DAYS", "1826"),
            ("ZHENMA_TIME_ZONE", "Asia/Luyi"),
            ("ZHENMA_SCAN_STORE", "mysql://x"),
            ("ZHENMA_LEDGER", "postgres://x"),
            ("ZHENMA_LOG_FORMAT", "xml"),
            ("ZHENMA_SMTP_URL", "smtps://mail.example.cn"),
            ("ZHENMA_TSA_URL", "tsa.example.cn"),
            ("ZHENMA_TSA_URL", "ftp://tsa.example.cn"),
        ] {
            let error = with(&[(name, value)]).expect_err(value).to_string();
            assert!(error.contains(name), "{error}");
        }
    }
}
