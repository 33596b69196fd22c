//! `zhenma demo`, `serve`, `worker`, `courier`

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::key::passphrase;
use super::{Done, Failure};
use crate::app::config::Settings;
use crate::app::{server, telemetry};

/// The whole product on sample brands; prints `ready http://ADDR` when it serves. Example: zhenma demo
#[derive(Args)]
pub(crate) struct Demo {
    /// Directory of its files; made when it is not there
    #[arg(long, default_value = "demo-data", value_name = "DIR")]
    data: PathBuf,
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR")]
    listen: SocketAddr,
}

impl Demo {
    pub(crate) fn run(self, _json: bool) -> Result<Done, Failure> {
        let _logging = telemetry::start(&Settings::default(), "warn")?;
        server::block_on(server::demo(self.data, self.listen))?;
        Ok(Done::Yes)
    }
}

/// Answer scans and consoles, with public keys alone. Example: zhenma serve --config /etc/zhenma.toml
#[derive(Args)]
pub(crate) struct Serve {
    /// Settings file (TOML); ZHENMA_* variables win over it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Serve {
    pub(crate) fn run(self, _json: bool) -> Result<Done, Failure> {
        let settings = Settings::load(self.config.as_deref())?;
        let _logging = telemetry::start(&settings, "info")?;
        server::block_on(server::serve(settings))?;
        Ok(Done::Yes)
    }
}

/// Sign, follow the log of scans, run orders: the one process that reads the passphrase. Example: zhenma worker --config /etc/zhenma.toml
#[derive(Args)]
pub(crate) struct Worker {
    /// Settings file (TOML); ZHENMA_* variables win over it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Worker {
    pub(crate) fn run(self, _json: bool) -> Result<Done, Failure> {
        let settings = Settings::load(self.config.as_deref())?;
        let _logging = telemetry::start(&settings, "info")?;
        let passphrase = passphrase(settings.key_passphrase_file.as_deref(), false)?;
        server::block_on(server::worker(settings, passphrase))?;
        Ok(Done::Yes)
    }
}

/// Deliver webhooks: the one process that calls out, without keys or passphrase. Example: zhenma courier --config /etc/zhenma.toml
#[derive(Args)]
pub(crate) struct Courier {
    /// Settings file (TOML); ZHENMA_* variables win over it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Courier {
    pub(crate) fn run(self, _json: bool) -> Result<Done, Failure> {
        let settings = Settings::load(self.config.as_deref())?;
        let _logging = telemetry::start(&settings, "info")?;
        server::block_on(server::courier(settings))?;
        Ok(Done::Yes)
    }
}
