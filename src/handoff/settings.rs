//! What an enterprise decides of its orders and packages.

use crate::base::FieldError;
use crate::base::limits::BATCH_LABELS_MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// An order waits for a second person when it is of more labels, together with
    /// what the same person ordered of the same product within
    /// [`APPROVAL_HOURS`] and nobody approved.
    pub approval_labels: u64,
    /// Labels of a roll that are scanned before it is signed off.
    pub sign_off_labels: u32,
    /// Days after which a package that nobody picked up is an alarm.
    pub pick_up_days: u32,
    /// The same from the first download until all is reported printed.
    pub printed_days: u32,
    /// The same from the sign-off until any label is put on sale.
    pub activated_days: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            approval_labels: 100_000,
            sign_off_labels: 5,
            pick_up_days: 5,
            printed_days: 14,
            activated_days: 30,
        }
    }
}

/// Small orders so close together are one large one.
pub const APPROVAL_HOURS: i64 = 24;
/// One from each third of a roll, at least.
const SIGN_OFF_MIN: u32 = 3;
const SIGN_OFF_MAX: u32 = 100;
const DAYS_MAX: u32 = 365;

impl Settings {
    /// # Errors
    /// Every field that is out of bounds.
    pub fn check(&self) -> Result<(), Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut within = |field: &str, value: u64, least: u64, most: u64| {
            if !(least..=most).contains(&value) {
                let remedy = format!("write a number from {least} to {most}");
                errors.push(FieldError::new(field, format!("is {value}"), remedy));
            }
        };
        within("approval_labels", self.approval_labels, 0, BATCH_LABELS_MAX);
        let (least, most) = (SIGN_OFF_MIN.into(), SIGN_OFF_MAX.into());
        within("sign_off_labels", self.sign_off_labels.into(), least, most);
        within("pick_up_days", self.pick_up_days.into(), 1, DAYS_MAX.into());
        within("printed_days", self.printed_days.into(), 1, DAYS_MAX.into());
        within("activated_days", self.activated_days.into(), 1, DAYS_MAX.into());
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}
