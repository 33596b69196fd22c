//! `zhenma doctor`

use clap::Args;

use super::shell::Place;
use super::{Done, Failure};
use crate::app::doctor::{self, Finding, State};
use crate::app::server;
use crate::base::{Clock, clock::SystemClock};

/// Say what is wrong with an installation and how to mend it; changes nothing. Exit 1 when there is a fault. Example: zhenma doctor --config /etc/zhenma.toml
#[derive(Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    place: Place,
}

impl Doctor {
    pub(crate) fn run(self, json: bool) -> Result<Done, Failure> {
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

fn tell(finding: &Finding) {
    println!("{:<8} {:<16} {}", finding.state.slug(), finding.check, finding.says);
    if let Some(remedy) = &finding.remedy {
        println!("{:<25} -> {remedy}", "");
    }
}
