//! `zhenma config print|check`

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Done, Failure};
use crate::app::config::Settings;

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
    /// Say whether the settings can be used. Example: zhenma config check --config zhenma.toml
    Check,
}

impl Config {
    pub(crate) fn run(self, json: bool) -> Result<Done, Failure> {
        let settings = Settings::load(self.config.as_deref())?;
        match self.what {
            What::Print if json => println!("{}", serde_json::to_string(&settings)?),
            What::Print => print!("{}", toml::to_string(&settings)?),
            What::Check => println!("the settings can be used; `zhenma doctor` looks behind them"),
        }
        Ok(Done::Yes)
    }
}
