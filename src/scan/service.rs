//! The walk of one scan: text -> reading -> register -> signature -> ONE store
//! call -> judge -> answer.

use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use uuid::Uuid;

use crate::base::limits::SCAN_STATE_WAIT_MS;
use crate::base::{Near, UnixMs};
use crate::code::{Layer, Outcome as ReadOutcome, Payload};
use crate::keys::{KeyNumber, Keyring};
use crate::registry::own::port::OwnSerials;
use crate::registry::register::BatchFacts;
use crate::registry::{Findings, Placement, Register, Standing};
use crate::scan::across::{Across, Around, Label};
use crate::scan::examined::Examined;
use crate::scan::forgeries::{Forgeries, ForgeryKind};
use crate::scan::fresh::Freshness;
use crate::scan::hosting::Hosting;
use crate::scan::judge::{Check, Evidence, Seen, judge};
use crate::scan::own::{Named, OwnAnswer, Text};
use crate::scan::place::Locator;
use crate::scan::policies::Policies;
use crate::scan::signatures::Signatures;
use crate::scan::tags::Tagger;
use crate::scan::walk::{Walk, distinct_devices};
use crate::scan::{
    Assurance, Channel, CodeId, History, Marks, Observation, Place, ScanState, Spot, StateError,
    Verdict,
};

/// What was asked, by whom as far as it can be known.
#[derive(Clone, Debug)]
pub struct Question {
    /// What the text names; see [`Scanner::name`].
    pub named: Named,
    pub scan_id: Uuid,
    pub device: Device,
    pub address: Option<IpAddr>,
    /// Latitude and longitude in degrees, accuracy in metres; checked by the
    /// caller to be possible ones.
    pub location: Option<(f64, f64, f64)>,
    /// Anything but consumer only from a caller who is signed in as such.
    pub channel: Channel,
    /// False: look, and leave no trace (HEAD, previews, crawlers).
    pub record: bool,
    pub at: UnixMs,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Device {
    /// The random cookie that we gave it.
    Cookie([u8; 16]),
    /// What an anonymous caller says of itself.
    Claimed(String),
}

/// Everything an answer may show; what the caller may see of it is decided
/// where it is rendered.
pub struct Answer {
    pub verdict: Verdict,
    /// `None` where nothing could be parsed.
    pub payload: Option<Payload>,
    /// Absent for `not_genuine`.
    pub item: Option<Item>,
    /// Absent where no history was read or nobody has scanned it yet.
    pub scans: Option<ScanSummary>,
    /// Whether this scan is in the history now.
    pub recorded: RecordState,
    /// Where a serial of a maker's own was asked for.
    pub own: Option<OwnAnswer>,
    pub assurance: Assurance,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordState {
    Recorded,
    /// The same scan was there already (reload, language switch).
    Repeated,
    /// Nothing to record: not ours, or only looked at.
    NotAsked,
    /// The store did not take it; the page says so.
    Failed,
}

impl RecordState {
    pub const ALL: [Self; 4] = [Self::Recorded, Self::Repeated, Self::NotAsked, Self::Failed];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Repeated => "repeated",
            Self::NotAsked => "notasked",
            Self::Failed => "failed",
        }
    }
}

/// The register's facts of the label.
#[derive(Clone)]
pub struct Item {
    pub facts: Arc<BatchFacts>,
    /// Running number among the batch's items, or cases. Officers and the
    /// enterprise only.
    pub number: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScanSummary {
    /// Scans recorded, this one included.
    pub count: u64,
    /// Distinct consumers' phones; an estimate once old scans left the history.
    pub devices: u32,
    pub first_at: UnixMs,
    pub first_place: Place,
}

impl ScanSummary {
    fn of(history: &History) -> Option<Self> {
        let consumers = || history.observations.iter().find(|o| o.channel == Channel::Consumer);
        let first = consumers().or_else(|| history.observations.first())?;
        Some(Self {
            count: history.count(),
            devices: distinct_devices(history),
            first_at: first.at,
            first_place: first.place,
        })
    }
}

/// What answers scans. Cheap to clone; holds no I/O but the scan state.
#[derive(Clone)]
pub struct Scanner {
    pub keys: Arc<ArcSwap<Keyring>>,
    pub register: Arc<ArcSwap<Register>>,
    pub state: Arc<dyn ScanState>,
    pub tags: Tagger,
    pub locator: Arc<dyn Locator>,
    pub hosting: Arc<Hosting>,
    /// Lower-case hosts that are ours.
    pub hosts: Arc<[String]>,
    pub forgeries: Arc<Forgeries>,
    /// Signed off, by instant.
    pub policies: Arc<ArcSwap<Policies>>,
    /// What codes say of one another, as far as the worker has told.
    pub across: Arc<RwLock<Across>>,
    pub signatures: Arc<Signatures>,
    /// How old keys, register, policies and evidence are.
    pub fresh: Arc<Freshness>,
    /// Makers' own serials; asked where a text is no signed code.
    pub own: Arc<dyn OwnSerials>,
}

impl Scanner {
    /// Answers one question. Never fails: what cannot be known is an outcome.
    pub async fn answer(&self, question: Question) -> Answer {
        let _in_work = self.signatures.begin();
        // Before the register: what is read later is no older.
        let mark = self.fresh.mark();
        let register = self.register.load_full();
        let examined = self.examine(&question.named, &register).await;
        let place = self.place_of(&question);
        let is_old = || self.fresh.is_old(mark, Instant::now());
        self.count_forgery(&examined, &register, place, question.at, is_old);

        let Placement::Issued { facts, number, standing } = &examined.placement else {
            return self.without_history(examined, question.at, is_old());
        };
        let Some(payload) = examined.payload else {
            return self.without_history(examined, question.at, is_old());
        };
        let id = CodeId { payload: payload.to_bytes(), number: *number };
        let counts = matches!(examined.check, Check::Read(ReadOutcome::Valid) | Check::Listed);
        let (history, own, recorded) = if counts {
            self.history(id, &question, place, examined.foreign_host.is_some()).await
        } else {
            (None, None, RecordState::NotAsked)
        };
        let findings = register.findings(&id.payload);
        let label = label(&payload, facts, *number, standing);
        let assurance = examined.check.assurance();
        let new = recorded == RecordState::Recorded;
        let mut verdict = judge(
            &Evidence {
                check: examined.check,
                standing: Some(standing),
                case: matches!(payload.layer, Layer::Case | Layer::Pallet),
                foreign_host: examined.foreign_host.as_deref(),
                seen: history.as_ref().map(|h| {
                    Seen::new(h, own, new, findings, |walk, noted| self.around(label, walk, noted))
                }),
                findings,
                accused: register.accused.get(&id.payload).copied(),
            },
            self.policies.load().at(question.at),
        );
        // Now that the history is there, for which it may have waited.
        if is_old() {
            verdict.by_an_old_register();
        }
        let shown = verdict.outcome != crate::scan::Outcome::NotGenuine;
        Answer {
            verdict,
            payload: Some(payload),
            item: shown.then(|| Item { facts: Arc::clone(facts), number: *number }),
            scans: history.as_ref().filter(|_| shown).and_then(ScanSummary::of),
            recorded,
            own: examined.own,
            assurance,
        }
    }

    pub(super) fn around(&self, label: Option<Label>, walk: &Walk, noted: &Walk) -> Around {
        let across = self.across.read().unwrap_or_else(PoisonError::into_inner);
        label.map_or_else(Around::default, |label| across.around(&label, walk, noted))
    }

    /// Finds in the register what a text names, and checks its signature.
    async fn examine(&self, named: &Named, register: &Register) -> Examined {
        let text = match named {
            Named::Own(own) => return own.examined(register, &self.hosts),
            Named::Nowhere(hint) => return Examined::malformed(hint.clone()),
            Named::Code(text) => text,
        };
        // No key signs for a batch of own serials, whatever a key set holds.
        if let Some(payload) = text.payload().filter(|payload| payload.key == KeyNumber::OWN) {
            return Examined::unknown_key(payload);
        }
        match text {
            Text::Malformed(hint) => Examined::malformed(hint.clone()),
            Text::Serial(payload) => Examined {
                check: Check::SerialOnly,
                payload: Some(*payload),
                foreign_host: None,
                placement: register.place(payload),
                own: None,
            },
            Text::Signed(reading) => {
                let read = self.signatures.check(&self.keys, reading).await;
                let trusted = matches!(read, ReadOutcome::Valid | ReadOutcome::KeyRevoked);
                let placement =
                    if trusted { register.place(&reading.payload) } else { Placement::NotIssued };
                let foreign = |host: &&String| !self.hosts.contains(host);
                Examined {
                    check: Check::Read(read),
                    payload: Some(reading.payload),
                    placement,
                    foreign_host: reading.host.as_ref().filter(foreign).cloned(),
                    own: None,
                }
            }
        }
    }

    fn place_of(&self, question: &Question) -> Place {
        match (question.location, question.address) {
            (Some((lat, lon, _)), _) => Place::of_point(lat, lon),
            (None, Some(address)) if Near::of(address).is_none() => self.locator.locate(address),
            (None, _) => Place::UNKNOWN,
        }
    }

    /// A bad signature is one without the register, and a list is asked for itself;
    /// what an old register does not have may have been issued since.
    fn count_forgery(
        &self,
        e: &Examined,
        register: &Register,
        place: Place,
        at: UnixMs,
        is_old: impl Fn() -> bool,
    ) {
        if e.check == Check::NotListed {
            return self.forgeries.count_unlisted(place, at.seconds().div_euclid(86_400));
        }
        let (Check::Read(read), Some(payload)) = (&e.check, &e.payload) else { return };
        let issued = matches!(e.placement, Placement::Issued { .. });
        if let Some(kind) = ForgeryKind::of(*read, issued) {
            if kind == ForgeryKind::NeverIssued && is_old() {
                return;
            }
            let known = register.knows(payload);
            self.forgeries.count(kind, payload, known, place, at.seconds().div_euclid(86_400));
        }
    }

    fn without_history(&self, examined: Examined, at: UnixMs, is_old: bool) -> Answer {
        let assurance = examined.check.assurance();
        let mut verdict = judge(
            &Evidence {
                check: examined.check,
                standing: None,
                case: false,
                foreign_host: None,
                seen: None,
                findings: Findings::NONE,
                accused: None,
            },
            self.policies.load().at(at),
        );
        if is_old {
            verdict.by_an_old_register();
        }
        Answer {
            verdict,
            payload: examined.payload,
            item: None,
            scans: None,
            recorded: RecordState::NotAsked,
            own: examined.own,
            assurance,
        }
    }

    /// The one store call, bounded in time.
    async fn history(
        &self,
        id: CodeId,
        question: &Question,
        place: Place,
        foreign_host: bool,
    ) -> (Option<History>, Option<usize>, RecordState) {
        let wait = Duration::from_millis(SCAN_STATE_WAIT_MS);
        let late = |_| StateError::Unavailable("no answer in time".to_owned());
        let begun = Instant::now();
        if !question.record {
            let looked = tokio::time::timeout(wait, self.state.peek(id)).await;
            metrics::histogram!("zhenma_store_call_seconds", "store" => "scans", "call" => "peek")
                .record(begun.elapsed());
            return match looked.map_err(late).and_then(|r| r) {
                Ok(history) => (Some(history), None, RecordState::NotAsked),
                Err(error) => {
                    self.report("peek", &error);
                    (None, None, RecordState::NotAsked)
                }
            };
        }
        let seen = self.observation(id, question, place, foreign_host);
        let recorded = tokio::time::timeout(wait, self.state.record(id, seen)).await;
        metrics::histogram!("zhenma_store_call_seconds", "store" => "scans", "call" => "record")
            .record(begun.elapsed());
        match recorded.map_err(late).and_then(|r| r) {
            Ok(r) => {
                let state = if r.repeated { RecordState::Repeated } else { RecordState::Recorded };
                (Some(r.history), Some(r.position), state)
            }
            Err(error) => {
                self.report("record", &error);
                (None, None, RecordState::Failed)
            }
        }
    }

    fn report(&self, call: &'static str, error: &StateError) {
        metrics::counter!("zhenma_store_errors_total", "store" => "scans", "call" => call,
            "reason" => error.slug())
        .increment(1);
        tracing::warn!(%error, "a scan could not be confirmed");
    }

    fn observation(
        &self,
        id: CodeId,
        question: &Question,
        place: Place,
        foreign_host: bool,
    ) -> Observation {
        let mut marks = self.hosting.marks(question.address);
        let device = match &question.device {
            Device::Cookie(cookie) => self.tags.cookie(cookie),
            Device::Claimed(claim) => {
                marks = marks.with(Marks::CLAIMED);
                self.tags.claim(claim)
            }
        };
        if foreign_host {
            marks = marks.with(Marks::FOREIGN_HOST);
        }
        Observation {
            at: question.at,
            device,
            network: self.tags.network(question.address),
            place,
            spot: question.location.and_then(|(lat, lon, m)| Spot::new(lat, lon, m)),
            channel: question.channel,
            marks,
            scan: self.tags.scan(&id.payload, question.scan_id.as_bytes()),
        }
    }
}

/// How the evidence across codes knows a label; only what stands on the goods
/// themselves is told there.
pub fn label(
    payload: &Payload,
    facts: &BatchFacts,
    number: u64,
    standing: &Standing,
) -> Option<Label> {
    (payload.layer == Layer::Outer).then(|| Label {
        batch: facts.batch.id,
        number,
        count: facts.batch.count,
        destination: Place(facts.batch.destination).province(),
        never_sold: standing.never_sold(),
    })
}
