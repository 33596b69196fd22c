//! Who somebody is: accounts, passwords, API keys, and the proof types that
//! use cases ask for. Not here: what an account may do with whose data (the
//! use cases), cookies and headers (`http`).

pub mod account;
pub mod password;
pub mod port;
pub mod token;

pub use account::{Account, Administrator, Member, Officer, Role, SignedIn};
