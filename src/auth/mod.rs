//! Who somebody is: accounts, passwords, API keys, and the proof types that
//! use cases ask for, and the trail of what they changed. Not here: what an account may do with whose data (the
//! use cases), cookies and headers (`http`).

pub mod account;
pub mod duty;
pub mod password;
pub mod port;
pub mod token;
pub mod trail;

pub use account::{Account, Administrator, Member, Officer, Role, SignedIn};
pub use duty::{Acting, Duties, Duty, Post};
