//! Adapters: what the domains' ports ask for, on concrete stores. Only `app`
//! names one of them.

pub mod geo;
