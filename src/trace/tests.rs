//! A register with two products of ours and one of another's, and what is tried
//! on it.

mod documents;
mod lines;
mod possible;

use std::collections::BTreeMap;

use crate::base::UnixMs;
use crate::code::{Gs1Prefix, Layer, SsccRun};
use crate::keys::KeyNumber;
use crate::registry::register::Changes;
use crate::registry::{
    Batch, BatchRef, Bilingual, Enterprise, Gtin, Layers, Product, RangeFact, RangeState, Register,
    Uscc,
};
use crate::trace::epc::Names;
use crate::trace::place::{PlaceKind, Site};
use crate::trace::rules::{World, apply};
use crate::trace::{Act, Event, Refusal, Unit};

pub const NOW: UnixMs = UnixMs(1_795_000_000_000);
const ORIGIN: &str = "https://zm.example";

pub struct Bed {
    pub register: Register,
    pub own: Uscc,
    pub sites: BTreeMap<String, Site>,
}

pub fn id(batch: u32) -> BatchRef {
    BatchRef { key: KeyNumber::new(1).expect("not zero"), batch }
}

pub fn bottle(batch: u32, number: u64) -> Unit {
    Unit::Bottle { batch: id(batch), number }
}

pub fn case(batch: u32, number: u64) -> Unit {
    Unit::Case { batch: id(batch), number }
}

fn named(zh: &str) -> Bilingual {
    Bilingual { zh: zh.to_owned(), en: zh.to_owned() }
}

impl Bed {
    /// Batches 1 (SSCC) and 2 (none) of one product, 3 of another, 4 of
    /// somebody else. In batch 1 the numbers 90 to 99 are recalled.
    pub fn new() -> Self {
        let own = Uscc::parse("91411628MA9DEM01XU").expect("sound");
        let other = Uscc::parse("91411628MA9DEM028U").expect("sound");
        let gtins = ["06900000001011", "06900000001028", "06900000002018"];
        let gtins = gtins.map(|gtin| Gtin::parse(gtin).expect("sound"));
        let enterprises = [&own, &other].map(|uscc| Enterprise {
            uscc: uscc.clone(),
            name: named("宋河"),
            licences: Vec::new(),
            gs1_prefix: None,
        });
        let makers = [&own, &own, &other];
        let products = gtins.iter().zip(makers).map(|(gtin, maker)| Product {
            gtin: gtin.clone(),
            enterprise: maker.clone(),
            name: named("粮液"),
            category: "liquor".to_owned(),
            standard: "GB/T 10781.1".to_owned(),
            net_content: "500 mL".to_owned(),
            shelf_life_days: None,
            pictures: Vec::new(),
        });
        let prefix = Gs1Prefix::parse("6900000").expect("sound");
        let batches = [(1, 0), (2, 0), (3, 1), (4, 2)].map(|(n, product)| Batch {
            id: id(n),
            enterprise: makers[product].clone(),
            product: gtins[product].clone(),
            lot: format!("A/{n}"),
            made_on: jiff::civil::date(2026, 11, 1),
            expires_on: None,
            destination: 4100,
            dealer: String::new(),
            layers: Layers::Outer,
            count: 1_000_000,
            cases: 1_000,
            pallets: 0,
            spares: 0,
            sscc: (n == 1).then(|| SsccRun { prefix: prefix.clone(), first: 40 }),
            secret: [n as u8; 32],
            created_at: NOW,
        });
        let recalled = RangeFact {
            id: uuid::Uuid::nil(),
            batch: id(1),
            first: 90,
            last: 99,
            state: RangeState::Recalled,
            reason: named("r"),
            remedy: named("r"),
            set_by: "owner".to_owned(),
            set_at: NOW,
            until: None,
            lifted_at: None,
        };
        let changes = Changes {
            revision: 1,
            enterprises: enterprises.into(),
            products: products.collect(),
            batches: batches.into(),
            ranges: vec![(id(1), vec![recalled])],
            ..Changes::default()
        };
        let site = |code: &str, kind, gln: Option<&str>| {
            let (code, gln) = (code.to_owned(), gln.map(str::to_owned));
            (code.clone(), Site { code, kind, name: named("鹿邑县"), gln, region: 4116 })
        };
        let sites = [
            site("hall-1", PlaceKind::Site, Some("6900000000007")),
            site("dealer-7", PlaceKind::Dealer, None),
        ];
        Self { register: Register::default().apply(changes), own, sites: sites.into() }
    }

    pub fn names(&self) -> Names<'_> {
        Names { register: &self.register, own: &self.own, origin: ORIGIN, sites: &self.sites }
    }

    pub fn pallet(&self, code: &str) -> Unit {
        Unit::Pallet { of: self.own.clone(), code: code.to_owned() }
    }

    pub fn serial(&self, unit: &Unit) -> String {
        unit.payload(&self.register).expect("a label").serial_text()
    }

    /// Packs, and expects it to be possible.
    pub fn pack(&self, world: &mut World, parent: &Unit, units: &[Unit]) {
        self.try_out(world, &event(Act::Packed, Some(parent), units)).expect("possible");
    }

    pub fn try_out(&self, world: &mut World, event: &Event) -> Result<(), Refusal> {
        apply(event, world, &self.register, NOW)
    }
}

pub fn event(act: Act, parent: Option<&Unit>, units: &[Unit]) -> Event {
    let id = "urn:uuid:0193a1d4-0000-7000-8000-000000000001".to_owned();
    Event {
        parent: parent.cloned(),
        units: units.to_vec(),
        ..Event::new(id, act, NOW.plus_ms(-60_000), 480)
    }
}

#[test]
fn whatever_a_scanner_reads_of_a_unit_names_it() {
    let bed = Bed::new();
    let (bottle, case) = (bottle(1, 7), case(1, 3));
    let serial = bed.serial(&bottle);
    let sscc = bed.register.batches[&id(1)].batch.sscc(3).expect("an SSCC");
    let own = |text: &str| Unit::read(text, &bed.register, &bed.own);
    assert_eq!(own(&serial), Ok(bottle.clone()));
    assert_eq!(own(&format!(" {} ", serial.to_ascii_lowercase())), Ok(bottle.clone()));
    for text in [format!("00{sscc}"), format!("]C100{sscc}"), format!("(00) {sscc}\r")] {
        assert_eq!(own(&text), Ok(case.clone()), "{text}");
    }
    assert_eq!(own("095201234567891235"), Ok(bed.pallet("095201234567891235")));
    assert_eq!(own("p-17"), Ok(bed.pallet("P-17")));
    let theirs = Unit::Bottle { batch: id(4), number: 1 };
    assert_eq!(own(&bed.serial(&theirs)), Err(Refusal::NotOurs));
    for nonsense in ["", "P-", "P-a b", "hello", "6901234567892", &"A".repeat(100_000)] {
        assert_eq!(own(nonsense), Err(Refusal::NotACode), "{nonsense:.20}");
    }
    for unit in [bottle, case, bed.pallet("P-17"), bed.pallet("095201234567891235")] {
        assert_eq!(unit.to_string().parse(), Ok(unit.clone()));
        let uri = bed.names().unit(&unit).expect("a name");
        assert_eq!(bed.names().read_unit(&uri), Ok(unit), "{uri}");
    }
    let inner = bed.register.batches[&id(1)].batch.permutation(Layer::Inner);
    assert_ne!(inner.serial_of(7), 0);
}
