//! Webhooks: an enterprise's own programs are told of what happens, in the
//! form of <https://www.standardwebhooks.com>.
//!
//! An event is written in the transaction of the change that it tells of, with
//! a delivery for each endpoint that wants it: nothing that was acknowledged
//! goes untold, and nothing is told that did not happen. The courier delivers
//! at least once, in no particular order; `webhook-id` is the event's and stays
//! the same over every attempt and replay, so that a receiver can drop what it
//! has seen.
//!
//! Not here: how an address is called (`app::hooks`), rows (`store::sql`).

pub mod address;
pub mod delivery;
pub mod endpoint;
pub mod event;
pub mod port;
pub mod secret;

pub use address::{Allowed, Target};
pub use delivery::{Attempt, Delivery, DeliveryState, Due, Next, Trouble};
pub use endpoint::{Ended, Endpoint, Why};
pub use event::{Event, Kind};
pub use secret::Secret;
