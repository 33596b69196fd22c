//! Which lists there are, and whose.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    Products,
    Batches,
    Orders,
    Packages,
    /// Of the book of one batch.
    Movements,
    Closings,
    Recalls,
    Places,
    /// What was done with goods.
    Events,
    /// Of one endpoint of webhooks.
    Deliveries,
    People,
    Trail,
    /// Of the county.
    Enterprises,
    Staff,
}

/// What the rows of a list belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Belongs {
    Enterprise,
    Batch,
    Endpoint,
    County,
}

impl List {
    pub const ALL: [Self; 14] = [
        Self::Products,
        Self::Batches,
        Self::Orders,
        Self::Packages,
        Self::Movements,
        Self::Closings,
        Self::Recalls,
        Self::Places,
        Self::Events,
        Self::Deliveries,
        Self::People,
        Self::Trail,
        Self::Enterprises,
        Self::Staff,
    ];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Products => "products",
            Self::Batches => "batches",
            Self::Orders => "orders",
            Self::Packages => "packages",
            Self::Movements => "movements",
            Self::Closings => "closings",
            Self::Recalls => "recalls",
            Self::Places => "places",
            Self::Events => "events",
            Self::Deliveries => "deliveries",
            Self::People => "people",
            Self::Trail => "trail",
            Self::Enterprises => "enterprises",
            Self::Staff => "staff",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|list| list.slug() == slug)
    }

    pub const fn belongs(self) -> Belongs {
        match self {
            Self::Movements => Belongs::Batch,
            Self::Deliveries => Belongs::Endpoint,
            Self::Enterprises | Self::Staff => Belongs::County,
            _ => Belongs::Enterprise,
        }
    }

    /// It names the enterprise's people, or what its programs are told.
    pub const fn is_for_owners(self) -> bool {
        matches!(self, Self::People | Self::Trail | Self::Deliveries)
    }
}
