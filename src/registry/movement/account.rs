//! The accounts of the book: a tree, through which labels go.

/// Where a label is in its life, as the book has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Account {
    /// Its number was given out; nobody has reported it printed.
    Issued,
    Printed,
    /// Lost in printing.
    Spoiled,
    /// On its goods.
    Applied,
    /// Printed, and given back unused.
    Returned,
    /// Printed, and destroyed unused.
    Destroyed,
    /// On sale.
    Activated,
    /// On its goods, and kept from sale.
    Held,
}

impl Account {
    pub const ALL: [Self; 8] = [
        Self::Issued,
        Self::Printed,
        Self::Spoiled,
        Self::Applied,
        Self::Returned,
        Self::Destroyed,
        Self::Activated,
        Self::Held,
    ];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Printed => "printed",
            Self::Spoiled => "spoiled",
            Self::Applied => "applied",
            Self::Returned => "returned",
            Self::Destroyed => "destroyed",
            Self::Activated => "activated",
            Self::Held => "held",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.slug() == slug)
    }

    /// The account through which labels come to this one.
    pub const fn parent(self) -> Option<Self> {
        match self {
            Self::Issued => None,
            Self::Printed | Self::Spoiled => Some(Self::Issued),
            Self::Applied | Self::Returned | Self::Destroyed => Some(Self::Printed),
            Self::Activated | Self::Held => Some(Self::Applied),
        }
    }

    /// Whether what lies on `self` has come through `other`, or lies there.
    pub fn came_through(self, other: Self) -> bool {
        std::iter::successors(Some(self), |a| a.parent()).any(|a| a == other)
    }

    /// The accounts from this one to `to`, both included.
    pub fn path(self, to: Self) -> Vec<Self> {
        let up = |from: Self| std::iter::successors(Some(from), |a| a.parent());
        let mut path: Vec<_> = up(self).take_while(|a| !to.came_through(*a)).collect();
        let down: Vec<_> = up(to).take_while(|a| !self.came_through(*a)).collect();
        path.extend(up(self).find(|a| to.came_through(*a)));
        path.extend(down.into_iter().rev());
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_between_two_accounts_is_one_path() {
        use Account as A;
        for (from, to, path) in [
            (A::Issued, A::Activated, vec![A::Issued, A::Printed, A::Applied, A::Activated]),
            (A::Activated, A::Held, vec![A::Activated, A::Applied, A::Held]),
            (A::Printed, A::Spoiled, vec![A::Printed, A::Issued, A::Spoiled]),
            (A::Held, A::Issued, vec![A::Held, A::Applied, A::Printed, A::Issued]),
            (A::Printed, A::Printed, vec![A::Printed]),
        ] {
            assert_eq!(from.path(to), path);
        }
    }
}
