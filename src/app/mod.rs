//! Configuration, composition, background work, shutdown. The only layer that
//! names a concrete store or reads the environment.

pub mod config;
pub mod orders;
pub mod paths;
