//! The columns of each list. In a file they stand under these names.

use super::List;

/// What a column holds. Dates, and all that is named by a slug, are texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Text,
    Number,
    Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sorts {
    No,
    /// By the column, then by what tells rows apart.
    Own,
    /// The order in which rows are told apart is that of the column.
    Rows,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub shape: Shape,
    pub sorts: Sorts,
}

const fn column(name: &'static str, shape: Shape) -> Column {
    Column { name, shape, sorts: Sorts::No }
}

const fn text(name: &'static str) -> Column {
    column(name, Shape::Text)
}

const fn number(name: &'static str) -> Column {
    column(name, Shape::Number)
}

const fn at(name: &'static str) -> Column {
    column(name, Shape::Instant)
}

impl Column {
    const fn own(self) -> Self {
        Self { sorts: Sorts::Own, ..self }
    }

    const fn rows(self) -> Self {
        Self { sorts: Sorts::Rows, ..self }
    }
}

impl List {
    /// Those that sort have an index in the ledger, or belong to a list that is
    /// bounded: products, recalls, places, people, enterprises.
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::Products => {
                const {
                    &[
                        text("gtin").rows(),
                        text("name_zh").own(),
                        text("name_en").own(),
                        text("category"),
                        text("standard"),
                        text("net_content"),
                        number("shelf_life_days"),
                        at("created_at").own(),
                    ]
                }
            }
            Self::Batches => {
                const {
                    &[
                        text("batch"),
                        text("gtin"),
                        text("name_zh"),
                        text("name_en"),
                        text("lot").own(),
                        text("made_on").own(),
                        number("destination"),
                        text("dealer"),
                        number("labels").own(),
                        number("on_sale"),
                        at("created_at").own(),
                    ]
                }
            }
            Self::Orders => {
                const {
                    &[
                        text("id"),
                        text("batch"),
                        text("lot"),
                        text("state").own(),
                        number("labels").own(),
                        number("labels_done"),
                        text("needed_by"),
                        text("created_by"),
                        at("created_at").own(),
                    ]
                }
            }
            Self::Packages => {
                const {
                    &[
                        text("id"),
                        text("number").own(),
                        text("batch"),
                        text("house"),
                        text("state"),
                        text("sign_off"),
                        text("created_by"),
                        at("created_at").own(),
                    ]
                }
            }
            Self::Movements => {
                const {
                    &[
                        text("batch"),
                        at("moved_at").rows(),
                        text("kind"),
                        number("labels"),
                        number("first"),
                        number("last"),
                        text("from_place"),
                        text("to_place"),
                        text("moved_by"),
                        text("reason"),
                        text("reference"),
                    ]
                }
            }
            Self::Closings => {
                const {
                    &[
                        text("batch"),
                        text("day"),
                        text("account"),
                        text("place"),
                        number("book"),
                        number("counted"),
                        number("missing"),
                        text("closed_by"),
                        text("note"),
                        at("closed_at").own(),
                    ]
                }
            }
            Self::Recalls => {
                const {
                    &[
                        text("id"),
                        at("proposed_at").own(),
                        text("kind").own(),
                        text("state").own(),
                        number("labels").own(),
                        text("reason_zh"),
                        text("reason_en"),
                        text("proposed_by"),
                    ]
                }
            }
            Self::Places => {
                const {
                    &[
                        text("code").rows(),
                        text("name_zh").own(),
                        text("name_en"),
                        text("kind").own(),
                        number("region").own(),
                        text("gln"),
                    ]
                }
            }
            Self::Events => {
                const {
                    &[
                        text("id"),
                        at("event_at").own(),
                        text("act"),
                        text("unit"),
                        number("units"),
                        text("place"),
                        text("from_place"),
                        text("to_place"),
                        text("recorded_by"),
                        number("error"),
                    ]
                }
            }
            Self::Deliveries => {
                const {
                    &[
                        text("event"),
                        at("happened_at").rows(),
                        text("kind"),
                        text("state"),
                        number("tries"),
                        at("last_at"),
                        number("last_status"),
                        text("last_trouble"),
                        at("next_at"),
                    ]
                }
            }
            Self::People | Self::Staff => {
                const {
                    &[
                        text("login").rows(),
                        text("name").own(),
                        text("role"),
                        text("duties"),
                        text("state").own(),
                        number("second_factor"),
                        at("last_seen_at"),
                        at("created_at").own(),
                    ]
                }
            }
            Self::Trail => {
                const {
                    &[
                        number("seq").rows(),
                        at("at"),
                        text("login"),
                        text("origin"),
                        text("action"),
                        text("object"),
                    ]
                }
            }
            Self::Enterprises => {
                const {
                    &[
                        text("uscc").rows(),
                        text("name_zh").own(),
                        text("name_en").own(),
                        text("gs1_prefix"),
                        number("licences"),
                        text("first_expiry"),
                        at("created_at").own(),
                    ]
                }
            }
        }
    }

    /// What tells its rows apart, in the order in which they are compared.
    pub const fn rows_by(self) -> &'static [Shape] {
        match self {
            Self::Batches => &[Shape::Number, Shape::Number],
            Self::Movements | Self::Events | Self::Trail => &[Shape::Number],
            _ => &[Shape::Text],
        }
    }

    /// How it is sorted where nobody says: a column, and whether downwards.
    pub const fn usual(self) -> (&'static str, bool) {
        match self {
            Self::Products => ("gtin", false),
            Self::Batches | Self::Orders | Self::Packages => ("created_at", true),
            Self::Movements => ("moved_at", true),
            Self::Closings => ("closed_at", true),
            Self::Recalls => ("proposed_at", true),
            Self::Places => ("code", false),
            Self::Events => ("event_at", true),
            Self::Deliveries => ("happened_at", true),
            Self::People | Self::Staff => ("login", false),
            Self::Trail => ("seq", true),
            Self::Enterprises => ("uscc", false),
        }
    }
}
