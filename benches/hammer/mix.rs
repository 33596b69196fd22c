//! The scans of the field: a few codes are hot, most are seen once, some are forged,
//! some pages are loaded again.

use std::collections::HashSet;

use zhenma::code::{Layer, Payload, Permutation, compact_text, sign_compact};
use zhenma::keys::SoftSigner;

use crate::batch::{BATCH, HOST, batch, key, signer};
use crate::load::{Check, Request, Said, header};

/// Of a thousand scans so many are the same scan once more (a reload).
const RELOADS: u64 = 50;
/// A reload comes so many scans after its page at most.
const RELOAD_WITHIN: u64 = 2_000;
/// Of a thousand so many ask for a hot code, which is one of a hundred codes.
const HOT: u64 = 200;
const HOT_CODES: u64 = BATCH / 100;

/// How a scan comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// To the floors, which read a number.
    Bare,
    /// `GET /{code}` by a program.
    Json,
    /// The same by a phone's browser.
    Page,
}

/// Which codes are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codes {
    /// As in the field, so many of a thousand forged.
    Field { forged: u64 },
    /// The same one always, by one phone after another.
    One,
}

/// What a load is made of.
#[derive(Clone, Copy, Debug)]
pub struct Mix {
    pub form: Form,
    pub codes: Codes,
}

/// Splitmix64's last step.
fn mixed(n: u64) -> u64 {
    let z = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// What one scan asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Scan {
    /// Running number of the label.
    number: u64,
    forged: bool,
    /// Whose phone: a network of its own.
    phone: u64,
}

impl Mix {
    fn scan(self, n: u64) -> Scan {
        let chance = mixed(n);
        let is_reload = chance % 1000 < RELOADS && n > RELOAD_WITHIN;
        self.first(if is_reload { n - 1 - (chance >> 32) % RELOAD_WITHIN } else { n })
    }

    fn first(self, n: u64) -> Scan {
        let Codes::Field { forged } = self.codes else {
            return Scan { number: 7, forged: false, phone: n };
        };
        let chance = mixed(n ^ 0x5ca1_ab1e);
        let is_hot = chance % 1000 < HOT;
        let cold = HOT_CODES + n % (BATCH - HOT_CODES);
        let number = if is_hot { (chance >> 32) % HOT_CODES } else { cold };
        // No neighbours in time are neighbours in the batch.
        let number = number * 618_033 % BATCH;
        Scan { number, forged: (chance >> 16) % 1000 < forged, phone: n }
    }

    /// The requests `first..first + count`, signed before any clock starts.
    pub fn requests(self, first: u64, count: u64) -> Vec<Request> {
        let (signer, permutation) = (signer(), batch().permutation(Layer::Outer));
        let one = |n| {
            let scan = self.scan(n);
            let bytes = self.request(scan, &signer, &permutation).into_bytes();
            Request { bytes, forged: scan.forged }
        };
        (first..first + count).map(one).collect()
    }

    /// How many scans must be in the log when these of the requests from `first` on
    /// were answered: what was forged is in none, a reload
    /// is the scan that it repeats, and was counted before where that came before.
    pub fn scans_of(self, first: u64, acknowledged: &[usize]) -> usize {
        let scans = acknowledged.iter().map(|n| self.scan(first + *n as u64));
        let here = |scan: &Scan| !scan.forged && scan.phone >= first;
        scans.filter(here).collect::<HashSet<_>>().len()
    }

    fn request(self, scan: Scan, signer: &SoftSigner, permutation: &Permutation) -> String {
        // Public addresses, each of a network of its own for a long while.
        let [a, b, c] = [1 + scan.phone % 9, scan.phone / 9 % 250, scan.phone / 2_250 % 250];
        let from = format!("host: {HOST}\r\nx-forwarded-for: {}.{b}.{c}.7\r\n", a * 20);
        if self.form == Form::Bare {
            // As long a path as that of a code.
            return format!("GET /{:0122} HTTP/1.1\r\n{from}accept: */*\r\n\r\n", scan.number);
        }
        let head = format!("GET /{} HTTP/1.1\r\n{from}", code(scan, signer, permutation));
        match self.form {
            Form::Page => format!(
                "{head}accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n\
                 accept-language: zh-CN,zh;q=0.9\r\naccept-encoding: gzip, deflate\r\n\
                 user-agent: Mozilla/5.0 (Linux; Android 13; V2171A) AppleWebKit/537.36 (KHTML, \
                 like Gecko) Version/4.0 Chrome/86.0.4240.99 XWEB/4343 MMWEBSDK/20221012 Mobile \
                 Safari/537.36 MicroMessenger/8.0.30\r\n\r\n"
            ),
            Form::Json | Form::Bare => format!("{head}accept: application/json\r\n\r\n"),
        }
    }
}

fn code(scan: Scan, signer: &SoftSigner, permutation: &Permutation) -> String {
    let serial = permutation.serial_of(scan.number);
    let payload = Payload { layer: Layer::Outer, key: key(), batch: 1, serial };
    let mut signature = sign_compact(signer, payload).expect("signs");
    if scan.forged {
        // Behind R, so that it is refused by the last and dearest step.
        signature[40] ^= 1;
    }
    compact_text(payload, &signature)
}

/// Tells whether an answer is one that a scan of the mix may have.
pub fn check(form: Form) -> Check {
    match form {
        Form::Bare => |_, head, _| plain(head),
        Form::Json => |_, head, body| match plain(head) {
            Said::Right if says_an_outcome(body) => Said::Right,
            Said::Right => Said::Wrong("cannot_confirm"),
            said => said,
        },
        Form::Page => |n, head, body| match plain(head) {
            // One of a hundred is unpacked, which takes the time of serving one.
            Said::Right if n.is_multiple_of(100) && !is_a_page(head, body) => {
                Said::Wrong("no page")
            }
            said => said,
        },
    }
}

fn plain(head: &[u8]) -> Said {
    match head.get(9..12) {
        Some(b"200") => Said::Right,
        Some(b"503") if header(head, "retry-after").is_some() => Said::Shed,
        Some(b"429") => Said::Wrong("429"),
        _ => Said::Wrong("another status"),
    }
}

/// Copies are found where a hot code is met in many places; only `cannot_confirm` is left.
fn says_an_outcome(body: &[u8]) -> bool {
    let outcomes = ["genuine", "seen_before", "suspect", "not_genuine"];
    let said = body.strip_prefix(br#"{"outcome":""#).unwrap_or_default();
    outcomes.iter().any(|one| said.starts_with(one.as_bytes()))
}

fn is_a_page(head: &[u8], body: &[u8]) -> bool {
    use std::io::Read;
    let mut html = String::new();
    let read = match header(head, "content-encoding") {
        Some("gzip") => flate2::read::GzDecoder::new(body).read_to_string(&mut html),
        _ => (&*body).read_to_string(&mut html),
    };
    read.is_ok() && html.contains(r#"class="verdict "#) && !html.contains("verdict cannot_confirm")
}
