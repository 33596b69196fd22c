//! The kinds of files and their columns. A column that is there stays, under its
//! name and in its place; new ones come behind.

use crate::base::UnixMs;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Enterprise,
    Licences,
    Products,
    Batches,
    /// Lists of own serials that became batches.
    OwnImports,
    OwnSerials,
    Ranges,
    Orders,
    Printers,
    Packages,
    /// Who came for a package.
    Visits,
    Downloads,
    /// What printing houses said of labels.
    Reports,
    Movements,
    /// Activations at an instant.
    Schedules,
    Closings,
    Places,
    /// Of traceability; as JSON Lines each is EPCIS 2.0.
    Events,
    Recalls,
    RecallRanges,
    Returns,
    Scans,
    Flags,
    Replies,
    Alarms,
    People,
    Keys,
    Webhooks,
    Trail,
}

impl Kind {
    pub const ALL: [Self; 29] = [
        Self::Enterprise,
        Self::Licences,
        Self::Products,
        Self::Batches,
        Self::OwnImports,
        Self::OwnSerials,
        Self::Ranges,
        Self::Orders,
        Self::Printers,
        Self::Packages,
        Self::Visits,
        Self::Downloads,
        Self::Reports,
        Self::Movements,
        Self::Schedules,
        Self::Closings,
        Self::Places,
        Self::Events,
        Self::Recalls,
        Self::RecallRanges,
        Self::Returns,
        Self::Scans,
        Self::Flags,
        Self::Replies,
        Self::Alarms,
        Self::People,
        Self::Keys,
        Self::Webhooks,
        Self::Trail,
    ];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Enterprise => "enterprise",
            Self::Licences => "licences",
            Self::Products => "products",
            Self::Batches => "batches",
            Self::OwnImports => "own-imports",
            Self::OwnSerials => "own-serials",
            Self::Ranges => "ranges",
            Self::Orders => "orders",
            Self::Printers => "printers",
            Self::Packages => "packages",
            Self::Visits => "visits",
            Self::Downloads => "downloads",
            Self::Reports => "reports",
            Self::Movements => "movements",
            Self::Schedules => "schedules",
            Self::Closings => "closings",
            Self::Places => "places",
            Self::Events => "events",
            Self::Recalls => "recalls",
            Self::RecallRanges => "recall-ranges",
            Self::Returns => "returns",
            Self::Scans => "scans",
            Self::Flags => "flags",
            Self::Replies => "replies",
            Self::Alarms => "alarms",
            Self::People => "people",
            Self::Keys => "keys",
            Self::Webhooks => "webhooks",
            Self::Trail => "trail",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.slug() == slug)
    }

    /// It names the enterprise's people, or what only owners set up.
    pub const fn is_for_owners(self) -> bool {
        matches!(self, Self::People | Self::Keys | Self::Webhooks | Self::Trail)
    }

    pub const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Enterprise => &[
                "uscc",
                "name_zh",
                "name_en",
                "created_at",
                "approval_labels",
                "sign_off_labels",
                "pick_up_days",
                "printed_days",
                "activated_days",
                "name_dealers",
                "case_size",
                "pallet_size",
                "activates",
            ],
            Self::Licences => &["kind", "number", "expires_on"],
            Self::Printers => &["id", "name", "contact", "recipient", "created_at", "retired_at"],
            Self::Packages => &[
                "id",
                "number",
                "order",
                "batch",
                "printer",
                "first",
                "last",
                "recipient",
                "pick_up",
                "state",
                "created_by",
                "created_at",
                "ready_at",
                "sign_off",
                "sign_off_reason",
                "sign_off_by",
                "sign_off_at",
            ],
            Self::Visits => &["id", "package", "at", "network", "good"],
            Self::Downloads => &["package", "download", "begun_at", "network", "finished_at"],
            Self::Reports => &["package", "seq", "kind", "first", "last", "at", "network"],
            Self::Schedules => &[
                "id",
                "batch",
                "ranges",
                "due_at",
                "reason",
                "reference",
                "scheduled_by",
                "scheduled_at",
                "state",
            ],
            Self::Closings => &[
                "id",
                "batch",
                "account",
                "place",
                "day",
                "book",
                "counted",
                "missing",
                "note",
                "closed_by",
                "closed_at",
            ],
            Self::Places => &["code", "kind", "name_zh", "name_en", "gln", "region"],
            Self::Events => &[
                "seq",
                "id",
                "act",
                "event_at",
                "recorded_at",
                "recorded_by",
                "parent",
                "units",
                "place",
                "from",
                "to",
                "declaration",
            ],
            Self::RecallRanges => &["recall", "batch", "first", "last"],
            Self::Returns => {
                &["id", "recall", "outcome", "region", "items", "note", "noted_by", "noted_at"]
            }
            Self::Replies => &["id", "batch", "reply", "replied_by", "replied_at"],
            Self::Alarms => &["kind", "object", "since", "raised_at"],
            Self::Keys => &["login", "label", "scope", "created_at", "expires_at", "last_used_at"],
            Self::Webhooks => &[
                "id",
                "url",
                "kinds",
                "created_by",
                "created_at",
                "failing_since",
                "ended_at",
                "ended_why",
            ],
            Self::Products => &[
                "gtin",
                "name_zh",
                "name_en",
                "category",
                "standard",
                "net_content",
                "shelf_life_days",
                "pictures",
                "created_at",
            ],
            Self::Batches => &[
                "batch",
                "gtin",
                "lot",
                "made_on",
                "expires_on",
                "destination",
                "dealer",
                "layers",
                "labels",
                "cases",
                "pallets",
                "created_at",
            ],
            Self::OwnImports => &[
                "id",
                "batch",
                "specification",
                "labels",
                "letter_case",
                "url",
                "asked_by",
                "asked_at",
            ],
            Self::OwnSerials => &["batch", "number", "serial"],
            Self::Ranges => &[
                "id",
                "batch",
                "first",
                "last",
                "state",
                "reason_zh",
                "reason_en",
                "remedy_zh",
                "remedy_en",
                "set_by",
                "set_at",
                "lifted_at",
            ],
            Self::Orders => &[
                "id",
                "order_key",
                "batch",
                "specification",
                "state",
                "labels",
                "labels_done",
                "problem",
                "created_by",
                "created_at",
                "started_at",
                "finished_at",
            ],
            Self::Movements => &[
                "movement",
                "leg",
                "batch",
                "kind",
                "undoes",
                "reason",
                "reference",
                "from_account",
                "from_place",
                "to_account",
                "to_place",
                "labels",
                "ranges",
                "moved_by",
                "moved_at",
            ],
            Self::Recalls => &[
                "id",
                "kind",
                "lifts",
                "state",
                "reason_zh",
                "reason_en",
                "remedy_zh",
                "remedy_en",
                "notice_zh",
                "notice_en",
                "labels",
                "on_sale",
                "proposed_by",
                "proposed_at",
                "decided_by",
                "decided_at",
                "decision_note",
                "closed_by",
                "closed_at",
                "closing_note",
            ],
            Self::Scans => &[
                "batch", "number", "serial", "seen_at", "place", "place_zh", "place_en", "channel",
            ],
            Self::Flags => &[
                "serial",
                "batch",
                "number",
                "state",
                "reasons",
                "scans",
                "opened_at",
                "updated_at",
                "decision",
                "decided_at",
            ],
            Self::People => &["login", "name", "duties", "created_at", "disabled_at"],
            Self::Trail => {
                &["seq", "at", "login", "origin", "action", "object", "before", "after", "seal"]
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    Empty,
    Text(String),
    Number(i64),
    Instant(UnixMs),
    /// A JSON object that JSON Lines has instead of the columns; behind them.
    Whole(String),
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Of what may be missing.
    pub fn of<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Empty, cell)
    }
}
