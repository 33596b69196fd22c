//! Where the columns of each list come from.

use crate::lists::List;

/// SQL, all of it constant.
pub(super) struct Source {
    pub from: &'static str,
    /// Equal to the enterprise; of the county a condition of its own.
    pub within: &'static str,
    /// Texts that are looked through.
    pub find: &'static [&'static str],
    /// What tells rows apart, as `List::rows_by` has it.
    pub rows_by: &'static [&'static str],
    /// Columns that are not simply there under their name.
    columns: &'static [(&'static str, &'static str)],
}

impl Source {
    pub(super) fn of_column(&self, name: &'static str) -> &'static str {
        self.columns.iter().find(|(own, _)| *own == name).map_or(name, |(_, sql)| sql)
    }
}

const BATCH: &str = "(b.key_number || '-' || b.batch_number)";

/// An outer join keeps the first table first, whose index has the order.
pub(super) const fn source(list: List) -> Source {
    match list {
        List::Products => Source {
            from: "products",
            within: "enterprise",
            find: &["gtin", "name_zh", "name_en", "category"],
            rows_by: &["gtin"],
            columns: &[],
        },
        List::Batches => Source {
            from: "batches b LEFT JOIN products p ON p.gtin = b.gtin",
            within: "b.enterprise",
            find: &[BATCH, "b.lot", "b.made_on", "b.dealer", "b.gtin", "p.name_zh", "p.name_en"],
            rows_by: &["b.key_number", "b.batch_number"],
            columns: &[
                ("batch", BATCH),
                ("gtin", "b.gtin"),
                ("labels", "b.label_count"),
                ("on_sale", ON_SALE),
                ("created_at", "b.created_at"),
            ],
        },
        List::Orders => Source {
            from: "orders o LEFT JOIN batches b ON b.key_number = o.key_number
                   AND b.batch_number = o.batch_number",
            within: "o.enterprise",
            find: &[BATCH, "b.lot", "o.created_by", "o.needed_by", "o.state"],
            rows_by: &["o.id"],
            columns: &[
                ("batch", BATCH),
                ("labels", "o.labels_total"),
                ("created_at", "o.created_at"),
            ],
        },
        List::Packages => Source {
            from: "packages k LEFT JOIN print_houses h ON h.id = k.house",
            within: "k.enterprise",
            find: &[
                "k.number",
                "h.name",
                "k.created_by",
                "(k.key_number || '-' || k.batch_number)",
            ],
            rows_by: &["k.id"],
            columns: &[
                ("id", "k.id"),
                ("number", "k.number"),
                ("batch", "(k.key_number || '-' || k.batch_number)"),
                ("house", "h.name"),
                ("created_at", "k.created_at"),
            ],
        },
        List::Movements => Source {
            from: "movements m LEFT JOIN batches b ON b.key_number = m.key_number
                   AND b.batch_number = m.batch_number",
            within: "b.enterprise",
            find: &["m.kind", "m.reason", "m.reference", "m.moved_by"],
            rows_by: &["m.revision"],
            columns: &[
                ("batch", BATCH),
                (
                    "labels",
                    "(SELECT CAST(SUM(l.labels) AS BIGINT) FROM movement_legs l WHERE l.movement = m.id)",
                ),
                (
                    "first",
                    "(SELECT MIN(l.first_number) FROM movement_legs l WHERE l.movement = m.id)",
                ),
                (
                    "last",
                    "(SELECT MAX(l.last_number) FROM movement_legs l WHERE l.movement = m.id)",
                ),
                (
                    "from_place",
                    "(SELECT MIN(l.from_place) FROM movement_legs l WHERE l.movement = m.id)",
                ),
                (
                    "to_place",
                    "(SELECT MIN(l.to_place) FROM movement_legs l WHERE l.movement = m.id)",
                ),
            ],
        },
        List::Closings => Source {
            from: "closings b",
            within: "b.enterprise",
            find: &[BATCH, "b.day", "b.place", "b.closed_by", "b.note"],
            rows_by: &["b.id"],
            columns: &[("batch", BATCH)],
        },
        _ => few(list),
    }
}

const ON_SALE: &str = "(SELECT CAST(COALESCE(SUM(s.last_number - s.first_number + 1), 0) AS BIGINT)
     FROM spans s WHERE s.key_number = b.key_number AND s.batch_number = b.batch_number
     AND s.account = 'activated')";

const fn few(list: List) -> Source {
    match list {
        List::Places => Source {
            from: "trace_places",
            within: "enterprise",
            find: &["code", "name_zh", "name_en", "gln"],
            rows_by: &["code"],
            columns: &[],
        },
        List::Events => Source {
            from: "trace_events e",
            within: "e.enterprise",
            find: &["e.act", "e.place", "e.from_place", "e.to_place", "e.recorded_by"],
            rows_by: &["e.seq"],
            columns: &[
                ("unit", "COALESCE(e.parent, e.first_unit)"),
                ("units", "e.unit_count"),
                ("error", "CASE WHEN e.declaration IS NULL THEN 0 ELSE 1 END"),
            ],
        },
        List::Deliveries => Source {
            from: "webhook_deliveries d LEFT JOIN webhook_events v ON v.id = d.event",
            within: "v.enterprise",
            find: &["v.kind", "d.state", "d.last_trouble", "d.event"],
            rows_by: &["d.event"],
            columns: &[],
        },
        List::Trail => Source {
            from: "audit",
            within: "enterprise",
            find: &["login", "origin", "action", "object"],
            rows_by: &["seq"],
            columns: &[],
        },
        List::People | List::Staff => people(matches!(list, List::Staff)),
        List::Enterprises => Source {
            from: "enterprises e",
            within: "e.uscc <> ''",
            find: &["e.uscc", "e.name_zh", "e.name_en", "e.gs1_prefix"],
            rows_by: &["e.uscc"],
            columns: &[
                ("licences", "(SELECT COUNT(*) FROM licences l WHERE l.enterprise = e.uscc)"),
                (
                    "first_expiry",
                    "(SELECT MIN(l.expires_on) FROM licences l WHERE l.enterprise = e.uscc)",
                ),
            ],
        },
        _ => Source {
            from: "recalls",
            within: "enterprise",
            find: &["reason_zh", "reason_en", "proposed_by", "kind", "state"],
            rows_by: &["id"],
            columns: &[],
        },
    }
}

/// Members of an enterprise, or the county's own staff.
const fn people(staff: bool) -> Source {
    Source {
        from: "accounts a",
        within: if staff { "a.enterprise IS NULL" } else { "a.enterprise" },
        find: &["a.login", "a.name"],
        rows_by: &["a.login"],
        columns: &[
            ("login", "a.login"),
            ("state", STATE),
            ("second_factor", "(SELECT COUNT(*) FROM second_factors f WHERE f.login = a.login)"),
            (
                "last_seen_at",
                "(SELECT MAX(s.last_seen_at) FROM sessions s WHERE s.login = a.login)",
            ),
        ],
    }
}

const STATE: &str = "CASE WHEN a.disabled_at IS NOT NULL THEN 'closed'
     WHEN a.password_hash IS NOT NULL THEN 'open'
     WHEN EXISTS (SELECT 1 FROM links l WHERE l.login = a.login AND l.purpose = 'invitation')
     THEN 'invited' ELSE 'program' END";
