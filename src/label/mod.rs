//! From a code to what a printer takes: the QR symbol, pictures, sheets, and
//! the engine that issues a whole order.
//!
//! No storage and no clock: what an order yields depends on its inputs alone.
//! One symbol: [`Symbol::of`], then [`png()`], [`svg()`]. A whole order:
//! [`issue()`]; codes that were signed elsewhere: [`Table`]. What is read back
//! badly is refused before: `preflight.rs`; a sample of what was made is read back
//! behind: `reread/`. A further format is a further
//! `LabelFile` in `form/`.

mod canvas;
mod choices;
mod folder;
mod form;
mod ink;
mod issue;
mod manifest;
mod mint;
mod order;
mod page;
mod penalty;
pub mod png;
mod preflight;
mod printer;
mod proof;
mod reread;
mod rows;
mod sample;
mod source;
mod space;
mod sscc;
pub mod svg;
pub mod symbol;
pub mod template;
mod window;
mod wish;

pub use choices::{Codes, Drawing, Kind, Pairs};
pub use folder::MANIFEST;
pub use form::csv::{Column, Columns, Encoding, Field, Separator};
pub use form::file;
pub use form::sheets::sheet;
pub use issue::{IssueError, Issued, empty_of_another, issue};
pub use mint::{Mint, Minted, url_prefix};
pub use order::{Form, Labels, Order, Packing, Pictures, Sheets, Specification};
pub use page::Label;
pub use png::png;
pub use preflight::{Expected, Fault, preflight};
pub use printer::{PRINTERS, Printer};
pub use proof::proof;
pub use rows::{Table, TableFaults};
pub use sample::{likeness, sample};
pub use source::Caption;
pub use svg::svg;
pub use symbol::{Symbol, SymbolError};
pub use template::Template;
pub use wish::{Packed, Wish};
