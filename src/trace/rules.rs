//! What can happen and what cannot: pure, over what is known of the units that
//! an event touches.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::base::UnixMs;
use crate::registry::{Gtin, Register, Standing};
use crate::trace::event::CLOCK_AHEAD_MS_MAX;
use crate::trace::{Act, Event, Refusal, Unit, UnitKind};

/// Bottles in one case and cases on one pallet, whatever its maker says.
pub const CASE_BOTTLES_MAX: usize = 100;
pub const PALLET_CASES_MAX: usize = 300;

/// Where something is, as far as events tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whereabouts {
    #[default]
    AtMaker,
    InTransit,
    Received,
    Returned,
    Destroyed,
}

impl Whereabouts {
    pub const ALL: [Self; 5] =
        [Self::AtMaker, Self::InTransit, Self::Received, Self::Returned, Self::Destroyed];

    pub const fn slug(self) -> &'static str {
        match self {
            Self::AtMaker => "at_maker",
            Self::InTransit => "in_transit",
            Self::Received => "received",
            Self::Returned => "returned",
            Self::Destroyed => "destroyed",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|w| w.slug() == slug)
    }
}

/// What is known of one unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The case or pallet that holds it.
    pub parent: Option<Unit>,
    pub whereabouts: Whereabouts,
    /// Code of a place; of what is under way, where it goes to.
    pub place: Option<String>,
    /// Time of the last event that changed it.
    pub at: UnixMs,
}

/// What is known of all that an event touches. What is not in it is unknown to
/// the ledger: at the maker's, in nothing, holding nothing.
#[derive(Clone, Debug, Default)]
pub struct World {
    pub states: BTreeMap<Unit, State>,
    /// Of cases and pallets that were looked up.
    pub contents: BTreeMap<Unit, BTreeSet<Unit>>,
    /// Numbers of the event's range that came into being before.
    pub commissioned: Option<(u64, u64)>,
    /// Units that events changed since this was last emptied, and how each stood
    /// before.
    pub changed: BTreeMap<Unit, State>,
}

impl World {
    pub fn state(&self, unit: &Unit) -> State {
        self.states.get(unit).cloned().unwrap_or_default()
    }

    pub fn held_by(&self, unit: &Unit) -> impl Iterator<Item = &Unit> {
        self.contents.get(unit).into_iter().flatten()
    }

    /// A unit and all that it holds, in it and in what is in it.
    pub fn with_contents(&self, unit: &Unit) -> Vec<Unit> {
        let mut all = vec![unit.clone()];
        let mut next = 0;
        while let Some(unit) = all.get(next) {
            let inside: Vec<Unit> = self.held_by(unit).cloned().collect();
            all.extend(inside);
            next += 1;
        }
        all
    }

    /// The outermost of what holds a unit: where it is, the unit is.
    pub fn outermost(&self, unit: &Unit) -> Unit {
        let mut unit = unit.clone();
        // Bottle, case, pallet: two steps at most.
        for _ in 0..2 {
            let Some(parent) = self.state(&unit).parent else { break };
            unit = parent;
        }
        unit
    }

    fn set(&mut self, unit: &Unit, change: impl FnOnce(&mut State)) {
        let state = self.states.entry(unit.clone()).or_default();
        self.changed.entry(unit.clone()).or_insert_with(|| state.clone());
        change(state);
    }

    fn put_in(&mut self, unit: &Unit, parent: &Unit, event: &Event) {
        self.set(unit, |state| {
            state.parent = Some(parent.clone());
            state.at = event.at;
        });
        self.contents.entry(parent.clone()).or_default().insert(unit.clone());
    }

    fn take_out(&mut self, unit: &Unit, parent: &Unit, event: &Event) {
        let holder = self.state(parent);
        self.set(unit, |state| {
            *state = State { parent: None, at: event.at, ..holder };
        });
        if let Some(inside) = self.contents.get_mut(parent) {
            inside.remove(unit);
        }
    }
}

/// Decides on an event and, where it is possible, changes the world by it.
///
/// # Errors
/// Why it is not possible; the world is as it was.
pub fn apply(
    event: &Event,
    world: &mut World,
    register: &Register,
    now: UnixMs,
) -> Result<(), Refusal> {
    if event.at.since(now) > CLOCK_AHEAD_MS_MAX {
        return Err(Refusal::InFuture);
    }
    if let Some(twice) = twice(&event.units) {
        return Err(Refusal::Twice(twice));
    }
    for unit in event.units.iter().chain(&event.parent) {
        let state = world.state(unit);
        if state.whereabouts == Whereabouts::Destroyed {
            return Err(Refusal::Destroyed(unit.clone()));
        }
        // Clocks of the floor differ by as much as one may be ahead.
        if state.at.since(event.at) > CLOCK_AHEAD_MS_MAX {
            return Err(Refusal::BeforeLast(unit.clone()));
        }
    }
    match event.act {
        Act::Packed => pack(event, world, register),
        Act::Unpacked => unpack(event, world),
        Act::Shipped | Act::Received | Act::Returned => travel(event, world, register),
        Act::Destroyed => destroy(event, world),
        Act::Bottled | Act::Commissioned => match world.commissioned {
            Some((first, last)) => Err(Refusal::CommissionedBefore { first, last }),
            None => Ok(()),
        },
        Act::Inspected | Act::Linked | Act::Attached | Act::Detached => Ok(()),
    }
}

fn twice(units: &[Unit]) -> Option<Unit> {
    let mut seen = BTreeSet::new();
    units.iter().find(|unit| !seen.insert(*unit)).cloned()
}

fn pack(event: &Event, world: &mut World, register: &Register) -> Result<(), Refusal> {
    let Some(parent) = &event.parent else { return Err(Refusal::WrongKind) };
    closed_to(world, parent)?;
    for unit in &event.units {
        may_go_into(unit, parent, world, register)?;
    }
    let has = world.held_by(parent).count() + event.units.len();
    let most = match parent.kind() {
        UnitKind::Pallet => PALLET_CASES_MAX,
        UnitKind::Case | UnitKind::Bottle => CASE_BOTTLES_MAX,
    };
    match event.size {
        Some(size) if size != has => return Err(Refusal::CountDiffers { has, size }),
        _ if has > most => return Err(Refusal::TooMany { max: most }),
        _ => {}
    }
    for unit in &event.units {
        world.put_in(unit, parent, event);
    }
    world.set(parent, |state| {
        state.at = event.at;
        state.whereabouts = Whereabouts::AtMaker;
        state.place.clone_from(&event.place);
    });
    Ok(())
}

/// Nothing goes into what is under way, or is itself in something.
///
/// # Errors
/// Why it is closed.
pub(super) fn closed_to(world: &World, parent: &Unit) -> Result<(), Refusal> {
    let state = world.state(parent);
    if let Some(holder) = state.parent {
        return Err(Refusal::InOther { unit: parent.clone(), parent: holder });
    }
    at_hand(parent, state.whereabouts)
}

fn at_hand(unit: &Unit, whereabouts: Whereabouts) -> Result<(), Refusal> {
    match whereabouts {
        Whereabouts::AtMaker | Whereabouts::Returned => Ok(()),
        Whereabouts::InTransit => Err(Refusal::InTransit(unit.clone())),
        Whereabouts::Received => Err(Refusal::AtDealer(unit.clone())),
        Whereabouts::Destroyed => Err(Refusal::Destroyed(unit.clone())),
    }
}

/// Whether a unit may be packed into this parent now, counts left aside.
///
/// # Errors
/// Why not.
pub fn may_go_into(
    unit: &Unit,
    parent: &Unit,
    world: &World,
    register: &Register,
) -> Result<(), Refusal> {
    match (unit.kind(), parent.kind()) {
        (UnitKind::Bottle, UnitKind::Case)
            if product(unit, register) != product(parent, register) =>
        {
            return Err(Refusal::OtherProduct(unit.clone()));
        }
        (UnitKind::Bottle, UnitKind::Case) | (UnitKind::Case, UnitKind::Pallet) => {}
        _ => return Err(Refusal::WrongKind),
    }
    if world.state(unit).parent.as_ref() == Some(parent) {
        return Err(Refusal::AlreadyIn(unit.clone()));
    }
    may_be_packed(unit, world, register)
}

/// Whether a unit may be packed at all, into whatever it fits.
///
/// # Errors
/// Why not.
pub fn may_be_packed(unit: &Unit, world: &World, register: &Register) -> Result<(), Refusal> {
    let state = world.state(unit);
    match state.parent {
        Some(holder) => return Err(Refusal::InOther { unit: unit.clone(), parent: holder }),
        None => at_hand(unit, state.whereabouts)?,
    }
    if unit.kind() == UnitKind::Case && world.held_by(unit).next().is_none() {
        return Err(Refusal::Empty(unit.clone()));
    }
    on_sale(unit, register)
}

pub(super) fn product<'a>(unit: &Unit, register: &'a Register) -> Option<&'a Gtin> {
    let facts = register.batches.get(&unit.batch()?)?;
    Some(&facts.batch.product)
}

/// Withdrawn goods do not move on, nor does what was never to be sold. What is
/// not activated does: packing may come first.
pub(super) fn on_sale(unit: &Unit, register: &Register) -> Result<(), Refusal> {
    let Unit::Bottle { batch, number } = unit else { return Ok(()) };
    let Some(facts) = register.batches.get(batch) else { return Err(Refusal::NotOurs) };
    match facts.standing(*number) {
        Standing::OnSale | Standing::NotActivated { .. } => Ok(()),
        _ => Err(Refusal::Withdrawn(unit.clone())),
    }
}

fn unpack(event: &Event, world: &mut World) -> Result<(), Refusal> {
    let Some(parent) = &event.parent else { return Err(Refusal::WrongKind) };
    if world.state(parent).whereabouts == Whereabouts::InTransit {
        return Err(Refusal::InTransit(parent.clone()));
    }
    let inside: Vec<Unit> = world.held_by(parent).cloned().collect();
    if inside.is_empty() {
        return Err(Refusal::Empty(parent.clone()));
    }
    let out = if event.units.is_empty() { &inside } else { &event.units };
    if let Some(unit) = out.iter().find(|unit| !inside.contains(unit)) {
        return Err(Refusal::NotIn { unit: unit.clone(), parent: parent.clone() });
    }
    for unit in out {
        world.take_out(unit, parent, event);
    }
    world.set(parent, |state| state.at = event.at);
    Ok(())
}

fn travel(event: &Event, world: &mut World, register: &Register) -> Result<(), Refusal> {
    for unit in &event.units {
        let state = world.state(unit);
        if let Some(parent) = state.parent {
            return Err(Refusal::InOther { unit: unit.clone(), parent });
        }
        let way = state.whereabouts;
        match event.act {
            Act::Shipped => may_leave(unit, way, world, register)?,
            Act::Received if way != Whereabouts::InTransit => {
                return Err(Refusal::NotInTransit(unit.clone()));
            }
            Act::Returned if !matches!(way, Whereabouts::InTransit | Whereabouts::Received) => {
                return Err(Refusal::NeverShipped(unit.clone()));
            }
            _ => {}
        }
    }
    let (whereabouts, place) = match event.act {
        Act::Shipped => (Whereabouts::InTransit, &event.to),
        Act::Received => (Whereabouts::Received, &event.place),
        _ => (Whereabouts::Returned, &event.place),
    };
    for unit in &event.units {
        world.set(unit, |state| {
            state.whereabouts = whereabouts;
            if place.is_some() || event.act != Act::Received {
                state.place.clone_from(place);
            }
            state.at = event.at;
        });
    }
    Ok(())
}

/// Shipped is what is packed: of a loose bottle nobody knows the way.
fn may_leave(
    unit: &Unit,
    way: Whereabouts,
    world: &World,
    register: &Register,
) -> Result<(), Refusal> {
    if unit.kind() == UnitKind::Bottle {
        return Err(Refusal::Loose(unit.clone()));
    }
    if way == Whereabouts::InTransit {
        return Err(Refusal::InTransit(unit.clone()));
    }
    if world.held_by(unit).next().is_none() {
        return Err(Refusal::Empty(unit.clone()));
    }
    world.with_contents(unit).iter().try_for_each(|inside| on_sale(inside, register))
}

fn destroy(event: &Event, world: &mut World) -> Result<(), Refusal> {
    for unit in &event.units {
        let state = world.state(unit);
        if let Some(parent) = state.parent {
            return Err(Refusal::InOther { unit: unit.clone(), parent });
        }
        if state.whereabouts == Whereabouts::InTransit {
            return Err(Refusal::InTransit(unit.clone()));
        }
    }
    for unit in &event.units {
        for gone in world.with_contents(unit) {
            world.set(&gone, |state| {
                state.whereabouts = Whereabouts::Destroyed;
                state.at = event.at;
            });
        }
    }
    Ok(())
}
