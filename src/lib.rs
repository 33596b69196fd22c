//! zhenma (真码): anti-counterfeiting traceability with signed serial codes.
//!
//! Modules stand in layer order; each imports only from those above it.
//! Without the feature `server` the crate is the printed format alone.

#![forbid(unsafe_code)]

pub mod base;
pub mod keys;

pub mod code;

#[cfg(feature = "server")]
pub mod typeface;

#[cfg(feature = "server")]
pub mod auth;
#[cfg(feature = "server")]
pub mod registry;

#[cfg(feature = "server")]
pub mod hooks;

#[cfg(feature = "server")]
pub mod label;

#[cfg(feature = "server")]
pub mod media;

#[cfg(feature = "server")]
pub mod trace;

#[cfg(feature = "server")]
pub mod scan;

#[cfg(feature = "server")]
pub mod document;

#[cfg(feature = "server")]
pub mod cases;

#[cfg(feature = "server")]
pub mod exports;

#[cfg(feature = "server")]
pub mod handoff;

#[cfg(feature = "server")]
pub mod kit;

#[cfg(feature = "server")]
pub mod dossier;

#[cfg(feature = "server")]
pub mod evidence;

#[cfg(feature = "server")]
pub mod leads;

#[cfg(feature = "server")]
pub mod figures;

#[cfg(feature = "server")]
pub mod lists;

#[cfg(feature = "server")]
pub mod overview;

#[cfg(feature = "server")]
pub mod recall;

#[cfg(feature = "server")]
pub mod reports;

#[cfg(feature = "server")]
pub mod visits;

#[cfg(feature = "server")]
pub mod store;

#[cfg(feature = "server")]
pub mod web;

#[cfg(feature = "server")]
pub mod http;

#[cfg(feature = "server")]
pub mod app;

#[cfg(feature = "server")]
pub mod cli;

#[cfg(doc)]
pub mod guide;
