//! Provinces and prefectures of China by GB/T 2260: names and centres.

mod names;

use std::sync::LazyLock;

use crate::base::lang::Lang;

pub use names::{by_name, province};

/// A province (code ending in 00) or a prefecture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    /// First four digits of the GB/T 2260 code.
    pub code: u16,
    pub zh: &'static str,
    pub en: &'static str,
    /// Degrees, WGS 84, of its seat or centre.
    pub lat: f64,
    pub lon: f64,
}

impl Region {
    pub const fn name(&self, lang: Lang) -> &'static str {
        lang.pick(self.zh, self.en)
    }

    pub const fn is_province(&self) -> bool {
        self.code.is_multiple_of(100)
    }
}

static REGIONS: LazyLock<Vec<Region>> = LazyLock::new(|| {
    include_str!("places.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| parse(line).expect("places.tsv is well-formed: a test reads all of it"))
        .collect()
});

fn parse(line: &'static str) -> Option<Region> {
    let mut cells = line.split('\t');
    Some(Region {
        code: cells.next()?.parse().ok()?,
        zh: cells.next()?,
        en: cells.next()?,
        lat: cells.next()?.parse().ok()?,
        lon: cells.next()?.parse().ok()?,
    })
}

/// All regions, by code.
pub fn all() -> &'static [Region] {
    &REGIONS
}

pub fn provinces() -> impl Iterator<Item = &'static Region> {
    REGIONS.iter().filter(|r| r.is_province())
}

pub fn lookup(code: u16) -> Option<&'static Region> {
    REGIONS.binary_search_by_key(&code, |r| r.code).ok().map(|i| &REGIONS[i])
}

/// Kilometres beyond which a point belongs to no prefecture of the table.
const NEAREST_KM_MAX: f64 = 400.0;

/// Prefectures, and the municipalities that are provinces, by the unit vector
/// of their centre: the greatest dot product is the nearest, without a sine for
/// each.
static CENTRES: LazyLock<Vec<([f64; 3], &Region)>> = LazyLock::new(|| {
    REGIONS
        .iter()
        .filter(|r| !r.is_province() || matches!(r.code / 100, 11 | 12 | 31 | 50 | 71 | 81 | 82))
        .map(|r| (unit_vector(r.lat, r.lon), r))
        .collect()
});

fn unit_vector(lat: f64, lon: f64) -> [f64; 3] {
    let ((sin, cos), (sin_lon, cos_lon)) = (lat.to_radians().sin_cos(), lon.to_radians().sin_cos());
    [cos * cos_lon, cos * sin_lon, sin]
}

/// The prefecture whose centre is nearest; `None` far from all of them.
pub fn nearest(lat: f64, lon: f64) -> Option<&'static Region> {
    let [x, y, z] = unit_vector(lat, lon);
    CENTRES
        .iter()
        .map(|([a, b, c], r)| (x * a + y * b + z * c, *r))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, region)| region)
        .filter(|r| distance_km((lat, lon), (r.lat, r.lon)) <= NEAREST_KM_MAX)
}

/// Great-circle distance of two points in degrees (haversine, mean radius).
pub fn distance_km((lat1, lon1): (f64, f64), (lat2, lon2): (f64, f64)) -> f64 {
    const EARTH_RADIUS_KM: f64 = 6371.0088;
    let (phi1, phi2) = (lat1.to_radians(), lat2.to_radians());
    let half_phi = ((phi2 - phi1) / 2.0).sin();
    let half_lambda = ((lon2 - lon1).to_radians() / 2.0).sin();
    let h = half_phi * half_phi + phi1.cos() * phi2.cos() * half_lambda * half_lambda;
    2.0 * EARTH_RADIUS_KM * h.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole_and_sorted() {
        assert_eq!(provinces().count(), 34);
        assert!(all().windows(2).all(|w| w[0].code < w[1].code));
        assert!(all().iter().all(|r| lookup(r.code / 100 * 100).is_some()));
        assert!(
            all().iter().all(|r| (3.0..55.0).contains(&r.lat) && (73.0..136.0).contains(&r.lon))
        );
    }

    #[test]
    fn luyi_is_nearest_to_a_prefecture_of_the_plain() {
        // Luyi County, 33.86 N 115.48 E, belongs to Zhoukou; the nearest seat is Bozhou's.
        let near = nearest(33.86, 115.48).expect("inside China");
        assert!(["Bozhou", "Zhoukou", "Shangqiu"].contains(&near.en), "{near:?}");
        assert_eq!(nearest(48.85, 2.35), None);
    }

    #[test]
    fn zhengzhou_to_guangzhou_is_some_1290_km() {
        let km = distance_km((34.758, 113.665), (23.125, 113.281));
        assert!((1285.0..1300.0).contains(&km), "{km}");
    }
}
