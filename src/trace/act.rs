//! What is done with goods, and how EPCIS 2.0 and CBV 2.0 call it.

use serde::{Deserialize, Serialize};

/// One kind of event. Each fixes what EPCIS asks for: the type of the event,
/// its action, business step and disposition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Act {
    /// A raw batch becomes bottles.
    Bottled,
    /// Labelled goods come into being, without saying of what.
    Commissioned,
    /// A station looked at goods and wrote a report.
    Inspected,
    Packed,
    Unpacked,
    Shipped,
    Received,
    /// Came back to the maker.
    Returned,
    Destroyed,
    /// Goods belong to an order, an invoice, a dispatch advice.
    Linked,
    /// A thing such as a data logger goes with a case or pallet.
    Attached,
    Detached,
}

/// Types of EPCIS events (EPCIS 2.0, 7.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventType {
    Object,
    Aggregation,
    Transaction,
    Transformation,
    Association,
}

impl EventType {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Object => "ObjectEvent",
            Self::Aggregation => "AggregationEvent",
            Self::Transaction => "TransactionEvent",
            Self::Transformation => "TransformationEvent",
            Self::Association => "AssociationEvent",
        }
    }
}

/// Whose work an act is; the duties of an enterprise's members follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hands {
    Line,
    Quality,
    Sales,
}

impl Act {
    pub const ALL: [Self; 12] = [
        Self::Bottled,
        Self::Commissioned,
        Self::Inspected,
        Self::Packed,
        Self::Unpacked,
        Self::Shipped,
        Self::Received,
        Self::Returned,
        Self::Destroyed,
        Self::Linked,
        Self::Attached,
        Self::Detached,
    ];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Bottled => "bottled",
            Self::Commissioned => "commissioned",
            Self::Inspected => "inspected",
            Self::Packed => "packed",
            Self::Unpacked => "unpacked",
            Self::Shipped => "shipped",
            Self::Received => "received",
            Self::Returned => "returned",
            Self::Destroyed => "destroyed",
            Self::Linked => "linked",
            Self::Attached => "attached",
            Self::Detached => "detached",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.slug() == slug)
    }

    pub const fn event_type(self) -> EventType {
        match self {
            Self::Bottled => EventType::Transformation,
            Self::Packed | Self::Unpacked => EventType::Aggregation,
            Self::Linked => EventType::Transaction,
            Self::Attached | Self::Detached => EventType::Association,
            Self::Commissioned
            | Self::Inspected
            | Self::Shipped
            | Self::Received
            | Self::Returned
            | Self::Destroyed => EventType::Object,
        }
    }

    /// A transformation has none.
    pub const fn action(self) -> Option<&'static str> {
        match self {
            Self::Bottled => None,
            Self::Commissioned | Self::Packed | Self::Linked | Self::Attached => Some("ADD"),
            Self::Unpacked | Self::Destroyed | Self::Detached => Some("DELETE"),
            Self::Inspected | Self::Shipped | Self::Received | Self::Returned => Some("OBSERVE"),
        }
    }

    /// CBV 2.0, 7.1. There is no step `returning`: goods that come back are
    /// received, and their disposition says that they were returned.
    pub const fn biz_step(self) -> &'static str {
        match self {
            Self::Bottled | Self::Commissioned => "commissioning",
            Self::Inspected => "inspecting",
            Self::Packed => "packing",
            Self::Unpacked => "unpacking",
            Self::Shipped => "shipping",
            Self::Received | Self::Returned => "receiving",
            Self::Destroyed => "destroying",
            Self::Linked => "reserving",
            Self::Attached => "installing",
            Self::Detached => "removing",
        }
    }

    /// CBV 2.0, 7.2; `passed` is what an inspection found.
    pub const fn disposition(self, passed: Option<bool>) -> &'static str {
        match (self, passed) {
            (Self::Inspected, Some(false)) => "non_conformant",
            (Self::Inspected, _) => "conformant",
            (Self::Bottled | Self::Commissioned, _) => "active",
            (Self::Shipped, _) => "in_transit",
            (Self::Received, _) => "sellable_not_accessible",
            (Self::Returned, _) => "returned",
            (Self::Destroyed, _) => "destroyed",
            (Self::Linked, _) => "reserved",
            (Self::Packed | Self::Unpacked | Self::Attached | Self::Detached, _) => "in_progress",
        }
    }

    pub const fn hands(self) -> Hands {
        match self {
            Self::Bottled
            | Self::Commissioned
            | Self::Packed
            | Self::Unpacked
            | Self::Attached
            | Self::Detached => Hands::Line,
            Self::Inspected | Self::Destroyed => Hands::Quality,
            Self::Shipped | Self::Received | Self::Returned | Self::Linked => Hands::Sales,
        }
    }

    /// The act that an event of somebody else's system stands for; `None` for
    /// a combination that means nothing here.
    pub fn of_epcis(
        event_type: &str,
        action: Option<&str>,
        biz_step: Option<&str>,
        disposition: Option<&str>,
    ) -> Option<Self> {
        let fits = |act: &Self| {
            act.event_type().name() == event_type
                && act.action() == action
                && biz_step.is_none_or(|step| step == act.biz_step())
                && (act.event_type() != EventType::Object || biz_step.is_some())
        };
        let returned = disposition == Some("returned");
        Self::ALL.into_iter().filter(fits).find(|act| {
            !matches!(act, Self::Received | Self::Returned) || (*act == Self::Returned) == returned
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_act_is_found_again_by_what_epcis_calls_it() {
        for act in Act::ALL {
            let found = Act::of_epcis(
                act.event_type().name(),
                act.action(),
                Some(act.biz_step()),
                Some(act.disposition(None)),
            );
            assert_eq!(found, Some(act));
            assert_eq!(Act::from_slug(act.slug()), Some(act));
        }
        assert_eq!(
            Act::of_epcis("ObjectEvent", Some("OBSERVE"), Some("retail_selling"), None),
            None
        );
        assert_eq!(Act::of_epcis("ObjectEvent", Some("OBSERVE"), None, None), None);
    }
}
