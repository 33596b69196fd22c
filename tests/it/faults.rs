//! Stores that fail under load: every call answers in time, what was
//! acknowledged is there once, and the store works again by itself.

mod cluster;
mod embedded;
pub mod load;
mod losses;
mod proxy;
mod redis;
pub mod tls;
