//! What happened, as it is told.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::base::{FieldError, UnixMs, ids};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A label of the enterprise answers `suspect` since now.
    FlagOpened,
    /// What was found of such a label.
    FlagDecided,
    /// It needs a second person.
    OrderAwaitingApproval,
    OrderDone,
    OrderFailed,
    /// A recall, a loss or a lift needs a second person.
    RecallAwaitingApproval,
    RecallApproved,
    RecallLifted,
    /// No download was begun in time.
    PackageNotPickedUp,
    /// Not all of it was reported printed in time.
    PackageNotPrinted,
    /// Nothing of it was put on sale in time since its sign-off.
    PackageNotActivated,
    /// Wrong codes closed its pick-up.
    PackageClosed,
    /// Somebody scanned what was never to be printed.
    PackageLeaked,
    /// Nothing of it was put on sale in time since it was ordered.
    BatchNotActivated,
    /// A day's closing did not find all labels.
    ClosingMissing,
    /// An office asks about labels of the enterprise, with a day by which to answer.
    InquiryOpened,
    /// An office took labels off sale.
    LabelsBlocked,
    /// They are on sale again: it lifted that, or its time was over.
    LabelsUnblocked,
    /// Of the button that sends one; every endpoint gets its own.
    Test,
}

impl Kind {
    /// Those that an endpoint chooses from.
    pub const CHOSEN: [Self; 18] = [
        Self::FlagOpened,
        Self::FlagDecided,
        Self::OrderAwaitingApproval,
        Self::OrderDone,
        Self::OrderFailed,
        Self::RecallAwaitingApproval,
        Self::RecallApproved,
        Self::RecallLifted,
        Self::PackageNotPickedUp,
        Self::PackageNotPrinted,
        Self::PackageNotActivated,
        Self::PackageClosed,
        Self::PackageLeaked,
        Self::BatchNotActivated,
        Self::ClosingMissing,
        Self::InquiryOpened,
        Self::LabelsBlocked,
        Self::LabelsUnblocked,
    ];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::FlagOpened => "flag.opened",
            Self::FlagDecided => "flag.decided",
            Self::OrderAwaitingApproval => "order.awaiting_approval",
            Self::OrderDone => "order.done",
            Self::OrderFailed => "order.failed",
            Self::RecallAwaitingApproval => "recall.awaiting_approval",
            Self::RecallApproved => "recall.approved",
            Self::RecallLifted => "recall.lifted",
            Self::PackageNotPickedUp => "package.not_picked_up",
            Self::PackageNotPrinted => "package.not_printed",
            Self::PackageNotActivated => "package.not_activated",
            Self::PackageClosed => "package.closed",
            Self::PackageLeaked => "package.leaked",
            Self::BatchNotActivated => "batch.not_activated",
            Self::ClosingMissing => "closing.missing",
            Self::InquiryOpened => "inquiry.opened",
            Self::LabelsBlocked => "labels.blocked",
            Self::LabelsUnblocked => "labels.unblocked",
            Self::Test => "webhook.test",
        }
    }

    /// One that can be chosen.
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::CHOSEN.into_iter().find(|kind| kind.slug() == slug)
    }

    /// The kinds that a form or a program names; each once, in our order.
    ///
    /// # Errors
    /// Naming `events` for one that is not known, and for none.
    pub fn chosen<'a>(slugs: impl IntoIterator<Item = &'a str>) -> Result<Vec<Self>, FieldError> {
        let known = || Self::CHOSEN.map(Self::slug).join(", ");
        let fault =
            |problem| FieldError::new("events", problem, format!("name some of {}", known()));
        let mut named = Vec::new();
        for slug in slugs {
            named.push(
                Self::from_slug(slug).ok_or_else(|| fault(format!("{slug:?} is not known")))?,
            );
        }
        let kinds: Vec<_> = Self::CHOSEN.into_iter().filter(|kind| named.contains(kind)).collect();
        if kinds.is_empty() { Err(fault("none is named".to_owned())) } else { Ok(kinds) }
    }
}

/// Something to tell an enterprise of.
#[derive(Clone, Debug)]
pub struct Event {
    pub id: Uuid,
    pub kind: Kind,
    /// Unified social credit code.
    pub enterprise: String,
    pub at: UnixMs,
    /// Serials and numbers: never a full code, an address or a person.
    pub data: Value,
}

impl Event {
    pub fn new(kind: Kind, enterprise: &str, at: UnixMs, data: Value) -> Self {
        Self { id: ids::new_id(at), kind, enterprise: enterprise.to_owned(), at, data }
    }

    /// The bytes that are signed and sent, the same each time.
    pub fn body(&self) -> String {
        let timestamp = Timestamp::from_millisecond(self.at.0).unwrap_or_default();
        json!({"type": self.kind.slug(), "timestamp": timestamp.to_string(), "data": self.data})
            .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_names_its_kind_its_instant_and_its_data() {
        let event = Event::new(Kind::Test, "91411628MA9DEM01XU", UnixMs(1), json!({"a": 1}));
        let wanted =
            r#"{"data":{"a":1},"timestamp":"1970-01-01T00:00:00.001Z","type":"webhook.test"}"#;
        assert_eq!(event.body(), wanted);
        assert_eq!(event.id.get_version_num(), 7);
    }

    #[test]
    fn kinds_are_chosen_by_name_and_a_test_is_not_among_them() {
        let chosen = Kind::chosen(["order.done", "flag.opened", "order.done"]).expect("known");
        assert_eq!(chosen, [Kind::FlagOpened, Kind::OrderDone]);
        for wrong in [&["flag"][..], &["webhook.test"], &[]] {
            assert_eq!(Kind::chosen(wrong.iter().copied()).expect_err("unknown").field, "events");
        }
    }
}
