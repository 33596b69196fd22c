//! `zhenma user add|list|disable|erase|link|remove-second-factor|key|keys|replace-key|end-key`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use uuid::Uuid;

use super::key;
use super::shell::{Place, Shell};
use super::{Done, Failure};
use crate::auth::account::check_login;
use crate::auth::api_key::{self, KeyLedger, Wanted};
use crate::auth::credentials::CredentialLedger;
use crate::auth::people::{self, Newcomer, Reach};
use crate::auth::port::{AccountLedger, ApiKey};
use crate::auth::{Account, Duties, Role, password};
use crate::base::{UnixMs, line};

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
        /// What is typed to sign in; it stays for good
        login: String,
        /// Of the person, as others read it
        #[arg(long)]
        name: String,
        /// administrator (of the county), officer or member (of an enterprise)
        #[arg(long)]
        role: String,
        /// Unified social credit code of a member's enterprise; none for the others
        #[arg(long, value_name = "USCC")]
        enterprise: Option<String>,
        /// What a member may do, with commas: owner, planner, approver, line, quality, sales, viewer
        #[arg(long, default_value = "owner")]
        duties: String,
        /// What an officer may do: officer, supervisor, legal or auditor
        #[arg(long, default_value = "officer")]
        seat: String,
        /// Id of an officer's office, as /county/offices names it; the first one if left out
        #[arg(long)]
        office: Option<Uuid>,
        /// File whose first line is the password; asked for if left out
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        /// Print a link by which its owner chooses a password
        #[arg(long, conflicts_with = "password_file")]
        invite: bool,
    },
    /// List them. Example: zhenma user list --json
    List,
    /// Close an account: its sessions and keys end at once. Example: zhenma user disable wang
    Disable { login: String },
    /// Make a link by which somebody chooses a new password; it is shown once. Example: zhenma user link wang
    Link { login: String },
    /// Take the second factor from somebody who lost it. Example: zhenma user remove-second-factor wang
    RemoveSecondFactor { login: String },
    /// Close an account for good and delete the person's name, password and keys; the login stays in records and is never given out again. Example: zhenma user erase wang
    Erase { login: String },
    /// Make an API key; it is shown once. Example: zhenma user key wang --label "ERP" --days 365
    Key {
        login: String,
        /// What it is for, as lists of keys show it
        #[arg(long, default_value = "API")]
        label: String,
        /// Which of the account's duties the key has, with commas; all if left out
        #[arg(long, value_name = "DUTIES")]
        scope: Option<String>,
        /// Days until it expires
        #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=1100))]
        days: u16,
    },
    /// List API keys, or those of one account. Example: zhenma user keys wang --json
    Keys { login: Option<String> },
    /// Put a new API key in the place of one, named as `keys` lists it; the new one is shown once. Example: zhenma user replace-key 0a134cf3a0a3f0cd --overlap-days 7
    ReplaceKey {
        key: String,
        /// Days for which the one before is still good
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(0..=30))]
        overlap_days: u16,
    },
    /// End an API key at once. Example: zhenma user end-key 0a134cf3a0a3f0cd
    EndKey { key: String },
}

impl User {
    pub(crate) fn run(self, json: bool) -> Result<Done, Failure> {
        let shell = Shell::open(&self.place, json)?;
        match self.what {
            What::Add {
                login, name, role, enterprise, duties, seat, office, invite: true, ..
            } => {
                let may = if role == "officer" { &seat } else { &duties };
                let role = Role::parse(&role, enterprise.as_deref(), may, office)?;
                let new = Newcomer { login, name, role, program: false };
                let by = shell.by();
                if let Some(token) = shell.wait(people::invite(&shell.ledger, new, &by))? {
                    tell_link(&shell, &token);
                }
            }
            What::Add {
                login,
                name,
                role,
                enterprise,
                duties,
                seat,
                office,
                password_file,
                ..
            } => {
                check_login(&login)?;
                let may = if role == "officer" { &seat } else { &duties };
                let role = Role::parse(&role, enterprise.as_deref(), may, office)?;
                let typed = key::password(password_file.as_deref())?;
                password::check(&typed)?;
                let account = Account {
                    login: login.clone(),
                    name: line("name", &name)?,
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
                    let duties = a.role.written();
                    let words =
                        format!("{}  {}  {} {of} {duties} {state}", a.login, a.name, a.role.slug());
                    let object = serde_json::json!({"login": a.login, "name": a.name,
                        "role": a.role.slug(), "duties": a.role.written(), "enterprise": a.role.enterprise(),
                        "office": a.role.office(), "disabled": a.disabled_at.is_some()});
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
            What::Link { login } => {
                let ledger = &shell.ledger;
                let (token, _) =
                    shell.wait(people::link(ledger, &Reach::All, &login, &shell.by()))?;
                tell_link(&shell, &token);
            }
            What::RemoveSecondFactor { login } => {
                if !shell.wait(shell.ledger.remove_second_factor(&login, &shell.by()))? {
                    return Err(Failure(format!("login {login:?}: there is no second factor")));
                }
                let told = format!("{login} signs in with the password alone");
                shell.tell(&serde_json::json!({"second_factor": null}), &told);
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
                let scope = scope.as_deref().map(Duties::parse).transpose()?;
                let wanted = Wanted { login, label, scope, days };
                let by = shell.by();
                let made = api_key::make(&shell.ledger, &Reach::All, wanted, &by);
                let text = shell.wait(made)?;
                shell.tell(&serde_json::json!({"api_key": text}), &text);
            }
            What::Keys { login } => {
                for key in shell.wait(shell.ledger.api_keys(None))? {
                    if login.as_ref().is_none_or(|login| *login == key.login) {
                        tell_key(&shell, &key);
                    }
                }
            }
            What::ReplaceKey { key, overlap_days } => {
                let by = shell.by();
                let made = api_key::replace(&shell.ledger, &Reach::All, &key, overlap_days, &by);
                let text = shell.wait(made)?;
                shell.tell(&serde_json::json!({"api_key": text}), &text);
            }
            What::EndKey { key } => {
                shell.wait(api_key::end(&shell.ledger, &Reach::All, &key, &shell.by()))?;
                shell.tell(&serde_json::json!({"ended": key}), &format!("key {key} is over"));
            }
        }
        Ok(Done::Yes)
    }
}

fn tell_link(shell: &Shell, token: &str) {
    let url = format!("{}/join/{token}", shell.settings.public_url.trim_end_matches('/'));
    shell.tell(&serde_json::json!({"link": url}), &url);
}

/// One line of a list, times in the zone of the settings.
fn tell_key(shell: &Shell, key: &ApiKey) {
    let day = |at: UnixMs| {
        let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
        at.to_zoned_datetime(shell.settings.zone()).date().to_string()
    };
    let id = api_key::id(key);
    let scope = key.scope.map_or_else(|| "all".to_owned(), |scope| scope.to_string());
    let used = key.last_used_at.map_or_else(|| "never".to_owned(), day);
    let state = if key.expires_at > shell.now() { "until" } else { "OVER since" };
    let until = day(key.expires_at);
    let words =
        format!("{id}  {}  {}  {scope}  {state} {until}  last used {used}", key.login, key.label);
    let object = serde_json::json!({"key": id, "login": key.login, "label": key.label,
        "scope": key.scope.map(|scope| scope.to_string()), "expires_at": key.expires_at.0,
        "last_used_at": key.last_used_at.map(|at| at.0)});
    shell.tell(&object, &words);
}
