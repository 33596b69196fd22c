//! Packs answers with gzip for who takes it.
//!
//! Our answers are whole before they leave. So they are packed in one go,
//! which leaves their length known, and by a packer that each thread keeps:
//! making one and giving it back takes twice as long as packing a page.

use std::cell::RefCell;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use flate2::{Compress, Compression, Crc, FlushCompress, Status};

use crate::http::negotiate;
use crate::http::problem::Problem;
use crate::web::style;

/// Two thirds of the time of level 6 for 500 bytes more of a page, of which 14 kB fit
/// into the first flight of a connection.
const LEVEL: u32 = 1;

/// Less would not save a packet, and more is a file of labels.
const PACKED_BYTES: RangeInclusive<u64> = 256..=1024 * 1024;

/// RFC 1952, 2.3: deflate, no name, no time, unknown system.
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// The layer that packs.
pub async fn pack(request: Request, next: Next) -> Response {
    let taken = negotiate::takes_gzip(request.headers());
    packed(next.run(request).await, taken).await
}

/// An answer as it leaves, to who takes it packed or does not.
pub async fn packed(mut response: Response, taken: bool) -> Response {
    if !is_worth_it(&response) {
        return response;
    }
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    if !taken {
        return response;
    }
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.remove(header::CONTENT_LENGTH);
    let (parts, body) = response.into_parts();
    match to_bytes(body, usize::MAX).await {
        Ok(plain) => Response::from_parts(parts, Body::from(gzip(&plain))),
        Err(_) => Problem::broken().into_response(),
    }
}

fn is_worth_it(response: &Response) -> bool {
    let headers = response.headers();
    let media = headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    let is_packed_already = media.starts_with(b"image/") && !media.starts_with(b"image/svg");
    // A body of unknown length may go on for as long as the client stays.
    response.body().size_hint().exact().is_some_and(|bytes| PACKED_BYTES.contains(&bytes))
        && !is_packed_already
        && !headers.contains_key(header::CONTENT_ENCODING)
        && !headers.contains_key(header::CONTENT_RANGE)
}

thread_local! {
    static PACKER: RefCell<Compress> =
        RefCell::new(Compress::new(Compression::new(LEVEL), false));
}

/// A sheet of styles is most of a page and the same in each: it is packed once, as
/// blocks of their own that end with a byte (RFC 1951, 3.2.4).
static SHEET: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut packer = Compress::new(Compression::best(), false);
    let mut packed = Vec::with_capacity(style::SHEET.len());
    let status = packer.compress_vec(style::SHEET.as_bytes(), &mut packed, FlushCompress::Full);
    assert!(
        status.is_ok() && packer.total_in() == style::SHEET.len() as u64,
        "there is room for a sheet packed"
    );
    packed
});

/// How far into a page its sheet is looked for.
const BEFORE_SHEET_MAX: usize = 2_048;

/// What is behind the sheet of a page that is left as it is: to pack a verdict saves
/// 1.4 kB, none of which makes another packet that a phone waits for, and costs as much
/// as half of a signature.
const BEHIND_SHEET_MAX: usize = 6 * 1024;

fn gzip(plain: &[u8]) -> Bytes {
    let mut packed = Vec::with_capacity(plain.len() + 1024);
    packed.extend(HEAD);
    if let Some((before, behind)) = around_sheet(plain) {
        block(before, false, &mut packed);
        packed.extend(&*SHEET);
        if behind.len() <= BEHIND_SHEET_MAX {
            block(behind, true, &mut packed);
        } else {
            deflate(behind, &mut packed);
        }
    } else {
        deflate(plain, &mut packed);
    }
    let mut crc = Crc::new();
    crc.update(plain);
    packed.extend(crc.sum().to_le_bytes());
    // The length counts modulo 2^32, as Crc does.
    packed.extend(crc.amount().to_le_bytes());
    packed.into()
}

/// What stands before and behind the sheet of a page.
fn around_sheet(plain: &[u8]) -> Option<(&[u8], &[u8])> {
    const STYLE: &[u8] = b"<style>";
    let head = &plain[..plain.len().min(BEFORE_SHEET_MAX)];
    let at = head.windows(STYLE.len()).position(|window| window == STYLE)?;
    let (before, rest) = plain.split_at(at + STYLE.len());
    Some((before, rest.strip_prefix(style::SHEET.as_bytes())?))
}

/// A block that is not packed (RFC 1951, 3.2.4).
fn block(plain: &[u8], is_last: bool, packed: &mut Vec<u8>) {
    let length = u16::try_from(plain.len()).expect("less than 64 kB");
    packed.push(is_last.into());
    packed.extend(length.to_le_bytes());
    packed.extend((!length).to_le_bytes());
    packed.extend(plain);
}

fn deflate(plain: &[u8], packed: &mut Vec<u8>) {
    PACKER.with_borrow_mut(|packer| {
        packer.reset();
        loop {
            let done = usize::try_from(packer.total_in()).expect("no more than there is");
            let status = packer.compress_vec(&plain[done..], packed, FlushCompress::Finish);
            if status.expect("bytes can always be packed") == Status::StreamEnd {
                break;
            }
            packed.reserve(plain.len());
        }
    });
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn whatever_is_packed_unpacks_the_same_one_after_another() {
        let noise: Vec<u8> = (0..100_000u32).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect();
        let page = format!("<title>real</title><style>{}</style><main>real", *style::SHEET);
        let long = page.clone() + &"<li>real".repeat(1_000);
        let bare = &*style::SHEET;
        for plain in [
            &b""[..],
            b"one",
            page.as_bytes(),
            long.as_bytes(),
            &[7; 300_000],
            bare.as_bytes(),
            &noise,
            b"<style>",
        ] {
            let mut unpacked = Vec::new();
            GzDecoder::new(&gzip(plain)[..]).read_to_end(&mut unpacked).expect("gzip");
            assert_eq!(unpacked, plain);
        }
    }
}
