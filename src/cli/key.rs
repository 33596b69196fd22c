//! `zhenma key new|list|retire|revoke|jwks`, of labels and of offices.

use std::fs::Metadata;
use std::io::{IsTerminal, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, Subcommand};
use zeroize::Zeroizing;

use super::{Done, Failure};
use crate::app::config::Settings;
use crate::app::lost_keys::lost_keys;
use crate::app::server;
use crate::base::{Clock, clock::SystemClock};
use crate::keys::office::OfficeKid;
use crate::keys::{KeyDir, KeyNumber, KeyStatus, Keyring};

#[derive(Args)]
pub(crate) struct Key {
    #[command(subcommand)]
    what: What,
    /// Settings file (TOML); ZHENMA_* variables win over it
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Directory of the key files
    #[arg(long, global = true, value_name = "DIR")]
    keys: Option<PathBuf>,
    /// File whose first line is the passphrase
    #[arg(long, global = true, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

#[derive(Subcommand)]
enum What {
    /// Make a key. Examples: zhenma key new --issuer 河南宋河酒业股份有限公司; zhenma key new --office 鹿邑县市场监督管理局
    New {
        /// Name of the enterprise that will sign labels with it
        #[arg(long, value_name = "NAME", required_unless_present = "office")]
        issuer: Option<String>,
        /// Name of the office that will sign evidence packages and kits with it, and no label
        #[arg(long, value_name = "NAME", conflicts_with_all = ["issuer", "number"])]
        office: Option<String>,
        /// Its number; the next free one if left out. None that a batch names whose key is not here
        #[arg(long, value_name = "N")]
        number: Option<u32>,
    },
    /// List the keys. Example: zhenma key list --json
    List,
    /// Let a key sign no more; what it signed stays good. Example: zhenma key retire 3
    Retire {
        /// The key's number, or the name of an office's key such as office-1
        key: Name,
    },
    /// Withdraw a compromised key: its signatures prove nothing from now on. Example: zhenma key revoke 3
    Revoke {
        /// The key's number, or the name of an office's key such as office-1
        key: Name,
    },
    /// Print the published set. Example: zhenma key jwks > jwks.json
    Jwks {
        /// That of offices' keys, against which evidence packages are checked
        #[arg(long)]
        office: bool,
    },
}

/// What a key is called.
#[derive(Clone, Copy, Debug)]
enum Name {
    Label(KeyNumber),
    Office(OfficeKid),
}

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            let number: u32 = text.parse().map_err(|_| format!("{text:?} is no key number"))?;
            return KeyNumber::try_from(number).map(Self::Label);
        }
        text.parse().map(Self::Office)
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Label(number) => number.fmt(f),
            Self::Office(kid) => kid.fmt(f),
        }
    }
}

impl Key {
    pub(crate) fn run(self, json: bool) -> Result<Done, Failure> {
        let settings = Settings::load(self.config.as_deref())?;
        let dir = KeyDir::at(self.keys.as_deref().unwrap_or(&settings.keys));
        match self.what {
            What::New { issuer, office, number } => {
                let file = self.passphrase_file.or(settings.key_passphrase_file.clone());
                let passphrase = || passphrase(file.as_deref(), true);
                let made = match office {
                    Some(office) => Name::Office(dir.new_office_key(
                        &office,
                        &passphrase()?,
                        SystemClock.now(),
                    )?),
                    None => {
                        let number =
                            number.map(KeyNumber::try_from).transpose().map_err(Failure)?;
                        let issuer = issuer.unwrap_or_default();
                        refuse_lost(&settings, &dir, number)?;
                        let (passphrase, now) = (passphrase()?, SystemClock.now());
                        Name::Label(dir.new_key(number, &issuer, &passphrase, now)?)
                    }
                };
                if json {
                    println!("{}", serde_json::json!({"key": made.json()}));
                } else {
                    println!("key {made} is in {}/{made}.pem and published", dir.path().display());
                }
            }
            What::List => list(&dir, json)?,
            What::Retire { key } => set(&dir, key, KeyStatus::Retired)?,
            What::Revoke { key } => set(&dir, key, KeyStatus::Revoked)?,
            What::Jwks { office: true } => std::io::stdout().write_all(&dir.office_jwks()?)?,
            What::Jwks { office: false } => std::io::stdout().write_all(&dir.jwks()?)?,
        }
        Ok(Done::Yes)
    }
}

/// Refuses to make a key while batches name one that is not here, unless under another
/// number that is given: the next free one might be that key's.
fn refuse_lost(
    settings: &Settings,
    dir: &KeyDir,
    wanted: Option<KeyNumber>,
) -> Result<(), Failure> {
    let ring = if dir.signs_labels() { dir.keyring()? } else { Keyring::default() };
    let lost = server::block_on(async { Ok(lost_keys(settings, &ring).await) })?.map_err(|e| {
        Failure(format!(
            "which keys batches name is not known, since the ledger cannot be asked: {e}"
        ))
    })?;
    let Some(last) = lost.last() else { return Ok(()) };
    if wanted.is_some_and(|wanted| !lost.contains(&wanted)) {
        return Ok(());
    }
    let names: Vec<_> = lost.iter().map(ToString::to_string).collect();
    let next =
        ring.iter().map(|key| key.number).max().max(Some(*last)).map_or(1, KeyNumber::get) + 1;
    Err(Failure(format!(
        "batches of the ledger name key {}, which is not in {}: put jwks.json and its key files \
         back from their copy, since under another key of that number every label that was sold \
         is not genuine; a key beside it is made with --number {next}",
        names.join(", "),
        dir.path().display()
    )))
}

impl Name {
    /// A number for a label's key, a text for an office's.
    fn json(self) -> serde_json::Value {
        match self {
            Self::Label(number) => number.get().into(),
            Self::Office(kid) => kid.to_string().into(),
        }
    }
}

fn set(dir: &KeyDir, key: Name, status: KeyStatus) -> Result<(), Failure> {
    match key {
        Name::Label(number) => dir.set_status(number, status)?,
        Name::Office(kid) => dir.set_office_status(kid, status, SystemClock.now())?,
    }
    println!("key {key} is {}", status.slug());
    Ok(())
}

fn list(dir: &KeyDir, json: bool) -> Result<(), Failure> {
    let offices = dir.office_keys()?;
    // An office's machine may hold no key of labels.
    let labels =
        if offices.is_empty() || dir.signs_labels() { dir.keyring()? } else { Keyring::default() };
    for key in labels.iter() {
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
    for key in offices.iter() {
        if json {
            println!(
                "{}",
                serde_json::json!({"key": key.kid, "office": key.office, "status": key.status,
                    "status_at": key.status_at, "nbf": key.not_before, "exp": key.not_after})
            );
        } else {
            println!("{:>8}  {:<8}  {}", key.kid.to_string(), key.status.slug(), key.office);
        }
    }
    Ok(())
}

/// The passphrase from a file, or typed without echo; `twice` for a new one.
pub(crate) fn passphrase(file: Option<&Path>, twice: bool) -> Result<Zeroizing<String>, Failure> {
    let ways = "--passphrase-file or ZHENMA_KEY_PASSPHRASE_FILE";
    secret("passphrase", file, ways, twice)
}

/// A new password of an account, likewise.
pub(crate) fn password(file: Option<&Path>) -> Result<Zeroizing<String>, Failure> {
    secret("password", file, "--password-file", true)
}

/// `ways` name the file where nobody is there to type.
fn secret(
    what: &str,
    file: Option<&Path>,
    ways: &str,
    twice: bool,
) -> Result<Zeroizing<String>, Failure> {
    hide_memory()?;
    if let Some(path) = file {
        let text = Zeroizing::new(
            std::fs::read_to_string(path)
                .map_err(|e| Failure(format!("{what} file {}: {e}", path.display())))?,
        );
        let open = |m: Metadata| m.is_file() && others_can_read(path, m.permissions().mode());
        if std::fs::metadata(path).is_ok_and(open) {
            eprintln!("zhenma: others can read {}: chmod 600 it", path.display());
        }
        let line = text.lines().next().unwrap_or_default();
        return Ok(Zeroizing::new(line.to_owned()));
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure(format!("{what}: name a file with {ways}")));
    }
    let typed = Zeroizing::new(rpassword::prompt_password(format!("{what}: "))?);
    if twice && *typed != rpassword::prompt_password("once more: ")? {
        return Err(Failure(format!("{what}: the two differ")));
    }
    Ok(typed)
}

/// What systemd lends to a unit is guarded by a list of who may (on Debian 13), and
/// where a file has one, the bits of its group are the bound of that list.
fn others_can_read(path: &Path, mode: u32) -> bool {
    let listed = path.starts_with("/run/credentials");
    mode & if listed { 0o007 } else { 0o077 } != 0
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_that_a_list_guards_is_not_open_to_others() {
        let lent = Path::new("/run/credentials/zhenma-worker.service/passphrase");
        assert!(!others_can_read(lent, 0o100_440) && !others_can_read(lent, 0o100_400));
        assert!(others_can_read(lent, 0o100_444));
        let own = Path::new("/etc/zhenma/passphrase");
        assert!(others_can_read(own, 0o100_440) && !others_can_read(own, 0o100_600));
    }
}
