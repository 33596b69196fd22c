//! From a text that is no signed code to a serial of a maker's own: the one read
//! of the ledger on the way of a scan, which signed codes never make.

use std::sync::Arc;
use std::time::Duration;

use crate::base::limits::{CODE_TEXT_BYTES_MAX, OWN_SERIAL_WAIT_MS};
use crate::code::{self, Malformed, Outcome as ReadOutcome, Payload, Reading};
use crate::registry::own::Asked;
use crate::registry::own::maker::PATH;
use crate::registry::{Enterprise, Placement, Register, Uscc};
use crate::scan::examined::Examined;
use crate::scan::judge::Check;
use crate::scan::service::Scanner;

/// What a text names.
#[derive(Clone, Debug)]
pub enum Named {
    /// A signed code or one of our serials, or nothing that can be read.
    Code(Text),
    Own(Own),
    /// What may be some maker's own serial and is in no list; why it is no code.
    Nowhere(Malformed),
}

/// A text, taken apart once for all who ask about it.
#[derive(Clone, Debug)]
pub enum Text {
    Signed(Reading),
    Serial(Payload),
    Malformed(Malformed),
}

impl Text {
    pub fn of(text: &str) -> Self {
        let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
        if text.len() > CODE_TEXT_BYTES_MAX {
            return Self::Malformed(Malformed::TooLong(text.len()));
        }
        if text.len() == Payload::SERIAL_TEXT_CHARACTERS {
            return Payload::from_serial_text(text).map_or_else(Self::Malformed, Self::Serial);
        }
        code::read(text).map_or_else(Self::Malformed, Self::Signed)
    }

    pub const fn payload(&self) -> Option<Payload> {
        match self {
            Self::Signed(Reading { payload, .. }) | Self::Serial(payload) => Some(*payload),
            Self::Malformed(_) => None,
        }
    }
}

impl Named {
    /// The code that it is, to know a scan again by it.
    pub const fn payload(&self) -> Option<Payload> {
        match self {
            Self::Code(text) => text.payload(),
            Self::Nowhere(_) => None,
            Self::Own(own) => match own.found {
                Found::Listed(payload) => Some(payload),
                _ => None,
            },
        }
    }

    /// The path under which its page is, where it is one maker's own serial.
    pub fn own_path(&self) -> Option<String> {
        let Self::Own(own) = self else { return None };
        let one = matches!(own.found, Found::Listed(_) | Found::NotListed);
        let [maker] = own.makers.as_slice() else { return None };
        one.then(|| format!("{PATH}{maker}/{}", own.serial))
    }

    /// Whether no list has it that was looked through.
    pub const fn is_missed(&self) -> bool {
        matches!(self, Self::Nowhere(_) | Self::Own(Own { found: Found::NotListed, .. }))
    }
}

/// A serial of a maker's own that somebody asked for.
#[derive(Clone, Debug)]
pub struct Own {
    /// As the list keeps it; empty where there is no such maker.
    serial: String,
    /// Whose it is, or may be.
    makers: Vec<Uscc>,
    /// The host under which it was opened.
    host: Option<String>,
    found: Found,
}

#[derive(Clone, Copy, Debug)]
enum Found {
    Listed(Payload),
    NotListed,
    /// More than one list has it.
    Several,
    Unavailable,
    /// The text names an enterprise that has no labels of its own.
    NoMaker,
}

/// What an answer shows of it.
#[derive(Clone)]
pub struct OwnAnswer {
    /// As the list keeps it.
    pub serial: String,
    /// Whose it is; those to choose from where several lists have it.
    pub makers: Vec<Arc<Enterprise>>,
}

impl OwnAnswer {
    /// Where it is asked for as this maker's.
    pub fn path_of(&self, maker: &Enterprise) -> String {
        format!("{PATH}{}/{}", maker.uscc, self.serial)
    }
}

impl Scanner {
    /// What a text names. Signed forms come first, and are theirs alone.
    pub async fn name(&self, text: &str) -> Named {
        let read = Text::of(text);
        if matches!(read, Text::Signed(_) | Text::Malformed(Malformed::TooLong(_))) {
            return Named::Code(read);
        }
        let register = self.register.load_full();
        let issued = |payload| matches!(register.place(payload), Placement::Issued { .. });
        if matches!(&read, Text::Serial(payload) if issued(payload)) {
            return Named::Code(read);
        }
        let maker_of = |gtin: &_| Some(register.products.get(gtin)?.enterprise.clone());
        let Some(asked) = register.own.asked(text.trim(), maker_of) else {
            return Named::Code(read);
        };
        match (self.look_up(asked, &register).await, read) {
            (Some(own), _) => Named::Own(own),
            (None, Text::Malformed(hint)) => Named::Nowhere(hint),
            (None, read) => Named::Code(read),
        }
    }

    /// `None`: a bare text that stands in no list is no serial of anybody.
    async fn look_up(&self, asked: Asked, register: &Register) -> Option<Own> {
        let serial = asked.lists.first().map(|(_, serial)| serial.clone()).unwrap_or_default();
        let all: Vec<_> = asked.lists.iter().map(|(maker, _)| maker.enterprise.clone()).collect();
        let answer =
            |serial, makers, found| Some(Own { serial, makers, host: asked.host.clone(), found });
        if asked.lists.is_empty() {
            return answer(serial, all, Found::NoMaker);
        }
        let wanted: Vec<_> =
            asked.lists.iter().map(|(maker, serial)| (maker.id, serial.as_str())).collect();
        let wait = Duration::from_millis(OWN_SERIAL_WAIT_MS);
        let found = match tokio::time::timeout(wait, self.own.find_serials(&wanted)).await {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => {
                tracing::warn!(%error, "an own serial was not looked up");
                return answer(serial, all, Found::Unavailable);
            }
            Err(_) => {
                tracing::warn!("an own serial was not looked up in time");
                return answer(serial, all, Found::Unavailable);
            }
        };
        let mut here: Vec<_> = (asked.lists.iter().zip(found))
            .filter_map(|((maker, serial), place)| Some((maker, serial, place?)))
            .collect();
        match here.len() {
            0 if asked.bare => None,
            0 => answer(serial, all, Found::NotListed),
            1 => {
                let (maker, serial, (batch, number)) = here.remove(0);
                let facts = register.batches.get(&batch);
                let found = match facts {
                    // Of a list that was finished this very moment.
                    None => Found::Unavailable,
                    Some(facts)
                        if asked.product.as_ref().is_some_and(|p| *p != facts.product.gtin) =>
                    {
                        Found::NotListed
                    }
                    Some(facts) => Found::Listed(facts.payload(number)),
                };
                answer(serial.clone(), vec![maker.enterprise.clone()], found)
            }
            _ => {
                let makers = here.iter().map(|(maker, ..)| maker.enterprise.clone()).collect();
                answer(here[0].1.clone(), makers, Found::Several)
            }
        }
    }
}

impl Own {
    /// What the judge hears of it; `hosts` are ours.
    pub(super) fn examined(&self, register: &Register, hosts: &[String]) -> Examined {
        let (check, payload) = match self.found {
            Found::Listed(payload) => (Check::Listed, Some(payload)),
            Found::NotListed => (Check::NotListed, None),
            Found::Several => (Check::SeveralMakers(self.makers.len()), None),
            Found::Unavailable => (Check::ListUnavailable, None),
            Found::NoMaker => (Check::Read(ReadOutcome::UnknownKey), None),
        };
        let makers =
            self.makers.iter().filter_map(|uscc| register.enterprises.get(uscc).cloned()).collect();
        Examined {
            placement: payload.map_or(Placement::NotIssued, |payload| register.place(&payload)),
            payload,
            foreign_host: self.host.as_ref().filter(|host| !hosts.contains(host)).cloned(),
            own: (!self.serial.is_empty())
                .then(|| OwnAnswer { serial: self.serial.clone(), makers }),
            ..Examined::failed(check)
        }
    }
}
