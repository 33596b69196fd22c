//! The three brands of the demonstration. Names of the brands are real; codes,
//! licences, lots and everything else are made up, and the page says so.

use super::office::{HANDED_OVER, TO_APPROVE};

/// One enterprise with its two products.
pub struct Brand {
    pub uscc: &'static str,
    pub name: (&'static str, &'static str),
    pub licence: (&'static str, &'static str, &'static str),
    pub products: [Goods; 2],
}

pub struct Goods {
    pub gtin: &'static str,
    pub name: (&'static str, &'static str),
    pub category: &'static str,
    pub standard: &'static str,
    pub net_content: &'static str,
    pub shelf_life_days: Option<u32>,
    pub batches: &'static [Lot],
}

pub struct Lot {
    pub lot: &'static str,
    /// Days before the demonstration starts.
    pub made_days_ago: i64,
    /// GB/T 2260, four digits; 0: anywhere.
    pub destination: u16,
    pub dealer: &'static str,
    pub count: u64,
    pub kind: LotKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LotKind {
    OnSale,
    /// Ordered: nothing was reported of its labels.
    Ordered,
    /// Printed, not yet activated.
    Waiting,
    /// Recalled by its maker.
    Recalled,
}

pub const BRANDS: [Brand; 3] = [
    Brand {
        uscc: "91411628MA9DEM01XU",
        name: ("河南鹿邑宋河酒业示范有限公司", "Luyi Song He Liquor (demonstration)"),
        licence: ("食品生产许可证", "SC11541162800017", "2029-06-30"),
        products: [
            Goods {
                gtin: "06900000001011",
                name: ("宋河粮液 浓香型白酒 52%vol", "Song He Grain Liquor, strong aroma, 52% vol"),
                category: "liquor",
                standard: "GB/T 10781.1",
                net_content: "500 mL",
                shelf_life_days: None,
                batches: &[
                    Lot {
                        lot: "SH20240318A",
                        made_days_ago: 900,
                        destination: 4100,
                        dealer: "郑州黄河商贸",
                        count: 6_000,
                        kind: LotKind::OnSale,
                    },
                    Lot {
                        lot: "SH20260506B",
                        made_days_ago: 200,
                        destination: 4400,
                        dealer: "广州珠江酒业",
                        count: 12_000,
                        kind: LotKind::OnSale,
                    },
                ],
            },
            Goods {
                gtin: "06900000001028",
                name: ("宋河粮液 珍藏 十五年", "Song He Grain Liquor, 15-year reserve"),
                category: "liquor",
                standard: "GB/T 10781.1",
                net_content: "500 mL",
                shelf_life_days: None,
                batches: &[
                    Lot {
                        lot: "SHZC2601",
                        made_days_ago: 120,
                        destination: 0,
                        dealer: "",
                        count: 2_000,
                        kind: LotKind::OnSale,
                    },
                    Lot {
                        lot: "SHZC2611",
                        made_days_ago: 20,
                        destination: 3100,
                        dealer: "上海浦江名酒行",
                        count: 1_000,
                        kind: LotKind::Waiting,
                    },
                    Lot {
                        lot: HANDED_OVER,
                        made_days_ago: 1,
                        destination: 3100,
                        dealer: "上海浦江名酒行",
                        count: 600,
                        kind: LotKind::Ordered,
                    },
                    Lot {
                        lot: TO_APPROVE,
                        made_days_ago: 1,
                        destination: 4400,
                        dealer: "广州珠江酒业",
                        count: 30_000,
                        kind: LotKind::Ordered,
                    },
                ],
            },
        ],
    },
    Brand {
        uscc: "91411628MA9DEM028U",
        name: ("河南志元食品示范有限公司", "Henan Zhiyuan Food (demonstration)"),
        licence: ("食品生产许可证", "SC10441162800025", "2028-03-31"),
        products: [
            Goods {
                gtin: "06900000002018",
                name: ("志元火腿肠 经典王中王", "Zhiyuan ham sausage, classic"),
                category: "meat",
                standard: "GB/T 20712",
                net_content: "60 g × 10",
                shelf_life_days: Some(180),
                batches: &[
                    Lot {
                        lot: "ZY261008",
                        made_days_ago: 47,
                        destination: 4116,
                        dealer: "周口豫东副食",
                        count: 20_000,
                        kind: LotKind::OnSale,
                    },
                    Lot {
                        lot: "ZY260912",
                        made_days_ago: 73,
                        destination: 3400,
                        dealer: "亳州谯城商超",
                        count: 8_000,
                        kind: LotKind::Recalled,
                    },
                ],
            },
            Goods {
                gtin: "06900000002025",
                name: ("志元火腿肠 玉米热狗肠", "Zhiyuan corn hot-dog sausage"),
                category: "meat",
                standard: "GB/T 20712",
                net_content: "40 g × 20",
                shelf_life_days: Some(180),
                batches: &[Lot {
                    lot: "ZY261020",
                    made_days_ago: 35,
                    destination: 0,
                    dealer: "",
                    count: 15_000,
                    kind: LotKind::OnSale,
                }],
            },
        ],
    },
    Brand {
        uscc: "91411628MA9DEM036N",
        name: ("鹿邑县李耳小磨香油示范厂", "Luyi Li Er Xiaomo Sesame Oil (demonstration)"),
        licence: ("食品生产许可证", "SC10241162800033", "2027-12-31"),
        products: [
            Goods {
                gtin: "06900000003015",
                name: ("李耳小磨香油 芝麻香油", "Li Er stone-ground sesame oil"),
                category: "oil",
                standard: "GB/T 8233",
                net_content: "350 mL",
                shelf_life_days: Some(540),
                batches: &[Lot {
                    lot: "LE20260801",
                    made_days_ago: 115,
                    destination: 4100,
                    dealer: "郑州中原粮油",
                    count: 10_000,
                    kind: LotKind::OnSale,
                }],
            },
            Goods {
                gtin: "06900000003022",
                name: ("李耳小磨香油 礼盒", "Li Er stone-ground sesame oil, gift box"),
                category: "oil",
                standard: "GB/T 8233",
                net_content: "2 × 500 mL",
                shelf_life_days: Some(540),
                batches: &[Lot {
                    lot: "LELH2609",
                    made_days_ago: 80,
                    destination: 0,
                    dealer: "",
                    count: 3_000,
                    kind: LotKind::OnSale,
                }],
            },
        ],
    },
];
