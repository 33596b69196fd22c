//! Places of addresses from databases that the operator supplies; none is
//! shipped. They are of MaxMind's format or of ip2region's, which the content
//! tells.

mod xdb;

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use maxminddb::{Reader, geoip2};

use crate::base::places::{self, Region};
use crate::scan::Place;
use crate::scan::hosting::{Hosting, LIST_BYTES_MAX};
use crate::scan::place::Locator;
use xdb::Xdb;

/// Bytes of a database that is read, at most; all of it stays in memory.
const DATABASE_BYTES_MAX: u64 = 1 << 30;
/// The last bytes of a file of MaxMind's format, among which its metadata
/// begin with the marker.
const METADATA_BYTES_MAX: usize = 128 * 1024;
const METADATA_MARKER: &[u8] = b"\xab\xcd\xefMaxMind.com";

/// The databases of one installation: the first that knows an address tells.
pub struct GeoDatabases(Vec<Database>);

enum Database {
    MaxMind(Reader<Vec<u8>>),
    Ip2Region(Xdb),
}

impl GeoDatabases {
    /// # Errors
    /// Naming the file that cannot be read or is no such database.
    pub fn open(paths: &[PathBuf]) -> Result<Self, String> {
        let open = |path: &PathBuf| {
            bytes_of(path, DATABASE_BYTES_MAX)
                .and_then(Database::read)
                .map_err(|error| format!("{}: {error}", path.display()))
        };
        paths.iter().map(open).collect::<Result<_, _>>().map(Self)
    }
}

impl Database {
    fn read(file: Vec<u8>) -> Result<Self, String> {
        let end = &file[file.len().saturating_sub(METADATA_BYTES_MAX)..];
        if end.windows(METADATA_MARKER.len()).any(|window| window == METADATA_MARKER) {
            return Reader::from_source(file).map(Self::MaxMind).map_err(|e| e.to_string());
        }
        if Xdb::is_begun_by(&file) {
            return Xdb::read(&file).map(Self::Ip2Region);
        }
        Err("neither a database of MaxMind's format nor one of ip2region's".to_owned())
    }

    fn place(&self, address: IpAddr) -> Place {
        match self {
            Self::MaxMind(reader) => in_maxmind(reader, address).unwrap_or(Place::UNKNOWN),
            Self::Ip2Region(xdb) => xdb.place(address),
        }
    }
}

fn bytes_of(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    if std::fs::metadata(path).map_err(|e| e.to_string())?.len() > most {
        return Err(format!("longer than {most} bytes"));
    }
    std::fs::read(path).map_err(|e| e.to_string())
}

fn in_maxmind(reader: &Reader<Vec<u8>>, address: IpAddr) -> Option<Place> {
    let city = reader.lookup(address).ok()?.decode::<geoip2::City<'_>>().ok()??;
    // Taiwan, Hong Kong and Macao have country codes of their own there.
    let province = match city.country.iso_code? {
        "CN" => {
            let names = &city.subdivisions.first()?.names;
            named([names.simplified_chinese, names.english], None, Region::is_province)?
        }
        "TW" => return Some(Place(7100)),
        "HK" => return Some(Place(8100)),
        "MO" => return Some(Place(8200)),
        _ => return Some(Place::ABROAD),
    };
    let names = &city.city.names;
    let prefecture =
        named([names.simplified_chinese, names.english], Some(province.code / 100), |r| {
            !r.is_province()
        });
    Some(Place(prefecture.unwrap_or(province).code))
}

fn named(
    names: [Option<&str>; 2],
    province: Option<u16>,
    fits: impl Fn(&Region) -> bool,
) -> Option<&'static Region> {
    names.into_iter().flatten().find_map(|name| places::by_name(name, province, &fits))
}

impl Locator for GeoDatabases {
    fn locate(&self, address: IpAddr) -> Place {
        let address = address.to_canonical();
        let mut places = self.0.iter().map(|database| database.place(address));
        places.find(|place| *place != Place::UNKNOWN).unwrap_or(Place::UNKNOWN)
    }
}

/// The networks of data centres that a file lists.
///
/// # Errors
/// Naming the file, and the line that is no network.
pub fn hosting(path: &Path) -> Result<Hosting, String> {
    let told = |e: String| format!("{}: {e}", path.display());
    let list = bytes_of(path, LIST_BYTES_MAX).map_err(told)?;
    let list = String::from_utf8(list).map_err(|e| told(e.to_string()))?;
    Hosting::read(&list).map_err(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maxmind() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/GeoIP2-City-Test.mmdb")
    }

    #[test]
    fn addresses_become_prefectures() {
        let geo = GeoDatabases::open(&[maxmind()]).expect("MaxMind's test database");
        let at = |text: &str| geo.locate(text.parse().expect("address"));
        assert_eq!(at("175.16.199.1"), Place(2201), "Changchun, Jilin");
        assert_eq!(at("2.125.160.216"), Place::ABROAD, "England");
        assert_eq!(at("10.1.2.3"), Place::UNKNOWN);
    }

    #[test]
    fn the_content_tells_the_kind_and_the_first_that_knows_an_address_its_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).expect("written");
            path
        };
        let v4 = [("36.133.36.0", "36.133.47.255", "中国|河南省|周口市|移动|CN")];
        let v6 = [("2408:8352::", "2408:8352:ffff::", "中国|河南省|周口市|联通|CN")];
        let paths = [
            file("city.mmdb", &xdb::tests::file(3, &v4)),
            file("v6", &xdb::tests::file(3, &v6)),
            file("city.xdb", &std::fs::read(maxmind()).expect("MaxMind's test database")),
        ];
        let geo = GeoDatabases::open(&paths).expect("databases");
        for (address, code) in [
            ("36.133.40.1", 4116),
            ("::ffff:36.133.40.1", 4116),
            ("2408:8352::7", 4116),
            ("175.16.199.1", 2201),
            ("10.1.2.3", 0),
        ] {
            assert_eq!(geo.locate(address.parse().expect("address")), Place(code), "{address}");
        }
        let whole = xdb::tests::file(3, &v4);
        for (name, bytes, says) in [
            ("empty", &b""[..], "neither a database of MaxMind's format nor one of ip2region's"),
            ("page.html", b"<!doctype html>", "neither a database"),
            ("short.xdb", &whole[..whole.len() - 3], "cut short"),
        ] {
            let error = GeoDatabases::open(&[file(name, bytes)]).err().expect(name);
            assert!(error.contains(name) && error.contains(says), "{error}");
        }
        let error = GeoDatabases::open(&[folder.path().join("none")]).err().expect("no file");
        assert!(error.contains("none: No such file"), "{error}");
    }
}
