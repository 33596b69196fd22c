//! Photos that people send: taken in within bounds, told by what they are and
//! not by what they are called, written anew so that nothing but the picture is
//! left, and kept by their hash.
//!
//! What this is not: it does not know whose photo it is or what for. Reports and
//! the records of officers name photos by hash.
//!
//! * Nobody is ever shown the bytes that were sent. What is shown is a JPEG made
//!   here of the decoded pixels; an officer's original is kept beside it, as
//!   evidence, and is only ever handed out as a download.
//! * Nothing is decoded before its kind and its size in pixels are known.
//! * A hash is the name of a file outside of everything that is served by path.

mod disguise;
pub mod exif;
pub mod intake;
mod jpeg;
pub mod kind;
pub mod port;
pub mod refusal;
pub mod store;

pub use exif::Exif;
pub use intake::{Photo, intake};
pub use kind::Kind;
pub use port::{MediaLedger, MediaRow, Purpose};
pub use refusal::Refusal;
pub use store::{MediaStore, Sha256Hex};

/// Bytes of photos that one officer hands in within a day: some hundreds of the
/// largest. An account that somebody stole fills no disk.
pub const OFFICER_PHOTO_BYTES_A_DAY_MAX: u64 = 8 * 1024 * 1024 * 1024;
/// Bytes of a photo as it is sent.
pub const PHOTO_BYTES_MAX: usize = 12 * 1024 * 1024;
/// Pixels of a photo. Telephones make up to 50 million in their ordinary mode.
pub const PHOTO_PIXELS_MAX: u64 = 50_000_000;
/// Pixels along one side: panoramas are long.
pub const PHOTO_SIDE_PX_MAX: u32 = 16_384;
/// Pixels along the longer side of what is shown; more is made smaller.
pub const SHOWN_SIDE_PX_MAX: u32 = 2_560;
