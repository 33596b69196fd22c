//! Policies of detection and what was signed of them.

use super::db::{self, Row};
use async_trait::async_trait;

use super::rows::{Read, bad, get, id};
use super::{Ledger, Tx, audit, down, next_revision};
use crate::auth::trail::Entry;
use crate::base::{By, FieldError, LedgerError, UnixMs};
use crate::scan::policies::{Comparison, PolicyLedger, PolicyRecord, Term};

fn record(row: &Row) -> Read<PolicyRecord> {
    let comparison: Option<String> = get(row, "comparison")?;
    Ok(PolicyRecord {
        name: get(row, "name")?,
        body: get(row, "body")?,
        added_by: get(row, "added_by")?,
        added_at: UnixMs(get(row, "added_at")?),
        comparison: comparison
            .map(|text| serde_json::from_str(&text).map_err(|_| bad("comparison")))
            .transpose()?,
    })
}

fn term(row: &Row) -> Read<Term> {
    Ok(Term {
        id: id(row)?,
        policy: get(row, "policy")?,
        effective_at: UnixMs(get(row, "effective_at")?),
        signed_by: get(row, "signed_by")?,
        signed_at: UnixMs(get(row, "signed_at")?),
        note: get(row, "note")?,
    })
}

async fn note(
    tx: &mut Tx,
    by: &By,
    action: &'static str,
    policy: &str,
    after: serde_json::Value,
) -> Read<()> {
    let object = format!("policy {policy}");
    let before = serde_json::Value::Null;
    audit::note(tx, by, &Entry { action, object, enterprise: None, before, after }).await
}

#[async_trait]
impl PolicyLedger for Ledger {
    async fn add_policy(&self, policy: &PolicyRecord, by: &By) -> Result<bool, LedgerError> {
        let mut tx = self.write().await?;
        let known: Option<String> = db::query_scalar("SELECT body FROM policies WHERE name = $1")
            .bind(&policy.name)
            .fetch_optional(&mut *tx)
            .await
            .map_err(down)?;
        match known {
            Some(body) if body == policy.body => return Ok(false),
            Some(_) => {
                return Err(LedgerError::Invalid(vec![FieldError::new(
                    "name",
                    format!("{:?} is that of another policy", policy.name),
                    "verdicts name it: give the new one a new name",
                )]));
            }
            None => {}
        }
        db::query("INSERT INTO policies (name, body, added_by, added_at) VALUES ($1, $2, $3, $4)")
            .bind(&policy.name)
            .bind(&policy.body)
            .bind(&policy.added_by)
            .bind(policy.added_at.0)
            .execute(&mut *tx)
            .await
            .map_err(down)?;
        note(&mut tx, by, "policy.add", &policy.name, serde_json::Value::Null).await?;
        tx.commit().await.map_err(down)?;
        Ok(true)
    }

    async fn policies(&self) -> Result<Vec<PolicyRecord>, LedgerError> {
        db::query("SELECT * FROM policies ORDER BY added_at DESC, name DESC")
            .fetch_all(&self.reader)
            .await
            .map_err(down)?
            .iter()
            .map(record)
            .collect()
    }

    async fn keep_comparison(&self, name: &str, found: &Comparison) -> Result<(), LedgerError> {
        let text = serde_json::to_string(found).map_err(|_| bad("comparison"))?;
        let mut tx = self.write().await?;
        db::query("UPDATE policies SET comparison = $1 WHERE name = $2")
            .bind(text)
            .bind(name)
            .execute(&mut *tx)
            .await
            .map_err(down)?;
        tx.commit().await.map_err(down)
    }

    async fn sign_policy(&self, term: &Term, by: &By) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        let revision = next_revision(&mut tx).await?;
        db::query(
            "INSERT INTO policy_terms (id, policy, effective_at, signed_by, signed_at, note,
             revision) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(term.id.to_string())
        .bind(&term.policy)
        .bind(term.effective_at.0)
        .bind(&term.signed_by)
        .bind(term.signed_at.0)
        .bind(&term.note)
        .bind(revision)
        .execute(&mut *tx)
        .await
        .map_err(down)?;
        let signed = serde_json::json!({"effective_at": term.effective_at.0, "note": term.note});
        note(&mut tx, by, "policy.sign", &term.policy, signed).await?;
        tx.commit().await.map_err(down)
    }

    async fn terms(&self) -> Result<Vec<Term>, LedgerError> {
        db::query("SELECT * FROM policy_terms ORDER BY revision DESC")
            .fetch_all(&self.reader)
            .await
            .map_err(down)?
            .iter()
            .map(term)
            .collect()
    }

    async fn signed_since(
        &self,
        since: i64,
    ) -> Result<Option<(i64, Vec<(Term, String)>)>, LedgerError> {
        let mut tx = self.reader.begin().await.map_err(down)?;
        let revision: Option<i64> = db::query_scalar("SELECT MAX(revision) FROM policy_terms")
            .fetch_one(&mut *tx)
            .await
            .map_err(down)?;
        let revision = revision.unwrap_or(0);
        if revision == since {
            return Ok(None);
        }
        let rows = db::query(
            "SELECT t.*, p.body AS body FROM policy_terms t JOIN policies p ON p.name = t.policy",
        )
        .fetch_all(&mut *tx)
        .await
        .map_err(down)?;
        let signed = rows.iter().map(|row| Ok((term(row)?, get(row, "body")?)));
        Ok(Some((revision, signed.collect::<Result<_, LedgerError>>()?)))
    }
}
