//! Regions by the names that databases, streams and people give them.
//!
//! A name is compared by what it says without its kind: 河南 and 河南省, 恩施
//! and 恩施土家族苗族自治州, `Henan`, `Henan Sheng` and `Henan Province` are one
//! each.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{REGIONS, Region, lookup};

/// Kinds of regions, at the end of a Chinese name.
const KINDS_ZH: [&str; 8] = ["特别行政区", "自治区", "自治州", "地区", "省", "市", "盟", "州"];
/// Peoples, before 自治区 and 自治州.
const PEOPLES_ZH: [&str; 22] = [
    "土家族",
    "布依族",
    "哈尼族",
    "景颇族",
    "傈僳族",
    "蒙古族",
    "朝鲜族",
    "苗族",
    "藏族",
    "羌族",
    "彝族",
    "侗族",
    "壮族",
    "傣族",
    "白族",
    "回族",
    "蒙古",
    "哈萨克族",
    "哈萨克",
    "柯尔克孜族",
    "柯尔克孜",
    "维吾尔",
];
/// Kinds and peoples in an English name or in pinyin: it ends before them.
const KINDS_EN: [&str; 38] = [
    "province",
    "city",
    "municipality",
    "prefecture",
    "autonomous",
    "region",
    "special",
    "sar",
    "league",
    "sheng",
    "shi",
    "diqu",
    "meng",
    "zizhiqu",
    "zizhizhou",
    "zhuang",
    "hui",
    "uygur",
    "uyghur",
    "weiwu'er",
    "tibetan",
    "qiang",
    "yi",
    "dai",
    "bai",
    "tujia",
    "miao",
    "dong",
    "buyei",
    "bouyei",
    "hani",
    "jingpo",
    "lisu",
    "kazak",
    "kazakh",
    "kirgiz",
    "kyrgyz",
    "korean",
];

/// Regions by key; the codes of each key ascend.
static BY_KEY: LazyLock<HashMap<String, Vec<&'static Region>>> = LazyLock::new(|| {
    let mut keys: HashMap<String, Vec<&Region>> = HashMap::new();
    let own = REGIONS.iter().flat_map(|region| [(region.zh, region), (region.en, region)]);
    for (name, region) in own.chain(also()) {
        let regions = keys.entry(key(name)).or_default();
        if let Err(at) = regions.binary_search_by_key(&region.code, |known| known.code) {
            regions.insert(at, region);
        }
    }
    keys
});

fn also() -> impl Iterator<Item = (&'static str, &'static Region)> {
    include_str!("names.tsv").lines().filter(|line| !line.starts_with('#')).flat_map(|line| {
        let mut cells = line.split('\t');
        let region = cells.next().and_then(|code| code.parse().ok()).and_then(lookup);
        let region = region.expect("names.tsv names regions: a test reads all of it");
        cells.map(move |name| (name, region))
    })
}

fn key(name: &str) -> String {
    if name.chars().any(|c| matches!(c, '\u{2e80}'..)) {
        return key_zh(name.trim()).to_owned();
    }
    let words = name.split(|c: char| c.is_whitespace() || "-,(".contains(c));
    let words = words.filter(|word| !word.is_empty()).map(str::to_lowercase).enumerate();
    let proper = words.take_while(|(n, word)| {
        *n == 0 || !(KINDS_EN.contains(&word.as_str()) || word.ends_with("zu"))
    });
    proper.flat_map(|(_, word)| word.chars().filter_map(letter).collect::<Vec<_>>()).collect()
}

/// A small letter without its accent; apostrophes and the like are none.
fn letter(c: char) -> Option<char> {
    Some(match c {
        'a'..='z' => c,
        'à'..='å' | 'ā' | 'ǎ' => 'a',
        'è'..='ë' | 'ē' | 'ě' => 'e',
        'ì'..='ï' | 'ī' | 'ǐ' => 'i',
        'ò'..='ö' | 'ō' | 'ǒ' => 'o',
        'ù'..='ü' | 'ū' | 'ǔ' | 'ǚ' => 'u',
        _ => return None,
    })
}

fn key_zh(name: &str) -> &str {
    let mut proper = without(name, &KINDS_ZH).unwrap_or(name);
    while let Some(shorter) = without(proper, &PEOPLES_ZH) {
        proper = shorter;
    }
    proper
}

/// The name without one of these endings; two characters at least are left:
/// 广州 is no 州, 内蒙古 no 蒙古.
fn without<'a>(name: &'a str, endings: &[&str]) -> Option<&'a str> {
    let shorter = endings.iter().find_map(|ending| name.strip_suffix(ending))?;
    (shorter.chars().nth(1).is_some()).then_some(shorter)
}

/// The region of this name, in Chinese or English, among those that `fit`;
/// looked for in `province` (two digits) alone when one is given. Of several
/// one that is written so, and else the first.
pub fn by_name(
    name: &str,
    province: Option<u16>,
    fit: impl Fn(&Region) -> bool,
) -> Option<&'static Region> {
    let name = name.trim();
    let fitting = || {
        let all = BY_KEY.get(&key(name)).map_or(&[][..], Vec::as_slice).iter().copied();
        all.filter(|r| province.is_none_or(|p| r.code / 100 == p) && fit(r))
    };
    fitting().find(|r| r.zh == name || r.en.eq_ignore_ascii_case(name)).or_else(|| fitting().next())
}

/// The province of this name.
pub fn province(name: &str) -> Option<&'static Region> {
    by_name(name, None, Region::is_province)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::places::all;

    /// As a database is asked: a province first, a prefecture in it then.
    fn found(province_name: &str, city: &str) -> Option<u16> {
        let province = province(province_name)?;
        let city = by_name(city, Some(province.code / 100), |r| !r.is_province());
        Some(city.unwrap_or(province).code)
    }

    #[test]
    fn every_region_is_found_by_each_of_its_names_and_no_two_of_one_province_share_one() {
        let own = all().iter().flat_map(|r| [(r.zh, r), (key_zh(r.zh), r), (r.en, r)]);
        for (name, region) in own.chain(also()) {
            let level = |r: &Region| r.is_province() == region.is_province();
            let seen = by_name(name, Some(region.code / 100), level);
            assert_eq!(seen, Some(region), "{name}");
            if region.is_province() {
                assert_eq!(province(name), Some(region), "{name}");
            }
        }
        for (name, regions) in &*BY_KEY {
            for pair in regions.windows(2) {
                let [a, b] = pair else { unreachable!("windows of two") };
                let apart = a.code / 100 != b.code / 100 || a.is_province() != b.is_province();
                assert!(apart, "{name}: {a:?} {b:?}");
            }
            let provinces = regions.iter().filter(|r| r.is_province()).count();
            assert!(provinces <= 1, "{name}: {regions:?}");
        }
    }

    #[test]
    fn names_are_known_as_databases_write_them() {
        // Province, city, code. The last column says who writes so.
        let table = [
            ("河南", "周口", 4116, "short names"),
            ("河南省", "周口市", 4116, "ip2region"),
            ("Henan", "Zhoukou", 4116, "GeoNames"),
            ("Henan Sheng", "Zhoukou Shi", 4116, "pinyin"),
            ("henan province", "ZHOUKOU CITY", 4116, "anybody"),
            ("内蒙古", "锡林郭勒", 1525, "ip2region"),
            ("内蒙古自治区", "锡林郭勒盟", 1525, "GB/T 2260"),
            ("Inner Mongolia", "Xilinhot", 1525, "GeoNames"),
            ("Inner Mongolia Autonomous Region", "Hulun Buir", 1507, "GeoNames"),
            ("Nei Mongol", "Ordos", 1506, "GeoNames"),
            ("Nei Mongol Zizhiqu", "Hinggan Meng", 1522, "pinyin"),
            ("新疆", "克孜勒苏", 6530, "ip2region"),
            ("新疆维吾尔自治区", "伊犁哈萨克自治州", 6540, "GB/T 2260"),
            ("Xinjiang Uyghur Autonomous Region", "Ürümqi", 6501, "GeoNames"),
            ("Xinjiang", "Kashi", 6531, "GeoNames"),
            ("Xinjiang", "Bayingolin Mongol Autonomous Prefecture", 6528, "GeoNames"),
            ("广西", "玉林市", 4509, "ip2region"),
            ("Guangxi Zhuangzu Zizhiqu", "Yulin", 4509, "pinyin"),
            ("陕西省", "榆林市", 6108, "ip2region"),
            ("Shaanxi", "Yulin", 6108, "GeoNames"),
            ("Shaanxi", "Xian", 6101, "without apostrophe"),
            ("Shanxi", "Lyuliang", 1400, "an unknown city leaves its province"),
            ("Shanxi", "Lüliang", 1411, "GeoNames"),
            ("宁夏回族自治区", "银川", 6401, "GB/T 2260"),
            ("Ningxia Hui Autonomous Region", "Yinchuan", 6401, "GeoNames"),
            ("西藏", "阿里地区", 5425, "ip2region"),
            ("Tibet", "Xigazê", 5402, "GeoNames"),
            ("Xizang", "那曲地区", 5406, "before 2017"),
            ("湖北省", "恩施", 4228, "ip2region"),
            ("湖北省", "恩施州", 4228, "anybody"),
            ("Hubei", "Enshi Tujia and Miao Autonomous Prefecture", 4228, "GeoNames"),
            ("湖北省", "恩施土家族苗族自治州", 4228, "GB/T 2260"),
            ("黑龙江省", "大兴安岭", 2327, "ip2region"),
            ("黑龙江省", "大兴安岭地区", 2327, "GB/T 2260"),
            ("Heilongjiang", "Da Hinggan Ling", 2327, "GeoNames"),
            ("云南省", "西双版纳", 5328, "ip2region"),
            ("Yunnan", "Xishuangbanna Dai Autonomous Prefecture", 5328, "GeoNames"),
            ("云南省", "德宏傣族景颇族自治州", 5331, "GB/T 2260"),
            ("青海省", "海南", 6325, "ip2region"),
            ("海南", "海口", 4601, "short names"),
            ("Qinghai", "Hainan", 6325, "GeoNames"),
            ("吉林省", "吉林市", 2202, "ip2region"),
            ("Jilin", "Jilin", 2202, "GeoNames"),
            ("贵州省", "黔西", 5200, "a county, not 黔西南"),
            ("贵州省", "黔西南", 5223, "ip2region"),
            ("Guizhou", "Kaili", 5226, "GeoNames: its seat"),
            ("江苏省", "苏州", 3205, "short names"),
            ("Anhui", "Suzhou", 3413, "GeoNames"),
            ("北京", "北京市", 1100, "ip2region before 2026"),
            ("北京市", "北京市", 1100, "ip2region"),
            ("Beijing", "Beijing", 1100, "GeoNames"),
            ("Chongqing Shi", "Wanzhou", 5000, "a district"),
            ("河南省", "济源", 4100, "a county of the province itself"),
            ("香港特别行政区", "0", 8100, "ip2region"),
            ("香港", "沙田", 8100, "ip2region before 2026"),
            ("Hong Kong", "Central", 8100, "GeoNames"),
            ("Macao SAR", "", 8200, "GeoNames"),
            ("台湾省", "台北", 7100, "ip2region"),
        ];
        for (province, city, code, who) in table {
            assert_eq!(found(province, city), Some(code), "{province} {city}: {who}");
        }
        for nowhere in ["", "0", "市", "Reserved", "California", "蒙古", "中国"] {
            assert_eq!(province(nowhere), None, "{nowhere}");
        }
        assert_eq!(by_name("吉林市", None, |_| true).map(|r| r.code), Some(2202));
    }
}
