//! Orders of labels: one row each, however many labels.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::base::UnixMs;
use crate::registry::{BatchRef, PreparedBatch, Uscc};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// It is larger than what one person may order.
    AwaitingApproval,
    /// By whoever should have approved it.
    Rejected,
    Queued,
    Running,
    Done,
    Failed,
    Cancelled,
}

impl OrderState {
    pub const ALL: [Self; 7] = [
        Self::AwaitingApproval,
        Self::Rejected,
        Self::Queued,
        Self::Running,
        Self::Done,
        Self::Failed,
        Self::Cancelled,
    ];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::AwaitingApproval => "awaiting_approval",
            Self::Rejected => "rejected",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.slug() == slug)
    }

    /// The worker has it, or will.
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }

    /// Nothing more will happen to it.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Rejected | Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// To whom the labels go, and by when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HandOver {
    pub needed_by: Option<Date>,
    /// The printing house that prints them; `None`: the enterprise does.
    pub house: Option<Uuid>,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct NewOrder {
    pub enterprise: Uscc,
    /// Given by the caller: the same key is the same order.
    pub order_key: String,
    pub batch: BatchRef,
    /// Format and what it needs, as the label layer reads it.
    pub specification: serde_json::Value,
    /// Labels that it will yield.
    pub labels: u64,
    /// Where a run from the shell writes; the worker leaves such an order to
    /// the shell. `None`: the worker chooses.
    pub directory: Option<String>,
    pub created_by: String,
    pub hand_over: HandOver,
}

/// An order whose batch is registered with it, in one transaction: a form that
/// is sent twice makes one batch and one order.
#[derive(Clone)]
pub struct BatchOrder {
    pub batch: PreparedBatch,
    /// As of [`NewOrder`].
    pub order_key: String,
    pub specification: serde_json::Value,
    pub created_by: String,
    pub hand_over: HandOver,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    pub id: Uuid,
    pub new: NewOrder,
    pub state: OrderState,
    pub labels_done: u64,
    pub cancel_requested: bool,
    /// Why it failed or was rejected, for whoever ordered.
    pub problem: Option<String>,
    /// Who made the API key that placed it; as of [`By`](crate::base::By).
    pub created_key_by: Option<String>,
    /// The second person, where one was needed.
    pub approved_by: Option<String>,
    pub created_at: UnixMs,
    pub started_at: Option<UnixMs>,
    pub finished_at: Option<UnixMs>,
}
