//! Spares, the reports of printing houses, and the sign-off of rolls.

use super::db::{self, Row};
use uuid::Uuid;

use super::packages::{self, invalid, note};
use super::rows::{self, Read, get};
use super::{
    Ledger, Tx, booking, down, houses, next_revision, pick_ups, planted, signed, unsigned,
};
use crate::base::{By, LedgerError, UnixMs, ids};
use crate::handoff::Package;
use crate::handoff::port::Spares;
use crate::handoff::report::{REPORTS_MAX, Report, ReportKind, Standing};
use crate::handoff::sign_off::{Roll, Scanned, Word, check};
use crate::handoff::spares::Draw;
use crate::registry::movement::{Kind, NewMovement, Ranges, Words};

const SPARES: &str = "SELECT number, released_at, on_sale_at FROM spares
     WHERE package = $1 ORDER BY number";
const REPORTS: &str = "SELECT * FROM print_reports WHERE package = $1 ORDER BY seq";

fn spares_in(rows: &[Row]) -> Read<Spares> {
    let mut out = Spares::default();
    for row in rows {
        let number = unsigned(get(row, "number")?);
        out.listed.push(number);
        if get::<Option<i64>>(row, "released_at")?.is_some() {
            out.released.push(number);
        }
        if get::<Option<i64>>(row, "on_sale_at")?.is_some() {
            out.on_sale.push(number);
        }
    }
    Ok(out)
}

pub(super) async fn spares(ledger: &Ledger, package: Uuid) -> Read<Spares> {
    let found = db::query(SPARES).bind(package.to_string()).fetch_all(&ledger.reader).await;
    spares_in(&found.map_err(down)?)
}

async fn spares_now(tx: &mut Tx, package: Uuid) -> Read<Spares> {
    let found = db::query(SPARES).bind(package.to_string()).fetch_all(&mut **tx).await;
    spares_in(&found.map_err(down)?)
}

pub(super) fn report_in(row: &Row) -> Read<Report> {
    Ok(Report {
        kind: ReportKind::from_slug(&get::<String>(row, "kind")?)
            .ok_or_else(|| rows::bad("kind"))?,
        first: unsigned(get(row, "first_number")?),
        last: unsigned(get(row, "last_number")?),
        at: UnixMs(get(row, "at")?),
        network: get(row, "network")?,
    })
}

pub(super) async fn reports(ledger: &Ledger, package: Uuid) -> Read<Vec<Report>> {
    let found = db::query(REPORTS).bind(package.to_string()).fetch_all(&ledger.reader).await;
    found.map_err(down)?.iter().map(report_in).collect()
}

async fn reports_now(tx: &mut Tx, package: Uuid) -> Read<Vec<Report>> {
    let found = db::query(REPORTS).bind(package.to_string()).fetch_all(&mut **tx).await;
    found.map_err(down)?.iter().map(report_in).collect()
}

/// Ordered items that were spoiled and not printed again.
fn spoiled(package: &Package, standing: &Standing) -> u64 {
    package.items.map_or(0, |(first, last)| standing.spoiled.within(first, last))
}

pub(super) async fn release(
    ledger: &Ledger,
    id: Uuid,
    count: u64,
    seed: [u8; 32],
    by: &By,
) -> Read<()> {
    let mut tx = ledger.write().await?;
    let package = packages::now(&mut tx, id).await?;
    let spares = spares_now(&mut tx, id).await?;
    let standing = Standing::of(&reports_now(&mut tx, id).await?);
    let released = spares.released.len() as u64;
    let by_spoilage = spoiled(&package, &standing).saturating_sub(released);
    let by_list = (spares.listed.len() as u64 / 2).saturating_sub(released);
    let most = by_spoilage.min(by_list);
    if count == 0 || count > most {
        let remedy = format!("{most} can be released now: as many as were reported spoiled");
        return Err(invalid("spares", format!("{count} cannot be released"), &remedy));
    }
    let waiting = |n: &u64| !spares.released.contains(n);
    let mut waiting: Vec<u64> = spares.listed.iter().copied().filter(waiting).collect();
    for number in Draw::new(seed).take(&mut waiting, count) {
        db::query("UPDATE spares SET released_at = $1 WHERE package = $2 AND number = $3")
            .bind(by.at.0)
            .bind(id.to_string())
            .bind(signed(number))
            .execute(&mut *tx)
            .await
            .map_err(down)?;
    }
    touch(&mut tx, &package).await?;
    note(&mut tx, by, "package.release", &package, serde_json::json!({"spares": count})).await?;
    tx.commit().await.map_err(down)
}

pub(super) async fn report(
    ledger: &Ledger,
    id: Uuid,
    kind: ReportKind,
    ranges: &[(u64, u64)],
    by: &By,
) -> Read<()> {
    let mut tx = ledger.write().await?;
    let package = packages::now(&mut tx, id).await?;
    if package.is_accepted() {
        let remedy = "tell the enterprise what else is to be known";
        return Err(invalid("package", "its roll was signed off", remedy));
    }
    let before = reports_now(&mut tx, id).await?;
    if before.len() + ranges.len() > REPORTS_MAX {
        let remedy = "report ranges rather than single labels";
        return Err(invalid("range", format!("{} reports were made", before.len()), remedy));
    }
    let spares = spares_now(&mut tx, id).await?;
    let standing = Standing::of(&before);
    for (seq, (first, last)) in (before.len() + 1..).zip(ranges) {
        let ordered = package.items.is_some_and(|(from, to)| *first >= from && *last <= to);
        let few = last - first < spares.released.len() as u64;
        let released = few && (*first..=*last).all(|n| spares.released.contains(&n));
        if !ordered && !released {
            let problem = format!("{first}-{last} are not labels that may be printed for it");
            return Err(invalid("range", problem, "write running numbers of this order"));
        }
        if kind == ReportKind::Reprinted && !standing.spoiled.holds(*first, *last) {
            let problem = format!("{first}-{last} were not reported spoiled");
            return Err(invalid("range", problem, "report them spoiled first"));
        }
        db::query(
            "INSERT INTO print_reports (seq, package, kind, first_number, last_number, at, network)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(signed(seq as u64))
        .bind(id.to_string())
        .bind(kind.slug())
        .bind(signed(*first))
        .bind(signed(*last))
        .bind(by.at.0)
        .bind(by.origin.to_string())
        .execute(&mut *tx)
        .await
        .map_err(down)?;
    }
    book(&mut tx, &package, kind, ranges, by).await?;
    let after = serde_json::json!({"report": kind.slug(), "ranges": ranges});
    note(&mut tx, by, "package.report", &package, after).await?;
    tx.commit().await.map_err(down)
}

/// The same in the book of labels, as far as they lie where they can be moved
/// from; spares are not in it.
async fn book(
    tx: &mut Tx,
    of: &Package,
    kind: ReportKind,
    ranges: &[(u64, u64)],
    by: &By,
) -> Read<()> {
    let Some((from, to)) = of.items else { return Ok(()) };
    let runs: Vec<_> = ranges.iter().copied().filter(|(a, b)| *a >= from && *b <= to).collect();
    if runs.is_empty() {
        return Ok(());
    }
    let movement = NewMovement {
        id: ids::new_id(by.at),
        batch: of.batch,
        kind: match kind {
            ReportKind::Printed => Kind::Print,
            ReportKind::Spoiled => Kind::Spoil,
            ReportKind::Reprinted => Kind::Reprint,
        },
        ranges: Ranges::of_runs(runs),
        place: None,
        from: None,
        partial: true,
        words: Words { reference: of.number.clone(), ..Words::default() },
    };
    // What was refused was on its goods before anybody reported it.
    booking::move_in(tx, &movement, String::new(), (by, by.at)).await.map(drop)
}

pub(super) async fn sign_off(ledger: &Ledger, id: Uuid, word: &Word, by: &By) -> Read<()> {
    let mut tx = ledger.write().await?;
    let package = packages::now(&mut tx, id).await?;
    if package.is_accepted() {
        return Err(invalid("package", "its roll was signed off before", "look at its page"));
    }
    let (slug, reason) = match word {
        Word::Accept(scanned) => {
            must_be_good(&mut tx, &package, scanned).await?;
            ("accepted", "")
        }
        Word::Reject(reason) => ("rejected", reason.as_str()),
    };
    db::query(
        "UPDATE packages SET sign_off = $1, sign_off_reason = $2, sign_off_by = $3,
         sign_off_at = $4 WHERE id = $5",
    )
    .bind(slug)
    .bind(reason)
    .bind(&by.login)
    .bind(by.at.0)
    .bind(id.to_string())
    .execute(&mut *tx)
    .await
    .map_err(down)?;
    let after = serde_json::json!({"sign_off": slug, "reason": reason});
    note(&mut tx, by, "package.sign_off", &package, after).await?;
    tx.commit().await.map_err(down)
}

/// Whether the roll can have come from the house, and what was scanned is of it.
async fn must_be_good(tx: &mut Tx, package: &Package, scanned: &[Scanned]) -> Read<()> {
    let Some((first, last)) = package.items else {
        let problem = "its labels are those of cases";
        return Err(invalid("package", problem, "activate items"));
    };
    let standing = Standing::of(&reports_now(tx, package.id).await?);
    // Files that went to the house another way, by whoever planned the order,
    // are vouched for by what the house itself reports at the counter.
    let begun = !pick_ups::downloads_now(tx, package.id).await?.is_empty();
    if !begun && standing.printed.is_empty() {
        let problem = "no download of it was begun and no label reported printed";
        let remedy = "have the printing house pick it up, or report what it printed";
        return Err(invalid("nothing", problem, remedy));
    }
    let settings = houses::settings_now(tx, &package.enterprise).await?;
    let spares = spares_now(tx, package.id).await?;
    let roll = Roll {
        batch: package.batch,
        first,
        last,
        released: &spares.released,
        spoiled: &standing.spoiled,
        needed: settings.sign_off_labels,
    };
    check(&roll, scanned).map(drop).map_err(LedgerError::Invalid)
}

pub(super) async fn put_on_sale(ledger: &Ledger, id: Uuid, by: &By) -> Read<u64> {
    let mut tx = ledger.write().await?;
    let package = packages::now(&mut tx, id).await?;
    if !package.is_accepted() {
        return Err(planted::not_signed_off(Some(package.number)));
    }
    let spares = spares_now(&mut tx, id).await?;
    let printed = Standing::of(&reports_now(&mut tx, id).await?).printed;
    let good = |number: &&u64| printed.holds(**number, **number);
    let mut put = 0;
    for number in spares.released.iter().filter(good) {
        let done = db::query(
            "UPDATE spares SET on_sale_at = $1
             WHERE package = $2 AND number = $3 AND on_sale_at IS NULL",
        )
        .bind(by.at.0)
        .bind(id.to_string())
        .bind(signed(*number))
        .execute(&mut *tx)
        .await
        .map_err(down)?;
        put += done.rows_affected();
    }
    if put == 0 {
        let remedy = "the printing house reports released spares as printed first";
        return Err(invalid("on_sale", "no spare is left to put on sale", remedy));
    }
    touch(&mut tx, &package).await?;
    note(&mut tx, by, "package.activate", &package, serde_json::json!({"spares": put})).await?;
    tx.commit().await.map_err(down)?;
    Ok(put)
}

/// Servers hold what is said of its pool.
async fn touch(tx: &mut Tx, of: &Package) -> Read<()> {
    let revision = next_revision(tx).await?;
    db::query("UPDATE batches SET revision = $1 WHERE key_number = $2 AND batch_number = $3")
        .bind(revision)
        .bind(i64::from(of.batch.key.get()))
        .bind(i64::from(of.batch.batch))
        .execute(&mut **tx)
        .await
        .map(drop)
        .map_err(down)
}
