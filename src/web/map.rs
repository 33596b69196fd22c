//! A map of provinces as SVG shapes, from GeoJSON that the operator can replace.
//!
//! What comes with us is a cartogram: a square a province, where it roughly lies.
//! Borders are not ours to draw; an operator who publishes a map names a file of
//! an approved one (`ZHENMA_MAP`).

use std::sync::{Arc, LazyLock};

use geojson::{FeatureCollection, GeometryValue, Position};

/// What comes with us.
const CARTOGRAM: &str = include_str!("map/provinces.geojson");

/// Width of the drawing, in its own units; its height follows.
const WIDTH: f64 = 600.0;
/// Bytes of a file that is taken.
pub const FILE_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Bytes of all paths: they stand in every page with a map.
const PATHS_BYTES_MAX: usize = 256 * 1024;

/// Shapes of provinces.
#[derive(Debug, PartialEq)]
pub struct Map {
    pub width: f64,
    pub height: f64,
    pub shapes: Vec<Province>,
}

#[derive(Debug, PartialEq)]
pub struct Province {
    /// Two digits of GB/T 2260.
    pub code: u8,
    /// The `d` of its path.
    pub path: String,
    /// Where its name stands: the middle of its largest ring's box.
    pub middle: (f64, f64),
}

/// Second part of a province's code in ISO 3166-2, for where a name has no room.
pub const fn letters(code: u8) -> &'static str {
    match code {
        11 => "BJ",
        12 => "TJ",
        13 => "HE",
        14 => "SX",
        15 => "NM",
        21 => "LN",
        22 => "JL",
        23 => "HL",
        31 => "SH",
        32 => "JS",
        33 => "ZJ",
        34 => "AH",
        35 => "FJ",
        36 => "JX",
        37 => "SD",
        41 => "HA",
        42 => "HB",
        43 => "HN",
        44 => "GD",
        45 => "GX",
        46 => "HI",
        50 => "CQ",
        51 => "SC",
        52 => "GZ",
        53 => "YN",
        54 => "XZ",
        61 => "SN",
        62 => "GS",
        63 => "QH",
        64 => "NX",
        65 => "XJ",
        71 => "TW",
        81 => "HK",
        82 => "MO",
        _ => "",
    }
}

impl Map {
    /// The one that comes with us.
    pub fn cartogram() -> Arc<Self> {
        static OURS: LazyLock<Arc<Map>> = LazyLock::new(|| {
            Arc::new(Map::read(CARTOGRAM).expect("the cartogram is read by a test"))
        });
        Arc::clone(&OURS)
    }

    /// A FeatureCollection of polygons in degrees, each with its `adcode`
    /// (GB/T 2260, six digits).
    ///
    /// # Errors
    /// What is wrong with it and what to do, in words for the operator.
    pub fn read(text: &str) -> Result<Self, String> {
        let collection: FeatureCollection =
            text.parse().map_err(|e| format!("is no GeoJSON of features: {e}"))?;
        let mut provinces = Vec::new();
        for feature in &collection.features {
            let Some(code) = feature.property("adcode").and_then(province_of) else { continue };
            let Some(geometry) = &feature.geometry else { continue };
            let rings = match &geometry.value {
                GeometryValue::Polygon { coordinates } => coordinates.iter().collect(),
                GeometryValue::MultiPolygon { coordinates } => {
                    coordinates.iter().flatten().collect::<Vec<_>>()
                }
                _ => continue,
            };
            provinces.push((code, rings));
        }
        if provinces.is_empty() {
            return Err("has no polygon with an adcode of six digits".to_owned());
        }
        Self::draw(&provinces)
    }

    fn draw(provinces: &[(u8, Vec<&Vec<Position>>)]) -> Result<Self, String> {
        let points = || provinces.iter().flat_map(|(_, rings)| rings.iter().copied().flatten());
        let bound = |axis: usize, pick: fn(f64, f64) -> f64, from: f64| {
            points().filter_map(|p| p.as_slice().get(axis)).copied().fold(from, pick)
        };
        let (west, east) = (bound(0, f64::min, 360.0), bound(0, f64::max, -360.0));
        let (south, north) = (bound(1, f64::min, 90.0), bound(1, f64::max, -90.0));
        if !(east > west && north > south) {
            return Err("its polygons have no extent".to_owned());
        }
        // True to scale in the middle, as far as degrees can be.
        let squeeze = f64::midpoint(south, north).to_radians().cos();
        let scale = WIDTH / ((east - west) * squeeze);
        let place = |p: &Position| {
            let p = p.as_slice();
            let (lon, lat) = (p.first().copied()?, p.get(1).copied()?);
            Some(((lon - west) * squeeze * scale, (north - lat) * scale))
        };
        let shapes: Vec<Province> = provinces
            .iter()
            .map(|(code, rings)| Province {
                code: *code,
                path: rings.iter().map(|ring| path(ring, place)).collect(),
                middle: middle(rings, place),
            })
            .collect();
        let bytes: usize = shapes.iter().map(|province| province.path.len()).sum();
        if bytes > PATHS_BYTES_MAX {
            return Err(format!(
                "its shapes take {} KiB in every page, {} are allowed: simplify them",
                bytes / 1024,
                PATHS_BYTES_MAX / 1024
            ));
        }
        Ok(Self { width: WIDTH, height: (north - south) * scale, shapes })
    }
}

fn province_of(adcode: &serde_json::Value) -> Option<u8> {
    let code = adcode.as_u64().or_else(|| adcode.as_str()?.parse().ok())?;
    let province = if code >= 100_000 { code / 10_000 } else { code };
    u8::try_from(province).ok().filter(|p| (11..=82).contains(p))
}

fn middle(rings: &[&Vec<Position>], place: impl Fn(&Position) -> Option<(f64, f64)>) -> (f64, f64) {
    let extent = |ring: &&Vec<Position>| {
        let none = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        ring.iter()
            .filter_map(&place)
            .fold(none, |[a, b, c, d], (x, y)| [a.min(x), b.min(y), c.max(x), d.max(y)])
    };
    let area = |[a, b, c, d]: &[f64; 4]| (c - a) * (d - b);
    let largest = rings.iter().map(extent).max_by(|a, b| area(a).total_cmp(&area(b)));
    largest.map_or((0.0, 0.0), |[a, b, c, d]| (f64::midpoint(a, c), f64::midpoint(b, d)))
}

/// To whole units; points that fall on one another are one.
fn path(ring: &[Position], place: impl Fn(&Position) -> Option<(f64, f64)>) -> String {
    use std::fmt::Write;
    let mut out = String::new();
    let mut last = None;
    for (x, y) in ring.iter().filter_map(place) {
        let here = Some((x.round(), y.round()));
        if here == last {
            continue;
        }
        let step = if last.is_none() { 'M' } else { 'L' };
        let _ = write!(out, "{step}{:.0} {:.0}", x.round(), y.round());
        last = here;
    }
    // A speck that shrank to a point draws nothing.
    if out.matches('L').count() < 2 { String::new() } else { out + "Z" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::places;

    #[test]
    fn the_cartogram_has_every_province_once() {
        let map = Map::cartogram();
        let mut drawn: Vec<_> = map.shapes.iter().map(|province| province.code).collect();
        drawn.sort_unstable();
        let mut known: Vec<_> = places::provinces().map(|p| p.code / 100).collect();
        known.sort_unstable();
        assert_eq!(drawn.into_iter().map(u16::from).collect::<Vec<_>>(), known);
        assert!(map.shapes.iter().all(|p| p.path.ends_with('Z') && letters(p.code).len() == 2));
    }

    #[test]
    fn a_file_that_is_no_map_is_told_why() {
        let told = |text: &str| Map::read(text).expect_err("is refused");
        assert!(told("{").contains("no GeoJSON"));
        assert!(told(r#"{"type":"FeatureCollection","features":[]}"#).contains("no polygon"));
        let point = r#"{"type":"FeatureCollection","features":[{"type":"Feature",
            "properties":{"adcode":410000},"geometry":{"type":"Polygon",
            "coordinates":[[[1,1],[1,1],[1,1],[1,1]]]}}]}"#;
        assert!(told(point).contains("no extent"));
    }
}
