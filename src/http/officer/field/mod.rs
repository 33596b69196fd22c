//! `/officer/field`: what the page of a phone on the spot speaks to. It answers as
//! an API does, to whoever signed in at the officer's console.

pub(super) mod check;
mod look;
pub(super) mod photos;
pub(super) mod records;
