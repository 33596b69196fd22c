//! Places of addresses from a MaxMind-format database that the operator
//! supplies; none is shipped.

use std::net::IpAddr;
use std::path::Path;

use maxminddb::{Reader, geoip2};

use crate::base::places::{self, Region};
use crate::scan::Place;
use crate::scan::hosting::{Hosting, LIST_BYTES_MAX};
use crate::scan::place::Locator;

pub struct GeoDatabase {
    reader: Reader<Vec<u8>>,
}

impl GeoDatabase {
    /// # Errors
    /// When the file cannot be read or is not such a database.
    pub fn open(path: &Path) -> Result<Self, String> {
        Reader::open_readfile(path)
            .map(|reader| Self { reader })
            .map_err(|error| format!("{}: {error}", path.display()))
    }

    fn find(&self, address: IpAddr) -> Option<Place> {
        let city = self.reader.lookup(address).ok()?.decode::<geoip2::City<'_>>().ok()??;
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
}

fn named(
    names: [Option<&str>; 2],
    province: Option<u16>,
    fits: impl Fn(&Region) -> bool,
) -> Option<&'static Region> {
    names.into_iter().flatten().find_map(|name| places::by_name(name, province, &fits))
}

impl Locator for GeoDatabase {
    fn locate(&self, address: IpAddr) -> Place {
        self.find(address.to_canonical()).unwrap_or(Place::UNKNOWN)
    }
}

/// The networks of data centres that a file lists.
///
/// # Errors
/// Naming the file, and the line that is no network.
pub fn hosting(path: &Path) -> Result<Hosting, String> {
    let told = |e: std::io::Error| format!("{}: {e}", path.display());
    if std::fs::metadata(path).map_err(told)?.len() > LIST_BYTES_MAX {
        return Err(format!("{}: longer than {LIST_BYTES_MAX} bytes", path.display()));
    }
    let list = std::fs::read_to_string(path).map_err(told)?;
    Hosting::read(&list).map_err(|e| format!("{}: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_become_prefectures() {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/GeoIP2-City-Test.mmdb");
        let geo = GeoDatabase::open(&path).expect("MaxMind's test database");
        let at = |text: &str| geo.locate(text.parse().expect("address"));
        assert_eq!(at("175.16.199.1"), Place(2201), "Changchun, Jilin");
        assert_eq!(at("2.125.160.216"), Place::ABROAD, "England");
        assert_eq!(at("10.1.2.3"), Place::UNKNOWN);
    }
}
