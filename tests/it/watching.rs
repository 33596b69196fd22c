//! What is told of a running installation: the table of the guide, the rules of
//! Prometheus, the dashboard. A real Prometheus scrapes real processes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::need;
use crate::redis_server::{RedisServer, free_port};
use crate::site::Site;

const DEADLINE: Duration = Duration::from_secs(120);
/// Logs of a Redis.
const TAGS: u64 = 64;
const JOBS: [&str; 3] = ["serve", "worker", "courier"];

fn root(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(root(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// An installation on Redis with all its processes, each with its metrics.
struct Watched {
    site: Site,
    ports: BTreeMap<&'static str, u16>,
    processes: Vec<Child>,
    client: reqwest::Client,
    redis: RedisServer,
}

impl Watched {
    async fn start() -> Option<Self> {
        let redis = RedisServer::start_with(&["--maxmemory 1gb"])?;
        let site = Site::new(&redis.url());
        let ports: BTreeMap<_, _> =
            JOBS.map(|job| (job, if job == "serve" { site.port } else { free_port() })).into();
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let mut watched = Self { site, ports, processes: Vec::new(), client, redis };
        for job in JOBS {
            let process = watched.spawn(job);
            watched.processes.push(process);
        }
        let deadline = Instant::now() + DEADLINE;
        for job in JOBS {
            while watched
                .get(job, "/healthz", "127.0.0.1")
                .await
                .is_none_or(|(code, _)| code != 200)
            {
                assert!(Instant::now() < deadline, "{job} does not start: {}", watched.log(job));
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Some(watched)
    }

    fn spawn(&self, job: &str) -> Child {
        let log = File::create(self.site.file(job)).expect("a log");
        let process = self
            .site
            .command(&[job])
            .env("ZHENMA_METRICS_LISTEN", format!("127.0.0.1:{}", self.ports[job]))
            .env("ZHENMA_TRUSTED_PROXIES", "127.0.0.0/8")
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        process.expect("zhenma starts")
    }

    /// A counter of the worker.
    async fn counted(&self, name: &str) -> Option<u64> {
        let (_, text) = self.get("worker", "/metrics", "127.0.0.1").await?;
        text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
    }

    async fn lost(&self) -> Option<u64> {
        self.counted("zhenma_scan_logs_begun_again_total ").await
    }

    async fn until_followed(&self) {
        let deadline = Instant::now() + DEADLINE;
        while self.counted("zhenma_scans_followed_total ").await.is_none_or(|count| count == 0) {
            assert!(Instant::now() < deadline, "not followed: {}", self.log("worker"));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until so many logs were lost, and no more.
    async fn until_lost(&self, logs: u64) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let lost = self.lost().await.unwrap_or(0);
            assert!(lost <= logs, "{lost} of {logs}: {}", self.log("worker"));
            if lost == logs {
                return;
            }
            assert!(Instant::now() < deadline, "{lost} of {logs}: {}", self.log("worker"));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn log(&self, job: &str) -> String {
        fs::read_to_string(self.site.file(job)).unwrap_or_default()
    }

    async fn get(&self, job: &str, path: &str, from: &str) -> Option<(u16, String)> {
        let url = format!("http://127.0.0.1:{}{path}", self.ports[job]);
        let request = self.client.get(url).header("accept", "application/json");
        let answer = request.header("x-forwarded-for", from).send().await.ok()?;
        Some((answer.status().as_u16(), answer.text().await.ok()?))
    }

    /// Scans as buyers and copiers make them: good, looked at, forged, foreign, and so
    /// many by one device that they are refused.
    async fn scan(&self, round: usize) {
        let network = round % 250;
        for (n, (_, text)) in self.site.labels.iter().enumerate() {
            let from = format!("203.0.{network}.{n}");
            self.get("serve", &format!("/{text}"), &from).await;
            self.get("serve", &format!("/{}", backwards(text)), &from).await;
        }
        for _ in 0..40 {
            self.get("serve", &format!("/{}", self.site.labels[0].1), "198.51.100.7").await;
        }
        let look = self
            .client
            .head(format!("http://127.0.0.1:{}/{}", self.ports["serve"], self.site.labels[1].1));
        let _ = look.send().await;
        self.get("serve", "/", "203.0.113.9").await;
    }
}

/// The last characters of a signature the other way round.
fn backwards(text: &str) -> String {
    let (kept, end) = text.split_at(text.len() - 8);
    kept.chars().chain(end.chars().rev()).collect()
}

impl Drop for Watched {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Type, labels and processes of each metric.
type Table = BTreeMap<String, (String, BTreeSet<String>, BTreeSet<String>)>;

/// From the exposition format.
fn exported(job: &str, text: &str, into: &mut Table) {
    let mut family = String::new();
    for line in text.lines() {
        if let Some(typed) = line.strip_prefix("# TYPE ") {
            let (name, kind) = typed.split_once(' ').expect("a type");
            let row = into.entry(name.to_owned()).or_default();
            kind.clone_into(&mut row.0);
            row.2.insert(job.to_owned());
            name.clone_into(&mut family);
        } else if let Some((_, labels)) = line.split_once('{') {
            let labels = labels.rsplit_once('}').expect("an end").0;
            let names = labels.split("\",").filter_map(|pair| pair.split_once('='));
            let names = names.map(|(name, _)| name.to_owned()).filter(|name| name != "le");
            into.get_mut(&family).expect("a type above").1.extend(names);
        }
    }
}

/// From the table of the guide.
fn written() -> Table {
    let page = text("src/guide/watching.md");
    let names = |cell: &str| {
        let names = cell.split(',').map(|name| name.trim().trim_matches('`').to_owned());
        names.filter(|name| !name.is_empty()).collect()
    };
    let rows = page.lines().filter(|line| line.starts_with("| `zhenma_"));
    rows.map(|row| {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let name = cells[1].trim_matches('`').to_owned();
        (name, (cells[2].to_owned(), names(cells[3]), names(cells[4])))
    })
    .collect()
}

#[tokio::test]
async fn the_guide_names_every_metric_that_is_exported_and_no_other() {
    let Some(watched) = Watched::start().await else { return };
    let (written, deadline) = (written(), Instant::now() + DEADLINE);
    assert!(written.len() > 25, "{written:?}");
    for round in 0.. {
        watched.scan(round).await;
        let mut table = Table::new();
        let mut raw = String::new();
        for job in JOBS {
            let (status, text) = watched.get(job, "/metrics", "127.0.0.1").await.expect("answers");
            assert_eq!(status, 200, "{job}");
            exported(job, &text, &mut table);
            raw += &text;
        }
        for (name, says) in &table {
            let known = written.get(name);
            let known = known.unwrap_or_else(|| panic!("{name} is not in the guide"));
            assert_eq!(says.0, known.0, "{name}");
            assert!(says.1.is_subset(&known.1), "{name}: labels {:?}", says.1);
            assert!(says.2.is_subset(&known.2), "{name}: of {:?}", says.2);
            assert!(raw.contains(&format!("# HELP {name} ")), "{name} is not described");
        }
        // What is looked at every few seconds comes when it comes.
        if table == written {
            assert!(
                raw.contains("zhenma_http_request_seconds_bucket{route=\"/{code}\",le=\"0.3\"}")
            );
            for (_, code) in &watched.site.labels {
                assert!(!raw.contains(code), "a code is in the metrics");
            }
            assert!(!raw.contains("203.0.") && !raw.contains("91411628MA9DEM01XU"));
            return;
        }
        assert!(Instant::now() < deadline, "{table:#?}\nis not\n{written:#?}");
    }
}

/// A worker's metrics are for who is near.
#[tokio::test]
async fn a_worker_answers_for_itself_alone() {
    let Some(watched) = Watched::start().await else { return };
    for path in ["/", "/readyz", "/.well-known/jwks.json"] {
        let (status, _) = watched.get("worker", path, "127.0.0.1").await.expect("answers");
        assert_eq!(status, 404, "{path}");
    }
}

/// The alert of histories that are lost rests on this.
#[tokio::test]
async fn histories_that_redis_lost_are_counted_and_a_new_redis_is_not() {
    let Some(mut watched) = Watched::start().await else { return };
    watched.scan(0).await;
    watched.until_followed().await;
    assert_eq!(watched.lost().await, Some(0), "{}", watched.log("worker"));
    // A node of a cluster that came back empty while no worker looked.
    let worker = JOBS.iter().position(|job| *job == "worker").expect("one of them");
    watched.processes[worker].kill().expect("killed");
    watched.processes[worker].wait().expect("ended");
    watched.redis.command::<()>("DEL zm:{00}:id zm:{01}:id");
    watched.processes[worker] = watched.spawn("worker");
    watched.until_lost(2).await;
    watched.redis.command::<()>("FLUSHALL");
    watched.until_lost(2 + TAGS).await;
    assert!(watched.log("worker").contains("the scan store was emptied or is another one"));
}

#[test]
fn the_rules_of_prometheus_fire_when_they_should_and_else_not() {
    if need::program("promtool").is_none() {
        return;
    }
    let promtool = |words: &[&str]| {
        let mut run = Command::new("promtool");
        let done = run.args(words).current_dir(root("deploy/prometheus")).output();
        let done = done.expect("promtool runs");
        let said = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{words:?}: {said}");
    };
    promtool(&["check", "rules", "zhenma-slo.rules.yml", "zhenma-alerts.rules.yml"]);
    promtool(&["check", "config", "--syntax-only", "prometheus.yml"]);
    promtool(&["test", "rules", "zhenma.test.yml"]);
}

#[test]
fn every_alert_has_a_page_of_the_night_and_is_tried_both_ways() {
    let night = text("deploy/NIGHT.md");
    let titles = night.lines().filter_map(|line| line.strip_prefix("## "));
    let anchors: BTreeSet<String> =
        titles.map(|title| title.to_lowercase().replace(' ', "-").replace(',', "")).collect();
    let tried: serde_yaml_ng::Value =
        serde_yaml_ng::from_str(&text("deploy/prometheus/zhenma.test.yml")).expect("YAML");
    let tests = tried["tests"].as_sequence().expect("tests").iter();
    let tests = tests.flat_map(|test| test["alert_rule_test"].as_sequence().expect("alerts"));
    let tests: Vec<(&str, bool)> = tests
        .map(|test| {
            let fires = test["exp_alerts"].as_sequence().is_some_and(|all| !all.is_empty());
            (test["alertname"].as_str().expect("a name"), fires)
        })
        .collect();
    let rules: serde_yaml_ng::Value =
        serde_yaml_ng::from_str(&text("deploy/prometheus/zhenma-alerts.rules.yml")).expect("YAML");
    let groups = rules["groups"].as_sequence().expect("groups").iter();
    let rules: Vec<_> =
        groups.flat_map(|group| group["rules"].as_sequence().expect("rules")).collect();
    assert!(rules.len() > 20);
    for rule in rules {
        let name = rule["alert"].as_str().expect("an alert");
        assert!(rule["annotations"]["summary"].is_string(), "{name}");
        let page = rule["annotations"]["runbook_url"].as_str().expect("a page");
        let anchor = page.strip_prefix("deploy/NIGHT.md#").expect("a page of the night");
        assert!(anchors.contains(anchor), "{name}: {anchor} is none of {anchors:?}");
        assert!(night.contains(name), "NIGHT.md does not name {name}");
        for fires in [true, false] {
            assert!(tests.contains(&(name, fires)), "{name}: no test that it fires: {fires}");
        }
    }
}

/// Prometheus over the three processes, with the project's rules.
struct Prometheus {
    port: u16,
    process: Child,
    folder: TempDir,
}

impl Prometheus {
    fn start(watched: &Watched) -> Option<Self> {
        let program = need::program("prometheus")?;
        let folder = tempfile::tempdir().expect("a folder");
        // The file of the project, but for places and times.
        let mut config = text("deploy/prometheus/prometheus.yml");
        for (job, at) in JOBS.into_iter().zip([8080, 8081, 8082]) {
            config = config.replace(&format!(":{at}\""), &format!(":{}\"", watched.ports[job]));
        }
        let rules = root("deploy/prometheus/zhenma-*.rules.yml").display().to_string();
        config = config.replace("/etc/prometheus/zhenma-*.rules.yml", &rules);
        config = config.replace("interval: 15s", "interval: 1s");
        let file = folder.path().join("prometheus.yml");
        fs::write(&file, config).expect("written");
        let port = free_port();
        let log = File::create(folder.path().join("log")).expect("a log");
        let process = Command::new(program)
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("prometheus starts");
        Some(Self { port, process, folder })
    }

    /// The values that a query gives now, but for what is no number.
    async fn ask(&self, client: &reqwest::Client, query: &str) -> Result<usize, String> {
        let url = format!("http://127.0.0.1:{}/api/v1/query", self.port);
        let sent = client.post(url).form(&[("query", query)]).send().await;
        let answer: Value =
            sent.map_err(|e| e.to_string())?.json().await.map_err(|e| e.to_string())?;
        if answer["status"] != "success" {
            return Err(answer["error"].to_string());
        }
        let found = answer["data"]["result"].as_array().expect("a list");
        Ok(found.iter().filter(|one| one["value"][1] != "NaN").count())
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Panel and query of the dashboard.
fn queries() -> Vec<(String, String)> {
    let board: Value = serde_json::from_str(&text("deploy/grafana/zhenma.json")).expect("JSON");
    let panels = board["panels"].as_array().expect("panels");
    let of_panel = |panel: &Value| {
        let title = panel["title"].as_str().expect("a title").to_owned();
        let targets = panel["targets"].as_array().cloned().unwrap_or_default();
        let queries = targets.into_iter().map(move |target| {
            let query = target["expr"].as_str().expect("a query");
            (title.clone(), query.replace("$__rate_interval", "30s"))
        });
        queries.collect::<Vec<_>>()
    };
    panels.iter().flat_map(of_panel).collect()
}

#[tokio::test]
async fn every_query_of_the_dashboard_has_data_of_a_loaded_server() {
    let Some(watched) = Watched::start().await else { return };
    let Some(prometheus) = Prometheus::start(&watched) else { return };
    let mut left = queries();
    assert!(left.len() > 35, "{}", left.len());
    let deadline = Instant::now() + DEADLINE;
    for round in 0.. {
        watched.scan(round).await;
        let mut without = Vec::new();
        for (panel, query) in left {
            if !matches!(prometheus.ask(&watched.client, &query).await, Ok(1..)) {
                without.push((panel, query));
            }
        }
        left = without;
        if left.is_empty() {
            return;
        }
        let late = Instant::now() >= deadline;
        let log = || fs::read_to_string(prometheus.folder.path().join("log")).unwrap_or_default();
        assert!(!late, "no data: {left:#?}\n{}", log());
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
