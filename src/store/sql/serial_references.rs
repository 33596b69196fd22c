//! GS1 Company Prefixes and the serial references given out under them: an
//! SSCC must never stand on two cases or pallets.

use super::db;
use super::rows::{self, Read, get};
use super::{Ledger, Tx, down, next_revision, signed, unsigned};
use crate::base::FieldError;
use crate::code::{Gs1Prefix, SsccRun};
use crate::registry::port::Registered;
use crate::registry::{Enterprise, Uscc};

impl Ledger {
    /// Gives a prefix to an enterprise that was registered without one; those
    /// of earlier versions all were.
    pub(super) async fn give_prefix(
        tx: &mut Tx,
        e: &Enterprise,
    ) -> Read<Result<Registered, FieldError>> {
        if let Some(fault) = Self::taken(tx, e).await? {
            return Ok(Err(fault));
        }
        let revision = next_revision(tx).await?;
        db::query("UPDATE enterprises SET gs1_prefix = $2, revision = $3 WHERE uscc = $1")
            .bind(e.uscc.as_str())
            .bind(e.gs1_prefix.as_ref().map(Gs1Prefix::as_str))
            .bind(revision)
            .execute(&mut **tx)
            .await
            .map_err(down)?;
        Ok(Ok(Registered::Added))
    }

    /// Why the enterprise cannot have its prefix. Of two prefixes one of which
    /// begins with the other both would make the same SSCC.
    pub(super) async fn taken(tx: &mut Tx, e: &Enterprise) -> Read<Option<FieldError>> {
        let Some(prefix) = &e.gs1_prefix else { return Ok(None) };
        let other: Option<String> = db::query_scalar(
            "SELECT uscc FROM enterprises
             WHERE gs1_prefix LIKE $1 || '%' OR $1 LIKE gs1_prefix || '%' LIMIT 1",
        )
        .bind(prefix.as_str())
        .fetch_optional(&mut **tx)
        .await
        .map_err(down)?;
        Ok(other.map(|other| {
            FieldError::new(
                "gs1_prefix",
                format!("{prefix} is {other}'s, or runs into its prefix"),
                "a prefix is licensed to one company: compare the GS1 certificates",
            )
        }))
    }

    /// The next `wanted` serial references of the enterprise, in the
    /// transaction that keeps the batch; `None` where there is nothing to
    /// number, or no prefix.
    pub(super) async fn allot(
        tx: &mut Tx,
        enterprise: &Uscc,
        wanted: u64,
    ) -> Read<Result<Option<SsccRun>, FieldError>> {
        if wanted == 0 {
            return Ok(Ok(None));
        }
        let row =
            db::query("SELECT gs1_prefix, serial_references FROM enterprises WHERE uscc = $1")
                .bind(enterprise.as_str())
                .fetch_one(&mut **tx)
                .await
                .map_err(down)?;
        let Some(prefix) = rows::prefix(&row)? else { return Ok(Ok(None)) };
        // The condition stands in the statement: it holds whatever another
        // transaction did since the row was read.
        let next: Option<i64> = db::query_scalar(
            "UPDATE enterprises SET serial_references = serial_references + $2
             WHERE uscc = $1 AND serial_references + $2 <= $3 RETURNING serial_references",
        )
        .bind(enterprise.as_str())
        .bind(signed(wanted))
        .bind(signed(prefix.serial_references()))
        .fetch_optional(&mut **tx)
        .await
        .map_err(down)?;
        let Some(next) = next else {
            let given = unsigned(get(&row, "serial_references")?);
            let left = prefix.serial_references().saturating_sub(given);
            return Ok(Err(FieldError::new(
                "cases",
                format!("prefix {prefix} has {left} serial references left, not {wanted}"),
                format!("order at most {left} cases and pallets"),
            )));
        };
        Ok(Ok(Some(SsccRun { prefix, first: unsigned(next) - wanted })))
    }
}
