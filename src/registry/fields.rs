//! One object of somebody's input as named texts, wherever it came from: a row
//! of CSV, a line of JSON, the body of a request, arguments of the shell. All
//! of them are read into enterprises, products and batches here, so that all
//! hear the same of what is wrong.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;

use crate::base::FieldError;
use crate::base::limits::BATCH_LABELS_MAX;
use crate::code::Gs1Prefix;
use crate::keys::KeyNumber;
use crate::registry::{Bilingual, Enterprise, Gtin, Layers, Licence, NewBatch, Product, Uscc};

pub const ENTERPRISE_FIELDS: [&str; 8] = [
    "uscc",
    "name_zh",
    "name_en",
    "licence_kind",
    "licence_number",
    "licence_expires_on",
    "licences",
    "gs1_prefix",
];
pub const PRODUCT_FIELDS: [&str; 9] = [
    "gtin",
    "enterprise",
    "name_zh",
    "name_en",
    "category",
    "standard",
    "net_content",
    "shelf_life_days",
    "pictures",
];
pub const BATCH_FIELDS: [&str; 11] = [
    "product",
    "lot",
    "made_on",
    "expires_on",
    "destination",
    "dealer",
    "layers",
    "count",
    "cases",
    "pallets",
    "key",
];

/// Named texts of one object. Empty ones are as good as absent.
#[derive(Clone, Debug, Default)]
pub struct Fields(BTreeMap<String, Value>);

/// A JSON object whose keys stand once each.
impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if fields.insert(name.clone(), value).is_some() {
                        return Err(A::Error::custom(format!("{name:?} stands twice")));
                    }
                }
                Ok(Fields(fields))
            }
        }
        from.deserialize_map(Object)
    }
}

impl<const N: usize> From<[(&str, Option<String>); N]> for Fields {
    fn from(pairs: [(&str, Option<String>); N]) -> Self {
        Self(
            pairs
                .into_iter()
                .filter_map(|(name, value)| Some((name.to_owned(), Value::String(value?))))
                .collect(),
        )
    }
}

impl Fields {
    pub fn set(&mut self, name: &str, value: String) {
        self.0.insert(name.to_owned(), Value::String(value));
    }

    pub fn set_list(&mut self, name: &str, values: Vec<String>) {
        self.0.insert(name.to_owned(), Value::from(values));
    }

    fn text(&self, name: &str) -> Result<Option<String>, FieldError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => {
                let text = text.trim();
                Ok((!text.is_empty()).then(|| text.to_owned()))
            }
            Some(Value::Number(n)) => Ok(Some(n.to_string())),
            Some(other) => Err(FieldError::new(
                name,
                format!("{} is neither a text nor a number", kind(other)),
                "write a text",
            )),
        }
    }
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Reads fields and gathers what is wrong with each.
pub struct Reader<'a> {
    fields: &'a Fields,
    errors: Vec<FieldError>,
}

impl<'a> Reader<'a> {
    /// `known`: what the object may have.
    pub fn of(fields: &'a Fields, known: &[&str]) -> Self {
        let errors = fields
            .0
            .keys()
            .filter(|name| !known.contains(&name.as_str()))
            .map(|name| {
                FieldError::new(name, "is not known", format!("known are {}", known.join(", ")))
            })
            .collect();
        Self { fields, errors }
    }

    /// What was read, or what is wrong with it put by.
    pub fn note<T>(&mut self, result: Result<T, FieldError>) -> Option<T> {
        result.map_err(|error| self.errors.push(error)).ok()
    }

    /// Empty where it is absent.
    pub fn text(&mut self, name: &str) -> String {
        let found = self.fields.text(name);
        self.note(found).flatten().unwrap_or_default()
    }

    /// A field that must be there, as `T`.
    pub fn need<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, FieldError>,
    ) -> Option<T> {
        let found = self.fields.text(name);
        match self.note(found)? {
            None => {
                self.errors.push(FieldError::new(name, "is missing", "give it"));
                None
            }
            Some(text) => {
                let mut parsed = parse(&text);
                if let Err(error) = &mut parsed {
                    name.clone_into(&mut error.field);
                }
                self.note(parsed)
            }
        }
    }

    fn optional<T: FromStr>(&mut self, name: &str, remedy: &str) -> Option<T> {
        let found = self.fields.text(name);
        let text = self.note(found)??;
        let parsed = text
            .parse()
            .map_err(|_| FieldError::new(name, format!("{text:?} cannot be read"), remedy));
        self.note(parsed)
    }

    fn list(&mut self, name: &str) -> Vec<Value> {
        match self.fields.0.get(name) {
            Some(Value::Array(list)) => list.clone(),
            Some(Value::String(text)) => text.split_whitespace().map(Value::from).collect(),
            None | Some(Value::Null) => Vec::new(),
            Some(other) => {
                let problem = format!("{} is no list", kind(other));
                self.errors.push(FieldError::new(name, problem, "write a list"));
                Vec::new()
            }
        }
    }

    fn names(&mut self) -> Bilingual {
        Bilingual { zh: self.text("name_zh"), en: self.text("name_en") }
    }

    /// The object, if nothing was wrong and its own check finds nothing. Where
    /// a field could not be read something sound stands in its place, so that
    /// the others are checked all the same.
    ///
    /// # Errors
    /// All that was wrong.
    pub fn end<T>(
        mut self,
        object: T,
        check: impl FnOnce(&T) -> Result<(), Vec<FieldError>>,
    ) -> Result<T, Vec<FieldError>> {
        if let Err(more) = check(&object) {
            self.errors.extend(more);
        }
        if self.errors.is_empty() { Ok(object) } else { Err(self.errors) }
    }
}

fn date(text: &str) -> Result<Date, FieldError> {
    text.parse()
        .map_err(|_| FieldError::new("", format!("{text:?} is no date"), "write 2026-11-01"))
}

/// # Errors
/// Every field that cannot be taken.
pub fn enterprise(fields: &Fields) -> Result<Enterprise, Vec<FieldError>> {
    let mut read = Reader::of(fields, &ENTERPRISE_FIELDS);
    let uscc = read.need("uscc", Uscc::parse);
    let name = read.names();
    let mut licences = Vec::new();
    for value in read.list("licences") {
        let licence = serde_json::from_value::<Licence>(value).map_err(|e| {
            FieldError::new("licences", e.to_string(), "write kind, number, expires_on")
        });
        licences.extend(read.note(licence));
    }
    let (kind, number) = (read.text("licence_kind"), read.text("licence_number"));
    if !kind.is_empty() || !number.is_empty() {
        let expires_on = read.need("licence_expires_on", date);
        licences.extend(expires_on.map(|expires_on| Licence { kind, number, expires_on }));
    }
    licences.sort_by(|a, b| (&a.kind, &a.number).cmp(&(&b.kind, &b.number)));
    let uscc = uscc.unwrap_or_else(|| Uscc(String::new()));
    let gs1_prefix = match read.text("gs1_prefix").as_str() {
        "" => None,
        digits => read.note(Gs1Prefix::parse(digits)),
    };
    read.end(Enterprise { uscc, name, licences, gs1_prefix }, Enterprise::check)
}

/// # Errors
/// Every field that cannot be taken.
pub fn product(fields: &Fields) -> Result<Product, Vec<FieldError>> {
    let mut read = Reader::of(fields, &PRODUCT_FIELDS);
    let gtin = read.need("gtin", Gtin::parse);
    let enterprise = read.need("enterprise", Uscc::parse);
    let name = read.names();
    let (category, standard) = (read.text("category"), read.text("standard"));
    let net_content = read.text("net_content");
    let shelf_life_days = read.optional("shelf_life_days", "write a number of days");
    let pictures =
        read.list("pictures").iter().map(|p| p.as_str().unwrap_or_default().to_owned()).collect();
    let product = Product {
        gtin: gtin.unwrap_or_else(|| Gtin(String::new())),
        enterprise: enterprise.unwrap_or_else(|| Uscc(String::new())),
        name,
        category,
        standard,
        net_content,
        shelf_life_days,
        pictures,
    };
    read.end(product, Product::check)
}

/// # Errors
/// Every field that cannot be taken.
pub fn batch(fields: &Fields) -> Result<NewBatch, Vec<FieldError>> {
    let mut read = Reader::of(fields, &BATCH_FIELDS);
    let product = read.need("product", Gtin::parse);
    let made_on = read.need("made_on", date);
    let count = read.need("count", |text| {
        let fault = |problem: &str| {
            let remedy = format!("order 1 to {BATCH_LABELS_MAX}");
            FieldError::new("", format!("{text:?} {problem}"), remedy)
        };
        let number = text.parse::<i128>().map_err(|_| fault("is no whole number"))?;
        u64::try_from(number).map_err(|_| fault("labels cannot be ordered"))
    });
    let cases = read.optional("cases", "write how many cases there are, or nothing");
    let pallets = read.optional("pallets", "write how many pallets there are, or nothing");
    let lot = read.text("lot");
    let expires_on = read.optional("expires_on", "write 2026-11-01, or nothing");
    let destination = read.optional("destination", "write 4101, or nothing for anywhere");
    let dealer = read.text("dealer");
    let layers = match read.text("layers").as_str() {
        "" => Some(Layers::Outer),
        slug => {
            let layers = Layers::from_slug(slug).ok_or_else(|| {
                FieldError::new(
                    "layers",
                    format!("{slug:?} is not known"),
                    "write outer or outer+inner",
                )
            });
            read.note(layers)
        }
    };
    let key: Option<u32> = read.optional("key", "write the key's number, or nothing");
    let key = key.map(|n| {
        KeyNumber::try_from(n).map_err(|e| FieldError::new("key", e, "see `zhenma key list`"))
    });
    let key = key.and_then(|k| read.note(k));
    let batch = NewBatch {
        product: product.unwrap_or_else(|| Gtin(String::new())),
        lot,
        made_on: made_on.unwrap_or(jiff::civil::date(2026, 1, 1)),
        expires_on: made_on.and(expires_on),
        destination: destination.unwrap_or(0),
        dealer,
        layers: layers.unwrap_or(Layers::Outer),
        count: count.unwrap_or(1),
        // Compared with a count that could be read alone.
        cases: count.and(cases).unwrap_or(0),
        pallets: count.and(cases).and(pallets).unwrap_or(0),
        key,
    };
    read.end(batch, NewBatch::check)
}
