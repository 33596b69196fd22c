//! A line of hand scanners, and the file of its shift.

use uuid::Uuid;

use super::{Bed, NOW, bottle, case};
use crate::trace::Unit;
use crate::trace::line::{Batch, CLOSE, Hand, Level, Outcome, RESET, Scan};
use crate::trace::rules::World;
use crate::trace::shift::{Format, Shift};

struct Line<'a> {
    bed: &'a Bed,
    hand: Hand,
    world: World,
    level: Level,
    size: usize,
    n: u64,
}

impl Line<'_> {
    fn scan(&mut self, text: &str) -> String {
        self.n += 1;
        let scan = Scan { n: self.n, text: text.to_owned(), at: NOW, offset_minutes: 480 };
        let batch = Batch {
            line: "1".to_owned(),
            session: Uuid::nil(),
            level: self.level,
            size: self.size,
            place: None,
            scans: vec![scan.clone()],
        };
        batch.check().expect("sound");
        let read = batch.read(&self.bed.register, &self.bed.own).remove(0);
        let with = (&self.bed.register, NOW);
        let (told, event) =
            self.hand.take(&batch, &scan, read, &mut self.world, with, || "urn:x:1".to_owned());
        assert_eq!(event.is_some(), told.outcome == Outcome::Packed);
        told.reason.unwrap_or_else(|| format!("{:?} {}", told.outcome, told.has))
    }

    fn unit(&mut self, unit: &Unit) -> String {
        let text = match unit {
            Unit::Pallet { code, .. } => code.clone(),
            other => self.bed.serial(other),
        };
        self.scan(&text)
    }
}

fn line(bed: &Bed, level: Level, size: usize) -> Line<'_> {
    Line { bed, hand: Hand::default(), world: World::default(), level, size, n: 0 }
}

#[test]
fn bottles_then_the_case_or_the_case_first() {
    let bed = Bed::new();
    let mut line = line(&bed, Level::Case, 2);
    assert_eq!(line.unit(&bottle(1, 0)), "Taken 1");
    assert_eq!(line.unit(&case(1, 0)), "count_differs");
    assert_eq!(line.unit(&bottle(1, 0)), "twice");
    assert_eq!(line.unit(&bottle(1, 1)), "Taken 2");
    assert_eq!(line.unit(&bottle(1, 2)), "full");
    assert_eq!(line.unit(&case(1, 0)), "Packed 2");
    assert_eq!(line.unit(&case(1, 1)), "Opened 0");
    assert_eq!(line.unit(&case(1, 2)), "Opened 0", "nothing was in the other");
    assert_eq!(line.unit(&bottle(1, 1)), "in_other");
    assert_eq!(line.unit(&bottle(1, 2)), "Taken 1");
    assert_eq!(line.unit(&case(1, 3)), "other_open");
    assert_eq!(line.unit(&bottle(1, 3)), "Packed 2");
    assert_eq!(line.unit(&case(1, 2)), "holds");
}

#[test]
fn other_goods_short_cases_and_beginning_anew() {
    let bed = Bed::new();
    let mut line = line(&bed, Level::Case, 3);
    assert_eq!(line.scan(CLOSE), "nothing_open");
    assert_eq!(line.unit(&bottle(1, 0)), "Taken 1");
    assert_eq!(line.unit(&bottle(3, 0)), "other_product");
    assert_eq!(line.unit(&bottle(2, 0)), "Taken 2", "another lot of the same product");
    assert_eq!(line.unit(&bottle(1, 95)), "withdrawn");
    assert_eq!(line.unit(&bed.pallet("P-1")), "wrong_kind");
    assert_eq!(line.scan("hello"), "not_a_code");
    assert_eq!(line.scan(RESET), "Reset 2");
    assert_eq!(line.unit(&case(1, 0)), "Opened 0");
    assert_eq!(line.unit(&bottle(1, 0)), "Taken 1");
    assert_eq!(line.scan(CLOSE), "Packed 1", "a short case");
}

#[test]
fn cases_go_on_pallets_by_the_same_line() {
    let bed = Bed::new();
    let mut line = line(&bed, Level::Pallet, 2);
    for n in [0, 1] {
        bed.pack(&mut line.world, &case(1, n), &[bottle(1, n)]);
    }
    assert_eq!(line.unit(&bed.pallet("P-1")), "Opened 0");
    assert_eq!(line.unit(&case(1, 5)), "empty");
    assert_eq!(line.unit(&case(1, 0)), "Taken 1");
    assert_eq!(line.unit(&case(1, 1)), "Packed 2");
}

#[test]
fn a_broken_line_of_a_shift_leaves_out_its_case_alone() {
    let bed = Bed::new();
    let row = |into: &Unit, item: &Unit| {
        format!("2026-11-27T08:00:00+08:00,{},{}", bed.serial(into), bed.serial(item))
    };
    let mut rows = vec!["time,into,item".to_owned()];
    for n in 0..4 {
        rows.extend((0..2).map(|i| row(&case(1, n), &bottle(1, 2 * n + i))));
    }
    rows[3] = rows[3].replace("08:00:00", "25:00:00");
    rows.insert(7, String::new());
    rows.push("\"open".to_owned());
    let read = || {
        let mut shift = Shift::new(Format::Csv, &bed.register, &bed.own);
        let mut packed: Vec<_> = rows.iter().filter_map(|r| shift.push(r.as_bytes())).collect();
        packed.extend(shift.end());
        (packed, shift.into_faults())
    };
    let (packed, faults) = read();
    assert_eq!(packed.iter().map(|p| p.line).collect::<Vec<_>>(), [2, 6]);
    assert_eq!(packed[0].event.units, [bottle(1, 0), bottle(1, 1)]);
    assert_eq!(packed[0].event.offset_minutes, 480);
    let lines: Vec<_> =
        faults.iter().map(|f| (f.line.expect("a line"), f.field.as_str())).collect();
    assert_eq!(lines, [(4, "time"), (4, "into"), (11, "line"), (9, "into")]);
    assert_eq!(read().0, packed, "the same file makes the same events");
    let json = format!(
        "{{\"time\":\"2026-11-27T08:00:00+08:00\",\"into\":\"{}\",\"item\":\"{}\"}}",
        bed.serial(&case(1, 0)),
        bed.serial(&bottle(1, 0))
    );
    let mut shift = Shift::new(Format::JsonLines, &bed.register, &bed.own);
    assert_eq!(shift.push(json.as_bytes()), None);
    assert_eq!(shift.end().expect("a case").event.units, [bottle(1, 0)]);
}
