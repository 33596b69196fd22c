//! Configuration, composition, background work, shutdown. The only layer that
//! names a concrete store or reads the environment.

pub mod alarms;
pub mod backup;
pub mod compare;
pub mod compose;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod drift;
pub mod evidence;
pub mod follower;
pub mod hooks;
pub mod kits;
pub mod leads;
pub mod live;
pub mod lost_keys;
pub mod old_cases;
pub mod old_visits;
pub mod orders;
pub mod own;
pub mod packages;
pub mod paths;
pub mod retention;
pub mod server;
pub mod stamps;
pub mod telemetry;
pub mod traces;
pub mod watch;
