//! Accounts as those see them who answer for them.

use super::db::{self, Row};
use async_trait::async_trait;
use serde_json::{Value, json};

use super::accounts::{account, end_all, insert, known, note, told};
use super::credentials::put_link;
use super::rows::{Read, get};
use super::{Ledger, Tx, down};
use crate::auth::link::Link;
use crate::auth::people::{Of, PEOPLE_MAX, PeopleLedger, Person};
use crate::auth::{Account, Duties, Role};
use crate::base::{By, FieldError, LedgerError, UnixMs};

/// What a page tells of an account beside itself.
const PERSON: &str = "SELECT a.*,
    (SELECT f.since FROM second_factors f WHERE f.login = a.login) AS factor_since,
    (SELECT MAX(l.expires_at) FROM links l WHERE l.login = a.login AND l.purpose = 'invitation')
        AS invited_until,
    (SELECT MAX(s.last_seen_at) FROM sessions s WHERE s.login = a.login AND s.expires_at > $1)
        AS last_seen
    FROM accounts a";

fn person(row: &Row) -> Read<Person> {
    let instant = |column| Ok::<_, LedgerError>(get::<Option<i64>>(row, column)?.map(UnixMs));
    let account = account(row)?;
    Ok(Person {
        second_factor: instant("factor_since")?.is_some(),
        invited_until: instant("invited_until")?,
        last_seen_at: instant("last_seen")?,
        account,
    })
}

/// Refuses a change behind which nobody could sign in who answers for the
/// accounts that `of` shares with others.
async fn somebody_left(tx: &mut Tx, of: &Account) -> Read<()> {
    let left: i64 = match &of.role {
        Role::Officer { .. } => return Ok(()),
        Role::Administrator => {
            db::query_scalar(
                "SELECT COUNT(*) FROM accounts WHERE role = 'administrator'
                 AND disabled_at IS NULL AND password_hash IS NOT NULL",
            )
            .fetch_one(&mut **tx)
            .await
        }
        Role::Member { enterprise, .. } => {
            db::query_scalar(
                "SELECT COUNT(*) FROM accounts WHERE enterprise = $1
                 AND ',' || duties || ',' LIKE '%,owner,%'
                 AND disabled_at IS NULL AND password_hash IS NOT NULL",
            )
            .bind(enterprise)
            .fetch_one(&mut **tx)
            .await
        }
    }
    .map_err(down)?;
    if left > 0 {
        return Ok(());
    }
    Err(LedgerError::Invalid(vec![FieldError::new(
        "login",
        "is the last who answers for the accounts and can sign in",
        "let another take that up first",
    )]))
}

/// Whether the account answers for others and can sign in.
fn answers(account: &Account) -> bool {
    let in_charge = match &account.role {
        Role::Administrator => true,
        Role::Officer { .. } => false,
        Role::Member { duties, .. } => duties.names(crate::auth::Duty::Owner),
    };
    in_charge && account.password_hash.is_some() && account.disabled_at.is_none()
}

async fn count(tx: &mut Tx, of: &Account) -> Read<i64> {
    let sql = "SELECT COUNT(*) FROM accounts WHERE enterprise = $1 OR ($1 IS NULL AND enterprise IS NULL)";
    db::query_scalar(sql).bind(of.role.enterprise()).fetch_one(&mut **tx).await.map_err(down)
}

#[async_trait]
impl PeopleLedger for Ledger {
    async fn people(&self, of: Of<'_>, at: UnixMs) -> Result<Vec<Person>, LedgerError> {
        let enterprise = match of {
            Of::Enterprise(uscc) => Some(uscc),
            Of::County => None,
        };
        let sql = format!(
            "{PERSON} WHERE a.enterprise = $2 OR ($2 IS NULL AND a.enterprise IS NULL)
             ORDER BY a.login LIMIT $3"
        );
        // The text is made of constants alone.
        db::query(sqlx::AssertSqlSafe(sql))
            .bind(at.0)
            .bind(enterprise)
            .bind(i64::from(PEOPLE_MAX))
            .fetch_all(&self.reader)
            .await
            .map_err(down)?
            .iter()
            .map(person)
            .collect()
    }

    async fn person(&self, login: &str, at: UnixMs) -> Result<Option<Person>, LedgerError> {
        let sql = format!("{PERSON} WHERE a.login = $2");
        db::query(sqlx::AssertSqlSafe(sql))
            .bind(at.0)
            .bind(login)
            .fetch_optional(&self.reader)
            .await
            .map_err(down)?
            .as_ref()
            .map(person)
            .transpose()
    }

    async fn invite(&self, a: &Account, link: Option<&Link>, by: &By) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        if count(&mut tx, a).await? >= i64::from(PEOPLE_MAX) {
            let problem = format!("{PEOPLE_MAX} accounts are there");
            let remedy = "ask for more room: none is ever taken out";
            return Err(LedgerError::Invalid(vec![FieldError::new("login", problem, remedy)]));
        }
        insert(&mut tx, a).await?;
        let mut after = told(a);
        if let Some(link) = link {
            put_link(&mut tx, link, by).await?;
            after["invited_until"] = json!(link.expires_at.0);
        }
        note(&mut tx, by, "account.invite", a, [Value::Null, after]).await?;
        tx.commit().await.map_err(down)
    }

    async fn set_duties(&self, login: &str, duties: Duties, by: &By) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        let before = known(&mut tx, login).await?;
        db::query("UPDATE accounts SET duties = $1 WHERE login = $2")
            .bind(duties.to_string())
            .bind(login)
            .execute(&mut *tx)
            .await
            .map_err(down)?;
        let after = known(&mut tx, login).await?;
        if answers(&before) {
            somebody_left(&mut tx, &after).await?;
        }
        note(&mut tx, by, "account.duties", &after, [told(&before), told(&after)]).await?;
        tx.commit().await.map_err(down)
    }

    async fn set_open(&self, login: &str, open: bool, by: &By) -> Result<bool, LedgerError> {
        let mut tx = self.write().await?;
        let before = known(&mut tx, login).await?;
        if before.disabled_at.is_none() == open {
            return Ok(false);
        }
        if before.name.is_empty() {
            let remedy = "invite the person under another login";
            let fault = FieldError::new("login", "was erased, which is for good", remedy);
            return Err(LedgerError::Invalid(vec![fault]));
        }
        db::query("UPDATE accounts SET disabled_at = $1 WHERE login = $2")
            .bind((!open).then_some(by.at.0))
            .bind(login)
            .execute(&mut *tx)
            .await
            .map_err(down)?;
        let after = known(&mut tx, login).await?;
        if answers(&before) {
            somebody_left(&mut tx, &after).await?;
        }
        if !open {
            end_all(&mut tx, login, by.at).await?;
        }
        let action = if open { "account.open" } else { "account.disable" };
        note(&mut tx, by, action, &after, [told(&before), told(&after)]).await?;
        tx.commit().await.map_err(down)?;
        Ok(true)
    }
}
