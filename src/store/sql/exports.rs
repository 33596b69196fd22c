//! Pages of exports, each by a key that an index or a small table has.

use super::db::{self, Row};
use async_trait::async_trait;

use super::rows::{self, Read, get};
use super::{Ledger, down};
use crate::base::{Lang, LedgerError, UnixMs, hex};
use crate::cases::KeptReason;
use crate::code::Payload;
use crate::exports::{Cell, ExportLedger, Kind, Mark, Page};
use crate::registry::Uscc;
use crate::scan::Place;
use crate::trace::document;

fn text(row: &Row, column: &str) -> Read<Cell> {
    Ok(Cell::of(get::<Option<String>>(row, column)?, Cell::Text))
}

fn number(row: &Row, column: &str) -> Read<Cell> {
    Ok(Cell::of(get::<Option<i64>>(row, column)?, Cell::Number))
}

fn instant(row: &Row, column: &str) -> Read<Cell> {
    Ok(Cell::of(get::<Option<i64>>(row, column)?, |at| Cell::Instant(UnixMs(at))))
}

fn batch(row: &Row) -> Read<Cell> {
    rows::batch_ref(row).map(|id| Cell::text(id.to_string()))
}

fn serial(row: &Row) -> Read<Cell> {
    let payload = Payload::from_bytes(rows::payload(row)?).map_err(|_| rows::bad("payload"))?;
    Ok(Cell::text(payload.serial_text()))
}

/// Columns that hold whole numbers.
const NUMBERS: [&str; 30] = [
    "activated_days",
    "activates",
    "approval_labels",
    "book",
    "case_size",
    "cases",
    "counted",
    "destination",
    "download",
    "first",
    "good",
    "items",
    "labels",
    "labels_done",
    "last",
    "leg",
    "missing",
    "name_dealers",
    "on_sale",
    "pallet_size",
    "pallets",
    "pick_up",
    "pick_up_days",
    "printed_days",
    "region",
    "scans",
    "seq",
    "shelf_life_days",
    "sign_off_labels",
    "units",
];

/// Columns that stand in the row under their own names.
fn plain(row: &Row, kind: Kind) -> Read<Vec<Cell>> {
    kind.columns()
        .iter()
        .map(|column| match *column {
            "batch" => batch(row),
            "serial" if kind != Kind::OwnSerials => serial(row),
            "reasons" => reasons(row),
            "place_zh" => place(row, Lang::Zh),
            "place_en" => place(row, Lang::En),
            "seal" => Ok(Cell::text(hex(&get::<Vec<u8>>(row, "seal")?))),
            // Of a label, and a place of GB/T 2260; elsewhere they are names.
            "number" | "place" if matches!(kind, Kind::Scans | Kind::Flags) => number(row, column),
            "number" if kind == Kind::OwnSerials => number(row, column),
            name if NUMBERS.contains(&name) => number(row, name),
            name if is_an_instant(name) => instant(row, name),
            name => text(row, name),
        })
        .collect()
}

fn is_an_instant(column: &str) -> bool {
    column.ends_with("_at") || matches!(column, "at" | "since" | "failing_since")
}

/// Slugs, with spaces: the sentences of a reason change, they do not.
fn reasons(row: &Row) -> Read<Cell> {
    let kept: Vec<KeptReason> =
        serde_json::from_str(&get::<String>(row, "reasons")?).map_err(|_| rows::bad("reasons"))?;
    let slugs: Vec<_> = kept.into_iter().map(|reason| reason.code).collect();
    Ok(Cell::Text(slugs.join(" ")))
}

fn place(row: &Row, lang: Lang) -> Read<Cell> {
    let place = Place(u16::try_from(get::<i64>(row, "place")?).unwrap_or(0));
    Ok(Cell::of(place.text(lang), Cell::Text))
}

fn bytes_of(hex: &str) -> Vec<u8> {
    let pair = |at| hex.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    (0..hex.len()).step_by(2).filter_map(pair).collect()
}

/// $1 enterprise, $2 text, $3 and $4 numbers of the mark, $5 rows.
const fn statement(kind: Kind) -> &'static str {
    match kind {
        Kind::Enterprise => {
            "SELECT e.*, s.*, c.* FROM enterprises e
             LEFT JOIN enterprise_settings s ON s.enterprise = e.uscc
             LEFT JOIN trace_customs c ON c.enterprise = e.uscc
             WHERE e.uscc = $1 AND e.uscc > $2 AND $3 = $3 AND $4 = $4 LIMIT $5"
        }
        Kind::Licences => {
            "SELECT *, kind || ' ' || number AS mark FROM licences
             WHERE enterprise = $1 AND kind || ' ' || number > $2 AND $3 = $3 AND $4 = $4
             ORDER BY kind || ' ' || number LIMIT $5"
        }
        Kind::Printers => {
            "SELECT * FROM print_houses WHERE enterprise = $1 AND id > $2 AND $3 = $3 AND $4 = $4
             ORDER BY id LIMIT $5"
        }
        // Neither the pool of spares nor the codes' hashes.
        Kind::Packages => {
            "SELECT p.*, p.order_id AS \"order\", p.first_number AS first, p.last_number AS last,
             h.name AS printer FROM packages p JOIN print_houses h ON h.id = p.house
             WHERE p.enterprise = $1 AND p.id > $2 AND $3 = $3 AND $4 = $4 ORDER BY p.id LIMIT $5"
        }
        Kind::Visits => {
            "SELECT v.* FROM pick_up_visits v JOIN packages p ON p.id = v.package
             WHERE p.enterprise = $1 AND v.id > $2 AND $3 = $3 AND $4 = $4 ORDER BY v.id LIMIT $5"
        }
        Kind::Downloads => {
            "SELECT d.*, d.number AS download FROM downloads d JOIN packages p ON p.id = d.package
             WHERE p.enterprise = $1 AND (d.package, d.number) > ($2, $3) AND $4 = $4
             ORDER BY d.package, d.number LIMIT $5"
        }
        Kind::Reports => {
            "SELECT r.*, r.first_number AS first, r.last_number AS last FROM print_reports r
             JOIN packages p ON p.id = r.package
             WHERE p.enterprise = $1 AND (r.package, r.seq) > ($2, $3) AND $4 = $4
             ORDER BY r.package, r.seq LIMIT $5"
        }
        Kind::Schedules => {
            "SELECT a.* FROM scheduled_activations a
             JOIN batches b ON b.key_number = a.key_number AND b.batch_number = a.batch_number
             WHERE b.enterprise = $1 AND a.id > $2 AND $3 = $3 AND $4 = $4 ORDER BY a.id LIMIT $5"
        }
        Kind::Closings => {
            "SELECT * FROM closings WHERE enterprise = $1 AND id > $2 AND $3 = $3 AND $4 = $4
             ORDER BY id LIMIT $5"
        }
        Kind::Places => {
            "SELECT * FROM trace_places WHERE enterprise = $1 AND code > $2 AND $3 = $3
             AND $4 = $4 ORDER BY code LIMIT $5"
        }
        Kind::Events => {
            "SELECT *, unit_count AS units, from_place AS \"from\", to_place AS \"to\"
             FROM trace_events WHERE enterprise = $1 AND $2 = $2 AND seq > $3 AND $4 = $4
             ORDER BY seq LIMIT $5"
        }
        Kind::RecallRanges => {
            "SELECT r.*, r.key_number * 4294967296 + r.batch_number AS batch_mark,
             r.first_number AS first, r.last_number AS last
             FROM recall_ranges r JOIN recalls c ON c.id = r.recall WHERE c.enterprise = $1
             AND (r.recall, r.key_number * 4294967296 + r.batch_number, r.first_number)
              > ($2, $3, $4)
             ORDER BY r.recall, r.key_number, r.batch_number, r.first_number LIMIT $5"
        }
        Kind::Returns => {
            "SELECT r.*, r.place AS region FROM recall_returns r JOIN recalls c ON c.id = r.recall
             WHERE c.enterprise = $1 AND r.id > $2 AND $3 = $3 AND $4 = $4 ORDER BY r.id LIMIT $5"
        }
        Kind::Replies => {
            "SELECT r.* FROM lot_replies r
             JOIN batches b ON b.key_number = r.key_number AND b.batch_number = r.batch_number
             WHERE b.enterprise = $1 AND r.id > $2 AND $3 = $3 AND $4 = $4 ORDER BY r.id LIMIT $5"
        }
        Kind::Alarms => {
            "SELECT *, kind || ' ' || object AS mark FROM alarms_raised
             WHERE enterprise = $1 AND (kind || ' ' || object, since) > ($2, $3) AND $4 = $4
             ORDER BY kind || ' ' || object, since LIMIT $5"
        }
        // By login and instant, and by what nobody could have twice at once.
        Kind::Keys => {
            "SELECT k.login || ' ' || k.label AS mark, k.login, k.label, k.scope, k.created_at,
             k.expires_at, k.last_used_at FROM api_keys k JOIN accounts a ON a.login = k.login
             WHERE a.enterprise = $1 AND (k.login || ' ' || k.label, k.created_at, k.expires_at)
              > ($2, $3, $4)
             ORDER BY k.login || ' ' || k.label, k.created_at, k.expires_at LIMIT $5"
        }
        Kind::Webhooks => {
            "SELECT * FROM webhook_endpoints WHERE enterprise = $1 AND id > $2 AND $3 = $3
             AND $4 = $4 ORDER BY id LIMIT $5"
        }
        Kind::Products => {
            "SELECT * FROM products WHERE enterprise = $1 AND gtin > $2 AND $3 = $3 AND $4 = $4
             ORDER BY gtin LIMIT $5"
        }
        Kind::Batches => {
            "SELECT *, label_count AS labels, case_count AS cases, pallet_count AS pallets FROM batches
             WHERE enterprise = $1 AND $2 = $2 AND (key_number, batch_number) > ($3, $4)
             ORDER BY key_number, batch_number LIMIT $5"
        }
        Kind::OwnImports => {
            "SELECT i.*, i.serials_total AS labels, m.letter_case, m.url FROM own_imports i
             JOIN own_makers m ON m.id = i.maker
             WHERE i.enterprise = $1 AND i.id > $2 AND i.state = 'done' AND $3 = $3 AND $4 = $4
             ORDER BY i.id LIMIT $5"
        }
        Kind::OwnSerials => {
            "SELECT s.serial, s.number, i.key_number, i.batch_number FROM own_makers m
             JOIN own_serials s ON s.maker = m.id JOIN own_imports i ON i.number = s.import
             WHERE m.enterprise = $1 AND s.serial > $2 AND i.state = 'done' AND $3 = $3
             AND $4 = $4 ORDER BY s.serial LIMIT $5"
        }
        Kind::Ranges => {
            "SELECT r.*, r.first_number AS first, r.last_number AS last FROM batch_ranges r
             JOIN batches b ON b.key_number = r.key_number AND b.batch_number = r.batch_number
             WHERE b.enterprise = $1 AND r.id > $2 AND $3 = $3 AND $4 = $4 ORDER BY r.id LIMIT $5"
        }
        Kind::Orders => {
            "SELECT *, labels_total AS labels FROM orders
             WHERE enterprise = $1 AND id > $2 AND $3 = $3 AND $4 = $4 ORDER BY id LIMIT $5"
        }
        Kind::Movements => {
            "SELECT m.*, l.* FROM movement_legs l JOIN movements m ON m.id = l.movement
             JOIN batches b ON b.key_number = m.key_number AND b.batch_number = m.batch_number
             WHERE b.enterprise = $1 AND (l.movement, l.leg) > ($2, $3) AND $4 = $4
             ORDER BY l.movement, l.leg LIMIT $5"
        }
        Kind::Recalls => {
            "SELECT * FROM recalls WHERE enterprise = $1 AND id > $2 AND $3 = $3 AND $4 = $4
             ORDER BY id LIMIT $5"
        }
        Kind::People => {
            "SELECT * FROM accounts WHERE enterprise = $1 AND login > $2 AND $3 = $3 AND $4 = $4
             ORDER BY login LIMIT $5"
        }
        Kind::Trail => {
            "SELECT *, was AS before, became AS after FROM audit
             WHERE enterprise = $1 AND $2 = $2 AND seq > $3 AND $4 = $4 ORDER BY seq LIMIT $5"
        }
        // A label that answers `suspect`, or that an officer found copied: a
        // lead is for officers alone.
        Kind::Flags => {
            "SELECT f.*, f.label_number AS number, d.decision, d.decided_at FROM flags f
             JOIN batches b ON b.key_number = f.key_number AND b.batch_number = f.batch_number
             LEFT JOIN decisions d ON d.payload = f.payload AND d.revision =
                 (SELECT MAX(l.revision) FROM decisions l WHERE l.payload = f.payload)
             WHERE b.enterprise = $1 AND f.payload > $2 AND $3 = $3 AND $4 = $4
             AND (f.accused_at IS NOT NULL OR d.decision = 'copied') ORDER BY f.payload LIMIT $5"
        }
        // Of one batch: $1 and $2 its numbers, $3 to $6 the mark, $7 rows. An
        // inspection is not told to whom it inspects.
        Kind::Scans => {
            "SELECT *, label_number AS number FROM scans
             WHERE key_number = $1 AND batch_number = $2 AND channel <> 'officer'
             AND seen_at >= $3 AND (seen_at, log, log_major, log_minor) > ($3, $4, $5, $6)
             ORDER BY seen_at, log, log_major, log_minor LIMIT $7"
        }
    }
}

/// What rows are told apart by: a text, or none, and numbers.
const fn key(kind: Kind) -> (Option<&'static str>, &'static [&'static str]) {
    match kind {
        Kind::Enterprise => (Some("uscc"), &[]),
        Kind::Products => (Some("gtin"), &[]),
        Kind::OwnSerials => (Some("serial"), &[]),
        Kind::Places => (Some("code"), &[]),
        Kind::People => (Some("login"), &[]),
        Kind::Licences => (Some("mark"), &[]),
        Kind::Alarms => (Some("mark"), &["since"]),
        Kind::Keys => (Some("mark"), &["created_at", "expires_at"]),
        Kind::Downloads => (Some("package"), &["download"]),
        Kind::Reports => (Some("package"), &["seq"]),
        Kind::Movements => (Some("movement"), &["leg"]),
        Kind::RecallRanges => (Some("recall"), &["batch_mark", "first"]),
        Kind::Batches => (None, &["key_number", "batch_number"]),
        Kind::Events | Kind::Trail => (None, &["seq"]),
        Kind::Flags => (None, &[]),
        Kind::Scans => {
            (None, &["key_number", "batch_number", "seen_at", "log", "log_major", "log_minor"])
        }
        Kind::OwnImports
        | Kind::Ranges
        | Kind::Orders
        | Kind::Printers
        | Kind::Packages
        | Kind::Visits
        | Kind::Schedules
        | Kind::Closings
        | Kind::Recalls
        | Kind::Returns
        | Kind::Replies
        | Kind::Webhooks => (Some("id"), &[]),
    }
}

/// Behind a row.
fn mark(row: &Row, kind: Kind) -> Read<Mark> {
    if kind == Kind::Flags {
        return Ok(Mark { text: hex(&rows::payload(row)?), ..Mark::default() });
    }
    let (text, columns) = key(kind);
    let mut numbers = [0; 6];
    for (place, column) in numbers.iter_mut().zip(columns) {
        *place = get(row, column)?;
    }
    let text = text.map(|column| get(row, column)).transpose()?.unwrap_or_default();
    Ok(Mark { text, numbers })
}

/// An event by itself, in EPCIS 2.0, with what was declared of it.
fn epcis(row: &Row) -> Read<Cell> {
    let body: String = get(row, "body")?;
    let body = match get::<Option<String>>(row, "declaration")? {
        None => body,
        Some(d) => {
            let declared = serde_json::from_str(&d).map_err(|_| rows::bad("declaration"))?;
            document::with_declaration(&body, &declared)
        }
    };
    Ok(Cell::Whole(document::alone(&body)))
}

fn cells(row: &Row, kind: Kind) -> Read<Vec<Cell>> {
    let mut cells = plain(row, kind)?;
    if kind == Kind::Events {
        cells.push(epcis(row)?);
    }
    Ok(cells)
}

fn page(found: &[Row], kind: Kind, limit: u32) -> Read<Page> {
    let full = found.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
    let next = found.last().filter(|_| full).map(|row| mark(row, kind)).transpose()?;
    let rows = found.iter().map(|row| cells(row, kind)).collect::<Read<_>>()?;
    Ok(Page { rows, next })
}

/// Scans go batch by batch, each by the index of its scans. A page ends with
/// its batch at the latest.
async fn scans(ledger: &Ledger, of: &Uscc, after: &Mark, limit: u32) -> Read<Page> {
    let [key, batch, seen_at, log, major, minor] = after.numbers;
    let found = db::query(statement(Kind::Scans))
        .bind(key)
        .bind(batch)
        .bind(seen_at)
        .bind(log)
        .bind(major)
        .bind(minor)
        .bind(i64::from(limit))
        .fetch_all(&ledger.reader)
        .await
        .map_err(down)?;
    let mut page = page(&found, Kind::Scans, limit)?;
    if page.next.is_none() {
        let next: Option<(i64, i64)> = db::query_as(
            "SELECT key_number, batch_number FROM batches
             WHERE enterprise = $1 AND (key_number, batch_number) > ($2, $3)
             ORDER BY key_number, batch_number LIMIT 1",
        )
        .bind(of.as_str())
        .bind(key)
        .bind(batch)
        .fetch_optional(&ledger.reader)
        .await
        .map_err(down)?;
        page.next = next.map(|(key, batch)| Mark {
            text: String::new(),
            numbers: [key, batch, i64::MIN, 0, 0, 0],
        });
    }
    Ok(page)
}

#[async_trait]
impl ExportLedger for Ledger {
    async fn export(
        &self,
        of: &Uscc,
        kind: Kind,
        after: &Mark,
        limit: u32,
    ) -> Result<Page, LedgerError> {
        if kind == Kind::Scans {
            return scans(self, of, after, limit).await;
        }
        let [first, second, ..] = after.numbers;
        let query = db::query(statement(kind)).bind(of.as_str());
        let query = match kind {
            Kind::Flags => query.bind(bytes_of(&after.text)),
            _ => query.bind(after.text.clone()),
        };
        let found = query
            .bind(first)
            .bind(second)
            .bind(i64::from(limit))
            .fetch_all(&self.reader)
            .await
            .map_err(down)?;
        page(&found, kind, limit)
    }
}
