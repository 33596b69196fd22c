//! The balance of a batch: which numbers lie where.

use std::collections::BTreeMap;

use super::{Account, Custody, Elsewhere, Holding, Ranges};

/// Numbers `first..=last` that lie on one holding. Those of a batch follow one
/// another without gap, and no two neighbours lie on the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    pub first: u64,
    pub last: u64,
    pub on: Holding,
}

impl Span {
    pub fn labels(&self) -> u64 {
        self.last - self.first + 1
    }
}

/// Numbers that go from one holding to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub from: Holding,
    pub to: Holding,
    pub ranges: Ranges,
}

/// What a move makes of a stretch of the book.
#[derive(Debug, PartialEq, Eq)]
pub struct Shift {
    pub spans: Vec<Span>,
    pub entries: Vec<Entry>,
    /// The first run that lies where it is not taken from, and how many in all.
    pub elsewhere: Option<Elsewhere>,
}

fn push(spans: &mut Vec<Span>, first: u64, last: u64, on: &Holding) {
    if first > last {
        return;
    }
    match spans.last_mut() {
        Some(end) if end.on == *on && end.last + 1 == first => end.last = last,
        _ => spans.push(Span { first, last, on: on.clone() }),
    }
}

/// Moves `ranges` within `window`, which has to hold all of them: each to where
/// `leads` takes what lies on its holding, or not at all.
pub fn shift(
    window: &[Span],
    ranges: &Ranges,
    leads: impl Fn(&Holding) -> Option<Holding>,
) -> Shift {
    let mut spans = Vec::with_capacity(window.len() + 2);
    let mut entries = BTreeMap::<Holding, (Holding, Ranges)>::new();
    let mut elsewhere: Option<Elsewhere> = None;
    let mut runs = ranges.runs().iter().peekable();
    for span in window {
        let to = leads(&span.on);
        let mut from = span.first;
        while let Some(&&(first, last)) = runs.peek() {
            if first > span.last {
                break;
            }
            let (first, end) = (first.max(span.first), last.min(span.last));
            if first > from {
                push(&mut spans, from, first - 1, &span.on);
            }
            push(&mut spans, first, end, to.as_ref().unwrap_or(&span.on));
            if let Some(to) = &to {
                let entry = entries.entry(span.on.clone());
                entry.or_insert_with(|| (to.clone(), Ranges::default())).1.push(first, end);
            } else {
                note(&mut elsewhere, first, end, span);
            }
            from = end + 1;
            if last > span.last {
                break;
            }
            runs.next();
        }
        push(&mut spans, from, span.last, &span.on);
    }
    let entry = |(from, (to, ranges))| Entry { from, to, ranges };
    Shift { spans, entries: entries.into_iter().map(entry).collect(), elsewhere }
}

fn note(elsewhere: &mut Option<Elsewhere>, first: u64, last: u64, span: &Span) {
    let labels = last - first + 1;
    match elsewhere {
        Some(told) => {
            if told.last + 1 == first && told.on == span.on {
                told.last = last;
            }
            told.labels += labels;
        }
        None => {
            let on = span.on.clone();
            *elsewhere = Some(Elsewhere { first, last, on, since: None, labels });
        }
    }
}

/// What is wrong with the spans of a batch of `count` labels, if anything: a
/// gap, an overlap, neighbours that ought to be one.
pub fn defect(spans: &[Span], count: u64) -> Option<String> {
    let mut next = 0;
    for span in spans {
        if span.first != next || span.last < span.first {
            return Some(format!("number {next} is not where the book has {}", span.first));
        }
        next = span.last + 1;
    }
    if next != count {
        return Some(format!("the book ends at {next} of {count} labels"));
    }
    let twins = spans.windows(2).find(|pair| pair[0].on == pair[1].on);
    twins.map(|pair| format!("the runs at {} and {} are one", pair[0].first, pair[1].first))
}

/// The sums of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Balance(pub BTreeMap<Holding, u64>);

impl Balance {
    pub fn of(spans: &[Span]) -> Self {
        let mut sums = BTreeMap::<Holding, u64>::new();
        for span in spans {
            *sums.entry(span.on.clone()).or_default() += span.labels();
        }
        Self(sums)
    }

    /// Labels that lie on an account now.
    pub fn on(&self, account: Account) -> u64 {
        self.0.iter().filter(|(on, _)| on.account == account).map(|(_, labels)| labels).sum()
    }

    /// Labels that came to an account, whether they went on from there or not.
    pub fn through(&self, account: Account) -> u64 {
        let came = self.0.iter().filter(|(on, _)| on.account.came_through(account));
        came.map(|(_, labels)| labels).sum()
    }

    /// The places at which labels lie, each once.
    pub fn places(&self) -> Vec<Custody> {
        let mut places: Vec<_> = self.0.keys().map(|on| on.place.clone()).collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    /// Labels on an account at a place.
    pub fn at(&self, account: Account, place: &Custody) -> u64 {
        self.0.get(&Holding { account, place: place.clone() }).copied().unwrap_or(0)
    }
}

/// Of an entry's numbers, what no later movement has touched, or every later one
/// was taken back of: what can be taken back. Each later entry of the batch comes
/// with the movement that it takes back, if it does.
///
/// A number's movements are a stack, since only what lies on top is ever taken
/// back: so the movements above it that stand are those made less those undone.
pub fn untouched<'a>(
    entry: &Ranges,
    of: uuid::Uuid,
    later: impl Iterator<Item = (Option<uuid::Uuid>, &'a Ranges)> + Clone,
) -> Ranges {
    let undone = later.clone().filter(|(undoes, _)| *undoes == Some(of));
    let mine = undone.fold(entry.clone(), |left, (_, ranges)| left.without(ranges));
    let Some((low, high)) = mine.ends() else { return mine };
    let mut steps = Vec::<(u64, i64)>::new();
    for (undoes, ranges) in later {
        let step = if undoes.is_some() { -1 } else { 1 };
        let about = ranges.runs().iter().filter(|(first, last)| *first <= high && *last >= low);
        for (first, last) in about {
            steps.extend([(*first, step), (last + 1, -step)]);
        }
    }
    steps.sort_unstable();
    let (mut depth, mut from, mut above) = (0, 0, Ranges::default());
    for (number, step) in steps {
        if depth != 0 && number > from {
            above.push(from, number - 1);
        }
        from = number;
        depth += step;
    }
    mine.without(&above)
}

#[cfg(test)]
mod tests;
