//! The audit trail: who changed what, from where, before and after. Each row is
//! sealed with the hash of the one before it, so that a row that was altered,
//! taken out or put in shows; rows cut off at the end show where somebody noted
//! the last seal elsewhere.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::base::By;

/// SHA-256 over the seal before and the row.
pub type Seal = [u8; 32];

/// What stands before the first row.
pub const FIRST: Seal = [0; 32];

/// A change, as its ledger method tells of it.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// Noun and verb: `range.mark`.
    pub action: &'static str,
    /// Kind and name: `batch 1-4`.
    pub object: String,
    /// Unified social credit code of whom it concerns.
    pub enterprise: Option<&'a str>,
    /// `null` where there was nothing, or the row before tells.
    pub before: Value,
    /// `null` where nothing is left.
    pub after: Value,
}

/// A row of the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// From 1 on, without a gap.
    pub seq: u64,
    pub at: i64,
    pub login: String,
    /// A network or a place, and who made the key by which it was done.
    pub origin: String,
    pub enterprise: Option<String>,
    pub action: String,
    pub object: String,
    /// JSON
    pub before: String,
    /// JSON
    pub after: String,
    pub seal: Seal,
}

impl Row {
    /// The row behind `previous`.
    pub fn new(previous: Option<(u64, Seal)>, by: &By, entry: &Entry<'_>) -> Self {
        let (last, seal) = previous.unwrap_or((0, FIRST));
        let mut row = Self {
            seq: last + 1,
            at: by.at.0,
            login: by.login.clone(),
            origin: match &by.key_by {
                None => by.origin.to_string(),
                // Who made a key can act by it.
                Some(maker) => format!("{}, key of {maker}", by.origin),
            },
            enterprise: entry.enterprise.map(str::to_owned),
            action: entry.action.to_owned(),
            object: entry.object.clone(),
            before: entry.before.to_string(),
            after: entry.after.to_string(),
            seal: FIRST,
        };
        row.seal = row.sealed(&seal);
        row
    }

    /// The row as a line of an export; the seal in hexadecimal digits.
    pub fn told(&self) -> Value {
        let inner = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
        let seal = crate::base::hex(&self.seal);
        serde_json::json!({"seq": self.seq, "at": self.at, "login": self.login,
            "origin": self.origin, "enterprise": self.enterprise, "action": self.action,
            "object": self.object, "before": inner(&self.before), "after": inner(&self.after),
            "seal": seal})
    }

    /// What its seal must be behind `previous`.
    fn sealed(&self, previous: &Seal) -> Seal {
        let mut hash = Sha256::new();
        hash.update(previous);
        hash.update(self.seq.to_be_bytes());
        hash.update(self.at.to_be_bytes());
        let enterprise = self.enterprise.as_deref().unwrap_or_default();
        let texts = [&self.login, &self.origin, &self.action, &self.object, &self.before];
        for text in texts.into_iter().map(String::as_str).chain([&*self.after, enterprise]) {
            hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(text);
        }
        hash.finalize().into()
    }
}

/// Rows of the trail that are wanted; all of them by default.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub enterprise: Option<String>,
    pub login: Option<String>,
    /// Begins with this: `order` or `order.place`.
    pub action: Option<String>,
    /// Inclusive, milliseconds since 1970 UTC.
    pub from: Option<i64>,
    /// Exclusive.
    pub until: Option<i64>,
}

/// Follows the trail from its first row.
#[derive(Debug)]
pub struct Chain {
    last: (u64, Seal),
}

impl Default for Chain {
    fn default() -> Self {
        Self { last: (0, FIRST) }
    }
}

impl Chain {
    /// # Errors
    /// What is wrong with this row, or between it and the one before.
    pub fn follow(&mut self, row: &Row) -> Result<(), String> {
        let (last, seal) = self.last;
        if row.seq != last + 1 {
            return Err(format!("row {} follows row {last}: rows are missing", row.seq));
        }
        if row.seal != row.sealed(&seal) {
            return Err(format!("row {} or the one before it was altered", row.seq));
        }
        self.last = (row.seq, row.seal);
        Ok(())
    }

    /// Rows so far, and the last seal.
    pub const fn head(&self) -> (u64, Seal) {
        self.last
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::base::UnixMs;

    fn rows() -> Vec<Row> {
        let mut previous = None;
        (0..4)
            .map(|n| {
                let entry = Entry {
                    action: "range.mark",
                    object: format!("batch 1-{n}"),
                    enterprise: Some("91411628MA9DEM01XU"),
                    before: Value::Null,
                    after: json!({"state": "activated"}),
                };
                let row = Row::new(previous, &By::shell(UnixMs(n)), &entry);
                previous = Some((row.seq, row.seal));
                row
            })
            .collect()
    }

    #[test]
    fn who_made_the_key_is_told_with_the_login() {
        let entry = Entry {
            action: "product.put",
            object: "product 6900000001011".to_owned(),
            enterprise: None,
            before: Value::Null,
            after: Value::Null,
        };
        let by = By { login: "erp".to_owned(), ..By::shell(UnixMs(0)) };
        assert_eq!(Row::new(None, &by, &entry).origin, "shell");
        let by = By { key_by: Some("wang".to_owned()), ..by };
        assert_eq!(Row::new(None, &by, &entry).origin, "shell, key of wang");
    }

    fn checks(rows: &[Row]) -> Result<u64, String> {
        let mut chain = Chain::default();
        rows.iter().try_for_each(|row| chain.follow(row)).map(|()| chain.head().0)
    }

    #[test]
    fn any_altered_missing_or_added_row_breaks_the_chain() {
        assert_eq!(checks(&rows()), Ok(4));
        let breaks: [fn(&mut Vec<Row>); 7] = [
            |rows| rows[1].after.push(' '),
            |rows| rows[1].enterprise = None,
            |rows| rows[2].login = "wang".to_owned(),
            |rows| rows[0].at += 1,
            |rows| rows[3].seal[7] ^= 1,
            |rows| drop(rows.remove(1)),
            |rows| rows.swap(1, 2),
        ];
        for (n, spoil) in breaks.into_iter().enumerate() {
            let mut rows = rows();
            spoil(&mut rows);
            assert!(checks(&rows).is_err(), "break {n} was not seen");
        }
    }
}
