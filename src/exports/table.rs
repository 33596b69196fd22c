//! The kinds of files and their columns. A column that is there stays, under its
//! name and in its place; new ones come behind.

use crate::base::UnixMs;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Products,
    Batches,
    Ranges,
    Orders,
    Movements,
    Recalls,
    Scans,
    Flags,
    People,
    Trail,
}

impl Kind {
    pub const ALL: [Self; 10] = [
        Self::Products,
        Self::Batches,
        Self::Ranges,
        Self::Orders,
        Self::Movements,
        Self::Recalls,
        Self::Scans,
        Self::Flags,
        Self::People,
        Self::Trail,
    ];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Products => "products",
            Self::Batches => "batches",
            Self::Ranges => "ranges",
            Self::Orders => "orders",
            Self::Movements => "movements",
            Self::Recalls => "recalls",
            Self::Scans => "scans",
            Self::Flags => "flags",
            Self::People => "people",
            Self::Trail => "trail",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.slug() == slug)
    }

    /// It names the enterprise's people.
    pub const fn is_for_owners(self) -> bool {
        matches!(self, Self::People | Self::Trail)
    }

    pub const fn columns(self) -> &'static [&'static str] {
        match self {
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
