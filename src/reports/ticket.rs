//! What binds a form to the scan whose answer it stands in. Sealed, so that the
//! browser that carries it can neither read nor change it; and since it stands
//! in the body of a POST, neither an address nor a log has the code.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::base::UnixMs;
use crate::reports::Seals;
use crate::scan::{Place, Tag48};

/// For how long the page of an answer leads to a form: as long as its cookie
/// makes it the same scan, and a while for who reads it first.
pub const TICKET_MS_MAX: i64 = 2 * 3_600_000;
/// For how long a form can be sent: there are photos to be found.
pub const FORM_MS_MAX: i64 = 2 * 3_600_000;
/// Nobody reads the form and ticks a box in less.
pub const FORM_MS_MIN: i64 = 3_000;
/// Characters of a sealed ticket that are looked at.
const TICKET_CHARACTERS_MAX: usize = 2_048;

/// One scan, as its answer was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// When the answer was given.
    #[serde(rename = "t")]
    pub at: i64,
    /// When the form was opened; none on the page of the answer.
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    pub opened: Option<i64>,
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<[u8; 12]>,
    /// Tag of the scan, and of who made it.
    #[serde(rename = "s")]
    pub scan: u64,
    #[serde(rename = "d")]
    pub device: u64,
    #[serde(rename = "n")]
    pub network: u32,
    /// Slugs of what was answered.
    #[serde(rename = "o")]
    pub outcome: String,
    #[serde(rename = "r")]
    pub reason: String,
    /// Serial as the page showed it; empty where it showed none.
    #[serde(rename = "c", default)]
    pub serial: String,
    /// The first scan as the page told it: when and where.
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    pub first: Option<(i64, Place)>,
    /// What an officer finds the scan by.
    #[serde(rename = "q")]
    pub reference: String,
}

/// Why a ticket is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bad {
    /// Not of ours, or of another page.
    Unknown,
    /// Another browser's.
    OtherBrowser,
    TooOld,
    /// Sent faster than anybody fills a form in.
    TooFast,
}

/// Who sends a form, as far as can be told.
#[derive(Clone, Copy, Debug)]
pub struct Sender {
    /// Tag of the cookie; `None` where none came.
    pub device: Option<Tag48>,
    pub network: u32,
}

impl Ticket {
    pub fn sealed(&self, seals: &Seals) -> String {
        let plain = serde_json::to_vec(self).unwrap_or_default();
        BASE64_URL_SAFE_NO_PAD.encode(seals.tickets.seal(b"ticket", &plain))
    }

    /// The ticket of an answer's page.
    ///
    /// # Errors
    /// When it is none, or is not taken any more.
    pub fn of_answer(seals: &Seals, text: &str, from: Sender, now: UnixMs) -> Result<Self, Bad> {
        let ticket = Self::open(seals, text, from)?;
        let age = now.0.saturating_sub(ticket.at);
        match ticket.opened {
            None if age <= TICKET_MS_MAX => Ok(ticket),
            None => Err(Bad::TooOld),
            Some(_) => Err(Bad::Unknown),
        }
    }

    /// The ticket of a form.
    ///
    /// # Errors
    /// The same, and when it was opened a moment ago.
    pub fn of_form(seals: &Seals, text: &str, from: Sender, now: UnixMs) -> Result<Self, Bad> {
        let ticket = Self::open(seals, text, from)?;
        let opened = ticket.opened.ok_or(Bad::Unknown)?;
        match now.0.saturating_sub(opened) {
            age if age < FORM_MS_MIN => Err(Bad::TooFast),
            age if age > FORM_MS_MAX => Err(Bad::TooOld),
            _ => Ok(ticket),
        }
    }

    /// Another site can make a browser send a ticket of its own, but not without
    /// our cookie being left out: then the networks must be the same.
    fn open(seals: &Seals, text: &str, from: Sender) -> Result<Self, Bad> {
        let text = Some(text).filter(|text| text.len() <= TICKET_CHARACTERS_MAX);
        let sealed = text.and_then(|text| BASE64_URL_SAFE_NO_PAD.decode(text).ok());
        let plain = sealed.and_then(|sealed| seals.tickets.open(b"ticket", &sealed));
        let ticket: Option<Self> = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
        let ticket = ticket.ok_or(Bad::Unknown)?;
        let same = match from.device {
            Some(device) => device.get() == ticket.device,
            None => from.network == ticket.network,
        };
        if same { Ok(ticket) } else { Err(Bad::OtherBrowser) }
    }

    /// The same for the form that is opened now.
    #[must_use]
    pub fn opened_at(self, now: UnixMs) -> Self {
        Self { opened: Some(now.0), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::tags::Tagger;

    fn ticket() -> Ticket {
        Ticket {
            at: 1_000_000,
            opened: None,
            payload: Some([7; 12]),
            scan: 9,
            device: 4,
            network: 5,
            outcome: "suspect".to_owned(),
            reason: "many_phones".to_owned(),
            serial: "CAAA".to_owned(),
            first: Some((900_000, Place(4101))),
            reference: "ABCD-EFGH".to_owned(),
        }
    }

    #[test]
    fn a_ticket_is_of_its_installation_browser_page_and_hour() {
        let (own, other) = (Seals::new(&Tagger::new(&[1; 32])), Seals::new(&Tagger::new(&[2; 32])));
        let from =
            |device: Option<u64>, network| Sender { device: device.map(Tag48::new), network };
        let (me, now) = (from(Some(4), 99), UnixMs(1_000_000));
        let answer = ticket().sealed(&own);
        assert!(answer.len() < 400 && !answer.contains("suspect"), "{answer}");
        assert_eq!(Ticket::of_answer(&own, &answer, me, now), Ok(ticket()));
        assert_eq!(Ticket::of_answer(&own, &answer, from(None, 5), now), Ok(ticket()));
        for (seals, text, who, at, wanted) in [
            (&other, &*answer, me, 0, Bad::Unknown),
            (&own, &answer[1..], me, 0, Bad::Unknown),
            (&own, "", me, 0, Bad::Unknown),
            (&own, &"A".repeat(10_000), me, 0, Bad::Unknown),
            (&own, &answer, from(Some(8), 5), 0, Bad::OtherBrowser),
            (&own, &answer, from(None, 6), 0, Bad::OtherBrowser),
            (&own, &answer, me, TICKET_MS_MAX + 1, Bad::TooOld),
        ] {
            assert_eq!(Ticket::of_answer(seals, text, who, now.plus_ms(at)), Err(wanted));
        }
        let form = ticket().opened_at(now).sealed(&own);
        let sent = |text: &str, after| Ticket::of_form(&own, text, me, now.plus_ms(after));
        assert_eq!(sent(&form, FORM_MS_MIN), Ok(ticket().opened_at(now)));
        assert_eq!(sent(&form, FORM_MS_MIN - 1), Err(Bad::TooFast));
        assert_eq!(sent(&form, FORM_MS_MAX + 1), Err(Bad::TooOld));
        assert_eq!(sent(&answer, FORM_MS_MIN), Err(Bad::Unknown), "no form was opened");
        assert_eq!(Ticket::of_answer(&own, &form, me, now), Err(Bad::Unknown));
    }
}
