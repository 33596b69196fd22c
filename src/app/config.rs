//! Settings: a TOML file, overlaid by `ZHENMA_*` variables.

use std::env::VarError;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::app::traces::is_endpoint;
use crate::base::Cidr;
use crate::cases::clock;
use crate::code;
use crate::reports::retention as reports;
use crate::store::mail::Smtp;
use crate::store::sql::Ledger;

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
    #[serde(serialize_with = "shown")]
    pub scan_store: String,
    /// `embedded`, or `postgres://USER:PASSWORD@HOST/DATABASE` where several machines
    /// serve (see `deploy/README.md`).
    #[serde(serialize_with = "shown")]
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
    /// Years after its last entry for which a case that is over keeps persons, words
    /// and photos.
    pub case_years: u32,
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
    /// Address and port at which worker and courier answer `/metrics`; nowhere
    /// where it is not set. A server answers it at `listen`.
    pub metrics_listen: Option<SocketAddr>,
    /// A collector of traces (OTLP over HTTP) on this machine or in its network, such
    /// as `http://127.0.0.1:4318`; without it there are none.
    pub trace_endpoint: Option<String>,
    /// Requests of a thousand that are traced.
    pub trace_per_mille: u32,
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
            case_years: clock::YEARS,
            map: None,
            smtp_url: None,
            smtp_from: None,
            tsa_url: None,
            tsa_roots: None,
            metrics_listen: None,
            trace_endpoint: None,
            trace_per_mille: 10,
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
const NAMES: [(&str, Kind); 26] = [
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
    ("case_years", Kind::Number),
    ("map", Kind::Text),
    ("smtp_url", Kind::Text),
    ("smtp_from", Kind::Text),
    ("tsa_url", Kind::Text),
    ("tsa_roots", Kind::Text),
    ("metrics_listen", Kind::Text),
    ("trace_endpoint", Kind::Text),
    ("trace_per_mille", Kind::Number),
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
        let env = |name: &str| std::env::var(name);
        Self::from_sources(file, env)
    }

    /// `ZHENMA_*` variables that set nothing, such as a name spelt wrongly, each with
    /// the name that may be meant: the nearest, where it is not quite another word.
    pub fn unknown_variables() -> Vec<(String, Option<String>)> {
        const PREFIX: &str = "ZHENMA_";
        let known: Vec<_> = NAMES.iter().map(|(name, _)| variable(name)).collect();
        std::env::vars_os()
            .map(|(name, _)| name.to_string_lossy().into_owned())
            .filter(|name| name.starts_with(PREFIX) && !known.contains(name))
            .map(|name| {
                let far = |known: &String| strsim::damerau_levenshtein(known, &name);
                let nearest = known.iter().min_by_key(|known| far(known));
                let nearest = nearest.filter(|known| far(known) <= (name.len() - PREFIX.len()) / 2);
                let nearest = nearest.cloned();
                (name, nearest)
            })
            .collect()
    }

    /// Each setting with its value, secrets hidden.
    pub fn pairs(&self) -> Vec<(String, String)> {
        let table = toml::Table::try_from(self).unwrap_or_default();
        table.into_iter().map(|(name, value)| (name, value.to_string())).collect()
    }

    fn from_sources(
        file: Option<&Path>,
        env: impl Fn(&str) -> Result<String, VarError>,
    ) -> Result<Self, ConfigError> {
        let mut table = match file {
            None => toml::Table::new(),
            Some(path) => {
                let told = |problem: String| ConfigError::File {
                    path: path.display().to_string(),
                    problem,
                };
                let text = std::fs::read_to_string(path).map_err(|e| told(e.to_string()))?;
                let table = text.parse::<toml::Table>().map_err(|e| told(unread(&text, &e)))?;
                toml::Value::Table(table.clone())
                    .try_into::<Self>()
                    .map_err(|e| told(e.to_string()))?;
                table
            }
        };
        for (name, kind) in NAMES {
            let variable = variable(name);
            let text = match env(&variable) {
                Ok(text) => text,
                Err(VarError::NotPresent) => continue,
                Err(VarError::NotUnicode(_)) => {
                    let problem = "is not UTF-8".to_owned();
                    return Err(ConfigError::Setting { name: variable, problem });
                }
            };
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
        if self.ledger != "embedded"
            && let Err(problem) = Ledger::check_url(&self.ledger)
        {
            return wrong("LEDGER", problem);
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
        if self.trace_endpoint.as_deref().is_some_and(has_user) {
            return wrong("TRACE_ENDPOINT", "holds a user: write the address alone".to_owned());
        }
        if let Some(endpoint) = self.trace_endpoint.as_deref().filter(|e| !is_endpoint(e)) {
            return wrong(
                "TRACE_ENDPOINT",
                format!("{endpoint:?} is no collector near by such as http://127.0.0.1:4318"),
            );
        }
        if let Err(problem) = self.tsa() {
            return wrong("TSA_URL", problem);
        }
        for (name, span, range) in [
            ("SCAN_RETENTION_DAYS", self.scan_retention_days, RETENTION_DAYS),
            ("REPORT_CONTACT_DAYS", self.report_contact_days, reports::CONTACT_DAYS_RANGE),
            ("REPORT_CONTENT_DAYS", self.report_content_days, reports::CONTENT_DAYS_RANGE),
            ("CASE_YEARS", self.case_years, clock::YEARS_RANGE),
            ("TRACE_PER_MILLE", self.trace_per_mille, 0..=1_000),
        ] {
            if !range.contains(&span) {
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
        if has_user(url) {
            return Err("holds a user: write the address alone".to_owned());
        }
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

/// User and password, which would be shown with the settings and sent to nobody.
fn has_user(url: &str) -> bool {
    url.contains('@')
}

/// What is wrong with the text of the file, and in which line, which itself is not
/// shown: there may be a password in it.
fn unread(text: &str, error: &toml::de::Error) -> String {
    let Some(span) = error.span() else { return error.message().to_owned() };
    let line = text.bytes().take(span.start).filter(|b| *b == b'\n').count() + 1;
    format!("line {line}: {}", error.message())
}

/// A setting's name in the environment.
fn variable(name: &str) -> String {
    format!("ZHENMA_{}", name.to_uppercase())
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
        Some(url) => shown(url, into),
        None => into.serialize_none(),
    }
}

fn shown<S: serde::Serializer>(url: &str, into: S) -> Result<S::Ok, S::Error> {
    into.serialize_str(&without_password(url))
}

/// A URL as it is printed, since that gets into tickets and logs.
pub fn without_password(url: &str) -> String {
    let hidden = url.rsplit_once('@').and_then(|(before, place)| {
        let (scheme, user) = before.split_once("://")?;
        let (user, _) = user.split_once(':')?;
        Some(format!("{scheme}://{user}:***@{place}"))
    });
    hidden.unwrap_or_else(|| url.to_owned())
}

/// Host and port of `https://HOST[:PORT]`, in small letters.
fn host_of(url: &str) -> Option<String> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let host = rest.strip_suffix('/').unwrap_or(rest);
    code::host_is_sound(host).then(|| host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests;
