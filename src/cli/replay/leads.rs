//! `zhenma replay --leads`: what officers would look into first.

use std::collections::{BTreeSet, HashMap};
use std::io::Write;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::base::{Lang, UnixMs};
use crate::cli::Failure;
use crate::leads::merge::{Group, merge};
use crate::leads::score::{Factors, HARM_OF_A_DIVERTED_LOT, Weight, harm};
use crate::leads::why::{self, OfCodes, OfLot};
use crate::leads::{Clue, Kind, Ties};
use crate::registry::BatchRef;
use crate::scan::replay::Replay;
use crate::scan::replay::flagged::Flagged;

const DAY_MS: i64 = 86_400_000;

#[derive(Serialize)]
struct Why {
    zh: String,
    en: String,
}

#[derive(Serialize)]
struct Line {
    /// Leads as they were at the end of that day; none: at the stream's end.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Date>,
    rank: usize,
    kind: &'static str,
    key: String,
    batch: String,
    codes: Vec<String>,
    score: f64,
    probability: f64,
    harm: f64,
    freshness: f64,
    reach: f64,
    why: Why,
}

/// Writes leads when a day of the stream is over that was asked for.
pub(super) struct Leads<W> {
    out: W,
    /// Days to come, the next one last.
    days: Vec<Date>,
}

impl<W: Write> Leads<W> {
    pub(super) fn new(out: W, mut days: Vec<Date>) -> Self {
        days.sort_unstable_by(|a, b| b.cmp(a));
        days.dedup();
        Self { out, days }
    }

    /// To be asked behind a scan of `at`, the first of another day among them.
    pub(super) fn until(&mut self, engine: &Replay, at: UnixMs) -> Result<(), Failure> {
        while let Some(day) = self.days.last().copied() {
            let next = day.tomorrow().map_err(|e| Failure(format!("leads-at: {e}")))?;
            let end = next.to_zoned_datetime(TimeZone::UTC);
            let end = end.map_err(|e| Failure(format!("leads-at: {e}")))?;
            let end = UnixMs(end.timestamp().as_millisecond());
            if at < end {
                break;
            }
            self.write(engine, Some(day), end.plus_ms(-1))?;
            self.days.pop();
        }
        Ok(())
    }

    /// What is left to write when the stream is over: days that it did not
    /// reach, or its end where no day was asked for.
    pub(super) fn end(mut self, engine: &Replay, of_days: bool) -> Result<(), Failure> {
        self.until(engine, UnixMs(i64::MAX))?;
        if !of_days {
            self.write(engine, None, engine.latest)?;
        }
        Ok(self.out.flush()?)
    }

    fn write(&mut self, engine: &Replay, at: Option<Date>, now: UnixMs) -> Result<(), Failure> {
        let mut lines = of_codes(engine, at, now);
        lines.extend(of_lots(engine, at, now));
        lines.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.key.cmp(&b.key)));
        for (rank, mut line) in (1..).zip(lines) {
            line.rank = rank;
            serde_json::to_writer(&mut self.out, &line)?;
            self.out.write_all(b"\n")?;
        }
        Ok(())
    }
}

fn clue(flagged: &Flagged) -> Clue {
    Clue {
        payload: flagged.id.payload,
        batch: flagged.batch,
        number: flagged.id.number,
        risk: flagged.risk,
        people: flagged.spread.people,
        places: flagged.spread.places.clone(),
        opened_at: flagged.opened_at,
        seen_at: flagged.seen_at,
        ties: Ties { phone: flagged.spread.phone, ..Ties::default() },
    }
}

fn of_codes(engine: &Replay, at: Option<Date>, now: UnixMs) -> Vec<Line> {
    let flagged = engine.flagged();
    let clues: Vec<Clue> = flagged.iter().map(|flagged| clue(flagged)).collect();
    let mut batches = HashMap::new();
    let groups = merge(&clues);
    let line = |group: &Group| {
        let of = clues[group.anchor].batch;
        let (product, batch) =
            *batches.entry(of).or_insert_with(|| engine.batch(of).unwrap_or_default());
        let weight = weight(&clues, group);
        let seen_at = group.members.iter().map(|n| clues[*n].seen_at).max();
        let factors = Factors::of(&weight, harm(category(product)), seen_at.unwrap_or(now), now);
        Line {
            codes: group.members.iter().map(|n| flagged[*n].code.clone()).collect(),
            batch: batch.to_owned(),
            why: Why {
                zh: sentence(&flagged, group, &weight, Lang::Zh),
                en: sentence(&flagged, group, &weight, Lang::En),
            },
            ..Line::of(at, group.kind, format!("label/{}", flagged[group.anchor].code), factors)
        }
    };
    groups.iter().map(line).collect()
}

impl Line {
    fn of(at: Option<Date>, kind: Kind, key: String, factors: Factors) -> Self {
        Self {
            at,
            rank: 0,
            kind: kind.slug(),
            key,
            batch: String::new(),
            codes: Vec::new(),
            score: factors.score(),
            probability: factors.probability,
            harm: factors.harm,
            freshness: factors.freshness,
            reach: factors.reach,
            why: Why { zh: String::new(), en: String::new() },
        }
    }
}

/// The stream's word for a product, as the register has it.
fn category(product: &str) -> &str {
    if product == "sausage" { "meat" } else { product }
}

fn weight(clues: &[Clue], group: &Group) -> Weight {
    let members = || group.members.iter().map(|n| &clues[*n]);
    let places = members().flat_map(|clue| &clue.places);
    let provinces: BTreeSet<u8> = places.map(|place| place.province()).collect();
    Weight {
        people: members().map(|clue| clue.people).sum(),
        provinces: u32::try_from(provinces.len()).unwrap_or(u32::MAX),
        ..Weight::of_risks(members().map(|clue| clue.risk))
    }
}

fn sentence(flagged: &[&Flagged], group: &Group, weight: &Weight, lang: Lang) -> String {
    let members = || group.members.iter().map(|n| flagged[*n]);
    let numbers = members().map(|m| m.id.number);
    let strongest = members().max_by(|a, b| a.risk.total_cmp(&b.risk));
    let reason = strongest.and_then(|strongest| strongest.reason.as_ref());
    let reason = reason.map_or_else(String::new, |reason| reason.text(lang, &TimeZone::UTC));
    let of = OfCodes {
        kind: group.kind,
        codes: group.members.len() as u64,
        numbers: (numbers.clone().min().unwrap_or(0), numbers.max().unwrap_or(0)),
        people: weight.people,
        provinces: weight.provinces,
        strongest: &reason,
    };
    why::of_codes(&of, lang)
}

/// A lot has no codes that look copied; it goes on as long as its labels are sold.
fn of_lots(engine: &Replay, at: Option<Date>, now: UnixMs) -> Vec<Line> {
    let lot = |lot: crate::scan::diversion::Travelled| {
        let name = |of: BatchRef| engine.batch(of).map_or_else(String::new, |(_, n)| n.to_owned());
        let weight = Weight { told: vec![1.0 - lot.chance], ..Weight::default() };
        let seen_at = now.plus_ms(-DAY_MS);
        let factors = Factors::of(&weight, HARM_OF_A_DIVERTED_LOT, seen_at, now);
        let says = OfLot::from(&lot);
        let batch = name(lot.batch);
        Line {
            why: Why { zh: why::of_lot(&says, Lang::Zh), en: why::of_lot(&says, Lang::En) },
            batch: batch.clone(),
            ..Line::of(at, Kind::Lot, format!("lot/{batch}"), factors)
        }
    };
    engine.diverted().into_iter().map(lot).collect()
}
