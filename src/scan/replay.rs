//! A recorded stream through the engine that answers scans: the same fold,
//! the same judge, no store and no clock but the stream's.
//!
//! Codes are opaque texts `BATCH-NUMBER`; a signature is taken for checked.

pub mod alerts;
mod contest;
mod engine;
pub mod flagged;
mod survey;

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::base::{UnixMs, places};
use crate::code::{Layer, Outcome as ReadOutcome, Payload};
use crate::keys::KeyNumber;
use crate::registry::{BatchRef, Findings, Standing};
use crate::scan::across::Label;
use crate::scan::hosting::Hosting;
use crate::scan::judge::measures::Measures;
use crate::scan::judge::{Check, Evidence, Policy, Seen, judge};
use crate::scan::profile::Profile;
use crate::scan::spread::Spread;
use crate::scan::tags::Tagger;
use crate::scan::{Channel, CodeId, Marks, Observation, Outcome, Place, Reason, Spot, Verdict};
use alerts::{Alert, Alerts};
pub use contest::Contest;
use engine::Engine;
use flagged::{Flagged, Met};
pub use survey::Survey;

/// Longest line that is read, bytes.
pub const LINE_BYTES_MAX: usize = 64 * 1024;
/// Places of coordinates that are remembered, and networks.
const PLACES_MAX: usize = 100_000;
/// Accuracy of a place given by a tap where the stream names none, metres.
const TAP_M: f64 = 50.0;

/// A batch of the stream.
#[derive(Clone, Debug, Deserialize)]
pub struct Batch {
    batch: String,
    /// Items: running numbers 0 to size - 1.
    size: u64,
    /// Labels are on sale from then on.
    made_t: Timestamp,
    /// Province it was made for, in Chinese or English.
    #[serde(default)]
    destination_region: Option<String>,
    /// What it is: liquor, meat, oil, food.
    #[serde(default)]
    product: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum By {
    Consumer,
    Retail,
    Officer,
    Factory,
    /// A link preview or crawler: answered, and leaves no trace.
    Preview,
}

/// A scan of the stream.
#[derive(Deserialize)]
struct Line<'a> {
    t: Timestamp,
    #[serde(borrow)]
    code: Cow<'a, str>,
    #[serde(borrow, default)]
    device: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    ip_prefix: Option<Cow<'a, str>>,
    #[serde(default)]
    lat: Option<f64>,
    #[serde(default)]
    lon: Option<f64>,
    /// `gps` for a place given by a tap, else from the address.
    #[serde(borrow, default)]
    geo: Option<Cow<'a, str>>,
    channel: By,
}

/// What the engine says of one line.
#[derive(Debug, PartialEq, Serialize)]
pub struct Answer<'a> {
    /// Of a line that cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Cow<'a, str>>,
    pub verdict: &'static str,
    /// Probability that the code was copied.
    pub score: f64,
    pub reasons: Vec<&'static str>,
}

impl Answer<'_> {
    pub fn unreadable(line: u64) -> Self {
        Self {
            line: Some(line),
            code: None,
            verdict: Outcome::CannotConfirm.slug(),
            score: 0.0,
            reasons: vec!["line_unreadable"],
        }
    }
}

/// What a stream was like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub scans: u64,
    /// Earlier than the scan before them.
    pub out_of_order: u64,
    /// The same scan of the same code once more.
    pub repeated: u64,
    /// Of no batch that is known, or beyond its size.
    pub never_issued: u64,
    pub before_made: u64,
}

/// A line as the engine takes it.
#[derive(Clone, Debug)]
pub struct Scan<'a> {
    pub code: Cow<'a, str>,
    /// `None`: never issued.
    pub issued: Option<Issued>,
    /// `None`: only looked at.
    pub seen: Option<Observation>,
    pub at: UnixMs,
}

/// What the batches say of a code.
#[derive(Clone, Debug)]
pub struct Issued {
    pub id: CodeId,
    pub standing: Standing,
    pub label: Label,
}

struct Known {
    /// From 1 in the order of the list.
    number: u32,
    size: u64,
    made: UnixMs,
    /// 0: anywhere.
    destination: u8,
    product: String,
}

impl Known {
    fn reference(&self) -> BatchRef {
        BatchRef { key: KeyNumber::new(1).expect("a number"), batch: self.number }
    }
}

/// Reads the lines of a stream.
pub struct Recording {
    batches: HashMap<String, Known>,
    hosting: Hosting,
    /// Places of coordinates that came before, and tags of networks.
    places: HashMap<(u64, u64), Place>,
    networks: HashMap<IpAddr, u32>,
    tags: Tagger,
}

impl Recording {
    /// `hosting`: known networks of data centres.
    ///
    /// # Errors
    /// Naming a batch whose destination is no province.
    pub fn new(batches: Vec<Batch>, hosting: Hosting) -> Result<Self, String> {
        let known = |(n, batch): (u32, Batch)| {
            let destination = match batch.destination_region.as_deref() {
                None | Some("") => 0,
                Some(name) => {
                    places::province(name).map(|r| Place(r.code).province()).ok_or_else(|| {
                        let batch = &batch.batch;
                        format!("batch {batch}: destination_region: {name:?} is no province")
                    })?
                }
            };
            let made = UnixMs(batch.made_t.as_millisecond());
            let product = batch.product;
            Ok((batch.batch, Known { number: n, size: batch.size, made, destination, product }))
        };
        Ok(Self {
            batches: (1..).zip(batches).map(known).collect::<Result<_, String>>()?,
            hosting,
            places: HashMap::new(),
            networks: HashMap::new(),
            // What is the same stays the same; there is nobody to hide it from.
            tags: Tagger::new(&[0; 32]),
        })
    }

    /// # Errors
    /// Naming what cannot be read.
    pub fn read<'a>(&mut self, text: &'a str) -> Result<Scan<'a>, String> {
        let line: Line<'a> = serde_json::from_str(text).map_err(|e| e.to_string())?;
        let (batch, number) = line
            .code
            .rsplit_once('-')
            .and_then(|(batch, number)| Some((batch, number.parse::<u64>().ok()?)))
            .ok_or("code: not of the form BATCH-NUMBER")?;
        let at = UnixMs(line.t.as_millisecond());
        let known = self.batches.get(batch).filter(|known| number < known.size);
        let issued = known.map(|known| {
            let batch = known.reference();
            let payload =
                Payload { layer: Layer::Outer, key: batch.key, batch: batch.batch, serial: number };
            let on_sale = at >= known.made;
            let standing = match on_sale {
                true => Standing::OnSale,
                false => Standing::NotActivated { others_are: false },
            };
            let label = Label {
                batch,
                number,
                count: known.size,
                destination: known.destination,
                never_sold: standing.never_sold(),
            };
            Issued { id: CodeId { payload: payload.to_bytes(), number }, standing, label }
        });
        let address = line.ip_prefix.as_deref().map(address).transpose()?;
        let hosted = address.is_some_and(|ip| self.hosting.contains(ip));
        // What fetches a page from a data centre without a cookie is no buyer.
        let recorded = line.channel != By::Preview && !(hosted && line.device.is_none());
        let id = issued.as_ref().filter(|_| recorded).map(|issued| issued.id);
        let seen = id.map(|id| self.observation(&line, id, at, address));
        Ok(Scan { code: line.code, issued, seen, at })
    }

    fn observation(
        &mut self,
        line: &Line<'_>,
        code: CodeId,
        at: UnixMs,
        address: Option<IpAddr>,
    ) -> Observation {
        if self.networks.len() >= PLACES_MAX {
            self.networks.clear();
        }
        let tags = &self.tags;
        let network = address.map_or(0, |address| {
            *self.networks.entry(address).or_insert_with(|| tags.recorded(address))
        });
        let point = line.lat.zip(line.lon);
        if self.places.len() >= PLACES_MAX {
            self.places.clear();
        }
        let tap = point.filter(|_| line.geo.as_deref() == Some("gps"));
        let place = point.map_or(Place::UNKNOWN, |(lat, lon)| match tap {
            Some(_) => Place::of_point(lat, lon),
            None => *self
                .places
                .entry((lat.to_bits(), lon.to_bits()))
                .or_insert_with(|| Place::of_point(lat, lon)),
        });
        let mut marks = self.hosting.marks(address);
        let device = line.device.as_deref().map_or_else(
            || {
                marks = marks.with(Marks::CLAIMED);
                self.tags.claim("")
            },
            |device| self.tags.claim(device),
        );
        // The stream has no scan ids: what agrees in all of this is one scan.
        let mut id = [0; 16];
        id[..8].copy_from_slice(&at.0.to_be_bytes());
        id[8..].copy_from_slice(&(device.get() << 16 ^ u64::from(network)).to_be_bytes());
        Observation {
            at,
            device,
            network,
            place,
            spot: tap.and_then(|(lat, lon)| Spot::new(lat, lon, TAP_M)),
            channel: match line.channel {
                By::Consumer | By::Preview => Channel::Consumer,
                By::Retail => Channel::Retail,
                By::Officer => Channel::Officer,
                By::Factory => Channel::Factory,
            },
            marks,
            scan: self.tags.scan(&code.payload, &id),
        }
    }
}

/// The judge on a scan, given what is known of the code if it was issued, and
/// since when it is suspect; with who met it, where it is on officers' list.
fn judged(
    issued: Option<&Issued>,
    seen: Option<Seen<'_>>,
    accused: Option<UnixMs>,
    policy: &Policy,
) -> (Verdict, Option<Spread>) {
    let evidence = Evidence {
        check: Check::Read(ReadOutcome::Valid),
        standing: issued.map(|issued| &issued.standing),
        case: false,
        foreign_host: None,
        seen,
        findings: Findings::NONE,
        accused,
    };
    let verdict = judge(&evidence, policy);
    let listed = verdict.outcome == Outcome::Suspect || !verdict.doubts.is_empty();
    let spread = evidence.seen.as_ref().filter(|_| listed).map(Spread::of);
    (verdict, spread)
}

fn told<'a>(code: Cow<'a, str>, verdict: &Verdict) -> Answer<'a> {
    Answer {
        line: None,
        code: Some(code),
        verdict: verdict.outcome.slug(),
        score: verdict.risk,
        reasons: verdict.reasons.iter().map(Reason::slug).collect(),
    }
}

/// What the engine says of a scan, given what is known of the code if it was
/// issued, and since when it is suspect.
pub fn answer<'a>(
    scan: Scan<'a>,
    seen: Option<Seen<'_>>,
    accused: Option<UnixMs>,
    policy: &Policy,
) -> Answer<'a> {
    let (verdict, _) = judged(scan.issued.as_ref(), seen, accused, policy);
    told(scan.code, &verdict)
}

/// The engine over a stream.
pub struct Replay {
    recording: Recording,
    engine: Engine,
    /// As flags do, they stay suspect: no officer decides here.
    accused: HashMap<CodeId, UnixMs>,
    alerts: Alerts,
    flagged: HashMap<CodeId, Flagged>,
    policy: Arc<Policy>,
    /// The latest instant of the stream so far.
    pub latest: UnixMs,
    pub counts: Counts,
    /// The numbers behind the last answer, where it was asked for them.
    pub measures: Option<Measures>,
    measuring: bool,
    /// What the codes are like, where numbers are kept.
    pub profile: Profile,
}

impl Replay {
    /// `measuring`: keep the numbers behind each answer.
    pub fn new(recording: Recording, policy: Arc<Policy>, measuring: bool) -> Self {
        Self {
            recording,
            engine: Engine::default(),
            accused: HashMap::new(),
            alerts: Alerts::default(),
            flagged: HashMap::new(),
            policy,
            latest: UnixMs(i64::MIN),
            counts: Counts::default(),
            measures: None,
            measuring,
            profile: Profile::default(),
        }
    }

    /// Codes with a history.
    pub fn codes(&self) -> usize {
        self.engine.codes()
    }

    /// What the stream said of batches and phones so far.
    pub fn alerts(&self) -> Vec<Alert> {
        let names = self.recording.batches.iter();
        let names = names.map(|(name, known)| (known.reference(), name.as_str())).collect();
        self.alerts.all(&self.engine.across, &names)
    }

    /// Answers one line, then does what the worker does behind an answer.
    ///
    /// # Errors
    /// Naming what cannot be read of it.
    pub fn line<'a>(&mut self, text: &'a str) -> Result<Answer<'a>, String> {
        self.measures = None;
        let scan = self.recording.read(text)?;
        let counts = &mut self.counts;
        counts.scans += 1;
        counts.out_of_order += u64::from(scan.at < self.latest);
        self.latest = self.latest.max(scan.at);
        let Some(issued) = scan.issued.clone() else {
            counts.never_issued += 1;
            return Ok(answer(scan, None, None, &self.policy));
        };
        counts.before_made += u64::from(issued.standing != Standing::OnSale);
        let accused = self.accused.get(&issued.id).copied();
        let (measures, at) = (&mut self.measures, scan.at);
        let (measuring, policy) = (self.measuring, &self.policy);
        let (id, label, seen) = (issued.id, Some(&issued.label), scan.seen);
        let (((verdict, spread), around), repeated) =
            self.engine.scan(id, label, seen, Findings::NONE, |seen| {
                *measures = measuring.then(|| seen.measures());
                let around = seen.around;
                (judged(Some(&issued), Some(seen), accused, policy), around)
            });
        counts.repeated += u64::from(repeated);
        let suspect = verdict.outcome == Outcome::Suspect;
        let lead = verdict.risk >= f64::from(self.policy.lead_risk);
        if suspect {
            self.accused.entry(issued.id).or_insert(at);
        }
        if let Some(measures) = &self.measures {
            self.profile.take(issued.id, measures, suspect, lead);
        }
        self.alerts.take(issued.id, issued.label.batch, (verdict.risk, lead), &around, at);
        if let Some(spread) = spread {
            let met = Met { verdict: &verdict, spread, at };
            flagged::take(&mut self.flagged, &scan.code, &issued, met);
        }
        Ok(told(scan.code, &verdict))
    }
}

/// The address of `117.24.75.0/24`.
fn address(text: &str) -> Result<IpAddr, String> {
    let head = text.split('/').next().unwrap_or_default().trim();
    head.parse().map_err(|_| format!("ip_prefix: {text:?} is no network"))
}
