//! Packs answers with gzip for who takes it.
//!
//! Our answers are whole before they leave. So they are packed in one go,
//! which leaves their length known, and by a packer that each thread keeps:
//! making one and giving it back takes twice as long as packing a page.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use flate2::{Compress, Compression, Crc, FlushCompress, Status};

use crate::http::negotiate;
use crate::http::problem::Problem;

/// Two thirds of the time of level 6 for 500 bytes more: a page has 3.7 kB,
/// and 14 fit into the first flight of a connection.
const LEVEL: u32 = 1;

/// Less would not save a packet, and more is a file of labels.
const PACKED_BYTES: RangeInclusive<u64> = 256..=1024 * 1024;

/// RFC 1952, 2.3: deflate, no name, no time, unknown system.
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

pub async fn pack(request: Request, next: Next) -> Response {
    let taken = negotiate::takes_gzip(request.headers());
    let mut response = next.run(request).await;
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

fn gzip(plain: &[u8]) -> Bytes {
    thread_local! {
        static PACKER: RefCell<Compress> =
            RefCell::new(Compress::new(Compression::new(LEVEL), false));
    }
    let mut packed = Vec::with_capacity(plain.len() / 2 + 1024);
    packed.extend(HEAD);
    PACKER.with_borrow_mut(|packer| {
        packer.reset();
        loop {
            let done = usize::try_from(packer.total_in()).expect("no more than there is");
            let status = packer.compress_vec(&plain[done..], &mut packed, FlushCompress::Finish);
            if status.expect("bytes can always be packed") == Status::StreamEnd {
                break;
            }
            packed.reserve(plain.len());
        }
    });
    let mut crc = Crc::new();
    crc.update(plain);
    packed.extend(crc.sum().to_le_bytes());
    // The length counts modulo 2^32, as Crc does.
    packed.extend(crc.amount().to_le_bytes());
    packed.into()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn whatever_is_packed_unpacks_the_same_one_after_another() {
        let noise: Vec<u8> = (0..100_000u32).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect();
        for plain in [&b""[..], b"one", &[7; 300_000], &noise, b"last"] {
            let mut unpacked = Vec::new();
            GzDecoder::new(&gzip(plain)[..]).read_to_end(&mut unpacked).expect("gzip");
            assert_eq!(unpacked, plain);
        }
    }
}
