//! Whose hand it is, where two people are asked for. Keys are told by who made them
//! ([`By::also`]); an account, by who let somebody in of late.

use super::rows::Read;
use super::{Tx, db, down};
use crate::auth::link::INVITATION_HOURS;
use crate::base::By;
use crate::handoff::settings::APPROVAL_HOURS;

/// Hours for which whoever made the link of an account, or took its second factor away,
/// may be the one who uses it: as long as an invitation is good, and as what is asked for
/// commonly waits.
const HOURS: i64 = INVITATION_HOURS + APPROVAL_HOURS;

/// The person who can have done this and also what `login` did, by a key that `key_by`
/// made if it was one. `None`: two people.
pub(super) async fn one_hand(
    tx: &mut Tx,
    by: &By,
    login: &str,
    key_by: Option<&str>,
) -> Read<Option<String>> {
    if let Some(one) = by.also(login, key_by) {
        return Ok(Some(one.to_owned()));
    }
    let account = |name: Option<&str>| name.map(|name| format!("account {name}"));
    db::query_scalar(
        "SELECT login FROM audit WHERE at > $1
         AND action IN ('account.invite', 'link.make', 'second_factor.remove')
         AND ((login IN ($2, $3) AND object IN ($6, $7))
           OR (login IN ($4, $5) AND object IN ($8, $9))) LIMIT 1",
    )
    .bind(by.at.plus_ms(-HOURS * 3_600_000).0)
    .bind(&by.login)
    .bind(by.key_by.as_deref())
    .bind(login)
    .bind(key_by)
    .bind(account(Some(login)))
    .bind(account(key_by))
    .bind(account(Some(&by.login)))
    .bind(account(by.key_by.as_deref()))
    .fetch_optional(&mut **tx)
    .await
    .map_err(down)
}
