//! `zhenma key new|list|retire|revoke|jwks`

use std::io::{IsTerminal, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use zeroize::Zeroizing;

use super::{Done, Failure};
use crate::app::config::Settings;
use crate::base::{Clock, clock::SystemClock};
use crate::keys::{KeyDir, KeyNumber, KeyStatus};

#[derive(Args)]
pub(crate) struct Key {
    #[command(subcommand)]
    what: What,
    /// Directory of the key files
    #[arg(long, global = true, value_name = "DIR")]
    keys: Option<PathBuf>,
    /// File whose first line is the passphrase
    #[arg(long, global = true, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

#[derive(Subcommand)]
enum What {
    /// Make a key. Example: zhenma key new --issuer 河南宋河酒业股份有限公司
    New {
        /// Name of the enterprise that will sign with it
        #[arg(long)]
        issuer: String,
        /// Its number; the next free one if left out
        #[arg(long, value_name = "N")]
        number: Option<u32>,
    },
    /// List the keys. Example: zhenma key list --json
    List,
    /// Let a key sign no more; what it signed stays good. Example: zhenma key retire 3
    Retire { number: u32 },
    /// Withdraw a compromised key: its signatures prove nothing from now on. Example: zhenma key revoke 3
    Revoke { number: u32 },
    /// Print the published set. Example: zhenma key jwks > jwks.json
    Jwks,
}

impl Key {
    pub(crate) fn run(self, json: bool) -> Result<Done, Failure> {
        let settings = Settings::load(None)?;
        let dir = KeyDir::at(self.keys.as_deref().unwrap_or(&settings.keys));
        match self.what {
            What::New { issuer, number } => {
                let number = number.map(number_of).transpose()?;
                let file = self.passphrase_file.or(settings.key_passphrase_file);
                let passphrase = passphrase(file.as_deref(), true)?;
                let made = dir.new_key(number, &issuer, &passphrase, SystemClock.now())?;
                if json {
                    println!("{}", serde_json::json!({"key": made.get()}));
                } else {
                    println!("key {made} is in {}/{made}.pem and published", dir.path().display());
                }
            }
            What::List => list(&dir, json)?,
            What::Retire { number } => set(&dir, number, KeyStatus::Retired)?,
            What::Revoke { number } => set(&dir, number, KeyStatus::Revoked)?,
            What::Jwks => std::io::stdout().write_all(&dir.jwks()?)?,
        }
        Ok(Done::Yes)
    }
}

fn number_of(number: u32) -> Result<KeyNumber, Failure> {
    KeyNumber::try_from(number).map_err(Failure)
}

fn set(dir: &KeyDir, number: u32, status: KeyStatus) -> Result<(), Failure> {
    dir.set_status(number_of(number)?, status)?;
    println!("key {number} is {}", status.slug());
    Ok(())
}

fn list(dir: &KeyDir, json: bool) -> Result<(), Failure> {
    for key in dir.keyring()?.iter() {
        if json {
            println!(
                "{}",
                serde_json::json!({"key": key.number.get(), "issuer": key.issuer,
                    "status": key.status, "nbf": key.not_before, "exp": key.not_after})
            );
        } else {
            println!("{:>8}  {:<8}  {}", key.number, key.status.slug(), key.issuer);
        }
    }
    Ok(())
}

/// The passphrase from a file, or typed without echo; `twice` for a new one.
pub(crate) fn passphrase(file: Option<&Path>, twice: bool) -> Result<Zeroizing<String>, Failure> {
    hide_memory()?;
    if let Some(path) = file {
        let text = Zeroizing::new(
            std::fs::read_to_string(path)
                .map_err(|e| Failure(format!("passphrase file {}: {e}", path.display())))?,
        );
        if std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o077 != 0)
        {
            eprintln!("zhenma: others can read {}: chmod 600 it", path.display());
        }
        let line = text.lines().next().unwrap_or_default();
        return Ok(Zeroizing::new(line.to_owned()));
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure(
            "passphrase: name a file with --passphrase-file or ZHENMA_KEY_PASSPHRASE_FILE".into(),
        ));
    }
    let typed = Zeroizing::new(rpassword::prompt_password("Passphrase: ")?);
    if twice && *typed != rpassword::prompt_password("Once more: ")? {
        return Err(Failure("passphrase: the two differ".into()));
    }
    Ok(typed)
}

/// From here on other processes of this user, `serve` among them, cannot look
/// into this one through `/proc`, and it leaves no core file.
fn hide_memory() -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    }
    Ok(())
}
