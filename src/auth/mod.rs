//! Who somebody is: accounts, passwords, second factors, sessions, API keys,
//! the proof types that use cases ask for, and the trail of what they changed.
//! Not here: what an account may do with whose data (the use cases), cookies
//! and headers (`http`).

pub mod account;
pub mod api_key;
pub mod credentials;
pub mod duty;
pub mod link;
pub mod mail;
pub mod office;
pub mod password;
pub mod people;
pub mod port;
pub mod second_factor;
pub mod secrets;
pub mod session;
pub mod token;
pub mod trail;

pub use account::{Account, Administrator, Member, Officer, Role, SignedIn};
pub use duty::{Acting, Duties, Duty, Post};
pub use office::{Office, Seat, Serving};
