//! `zhenma config print|check`

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Done, Failure};
use crate::app::config::Settings;
use crate::app::doctor::Finding;
use crate::app::doctor::address::{in_the_clear, long_host};

#[derive(Args)]
pub(crate) struct Config {
    #[command(subcommand)]
    what: What,
    /// Settings file (TOML); ZHENMA_* variables win over it
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Subcommand)]
enum What {
    /// Print the settings in force, secrets hidden. Example: zhenma config print
    Print,
    /// Say whether the settings can be used: 1 where they can and labels would suffer, 2 where they cannot. Example: zhenma config check --config zhenma.toml
    Check,
}

impl Config {
    pub(crate) fn run(self, json: bool) -> Result<Done, Failure> {
        let settings = Settings::load(self.config.as_deref())?;
        match self.what {
            What::Print if json => println!("{}", serde_json::to_string(&settings)?),
            What::Print => print!("{}", toml::to_string(&settings)?),
            What::Check => return check(&settings),
        }
        Ok(Done::Yes)
    }
}

/// Beside what nothing starts with: variables that set nothing, and an address that
/// cannot be changed once labels are printed.
fn check(settings: &Settings) -> Result<Done, Failure> {
    let unknown: Vec<_> = Settings::unknown_variables()
        .into_iter()
        .map(|(name, nearest)| match nearest {
            Some(nearest) => format!("{name} is no setting: is {nearest} meant?"),
            None => format!("{name} is no setting; `zhenma config print` names all"),
        })
        .collect();
    if !unknown.is_empty() {
        return Err(Failure(unknown.join("\n")));
    }
    let printed: Vec<_> = in_the_clear(settings).into_iter().chain(long_host(settings)).collect();
    for Finding { says, remedy, .. } in &printed {
        println!("{says}\n  -> {}", remedy.as_deref().unwrap_or_default());
    }
    if !printed.is_empty() {
        return Ok(Done::No);
    }
    println!("the settings can be used; `zhenma doctor` looks behind them");
    Ok(Done::Yes)
}
