//! The GS1 form: a GS1 Digital Link URI with our signature under `sig`.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::code::{Malformed, Payload};

const CONTEXT: &[u8; 12] = b"ZHENMA-GS1-1";
const SIGNATURE_CHARACTERS: usize = 86;

/// AIs that may stand as data attributes in the query of a GS1 Digital Link
/// URI (flag `?` of the GS1 Syntax Dictionary, Apache-2.0), but 01 and 10,
/// which stand in our path. First and last of each range, of the same length.
const QUERY_AIS: &[(&str, &str)] = &[
    ("00", "00"),
    ("02", "02"),
    ("11", "11"),
    ("12", "12"),
    ("13", "13"),
    ("15", "15"),
    ("16", "16"),
    ("17", "17"),
    ("20", "20"),
    ("240", "240"),
    ("241", "241"),
    ("242", "242"),
    ("243", "243"),
    ("250", "250"),
    ("251", "251"),
    ("253", "253"),
    ("255", "255"),
    ("30", "30"),
    ("3100", "3105"),
    ("3110", "3115"),
    ("3120", "3125"),
    ("3130", "3135"),
    ("3140", "3145"),
    ("3150", "3155"),
    ("3160", "3165"),
    ("3200", "3205"),
    ("3210", "3215"),
    ("3220", "3225"),
    ("3230", "3235"),
    ("3240", "3245"),
    ("3250", "3255"),
    ("3260", "3265"),
    ("3270", "3275"),
    ("3280", "3285"),
    ("3290", "3295"),
    ("3300", "3305"),
    ("3310", "3315"),
    ("3320", "3325"),
    ("3330", "3335"),
    ("3340", "3345"),
    ("3350", "3355"),
    ("3360", "3365"),
    ("3370", "3375"),
    ("3400", "3405"),
    ("3410", "3415"),
    ("3420", "3425"),
    ("3430", "3435"),
    ("3440", "3445"),
    ("3450", "3455"),
    ("3460", "3465"),
    ("3470", "3475"),
    ("3480", "3485"),
    ("3490", "3495"),
    ("3500", "3505"),
    ("3510", "3515"),
    ("3520", "3525"),
    ("3530", "3535"),
    ("3540", "3545"),
    ("3550", "3555"),
    ("3560", "3565"),
    ("3570", "3575"),
    ("3600", "3605"),
    ("3610", "3615"),
    ("3620", "3625"),
    ("3630", "3635"),
    ("3640", "3645"),
    ("3650", "3655"),
    ("3660", "3665"),
    ("3670", "3675"),
    ("3680", "3685"),
    ("3690", "3695"),
    ("37", "37"),
    ("3900", "3909"),
    ("3910", "3919"),
    ("3920", "3929"),
    ("3930", "3939"),
    ("3940", "3943"),
    ("3950", "3955"),
    ("400", "400"),
    ("401", "401"),
    ("402", "402"),
    ("403", "403"),
    ("410", "410"),
    ("411", "411"),
    ("412", "412"),
    ("413", "413"),
    ("414", "414"),
    ("415", "415"),
    ("416", "416"),
    ("417", "417"),
    ("420", "420"),
    ("421", "421"),
    ("422", "422"),
    ("423", "423"),
    ("424", "424"),
    ("425", "425"),
    ("426", "426"),
    ("427", "427"),
    ("4300", "4300"),
    ("4301", "4301"),
    ("4302", "4302"),
    ("4303", "4303"),
    ("4304", "4304"),
    ("4305", "4305"),
    ("4306", "4306"),
    ("4307", "4307"),
    ("4308", "4308"),
    ("4309", "4309"),
    ("4310", "4310"),
    ("4311", "4311"),
    ("4312", "4312"),
    ("4313", "4313"),
    ("4314", "4314"),
    ("4315", "4315"),
    ("4316", "4316"),
    ("4317", "4317"),
    ("4318", "4318"),
    ("4319", "4319"),
    ("4320", "4320"),
    ("4321", "4321"),
    ("4322", "4322"),
    ("4323", "4323"),
    ("4324", "4324"),
    ("4325", "4325"),
    ("4326", "4326"),
    ("4330", "4330"),
    ("4331", "4331"),
    ("4332", "4332"),
    ("4333", "4333"),
    ("7001", "7001"),
    ("7002", "7002"),
    ("7003", "7003"),
    ("7004", "7004"),
    ("7005", "7005"),
    ("7006", "7006"),
    ("7007", "7007"),
    ("7008", "7008"),
    ("7009", "7009"),
    ("7010", "7010"),
    ("7011", "7011"),
    ("7020", "7020"),
    ("7021", "7021"),
    ("7022", "7022"),
    ("7023", "7023"),
    ("7030", "7030"),
    ("7031", "7031"),
    ("7032", "7032"),
    ("7033", "7033"),
    ("7034", "7034"),
    ("7035", "7035"),
    ("7036", "7036"),
    ("7037", "7037"),
    ("7038", "7038"),
    ("7039", "7039"),
    ("710", "710"),
    ("711", "711"),
    ("712", "712"),
    ("713", "713"),
    ("714", "714"),
    ("715", "715"),
    ("716", "716"),
    ("717", "717"),
    ("7230", "7230"),
    ("7231", "7231"),
    ("7232", "7232"),
    ("7233", "7233"),
    ("7234", "7234"),
    ("7235", "7235"),
    ("7236", "7236"),
    ("7237", "7237"),
    ("7238", "7238"),
    ("7239", "7239"),
    ("7240", "7240"),
    ("7241", "7241"),
    ("7242", "7242"),
    ("7250", "7250"),
    ("7251", "7251"),
    ("7252", "7252"),
    ("7253", "7253"),
    ("7254", "7254"),
    ("7255", "7255"),
    ("7256", "7256"),
    ("7257", "7257"),
    ("7258", "7258"),
    ("7259", "7259"),
    ("8001", "8001"),
    ("8002", "8002"),
    ("8003", "8003"),
    ("8004", "8004"),
    ("8005", "8005"),
    ("8006", "8006"),
    ("8007", "8007"),
    ("8008", "8008"),
    ("8009", "8009"),
    ("8010", "8010"),
    ("8012", "8012"),
    ("8013", "8013"),
    ("8017", "8017"),
    ("8018", "8018"),
    ("8026", "8026"),
    ("8030", "8030"),
    ("8110", "8110"),
    ("8111", "8111"),
    ("8112", "8112"),
    ("90", "90"),
    ("91", "99"),
];

/// What the GS1 form says beside the payload; both are under the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gs1 {
    /// 14 digits.
    pub gtin: String,
    /// AI (10), decoded.
    pub lot: String,
}

impl Gs1 {
    /// # Errors
    /// [`Malformed::Gs1`] when the check digit or a character is wrong.
    pub fn new(gtin: &str, lot: &str) -> Result<Self, Malformed> {
        if !gtin_is_sound(gtin) {
            return Err(Malformed::Gs1("the GTIN has 14 digits, the last one a check digit"));
        }
        if !lot_is_sound(lot) {
            return Err(Malformed::Gs1("the lot has 1 to 20 characters of the GS1 set 82"));
        }
        Ok(Self { gtin: gtin.to_owned(), lot: lot.to_owned() })
    }

    /// The bytes that are signed.
    pub fn message(&self, payload: Payload) -> Vec<u8> {
        [&CONTEXT[..], &payload.to_bytes(), self.gtin.as_bytes(), self.lot.as_bytes()].concat()
    }

    /// Path and query of the URI, beginning with `/01/`.
    pub fn path(&self, payload: Payload, signature: &[u8; 64]) -> String {
        let mut lot = String::new();
        for c in self.lot.bytes() {
            if c.is_ascii_alphanumeric() || b"-._~".contains(&c) {
                lot.push(char::from(c));
            } else {
                lot.push_str(&format!("%{c:02X}"));
            }
        }
        format!(
            "/01/{}/10/{lot}/21/{}?sig={}",
            self.gtin,
            payload.serial_text(),
            BASE64_URL_SAFE_NO_PAD.encode(signature)
        )
    }
}

/// 14 digits whose last is the check digit.
pub fn gtin_is_sound(gtin: &str) -> bool {
    gtin.len() == 14 && check_digit_is_right(gtin)
}

/// Digits alone, the last of which is the check digit of the others.
pub fn check_digit_is_right(digits: &str) -> bool {
    digits.bytes().all(|c| c.is_ascii_digit())
        && digits
            .split_at_checked(digits.len().saturating_sub(1))
            .is_some_and(|(others, last)| last == check_digit(others).to_string())
}

/// The digit that goes behind `digits`, of whatever length: GTIN and SSCC have
/// the same (GS1 General Specifications 7.9).
pub fn check_digit(digits: &str) -> u32 {
    let weighed = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, d)| u32::from(d.saturating_sub(b'0')) * if i % 2 == 0 { 3 } else { 1 });
    (10 - weighed.sum::<u32>() % 10) % 10
}

/// 1 to 20 characters of the GS1 set 82 (General Specifications 7.11).
pub fn lot_is_sound(lot: &str) -> bool {
    let set_82 = |c: u8| c.is_ascii_alphanumeric() || b"!\"%&'()*+,-./:;<=>?_".contains(&c);
    (1..=20).contains(&lot.len()) && lot.bytes().all(set_82)
}

/// Takes `/01/GTIN/10/LOT/21/SERIAL` and the query behind it apart.
pub(super) fn read(path: &str, query: Option<&str>) -> Result<(Payload, [u8; 64], Gs1), Malformed> {
    let mut parts = path.split('/');
    let mut next = || parts.next().unwrap_or_default();
    let ("", "01", gtin) = (next(), next(), next()) else {
        return Err(Malformed::Gs1("the path begins with /01/GTIN"));
    };
    let ("10", lot) = (next(), next()) else {
        return Err(Malformed::Gs1("after the GTIN stands /10/LOT"));
    };
    let ("21", serial) = (next(), next()) else {
        return Err(Malformed::Gs1("after the lot stands /21/SERIAL"));
    };
    if parts.next().is_some() {
        return Err(Malformed::Gs1("nothing stands after the serial"));
    }
    let lot = unescape(lot).ok_or(Malformed::Gs1("a percent escape in the lot is broken"))?;
    let gs1 = Gs1::new(gtin, &lot)?;
    let payload = Payload::from_serial_text(serial)?;
    Ok((payload, signature_in(query.unwrap_or_default())?, gs1))
}

fn signature_in(query: &str) -> Result<[u8; 64], Malformed> {
    let mut found = None;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if key == "sig" {
            if found.replace(value).is_some() {
                return Err(Malformed::Gs1("the signature stands twice"));
            }
        } else if is_numeric(key) && !is_query_ai(key) {
            return Err(Malformed::Gs1("a numeric key of the query is no GS1 data attribute"));
        }
    }
    let text = found.ok_or(Malformed::Gs1("the signature (sig) is missing"))?;
    if text.len() != SIGNATURE_CHARACTERS {
        return Err(Malformed::Gs1("the signature has 86 characters"));
    }
    BASE64_URL_SAFE_NO_PAD
        .decode(text)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(Malformed::Gs1("the signature is base64url without padding"))
}

/// A key without a character is no number: chat programs leave a lone `=`.
fn is_numeric(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|c| c.is_ascii_digit())
}

fn is_query_ai(key: &str) -> bool {
    QUERY_AIS
        .iter()
        .any(|(first, last)| key.len() == first.len() && (*first..=*last).contains(&key))
}

/// Percent-decoding of a path segment; `+` is a plus there.
fn unescape(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(c) = bytes.next() {
        if c == b'%' {
            let digit = |b: u8| char::from(b).to_digit(16);
            let value = digit(bytes.next()?)? * 16 + digit(bytes.next()?)?;
            out.push(u8::try_from(value).ok()?);
        } else {
            out.push(c);
        }
    }
    String::from_utf8(out).ok()
}
