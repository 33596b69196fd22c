//! `zhenma doctor`

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use clap::Args;

use super::shell::Place;
use super::{Done, Failure};
use crate::app::doctor::{self, Finding, State};
use crate::app::server;
use crate::base::{Clock, clock::SystemClock};

/// Below what a container's engine waits.
const ALIVE_MAX: Duration = Duration::from_secs(2);

/// Say what is wrong with an installation and how to mend it; changes nothing. Exit 1 when there is a fault. Example: zhenma doctor --config /etc/zhenma.toml
#[derive(Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    place: Place,
    /// Ask the process that listens there whether it is alive, and nothing else; exit 1 when it is not. For a container, in which there is nothing else to ask with
    #[arg(long, value_name = "ADDRESS:PORT")]
    alive: Option<SocketAddr>,
}

impl Doctor {
    pub(crate) fn run(self, json: bool) -> Result<Done, Failure> {
        if let Some(address) = self.alive {
            return Ok(match is_alive(address) {
                Ok(()) => Done::Yes,
                Err(error) => {
                    eprintln!("zhenma: {address}: {error}");
                    Done::No
                }
            });
        }
        let settings = self.place.settings()?;
        let findings = server::block_on(doctor::examine(&settings, SystemClock.now()))?;
        for finding in &findings {
            if json {
                println!("{}", serde_json::to_string(finding)?);
            } else {
                tell(finding);
            }
        }
        let count = |state| findings.iter().filter(|f| f.state == state).count();
        let (faults, warnings) = (count(State::Fault), count(State::Warning));
        if !json {
            println!("{faults} to mend before it runs, {warnings} to know of");
        }
        Ok(if faults == 0 { Done::Yes } else { Done::No })
    }
}

/// As curl would ask for `/healthz`.
fn is_alive(address: SocketAddr) -> io::Result<()> {
    let mut line = TcpStream::connect_timeout(&address, ALIVE_MAX)?;
    line.set_read_timeout(Some(ALIVE_MAX))?;
    line.write_all(b"GET /healthz HTTP/1.0\r\n\r\n")?;
    let mut answer = [0; "HTTP/1.x 200 ".len()];
    line.read_exact(&mut answer)?;
    if answer.ends_with(b" 200 ") { Ok(()) } else { Err(io::Error::other("it is not well")) }
}

fn tell(finding: &Finding) {
    println!("{:<8} {:<16} {}", finding.state.slug(), finding.check, finding.says);
    if let Some(remedy) = &finding.remedy {
        println!("{:<25} -> {remedy}", "");
    }
}
