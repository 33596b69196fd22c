//! From a code to what a printer takes: the QR symbol, pictures, sheets, and
//! the engine that issues a whole order.
//!
//! No storage and no clock: what an order yields depends on its inputs alone.
//! One symbol: [`Symbol::of`], then [`png()`], [`svg()`]. A few labels on
//! paper: [`sheet()`]. A whole order: [`issue()`]. A further format is a
//! further `LabelFile` in `kind.rs`.

mod csv;
mod folder;
mod issue;
mod kind;
mod manifest;
mod mint;
mod order;
mod penalty;
pub mod png;
pub mod sheet;
pub mod svg;
pub mod symbol;
mod typeface;

pub use folder::MANIFEST;
pub use issue::{IssueError, Issued, issue};
pub use mint::{Mint, Minted, url_prefix};
pub use order::{Kind, Order, Specification};
pub use png::png;
pub use sheet::{Caption, Grid, SheetLabel, sheet};
pub use svg::svg;
pub use symbol::{Symbol, SymbolError};
