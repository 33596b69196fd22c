//! How the serials of an enterprise's own labels are asked for.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::serial::{Case, normal};
use crate::base::FieldError;
use crate::code::host_is_sound;
use crate::registry::{Gtin, Uscc};

/// Bytes of an old address.
pub const ADDRESS_BYTES_MAX: usize = 300;
/// What stands for the serial in it.
const PLACE: &str = "{serial}";
/// The path under which own serials are asked for: `/own/USCC/SERIAL`.
pub const PATH: &str = "/own/";

/// The address that an enterprise printed: everything but the serial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OldAddress {
    /// Small letters, with its port if it has one.
    host: String,
    /// From the first character behind the host to the serial.
    before: String,
    after: String,
    text: String,
}

impl OldAddress {
    /// Reads `https://old.example.cn/q?c={serial}`.
    ///
    /// # Errors
    /// Naming the field `url`.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let fault = |problem: &str| {
            let remedy = "write it as on the labels, such as https://old.example.cn/q?c={serial}";
            FieldError::new("url", problem, remedy)
        };
        let text = text.trim();
        if text.len() > ADDRESS_BYTES_MAX || !text.bytes().all(|c| c.is_ascii_graphic()) {
            return Err(fault("is too long, or not plain ASCII"));
        }
        let (host, path) = split(text).ok_or_else(|| fault("is no web address"))?;
        if !host_is_sound(host) || !host.contains('.') {
            return Err(fault("has no plain host"));
        }
        let (before, after) =
            path.split_once(PLACE).ok_or_else(|| fault("has no {serial} behind its host"))?;
        if after.contains(PLACE) {
            return Err(fault("has {serial} twice"));
        }
        Ok(Self {
            host: host.to_ascii_lowercase(),
            before: before.to_owned(),
            after: after.to_owned(),
            text: text.to_owned(),
        })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    /// The serial in an address that was printed so; parameters that chat
    /// programs add behind it do not matter.
    fn serial_in(&self, text: &str) -> Option<String> {
        let (host, path) = split(text)?;
        let rest =
            path.strip_prefix(&self.before).filter(|_| host.eq_ignore_ascii_case(&self.host))?;
        let end = match self.after.as_str() {
            "" => rest.find(['&', '#', '?', '/']).unwrap_or(rest.len()),
            after => rest.find(after)?,
        };
        unescape(&rest[..end])
    }
}

impl TryFrom<String> for OldAddress {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).map_err(|fault| fault.to_string())
    }
}

impl From<OldAddress> for String {
    fn from(address: OldAddress) -> Self {
        address.text
    }
}

/// Host, and what is behind it, of a web address.
fn split(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    let at = rest.find(['/', '?']).filter(|_| web)?;
    Some(rest.split_at(at))
}

/// Percent escapes undone; `None` where they are broken or no UTF-8.
fn unescape(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(c) = bytes.next() {
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        out.push(match c {
            b'%' => u8::try_from(digit()? * 16 + digit()?).ok()?,
            c => c,
        });
    }
    String::from_utf8(out).ok()
}

/// An enterprise that has labels of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maker {
    /// In the rows of its serials.
    pub id: i64,
    pub enterprise: Uscc,
    pub case: Case,
    /// What stands on its labels, where it told.
    pub address: Option<OldAddress>,
}

/// What a text asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The lists it may stand in, with the serial as each of them keeps it. Empty:
    /// the text names an enterprise that has no such list.
    pub lists: Vec<(Arc<Maker>, String)>,
    /// The product that the text names.
    pub product: Option<Gtin>,
    /// The host under which it was opened.
    pub host: Option<String>,
    /// A bare serial: that it is in no list says nothing of any enterprise.
    pub bare: bool,
}

/// All enterprises that have labels of their own.
#[derive(Clone, Debug, Default)]
pub struct Makers(Vec<Arc<Maker>>);

impl Makers {
    pub fn put(&mut self, maker: Maker) {
        self.0.retain(|old| old.id != maker.id);
        self.0.push(Arc::new(maker));
        self.0.sort_by_key(|maker| maker.id);
    }

    pub fn of(&self, enterprise: &Uscc) -> Option<&Arc<Maker>> {
        self.0.iter().find(|maker| &maker.enterprise == enterprise)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a text that is no code of ours asks for; `None` where it can be no
    /// serial. `maker_of` tells whose a product is.
    pub fn asked(&self, text: &str, maker_of: impl Fn(&Gtin) -> Option<Uscc>) -> Option<Asked> {
        if self.is_empty() && !text.contains(PATH) {
            return None;
        }
        match split(text) {
            Some((host, path)) => self
                .named(host, path)
                .or_else(|| self.of_product(host, path, maker_of))
                .or_else(|| self.at_old_address(text)),
            None => self.bare(text),
        }
    }

    /// `/own/USCC/SERIAL`
    fn named(&self, host: &str, path: &str) -> Option<Asked> {
        let path = path.split(['?', '#']).next()?;
        let (enterprise, serial) = path.strip_prefix(PATH)?.split_once('/')?;
        let serial = unescape(serial)?;
        let maker = Uscc::parse(enterprise).ok().and_then(|uscc| self.of(&uscc));
        let lists = maker.map(|maker| kept(maker, &serial)).unwrap_or_default();
        let unlisted = maker.is_some() && lists.is_empty();
        (!unlisted).then(|| Asked { lists, product: None, host: Some(lower(host)), bare: false })
    }

    /// A GS1 Digital Link with a serial and no signature.
    fn of_product(
        &self,
        host: &str,
        path: &str,
        maker_of: impl Fn(&Gtin) -> Option<Uscc>,
    ) -> Option<Asked> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let path = path.split('#').next()?;
        let (gtin, rest) = path.strip_prefix("/01/")?.split_once('/')?;
        let parts: Vec<_> = rest.split('/').collect();
        let serial = match parts[..] {
            ["21", serial] | ["10", _, "21", serial] => unescape(serial)?,
            _ => return None,
        };
        // A signature, or a serial of ours that lost its: the reader's to answer.
        let ours = crate::code::Payload::from_serial_text(&serial).is_ok();
        if ours || query.split('&').any(|pair| pair.split('=').next() == Some("sig")) {
            return None;
        }
        let gtin = Gtin::parse(gtin).ok()?;
        let maker = self.of(&maker_of(&gtin)?)?;
        let lists = kept(maker, &serial);
        let asked = Asked { lists, product: Some(gtin), host: Some(lower(host)), bare: false };
        (!asked.lists.is_empty()).then_some(asked)
    }

    fn at_old_address(&self, text: &str) -> Option<Asked> {
        let lists: Vec<_> = self
            .0
            .iter()
            .filter_map(|maker| Some((maker, maker.address.as_ref()?.serial_in(text)?)))
            .flat_map(|(maker, serial)| kept(maker, &serial))
            .collect();
        (!lists.is_empty()).then_some(Asked { lists, product: None, host: None, bare: false })
    }

    fn bare(&self, text: &str) -> Option<Asked> {
        let lists: Vec<_> = self.0.iter().flat_map(|maker| kept(maker, text)).collect();
        (!lists.is_empty()).then_some(Asked { lists, product: None, host: None, bare: true })
    }
}

fn lower(host: &str) -> String {
    host.to_ascii_lowercase()
}

/// The serial as a maker's list keeps it, where it can stand there.
fn kept(maker: &Arc<Maker>, text: &str) -> Vec<(Arc<Maker>, String)> {
    let serial = normal(text, maker.case).ok();
    serial.map(|serial| (Arc::clone(maker), serial.into_owned())).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uscc(text: &str) -> Uscc {
        Uscc::parse(text).expect("a code")
    }

    fn makers() -> Makers {
        let mut makers = Makers::default();
        for (id, of, case, address) in [
            (1, "91411628MA9DEM01XU", Case::Fold, Some("https://old.example.cn/q?c={serial}")),
            (2, "91411628MA9DEM028U", Case::Exact, Some("https://b.example.cn/t/{serial}.html")),
        ] {
            let address = address.map(|text| OldAddress::parse(text).expect("an address"));
            makers.put(Maker { id, enterprise: uscc(of), case, address });
        }
        makers
    }

    fn asked(text: &str) -> Option<Vec<(i64, String)>> {
        let first = |_: &Gtin| Some(uscc("91411628MA9DEM01XU"));
        let asked = makers().asked(text, first)?;
        Some(asked.lists.into_iter().map(|(maker, serial)| (maker.id, serial)).collect())
    }

    #[test]
    fn a_serial_is_found_in_what_the_labels_carry() {
        let one = |id, serial: &str| Some(vec![(id, serial.to_owned())]);
        for (text, wanted) in [
            ("https://id.cn/own/91411628MA9DEM01XU/ab-12", one(1, "AB12")),
            ("https://id.cn/own/91411628MA9DEM028U/ab12?lang=en", one(2, "ab12")),
            ("https://id.cn/own/91411628MA9DEM028U/a%2Db12", one(2, "ab12")),
            ("https://id.cn/own/91411628MA9DEM036N/ab12", Some(vec![])),
            ("https://id.cn/01/06900000001011/21/ab12", one(1, "AB12")),
            ("https://id.cn/01/06900000001011/10/L1/21/ab12", one(1, "AB12")),
            ("HTTP://OLD.EXAMPLE.CN/q?c=ab12&from=wx", one(1, "AB12")),
            ("https://b.example.cn/t/ab12.html#top", one(2, "ab12")),
            ("ab12", Some(vec![(1, "AB12".to_owned()), (2, "ab12".to_owned())])),
            // Not theirs, or a signed form's to answer.
            ("https://old.example.cn/other?c=ab12", None),
            ("https://id.cn/01/06900000001011/10/L1/21/ab12?sig=x", None),
            ("https://id.cn/01/06900000001011/10/L1/21/CAAAAAIAAAAAOAAAAAAA", None),
            ("https://id.cn/own/91411628MA9DEM01XU/a%2fb", None),
            ("https://id.cn/own/91411628MA9DEM01XU/", None),
            ("not/a/serial", None),
        ] {
            assert_eq!(asked(text), wanted, "{text}");
        }
    }

    #[test]
    fn an_old_address_says_where_the_serial_stands() {
        for (text, problem) in [
            ("old.example.cn/{serial}", "no web address"),
            ("ftp://old.example.cn/{serial}", "no web address"),
            ("https://old.example.cn/", "no {serial}"),
            ("https://{serial}.example.cn/", "no plain host"),
            ("https://localhost/{serial}", "no plain host"),
            ("https://old.example.cn/{serial}/{serial}", "twice"),
            ("https://old.example.cn/中{serial}", "ASCII"),
        ] {
            let fault = OldAddress::parse(text).expect_err(text);
            assert!(fault.problem.contains(problem), "{text}: {fault}");
        }
    }
}
