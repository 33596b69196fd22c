//! Real Redis servers on free loopback ports, each with its own folder,
//! stopped when the test ends.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::need;

/// A server that syncs every write before it answers.
pub struct RedisServer {
    program: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    pub port: u16,
    child: Child,
    folder: TempDir,
}

impl RedisServer {
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// With more arguments, each `--name value`.
    pub fn start_with(more: &[&str]) -> Option<Self> {
        let mut words = "--appendonly yes --appendfsync always --cluster-node-timeout 1000"
            .split(' ')
            .collect::<Vec<_>>();
        words.extend(["--save", ""]);
        words.extend(more.iter().flat_map(|m| m.split(' ')));
        Self::start_as(&words)
    }

    /// With these words as its arguments; only its places are the test's.
    pub fn start_as(words: &[&str]) -> Option<Self> {
        Self::start_under(&[], words)
    }

    /// The same, with this in its environment.
    pub fn start_under(environment: &[(&str, String)], words: &[&str]) -> Option<Self> {
        let environment: Vec<(String, String)> =
            environment.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let program = need::program("redis-server")?;
        // Another process may take the port between the look and the start.
        for _ in 0..20 {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let port = free_port();
            let places = format!(
                "--port {port} --bind 127.0.0.1 --loglevel warning --logfile redis.log \
                 --cluster-port {}",
                free_port()
            );
            let words = words.iter().copied().chain(places.split(' '));
            let arguments: Vec<String> = words.map(str::to_owned).collect();
            let child = spawn(&program, &arguments, &environment, &folder);
            let (program, environment) = (program.clone(), environment.clone());
            let mut server = Self { program, arguments, environment, port, child, folder };
            if server.is_up() {
                return Some(server);
            }
        }
        panic!("redis-server does not start")
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Waits until it answers; false when the process has ended.
    fn is_up(&mut self) -> bool {
        let deadline = Instant::now() + Duration::from_secs(20);
        while Instant::now() < deadline {
            if self.child.try_wait().expect("a child").is_some() {
                return false;
            }
            let pong =
                self.connection().and_then(|mut c| redis::cmd("PING").query::<String>(&mut c));
            if pong.is_ok() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("redis-server does not answer")
    }

    pub fn connection(&self) -> redis::RedisResult<redis::Connection> {
        redis::Client::open(self.url())?.get_connection_with_timeout(Duration::from_secs(2))
    }

    /// Sends a command, words parted by spaces.
    pub fn try_command<T: redis::FromRedisValue>(&self, words: &str) -> redis::RedisResult<T> {
        let mut words = words.split(' ');
        let mut command = redis::cmd(words.next().expect("a command"));
        words.for_each(|word| {
            command.arg(word);
        });
        command.query(&mut self.connection()?)
    }

    pub fn command<T: redis::FromRedisValue>(&self, words: &str) -> T {
        self.try_command(words).unwrap_or_else(|e| panic!("{words}: {e}"))
    }

    /// SIGKILL: nothing is saved or said goodbye to.
    pub fn kill(&mut self) {
        self.child.kill().expect("a running server");
        self.child.wait().expect("a killed server");
    }

    /// Starts again on the same port with the same folder.
    pub fn restart(&mut self) {
        self.child = spawn(&self.program, &self.arguments, &self.environment, &self.folder);
        assert!(self.is_up(), "the server does not start again");
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn is_master(&self) -> bool {
        self.command::<String>("INFO replication").contains("role:master")
    }

    /// Sends a signal by name, STOP or CONT.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status()
            .expect("kill runs");
        assert!(sent.success());
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(
    program: &PathBuf,
    arguments: &[String],
    environment: &[(String, String)],
    folder: &TempDir,
) -> Child {
    Command::new(program)
        .args(arguments)
        .envs(environment.iter().cloned())
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("redis-server starts")
}

pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound").port()
}

/// Three masters that share the slots.
pub struct RedisCluster {
    pub nodes: Vec<RedisServer>,
}

impl RedisCluster {
    const SLOTS: u32 = 16_384;
    /// Without full coverage the slots of the living are served.
    const NODE: [&str; 2] = ["--cluster-enabled yes", "--cluster-require-full-coverage no"];

    pub fn start() -> Option<Self> {
        let node = || RedisServer::start_with(&Self::NODE);
        let nodes = vec![node()?, node()?, node()?];
        for (n, node) in (0..).zip(&nodes) {
            let (first, end) = (n * Self::SLOTS / 3, (n + 1) * Self::SLOTS / 3);
            node.command::<()>(&format!("CLUSTER ADDSLOTSRANGE {first} {}", end - 1));
            node.command::<()>(&format!("CLUSTER SET-CONFIG-EPOCH {}", n + 1));
        }
        let cluster = Self { nodes };
        for node in &cluster.nodes[1..] {
            cluster.meet(node);
        }
        cluster.wait_until_whole();
        Some(cluster)
    }

    /// A fourth node that follows the first, in step.
    pub fn add_replica_of_first(&self) -> Option<RedisServer> {
        let replica = RedisServer::start_with(&Self::NODE)?;
        self.meet(&replica);
        let first: String = self.nodes[0].command("CLUSTER MYID");
        let follow = format!("CLUSTER REPLICATE {first}");
        wait(|| replica.try_command::<()>(&follow).is_ok());
        wait(|| self.nodes[0].command::<String>("INFO replication").contains("state=online"));
        // Every node has heard of it, or it would not be elected.
        let known = |n: &RedisServer| n.command::<String>("CLUSTER NODES").lines().count() == 4;
        wait(|| self.nodes.iter().chain([&replica]).all(known));
        Some(replica)
    }

    /// Moves a slot from one node to another as an operator would, key by key.
    pub fn move_slot(&self, slot: u16, from: usize, to: usize) {
        let ids: Vec<String> = self.nodes.iter().map(|n| n.command("CLUSTER MYID")).collect();
        let set = |node: usize, what: &str, of: usize| {
            let words = format!("CLUSTER SETSLOT {slot} {what} {}", ids[of]);
            self.nodes[node].command::<()>(&words);
        };
        set(to, "IMPORTING", from);
        set(from, "MIGRATING", to);
        let mut connection = self.nodes[from].connection().expect("connected");
        let port = self.nodes[to].port;
        wait(|| {
            let keys: Vec<Vec<u8>> = redis::cmd("CLUSTER")
                .arg(("GETKEYSINSLOT", slot, 3))
                .query(&mut connection)
                .expect("keys");
            if keys.is_empty() {
                return true;
            }
            let mut migrate = redis::cmd("MIGRATE");
            migrate.arg(("127.0.0.1", port, "", 0, 5_000, "KEYS")).arg(keys);
            match migrate.query::<()>(&mut connection) {
                // One that had no processor for a while has not heard of the others since,
                // and takes nothing; what it did not take stays where it is.
                Err(error) if error.to_string().contains("CLUSTERDOWN") => {}
                moved => moved.expect("moved"),
            }
            false
        });
        for node in [to, from].into_iter().chain(0..self.nodes.len()) {
            set(node, "NODE", to);
        }
    }

    fn meet(&self, node: &RedisServer) {
        let bus: String = node.command::<Vec<String>>("CONFIG GET cluster-port").remove(1);
        let meet = format!("CLUSTER MEET 127.0.0.1 {} {bus}", node.port);
        self.nodes[0].command::<()>(&meet);
    }

    /// Every node sees every slot served.
    pub fn wait_until_whole(&self) {
        let whole = |node: &RedisServer| {
            let known: usize = node.command::<String>("CLUSTER NODES").lines().count();
            let info: String = node.command("CLUSTER INFO");
            known >= self.nodes.len() && info.contains("cluster_state:ok")
        };
        wait(|| self.nodes.iter().all(whole));
    }

    pub fn url(&self) -> String {
        let places: Vec<_> = self.nodes.iter().map(|n| format!("127.0.0.1:{}", n.port)).collect();
        format!("redis://{}/?cluster", places.join(","))
    }
}

/// Until the nodes of a cluster agree.
pub fn wait(mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < deadline, "the cluster does not come together");
        std::thread::sleep(Duration::from_millis(10));
    }
}
