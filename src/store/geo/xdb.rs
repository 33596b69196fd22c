//! ip2region's database, its format xdb in versions 2 and 3: ranges of IPv4
//! or of IPv6 addresses, each with a text such as `中国|河南省|周口市|电信|CN`.
//!
//! | bytes | what, little-endian |
//! |---|---|
//! | 0-1 | version: 2, or 3 since there is IPv6 |
//! | 2-3 | index: 1 by the first two bytes of an address, 2 as a tree |
//! | 8-11 | where the first range stands |
//! | 12-15 | where the last range stands |
//! | 16-17 | from version 3 on: 4 for IPv4, 6 for IPv6 |
//!
//! The header has 256 bytes, an index of 512 KiB follows, then the texts, then
//! the ranges in ascending order: first and last address (of IPv4 each
//! little-endian, of IPv6 big-endian), length of the text u16, where it
//! stands u32. All of it is read once and kept as places; the index within
//! the file serves who leaves the rest on the disk, and is passed over.
//!
//! Source: the makers of github.com/lionsoul2014/ip2region, `maker/golang/xdb`.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::base::places::{self, Region};
use crate::scan::Place;

const HEADER_BYTES: usize = 256;
const INDEX_BYTES: usize = 256 * 256 * 8;

/// Addresses of one kind, cut into ranges.
pub struct Xdb {
    v6: bool,
    /// First addresses of ranges, ascending; a range ends before the next.
    firsts: Vec<u128>,
    /// As long as `firsts`.
    places: Vec<Place>,
}

struct Header {
    v6: bool,
    first: usize,
    last: usize,
}

impl Header {
    fn read(file: &[u8]) -> Option<Self> {
        let version = u16_at(file, 0)?;
        let v6 = match (version, u16_at(file, 16)?) {
            (2, _) | (3, 4) => false,
            (3, 6) => true,
            _ => return None,
        };
        matches!(u16_at(file, 2)?, 1 | 2).then_some(())?;
        let at = |from| usize::try_from(u32_at(file, from)?).ok();
        Some(Self { v6, first: at(8)?, last: at(12)? })
    }
}

impl Xdb {
    /// Whether a file begins as one of these does.
    pub fn is_begun_by(file: &[u8]) -> bool {
        Header::read(file).is_some()
    }

    /// # Errors
    /// Saying what is broken.
    pub fn read(file: &[u8]) -> Result<Self, String> {
        let header = Header::read(file).ok_or("no header of ip2region's format")?;
        let address_bytes = if header.v6 { 16 } else { 4 };
        let range_bytes = 2 * address_bytes + 6;
        let end = header.last.saturating_add(range_bytes);
        if end > file.len() {
            return Err(format!("cut short: {} bytes, where {end} are told", file.len()));
        }
        let ranges = file.get(header.first..end).filter(|ranges| {
            header.first >= HEADER_BYTES + INDEX_BYTES && ranges.len().is_multiple_of(range_bytes)
        });
        let ranges = ranges.ok_or("its header names no list of ranges")?;
        let mut out = Self { v6: header.v6, firsts: Vec::new(), places: Vec::new() };
        let mut texts = HashMap::new();
        let mut next = Some(0);
        for (n, range) in ranges.chunks_exact(range_bytes).enumerate() {
            let broken = |what: &str| format!("range {n}: {what}");
            let (first, rest) = range.split_at(address_bytes);
            let (last, text) = rest.split_at(address_bytes);
            let (first, last) = (address(first), address(last));
            let free = next.filter(|next| *next <= first && first <= last);
            let free = free.ok_or_else(|| broken("out of order"))?;
            let place = match texts.get(text) {
                Some(place) => *place,
                None => {
                    let place = place_at(file, text).map_err(|what| broken(&what))?;
                    texts.insert(text, place);
                    place
                }
            };
            if free < first {
                out.push(free, Place::UNKNOWN);
            }
            out.push(first, place);
            next = last.checked_add(1);
        }
        if let Some(next) = next {
            out.push(next, Place::UNKNOWN);
        }
        Ok(out)
    }

    /// Joined with the range before it where the place is the same.
    fn push(&mut self, first: u128, place: Place) {
        if self.places.last() != Some(&place) {
            self.firsts.push(first);
            self.places.push(place);
        }
    }

    /// Unknown also for an address of the other kind.
    pub fn place(&self, address: IpAddr) -> Place {
        let address = match address {
            IpAddr::V4(v4) if !self.v6 => u128::from(v4.to_bits()),
            IpAddr::V6(v6) if self.v6 => v6.to_bits(),
            _ => return Place::UNKNOWN,
        };
        let behind = self.firsts.partition_point(|first| *first <= address);
        behind.checked_sub(1).map_or(Place::UNKNOWN, |at| self.places[at])
    }
}

fn address(bytes: &[u8]) -> u128 {
    let fold = |n: u128, byte: &u8| n << 8 | u128::from(*byte);
    if bytes.len() == 4 { bytes.iter().rev().fold(0, fold) } else { bytes.iter().fold(0, fold) }
}

/// `what`: length u16 and position u32 of a text.
fn place_at(file: &[u8], what: &[u8]) -> Result<Place, String> {
    let text = u16_at(what, 0).zip(u32_at(what, 2)).and_then(|(length, at)| {
        let at = usize::try_from(at).ok()?;
        file.get(at..at.checked_add(usize::from(length))?)
    });
    let text = text.ok_or("its text is not in the file")?;
    std::str::from_utf8(text).map(place_of).map_err(|_| "its text is not UTF-8".to_owned())
}

/// `国家|省份|城市|ISP|iso`, before 2025 `国家|区域|省份|城市|ISP`; 0 where
/// nothing is known.
fn place_of(text: &str) -> Place {
    let mut fields = text.split('|').map(str::trim);
    match fields.next() {
        None | Some("" | "0" | "Reserved" | "保留" | "内网IP") => return Place::UNKNOWN,
        Some("中国" | "China" | "CN") => {}
        // Where they stand as countries: Taiwan, Hong Kong, Macao.
        Some(country) => {
            let region = places::province(country).filter(|region| region.code >= 7100);
            return region.map_or(Place::ABROAD, |region| Place(region.code));
        }
    }
    let Some(province) = fields.by_ref().take(2).find_map(places::province) else {
        return Place::UNKNOWN;
    };
    let city = fields.next().and_then(|city| {
        places::by_name(city, Some(province.code / 100), |region| !region.is_province())
    });
    Place(city.map_or(province.code, |Region { code, .. }| *code))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
pub mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    /// What ip2region's makers write of such lines: `first last text`.
    pub fn file(version: u16, lines: &[(&str, &str, &str)]) -> Vec<u8> {
        let v6 = lines.iter().any(|(first, ..)| first.contains(':'));
        let mut out = vec![0; HEADER_BYTES + INDEX_BYTES];
        let texts: Vec<_> = lines
            .iter()
            .map(|(_, _, text)| {
                let at = out.len();
                out.extend(text.as_bytes());
                (at as u32, text.len() as u16)
            })
            .collect();
        let start = out.len();
        let bytes = |text: &str| {
            if v6 {
                text.parse::<Ipv6Addr>().expect("an address").octets().to_vec()
            } else {
                text.parse::<Ipv4Addr>().expect("an address").to_bits().to_le_bytes().to_vec()
            }
        };
        let mut last = start;
        for ((first, end, _), (at, length)) in lines.iter().zip(texts) {
            last = out.len();
            out.extend([bytes(first), bytes(end)].concat());
            out.extend(length.to_le_bytes());
            out.extend(at.to_le_bytes());
        }
        out[0..2].copy_from_slice(&version.to_le_bytes());
        out[2] = 1;
        out[8..12].copy_from_slice(&(start as u32).to_le_bytes());
        out[12..16].copy_from_slice(&(last as u32).to_le_bytes());
        if version > 2 {
            out[16] = if v6 { 6 } else { 4 };
        }
        out
    }

    const V4: [(&str, &str, &str); 10] = [
        ("0.0.0.0", "0.255.255.255", "Reserved|Reserved|Reserved|0|0"),
        ("1.0.0.0", "1.0.0.255", "Australia|Queensland|Brisbane|0|AU"),
        ("1.0.1.0", "1.0.3.255", "中国|福建省|福州市|电信|CN"),
        ("36.132.128.0", "36.132.147.255", "中国|黑龙江省|哈尔滨市|移动|CN"),
        ("36.133.48.0", "36.133.59.255", "中国|北京市|北京市|移动|CN"),
        ("36.133.60.0", "36.133.71.255", "中国|新疆|伊犁|移动|CN"),
        ("36.133.208.0", "36.133.223.255", "中国|河南省|0|移动|CN"),
        ("36.134.0.0", "36.134.255.255", "中国|0|0|移动|CN"),
        ("103.151.173.0", "103.151.173.255", "中国|香港特别行政区|0|0|CN"),
        ("255.255.255.255", "255.255.255.255", "中国|西藏|阿里地区|0|CN"),
    ];

    fn at(file: &Xdb, address: &str) -> Place {
        file.place(address.parse().expect("an address"))
    }

    #[test]
    fn addresses_become_prefectures_up_to_the_ends_of_their_ranges() {
        let read = Xdb::read(&file(3, &V4)).expect("whole");
        for (address, code) in [
            ("0.0.0.0", 0),
            ("1.0.0.0", 9900),
            ("1.0.0.255", 9900),
            ("1.0.1.0", 3501),
            ("1.0.3.255", 3501),
            ("1.0.4.0", 0),
            ("36.132.127.255", 0),
            ("36.132.128.0", 2301),
            ("36.133.59.255", 1100),
            ("36.133.60.0", 6540),
            ("36.133.210.1", 4100),
            ("36.134.9.9", 0),
            ("103.151.173.9", 8100),
            ("255.255.255.254", 0),
            ("255.255.255.255", 5425),
            ("::1", 0),
        ] {
            assert_eq!(at(&read, address), Place(code), "{address}");
        }
    }

    #[test]
    fn ipv6_stands_big_endian() {
        let lines = [
            (
                "2408:8352::",
                "2408:8352:ffff:ffff:ffff:ffff:ffff:ffff",
                "中国|河南省|周口市|联通|CN",
            ),
            ("2c0f:fff1::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "Mauritius|0|0|0|MU"),
        ];
        let read = Xdb::read(&file(3, &lines)).expect("whole");
        assert_eq!(at(&read, "2408:8352:da10:1ad::1"), Place(4116));
        assert_eq!(at(&read, "2408:8353::"), Place::UNKNOWN);
        assert_eq!(at(&read, "ffff::"), Place::ABROAD);
        assert_eq!(at(&read, "1.0.1.0"), Place::UNKNOWN, "of the other kind");
    }

    #[test]
    fn regions_of_both_forms_are_read() {
        for (text, code) in [
            ("中国|0|河南省|周口市|电信", 4116),
            ("中国|河南省|周口市|电信|CN", 4116),
            ("中国|华中|河南省|0|电信", 4100),
            ("中国|0|北京|北京市|联通", 1100),
            ("中国|0|青海省|海南|移动", 6325),
            ("中国|海南省|海口市|移动|CN", 4601),
            ("中国|0|内蒙古|兴安盟|移动", 1522),
            ("中国|0|台湾省|台北|中华电信", 7100),
            ("台湾|0|0|台北|0", 7100),
            ("Hong Kong|0|0|0|HK", 8100),
            ("中国|0|澳门|0|澳门电讯", 8200),
            ("中国|0|0|0|移动", 0),
            ("中国", 0),
            ("0|0|0|内网IP|内网IP", 0),
            ("美国|0|加利福尼亚|0|谷歌", 9900),
            ("Mongolia|0|0|0|MN", 9900),
            ("", 0),
        ] {
            assert_eq!(place_of(text), Place(code), "{text}");
        }
        let older = file(2, &[("1.0.1.0", "1.0.3.255", "中国|0|福建省|福州市|电信")]);
        assert_eq!(at(&Xdb::read(&older).expect("whole"), "1.0.2.3"), Place(3501));
    }

    #[test]
    fn what_is_broken_is_told_and_nothing_panics() {
        let whole = file(3, &V4);
        let said = |file: &[u8]| Xdb::read(file).err().expect("broken");
        assert!(said(&whole[..whole.len() - 1]).starts_with("cut short: "));
        let second = whole.len() - 9 * 14;
        let change = |at: usize, bytes: &[u8]| {
            let mut file = whole.clone();
            file[at..at + bytes.len()].copy_from_slice(bytes);
            said(&file)
        };
        assert_eq!(change(second, &[0, 0, 255, 0]), "range 1: out of order");
        assert_eq!(change(second + 10, &[255; 4]), "range 1: its text is not in the file");
        assert_eq!(
            change(HEADER_BYTES + INDEX_BYTES + 31, &[255]),
            "range 1: its text is not UTF-8"
        );
        assert_eq!(change(0, &[4]), "no header of ip2region's format");
        assert_eq!(change(16, &[5]), "no header of ip2region's format");
        assert_eq!(change(8, &[9, 0, 0, 0]), "its header names no list of ranges");
        assert_eq!(change(8, &[255; 4]), "its header names no list of ranges");
        // Every length, and every byte of header and ranges turned over.
        for length in (0..300).chain(HEADER_BYTES + INDEX_BYTES - 2..whole.len()) {
            assert!(Xdb::read(&whole[..length]).is_err(), "{length}");
        }
        let ranges = whole.len() - V4.len() * 14;
        for n in (0..20).chain(ranges..whole.len()) {
            let mut file = whole.clone();
            file[n] ^= 255;
            if let Ok(read) = Xdb::read(&file) {
                at(&read, "36.133.60.0");
            }
        }
    }
}
