//! `deploy/compose.yaml` and `deploy/Containerfile`. No engine runs in a test:
//! the file is read as Compose reads it, and what it starts is started here
//! with the very words.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_yaml_ng::Value;

use super::{said, text, variables};
use crate::need;
use crate::postgres_server;
use crate::redis_server::{RedisServer, free_port};
use crate::site::Site;
use zhenma::base::Cidr;

fn compose() -> Value {
    let mut file: Value = serde_yaml_ng::from_str(&text("compose.yaml")).expect("YAML");
    file.apply_merge().expect("merges");
    // A service merges what has been merged itself.
    file.apply_merge().expect("merges");
    file
}

fn services(file: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let all = file["services"].as_mapping().expect("services");
    all.iter().map(|(name, service)| (name.as_str().expect("a name"), service))
}

fn words(value: &Value) -> Vec<&str> {
    let list = value.as_sequence().unwrap_or_else(|| panic!("no list of words: {value:?}"));
    list.iter().map(|word| word.as_str().expect("a word")).collect()
}

/// As Compose fills it in with nothing in `.env` but the host.
fn filled(value: &str) -> String {
    let Some((before, variable)) = value.split_once("${") else { return value.to_owned() };
    let variable = variable.strip_suffix('}').expect("one variable, at the end");
    match variable.split_once(":-") {
        Some((_, unset)) => format!("{before}{unset}"),
        None => format!("{before}id.example.cn"),
    }
}

#[test]
fn every_container_is_bounded_and_has_no_rights_to_spare() {
    let file = compose();
    for (name, service) in services(&file) {
        assert_eq!(service["read_only"], Value::Bool(true), "{name}");
        assert_eq!(words(&service["cap_drop"]), ["ALL"], "{name}");
        assert_eq!(words(&service["security_opt"]), ["no-new-privileges:true"], "{name}");
        let limits = &service["deploy"]["resources"]["limits"];
        for what in ["cpus", "memory", "pids"] {
            assert!(!limits[what].is_null(), "{name}: {what}");
        }
        assert!(service["logging"]["options"]["max-size"].is_string(), "{name}");
        assert_eq!(service["restart"] == "unless-stopped", name != "admin", "{name}");
        assert_eq!(service["healthcheck"]["test"].is_sequence(), name != "admin", "{name}");
        assert_eq!(!service["ports"].is_null(), name == "caddy", "{name}");
        let image = service["image"].as_str().expect("an image");
        let tag = image.rsplit_once(':').expect("a tag").1;
        assert!(tag.chars().any(|c| c.is_ascii_digit()), "{name}: {image} is not pinned");
    }
}

#[test]
fn the_passphrase_goes_to_the_worker_and_to_the_commands() {
    let file = compose();
    for (name, service) in services(&file) {
        let trusted = ["worker", "admin"].contains(&name);
        let secrets = service["secrets"].as_sequence();
        let given = secrets.is_some_and(|secrets| secrets.contains(&Value::from("passphrase")));
        assert_eq!(given, trusted, "{name}");
        let named = !service["environment"]["ZHENMA_KEY_PASSPHRASE_FILE"].is_null();
        assert_eq!(named, trusted, "{name}");
        let writes_keys = service["volumes"]
            .as_sequence()
            .is_some_and(|volumes| volumes.contains(&Value::from("keys:/var/lib/zhenma/keys")));
        assert_eq!(writes_keys, name == "admin", "{name}");
    }
    // A password is in a file alone: everybody who may ask an engine sees an environment.
    for (name, service) in services(&file) {
        let settings = service["environment"].as_mapping();
        let names = settings.into_iter().flat_map(|settings| settings.keys());
        let told = names.filter_map(Value::as_str).find(|name| name.ends_with("PASSWORD"));
        assert_eq!(told, None, "{name}");
    }
}

/// The names of a service's networks, whether or not addresses stand beside them.
fn networks(service: &Value) -> Vec<&str> {
    match &service["networks"] {
        Value::Mapping(named) => named.keys().map(|name| name.as_str().expect("text")).collect(),
        list => words(list),
    }
}

#[test]
fn who_calls_out_reaches_nothing_of_ours_and_the_others_call_nobody() {
    let file = compose();
    let outside = |name: &str| file["networks"][name]["internal"] != Value::Bool(true);
    for (name, service) in services(&file) {
        let mut networks = networks(service);
        let leads_out = networks.iter().any(|name| outside(name));
        assert_eq!(leads_out, ["caddy", "courier"].contains(&name), "{name}");
        let near_courier = networks.contains(&"ledger");
        assert_eq!(near_courier, ["courier", "postgres"].contains(&name), "{name}");
        networks.sort_unstable();
        match name {
            "caddy" => assert_eq!(networks, ["edge", "front"]),
            "courier" => assert_eq!(networks, ["ledger", "out"]),
            _ => {}
        }
    }
    assert_eq!(words(&file["services"]["courier"]["volumes"]), ["data:/var/lib/zhenma/data"]);
    assert_eq!(networks(&file["services"]["redis"]), ["back"]);
}

/// An engine gives out the lowest addresses first: one that is Caddy's would be somebody
/// else's by the time that Caddy starts, the last of all.
#[test]
fn no_address_that_is_somebodys_is_given_out_to_another() {
    let file = compose();
    let mut seen = Vec::new();
    for (name, service) in services(&file) {
        let Some(networks) = service["networks"].as_mapping() else { continue };
        for (network, options) in networks {
            let Some(address) = options["ipv4_address"].as_str() else { continue };
            let pool = &file["networks"][network]["ipam"]["config"][0];
            let within = |what: &str| {
                let net: Cidr = pool[what].as_str().expect("a net").to_owned().try_into().unwrap();
                net.contains(address.parse().expect("an address"))
            };
            assert!(within("subnet") && !within("ip_range"), "{name}: {address}");
            assert!(!address.ends_with(".1"), "{name}: {address} is the gateway's");
            assert!(!seen.contains(&address), "{name}: {address} is taken");
            seen.push(address);
        }
    }
    // What README.md tells to ask for the metrics.
    assert_eq!(seen.len(), 4);
    let readme = text("README.md");
    for address in seen.iter().filter(|a| !a.ends_with(".2")) {
        assert!(readme.contains(&format!("`{address}:8080`")), "{address}");
    }
}

#[test]
fn the_program_reads_every_setting_of_its_containers() {
    let (file, known) = (compose(), variables());
    let image = text("Containerfile");
    let of_image = image.split_whitespace().filter(|word| word.starts_with("ZHENMA_"));
    let of_image: Vec<_> = of_image.filter_map(|pair| pair.split_once('=')).collect();
    assert_eq!(of_image.len(), 3);
    for name in ["serve", "worker", "admin"] {
        let service = &file["services"][name];
        let settings = service["environment"].as_mapping().expect("settings");
        let settings = settings.iter().map(|(n, v)| (n.as_str().unwrap(), v.as_str().unwrap()));
        let mut zhenma = Command::new(env!("CARGO_BIN_EXE_zhenma"));
        zhenma.env_clear().args(["config", "check"]);
        for (variable, value) in settings.chain(of_image.iter().copied()) {
            // As psql reads it.
            let known = variable == "PGPASSFILE" || known.iter().any(|k| k == variable);
            assert!(known, "{name}: {variable}");
            zhenma.env(variable, filled(value));
        }
        let checked = zhenma.output().expect("zhenma runs");
        assert!(checked.status.success(), "{name}: {}", said(&checked));
        let folders = service["volumes"].as_sequence().expect("volumes");
        for (variable, folder) in of_image.iter().filter(|(_, value)| value.starts_with('/')) {
            let mounted =
                folders.iter().any(|v| v.as_str().unwrap().split(':').nth(1) == Some(folder));
            assert!(mounted, "{name}: {variable} is in no volume");
        }
    }
    // Caddy is the only one that is believed, at the address that it has.
    let address = &file["services"]["caddy"]["networks"]["front"]["ipv4_address"];
    assert_eq!(&file["services"]["serve"]["environment"]["ZHENMA_TRUSTED_PROXIES"], address);
}

#[test]
fn redis_with_the_words_of_compose_keeps_every_answered_scan() {
    let file = compose();
    let command = words(&file["services"]["redis"]["command"]);
    assert_eq!(command[0], "redis-server");
    let Some(redis) = RedisServer::start_as(&command[1..]) else { return };
    let site = Site::new(&redis.url());
    let doctor = site.command(&["doctor"]).output().expect("zhenma runs");
    let said = said(&doctor);
    assert!(doctor.status.success(), "{said}");
    let store = said
        .lines()
        .find(|line| line.split_whitespace().nth(1) == Some("scan_store"))
        .expect("a line");
    assert!(store.starts_with("ok ") && store.contains("syncs every scan"), "{store}");
    let set = |name: &str| redis.command::<Vec<String>>(&format!("CONFIG GET {name}")).remove(1);
    assert_eq!(
        (set("maxmemory-policy").as_str(), set("maxmemory").as_str()),
        ("noeviction", "2147483648")
    );
    if let Some(cli) = need::program("redis-cli") {
        let test = &file["services"]["redis"]["healthcheck"]["test"];
        let test = words(test);
        assert_eq!(test[..2], ["CMD", "redis-cli"]);
        let healthy = |port: u16| {
            let mut ping = Command::new(&cli);
            ping.args(["-p", &port.to_string()]).args(&test[2..]);
            ping.output().expect("redis-cli runs").status.success()
        };
        assert!(healthy(redis.port) && !healthy(free_port()));
    }
}

/// Debian's own PostgreSQL, with the words of the file: it syncs, has checksums, and is
/// seen to be there by the file's own question.
#[test]
fn postgres_with_the_words_of_compose_syncs_what_it_answers() {
    let Some(postgres) = postgres_server::program("postgres") else { return };
    let programs = postgres.parent().expect("in a folder");
    let file = compose();
    let service = &file["services"]["postgres"];
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let (folder, port) = (tempfile::tempdir().expect("a folder"), free_port());
    let place = folder.path().display();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o777)).expect("set");
    // PostgreSQL refuses to be root.
    let run = |program: &str| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
        command.arg(programs.join(program)).current_dir(folder.path());
        command
    };
    let arguments = text(&service["environment"]["POSTGRES_INITDB_ARGS"]);
    let data = format!("{place}/data");
    let made = run("initdb")
        .args(["-D", &data, "-U", "zhenma", "-A", "trust", "-N", &arguments])
        .output()
        .expect("initdb runs");
    assert!(made.status.success(), "{}", said(&made));
    let command = words(&service["command"]);
    assert_eq!(command[0], "postgres");
    let mut server = run("postgres")
        .args(&command[1..])
        .args(["-D", &data, "-k", &place.to_string(), "-p", &port.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("postgres starts");
    let test = words(&service["healthcheck"]["test"]);
    assert_eq!(test[..2], ["CMD", "pg_isready"]);
    let healthy = |port: u16| {
        let mut asked = Command::new(programs.join("pg_isready"));
        asked.args(&test[2..]).args(["-p", &port.to_string()]);
        asked.output().expect("pg_isready runs").status.success()
    };
    let deadline = Instant::now() + Duration::from_secs(60);
    while !healthy(port) && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(50));
    }
    let shown = |name: &str| {
        let mut asked = Command::new(programs.join("psql"));
        let address = format!("postgres://zhenma@127.0.0.1:{port}/postgres");
        asked.args(["-Atc", &format!("SHOW {name}"), &address]);
        said(&asked.output().expect("psql runs")).trim().to_owned()
    };
    let settings = ["fsync", "synchronous_commit", "data_checksums", "max_connections"].map(shown);
    let seen = (healthy(port), healthy(free_port()));
    let _ = server.kill();
    let _ = server.wait();
    assert_eq!((seen, settings), ((true, false), ["on", "on", "on", "64"].map(str::to_owned)));
}

#[test]
fn the_health_check_of_the_server_asks_the_server() {
    let mut site = Site::new("embedded");
    let file = compose();
    let test = words(&file["services"]["serve"]["healthcheck"]["test"]);
    assert_eq!(test[..2], ["CMD", "zhenma"], "no shell is needed");
    let ask = |port: u16| {
        let own = |word: &&str| word.replace(":8080", &format!(":{port}"));
        let words: Vec<_> = test[2..].iter().map(own).collect();
        let out = Command::new(env!("CARGO_BIN_EXE_zhenma")).args(&words).output();
        out.expect("zhenma runs").status.code()
    };
    assert_eq!(ask(site.port), Some(1), "nothing listens yet");
    let unwell = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = unwell.local_addr().expect("bound").port();
    let another = std::thread::spawn(move || {
        let (mut line, _) = unwell.accept().expect("asked");
        line.write_all(b"HTTP/1.1 503 Service Unavailable\r\n\r\n").expect("answered");
    });
    assert_eq!(ask(port), Some(1), "it is not well");
    another.join().expect("asked once");
    site.start_serve();
    let deadline = Instant::now() + Duration::from_secs(30);
    while TcpStream::connect(("127.0.0.1", site.port)).is_err() {
        assert!(Instant::now() < deadline, "it does not start: {}", site.log());
        std::thread::yield_now();
    }
    assert_eq!(ask(site.port), Some(0), "{}", site.log());
}

#[test]
fn the_image_is_built_as_this_machine_builds_and_runs_without_rights() {
    let image = text("Containerfile");
    let runs = super::commands("With systemd");
    let build = runs.iter().find(|line| line.starts_with("cargo ")).expect("a line");
    assert!(image.contains(&format!("\nRUN {build} ")), "the README builds by {build}");
    assert!(image.contains(&format!("image.version=\"{}\"", env!("CARGO_PKG_VERSION"))));
    assert!(image.contains(&format!("ARG RUST={}-", env!("CARGO_PKG_RUST_VERSION"))));
    assert!(text("compose.yaml").contains(&format!("zhenma:{}", env!("CARGO_PKG_VERSION"))));
    let last = |word: &str| {
        let found = image.lines().rev().find(|line| line.starts_with(word));
        found.unwrap_or_else(|| panic!("no {word}")).to_owned()
    };
    assert_eq!(last("USER"), "USER 10001:10001");
    assert_eq!(last("ENTRYPOINT"), "ENTRYPOINT [\"zhenma\"]");
    assert_eq!(last("CMD"), "CMD [\"serve\"]");
}

/// A secret that Git ignores must not get into a layer of an image either.
#[test]
fn what_git_ignores_the_image_does_not_get() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/");
    let read = |name: &str| std::fs::read_to_string(root.to_owned() + name).expect("a file");
    let kept_out = read(".dockerignore");
    for line in read(".gitignore").lines() {
        let pattern = line.replacen('/', "", 1);
        assert!(kept_out.lines().any(|kept| kept == pattern), "{line} is not in .dockerignore");
    }
}
