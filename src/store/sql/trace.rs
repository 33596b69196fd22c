//! Events of traceability: each is decided on and kept in the transaction that
//! read what it was decided on.

use super::db::{self, QueryBuilder, Row};
use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::rows::{Read, get};
use super::trace_milestones::Told;
use super::{
    Ledger, Tx, audit, down, shipped, signed, trace_declare, trace_line, trace_milestones,
    trace_rows, trace_sites, trace_world,
};
use crate::auth::trail::Entry;
use crate::base::{By, FieldError, LedgerError};
use crate::registry::Uscc;
use crate::trace::capture::Captured;
use crate::trace::epc::Names;
use crate::trace::line;
use crate::trace::place::{Customs, Site};
use crate::trace::port::{Filter, Kept, Picture, Recorded, Recording, Refused, TraceLedger, Why};
use crate::trace::rules::{World, apply};
use crate::trace::{Act, Event, Refusal, Unit, document, milestones};

/// One transaction that keeps events.
pub(super) struct Keeper<'a> {
    pub(super) with: Recording<'a>,
    pub(super) by: &'a By,
    pub(super) sites: BTreeMap<String, Site>,
    pub(super) customs: Customs,
    pub(super) world: World,
    told: Told,
    /// Of the next event.
    seq: i64,
}

/// Of an answer to one event.
pub(super) type Answer = Result<Recorded, Why>;

pub(super) fn impossible(refusal: Refusal) -> Answer {
    Err(Why::Impossible(refusal))
}

pub(super) fn invalid(field: &str, problem: &str, remedy: &str) -> Answer {
    Err(Why::Invalid(FieldError::new(field, problem, remedy)))
}

impl<'a> Keeper<'a> {
    pub(super) async fn open(tx: &mut Tx, with: Recording<'a>, by: &'a By) -> Read<Self> {
        let seq = db::query_scalar("SELECT COALESCE(MAX(seq), 0) + 1 FROM trace_events")
            .fetch_one(&mut **tx)
            .await
            .map_err(down)?;
        Ok(Self {
            with,
            by,
            sites: trace_sites::by_code(tx, with.own).await?,
            customs: trace_sites::customs(&mut **tx, with.own).await?,
            world: World::default(),
            told: Told::new(),
            seq,
        })
    }

    fn body(&self, event: &Event) -> Value {
        let Recording { own, register, origin } = self.with;
        let names = Names { register, own, origin, sites: &self.sites };
        document::event(event, names, self.by.at)
    }

    /// What an event says, whenever it was kept.
    fn digest(&self, event: &Event) -> Vec<u8> {
        let mut body = self.body(event);
        if let Some(members) = body.as_object_mut() {
            members.remove("recordTime");
        }
        Sha256::digest(body.to_string()).to_vec()
    }

    async fn one(&mut self, tx: &mut Tx, event: &Event) -> Read<Answer> {
        let places = [&event.place, &event.from, &event.to];
        if places.into_iter().flatten().any(|code| !self.sites.contains_key(code)) {
            return Ok(invalid("place", "is not registered", "register the place first"));
        }
        if let Some(range) = &event.range
            && let Err(fault) = range.check(self.with.register, self.with.own)
        {
            return Ok(Err(Why::Invalid(fault)));
        }
        let digest = self.digest(event);
        let known: Option<Vec<u8>> =
            db::query_scalar("SELECT digest FROM trace_events WHERE enterprise = $1 AND id = $2")
                .bind(self.with.own.as_str())
                .bind(&event.id)
                .fetch_optional(&mut **tx)
                .await
                .map_err(down)?;
        match known {
            Some(known) if known == digest => {
                return Ok(Ok(Recorded { id: event.id.clone(), new: false }));
            }
            Some(_) => {
                let problem = "is the name of another event";
                return Ok(invalid("eventID", problem, "give this event a name of its own"));
            }
            None => {}
        }
        let event = self.sized(event);
        if let Err(refusal) = trace_world::load_for(tx, &mut self.world, &event).await? {
            return Ok(impossible(refusal));
        }
        if let Err(refusal) = apply(&event, &mut self.world, self.with.register, self.by.at) {
            return Ok(impossible(refusal));
        }
        self.keep(tx, &event, digest).await?;
        Ok(Ok(Recorded { id: event.id, new: true }))
    }

    /// With the size that the enterprise sets, where the event says none.
    fn sized(&self, event: &Event) -> Event {
        let mut event = event.clone();
        let size = match &event.parent {
            Some(Unit::Pallet { .. }) => self.customs.pallet_size,
            _ => self.customs.case_size,
        };
        if event.act == Act::Packed && event.size.is_none() && size > 0 {
            event.size = Some(size);
        }
        event
    }

    /// Keeps an event of a line, which the rules have passed.
    pub(super) async fn keep_packed(&mut self, tx: &mut Tx, event: &Event) -> Read<()> {
        let digest = self.digest(event);
        self.keep(tx, event, digest).await
    }

    async fn keep(&mut self, tx: &mut Tx, e: &Event, digest: Vec<u8>) -> Read<()> {
        let seq = self.seq;
        self.seq += 1;
        let count = e.range.map_or(e.units.len() as u64, |range| range.count());
        db::query(
            "INSERT INTO trace_events (seq, enterprise, id, digest, act, event_at, zone_offset,
             recorded_at, recorded_by, parent, unit_count, place, from_place, to_place, body,
             first_unit)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        )
        .bind(seq)
        .bind(self.with.own.as_str())
        .bind(&e.id)
        .bind(digest)
        .bind(e.act.slug())
        .bind(e.at.0)
        .bind(i64::from(e.offset_minutes))
        .bind(self.by.at.0)
        .bind(&self.by.login)
        .bind(e.parent.as_ref().map(ToString::to_string))
        .bind(signed(count))
        .bind(&e.place)
        .bind(&e.from)
        .bind(&e.to)
        .bind(self.body(e).to_string())
        .bind(
            e.range.map(|range| range.first_unit()).or(e.units.first().cloned()).map(String::from),
        )
        .execute(&mut **tx)
        .await
        .map_err(down)?;
        let batches = milestones::batches(e, &self.world);
        if !batches.is_empty() {
            let mut insert = QueryBuilder::new(
                "INSERT INTO trace_event_batches
                 (key_number, batch_number, seq, first_number, last_number) ",
            );
            insert.push_values(&batches, |mut row, batch| {
                let range = e.range.filter(|range| range.batch == *batch);
                row.push_bind(i64::from(batch.key.get()))
                    .push_bind(i64::from(batch.batch))
                    .push_bind(seq)
                    .push_bind(range.map(|range| signed(range.first)))
                    .push_bind(range.map(|range| signed(range.last)));
            });
            insert.build().execute(&mut **tx).await.map_err(down)?;
        }
        let bottles = milestones::shipped(e, &self.world, self.with.register, &self.sites);
        shipped::keep(tx, seq, bottles).await?;
        trace_world::save(tx, &mut self.world, e, seq).await?;
        let with = (self.with.register, &self.sites);
        trace_milestones::keep(tx, (e, seq), &batches, with, &mut self.told).await
    }

    /// One row of the audit trail for all that was kept.
    pub(super) async fn note(&self, tx: &mut Tx, action: &'static str, said: Value) -> Read<()> {
        let entry = Entry {
            action,
            object: "events".to_owned(),
            enterprise: Some(self.with.own.as_str()),
            before: Value::Null,
            after: said,
        };
        audit::note(tx, self.by, &entry).await
    }
}

async fn record(
    ledger: &Ledger,
    with: Recording<'_>,
    sent: &[Captured],
    by: &By,
) -> Read<Result<Vec<Recorded>, Refused>> {
    let mut tx = ledger.write().await?;
    let mut keeper = Keeper::open(&mut tx, with, by).await?;
    let mut done = Vec::with_capacity(sent.len());
    let mut acts = BTreeMap::<&str, u64>::new();
    for (index, captured) in sent.iter().enumerate() {
        let (kept, act) = match captured {
            Captured::Event(event) => (keeper.one(&mut tx, event).await?, event.act.slug()),
            Captured::Declared { id, declaration } => {
                (trace_declare::declare(&mut keeper, &mut tx, id, declaration).await?, "declared")
            }
        };
        match kept {
            Ok(recorded) => {
                *acts.entry(act).or_default() += u64::from(recorded.new);
                done.push(recorded);
            }
            Err(why) => return Ok(Err(Refused { index, why })),
        }
    }
    acts.retain(|_, count| *count > 0);
    if !acts.is_empty() {
        keeper.note(&mut tx, "trace.record", json!(acts)).await?;
    }
    tx.commit().await.map_err(down)?;
    Ok(Ok(done))
}

#[async_trait]
impl TraceLedger for Ledger {
    async fn record(
        &self,
        with: Recording<'_>,
        sent: &[Captured],
        by: &By,
    ) -> Result<Result<Vec<Recorded>, Refused>, LedgerError> {
        record(self, with, sent, by).await
    }

    async fn scan_line(
        &self,
        with: Recording<'_>,
        batch: &line::Batch,
        by: &By,
    ) -> Result<Vec<line::Told>, LedgerError> {
        trace_line::scan(self, with, batch, by).await
    }

    async fn picture(&self, own: &Uscc, unit: &Unit) -> Result<Picture, LedgerError> {
        trace_rows::picture(self, own, unit).await
    }

    async fn events(
        &self,
        own: &Uscc,
        filter: &Filter,
        after: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Kept>, LedgerError> {
        trace_rows::events(self, own, filter, after, limit).await
    }

    async fn sites(&self, own: &Uscc) -> Result<Vec<Site>, LedgerError> {
        trace_sites::sites(self, own).await
    }

    async fn put_site(&self, own: &Uscc, site: &Site, by: &By) -> Result<(), LedgerError> {
        trace_sites::put(self, own, site, by).await
    }

    async fn customs(&self, own: &Uscc) -> Result<Customs, LedgerError> {
        trace_sites::customs(&self.reader, own).await
    }

    async fn set_customs(&self, own: &Uscc, customs: &Customs, by: &By) -> Result<(), LedgerError> {
        trace_sites::set_customs(self, own, customs, by).await
    }
}

/// One number of a row that must be there.
pub(super) fn seq_of(row: &Row) -> Read<i64> {
    get(row, "seq")
}
