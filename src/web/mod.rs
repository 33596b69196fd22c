//! Pages: templates, their typed views, texts and static files. Knows what an
//! answer is and nothing of requests.
//!
//! A page is complete in one response: its style stands in the page and is
//! allowed by its hash ([`style::HASH`]), no script is needed anywhere.

pub mod assets;
pub mod book;
pub mod console;
pub mod home;
pub mod map;
pub mod message;
pub mod officer;
pub mod overview;
pub mod proof;
pub mod recall;
pub mod style;
pub mod text;
pub mod verdict;
