//! `zhenma user add|list|disable|erase|key`

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::key::passphrase;
use super::shell::{Place, Shell};
use super::{Done, Failure};
use crate::auth::account::check_login;
use crate::auth::port::{AccountLedger, ApiKey};
use crate::auth::{Account, Duties, Role, password, token};

#[derive(Args)]
pub(crate) struct User {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    place: Place,
}

#[derive(Subcommand)]
enum What {
    /// Add an account. Example: zhenma user add wang --name 王芳 --role officer --password-file pw
    Add {
        login: String,
        #[arg(long)]
        name: String,
        /// administrator, officer or member
        #[arg(long)]
        role: String,
        /// Unified social credit code, for a member
        #[arg(long)]
        enterprise: Option<String>,
        /// Of a member, with commas: owner, planner, approver, line, quality, sales, viewer
        #[arg(long, default_value = "owner")]
        duties: String,
        /// File whose first line is the password; asked for if left out
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// List them. Example: zhenma user list --json
    List,
    /// Close an account: its sessions and keys end at once. Example: zhenma user disable wang
    Disable { login: String },
    /// Close an account for good and delete the person's name, password and keys; the login stays in records and is never given out again. Example: zhenma user erase wang
    Erase { login: String },
    /// Make an API key; it is shown once. Example: zhenma user key wang --label "ERP" --days 365
    Key {
        login: String,
        #[arg(long, default_value = "API")]
        label: String,
        /// Which of the account's duties the key has, with commas; all if left out
        #[arg(long, value_name = "DUTIES")]
        scope: Option<String>,
        /// Days until it expires
        #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=1100))]
        days: u16,
    },
}

impl User {
    pub(crate) fn run(self, json: bool) -> Result<Done, Failure> {
        let shell = Shell::open(&self.place, json)?;
        match self.what {
            What::Add { login, name, role, enterprise, duties, password_file } => {
                check_login(&login)?;
                let role = Role::parse(&role, enterprise.as_deref(), &duties)?;
                let typed = passphrase(password_file.as_deref(), true)?;
                password::check(&typed)?;
                let account = Account {
                    login: login.clone(),
                    name,
                    role,
                    password_hash: Some(password::hash(&typed)),
                    created_at: shell.now(),
                    disabled_at: None,
                };
                shell.wait(shell.ledger.add_account(&account, &shell.by()))?;
                shell.tell(&serde_json::json!({"login": login}), &format!("account {login}"));
            }
            What::List => {
                for a in shell.wait(shell.ledger.accounts())? {
                    let state = if a.disabled_at.is_some() { "disabled" } else { "" };
                    let of = a.role.enterprise().unwrap_or_default();
                    let duties = a.role.duties();
                    let words =
                        format!("{}  {}  {} {of} {duties} {state}", a.login, a.name, a.role.slug());
                    let object = serde_json::json!({"login": a.login, "name": a.name,
                        "role": a.role.slug(), "duties": a.role.duties().to_string(), "enterprise": a.role.enterprise(),
                        "disabled": a.disabled_at.is_some()});
                    shell.tell(&object, words.trim_end());
                }
            }
            What::Disable { login } => {
                if !shell.wait(shell.ledger.disable_account(&login, &shell.by()))? {
                    return Err(Failure(format!("login {login:?}: there is no such open account")));
                }
                shell
                    .tell(&serde_json::json!({"disabled": login}), &format!("{login} is disabled"));
            }
            What::Erase { login } => {
                let Some(new) = shell.wait(shell.ledger.erase_account(&login, &shell.by()))? else {
                    return Err(Failure(format!("login {login:?}: there is no such account")));
                };
                let words = if new { "is erased" } else { "was erased before" };
                let object = serde_json::json!({"erased": login, "new": new});
                shell.tell(&object, &format!("{login} {words}"));
            }
            What::Key { login, label, scope, days } => {
                let (text, hash) = token::new();
                let now = shell.now();
                let key = ApiKey {
                    hash,
                    login,
                    label,
                    scope: scope.as_deref().map(Duties::parse).transpose()?,
                    created_at: now,
                    expires_at: now.plus_ms(i64::from(days) * 86_400_000),
                    last_used_at: None,
                };
                shell.wait(shell.ledger.add_api_key(&key, &shell.by()))?;
                shell.tell(&serde_json::json!({"api_key": text}), &text);
            }
        }
        Ok(Done::Yes)
    }
}
