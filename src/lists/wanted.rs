//! What somebody wants of a list, as an address says it.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::{Column, FIND_CHARACTERS_MAX, List, Shape, Sorts};
use crate::base::FieldError;

/// Bytes of a mark as an address has it.
const MARK_BYTES_MAX: usize = 2_048;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    Number(i64),
    Text(String),
}

impl Value {
    const fn is(&self, shape: Shape) -> bool {
        match self {
            Self::Number(_) => matches!(shape, Shape::Number | Shape::Instant),
            Self::Text(_) => matches!(shape, Shape::Text),
        }
    }
}

/// Behind which row a page begins: what it is sorted by, then what tells it apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark(pub Vec<Value>);

impl Mark {
    /// For an address. Nobody needs to read it, and nothing is secret in it.
    pub fn text(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    fn read(text: &str, shapes: &[Shape]) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let mark: Self = serde_json::from_slice(&bytes).ok()?;
        let fits = mark.0.len() == shapes.len();
        let fits = fits && mark.0.iter().zip(shapes).all(|(value, shape)| value.is(*shape));
        // No text in the ledger has a NUL, and PostgreSQL takes none.
        let plain = |value: &Value| !matches!(value, Value::Text(text) if text.contains('\0'));
        (fits && mark.0.iter().all(plain)).then_some(mark)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub list: List,
    /// Part of a text of a row; empty: all rows.
    pub find: String,
    pub by: Column,
    pub down: bool,
    pub after: Option<Mark>,
}

impl Wanted {
    /// A list as it is where nothing is said.
    pub fn usual(list: List) -> Self {
        let (name, down) = list.usual();
        let by = list.columns().iter().find(|column| column.name == name);
        let by = *by.expect("each list has the column that it is sorted by");
        Self { list, find: String::new(), by, down, after: None }
    }

    /// `find` as it was typed; `sort` a column, downwards with `-` before it;
    /// `after` a mark.
    ///
    /// # Errors
    /// Naming `q`, `sort` or `after`, and what may stand there.
    pub fn read(list: List, find: &str, sort: &str, after: &str) -> Result<Self, FieldError> {
        let mut wanted = Self { find: find_of(find)?, ..Self::usual(list) };
        if !sort.is_empty() {
            let (name, down) = sort.strip_prefix('-').map_or((sort, false), |name| (name, true));
            let sorting = list.columns().iter().filter(|c| c.sorts != Sorts::No);
            let by = sorting.clone().find(|column| column.name == name).copied();
            let names: Vec<_> = sorting.map(|column| column.name).collect();
            (wanted.by, wanted.down) = (by.ok_or_else(|| unsorted(name, &names.join(", ")))?, down);
        }
        if !after.is_empty() {
            let mark = Some(after).filter(|text| text.len() <= MARK_BYTES_MAX);
            let mark = mark.and_then(|text| Mark::read(text, &wanted.keys()));
            let (problem, remedy) = ("is no place in this list", "begin at the first page");
            wanted.after = Some(mark.ok_or_else(|| FieldError::new("after", problem, remedy))?);
        }
        Ok(wanted)
    }

    /// Shapes of what rows are compared by.
    pub fn keys(&self) -> Vec<Shape> {
        let own = Some(self.by.shape).filter(|_| self.by.sorts == Sorts::Own);
        own.into_iter().chain(self.list.rows_by().iter().copied()).collect()
    }

    /// As an address has it; empty where it is the usual one.
    pub fn sort(&self) -> String {
        if (self.by.name, self.down) == self.list.usual() {
            return String::new();
        }
        format!("{}{}", if self.down { "-" } else { "" }, self.by.name)
    }
}

fn find_of(typed: &str) -> Result<String, FieldError> {
    let find = typed.trim();
    if find.chars().count() > FIND_CHARACTERS_MAX {
        let remedy = format!("look for at most {FIND_CHARACTERS_MAX} characters");
        return Err(FieldError::new("q", "is too long", remedy));
    }
    if find.chars().any(char::is_control) {
        return Err(FieldError::new("q", "has a control character", "leave it out"));
    }
    Ok(find.to_owned())
}

fn unsorted(name: &str, names: &str) -> FieldError {
    let name: String = name.chars().take(FIND_CHARACTERS_MAX).collect();
    FieldError::new("sort", format!("{name:?} does not sort"), format!("sort by one of {names}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_is_sorted_by_a_column_that_may_sort() {
        for list in List::ALL {
            assert_ne!(Wanted::usual(list).by.sorts, Sorts::No, "{list:?}");
            assert_eq!(List::from_slug(list.slug()), Some(list));
        }
    }

    #[test]
    fn what_an_address_says_is_read_back() {
        let wanted = Wanted::read(List::Batches, " 国窖 ", "-lot", "").expect("wanted");
        assert_eq!((wanted.find.as_str(), wanted.by.name, wanted.down), ("国窖", "lot", true));
        assert_eq!(wanted.sort(), "-lot");
        assert_eq!(Wanted::usual(List::Batches).sort(), "");
        let mark = Mark(vec![Value::Text("L~1/ß".into()), Value::Number(1), Value::Number(-4)]);
        let again = Wanted::read(List::Batches, "", "lot", &mark.text()).expect("wanted");
        assert_eq!(again.after, Some(mark));
    }

    #[test]
    fn what_does_not_fit_is_refused_by_its_name() {
        let number = Mark(vec![Value::Number(1), Value::Number(1), Value::Number(1)]).text();
        let short = Mark(vec![Value::Text("L".into()), Value::Number(1)]).text();
        let nul = Mark(vec![Value::Text("\0".into()), 1.into(), 1.into()]).text();
        let long = "9".repeat(FIND_CHARACTERS_MAX + 1);
        for (find, sort, after, field) in [
            (long.as_str(), "", "", "q"),
            ("a\u{7}", "", "", "q"),
            ("", "secret", "", "sort"),
            ("", "batch", "", "sort"),
            ("", "--lot", "", "sort"),
            ("", "lot; DROP TABLE batches", "", "sort"),
            ("", "lot", "!!", "after"),
            ("", "lot", "eyJhIjoxfQ", "after"),
            ("", "lot", number.as_str(), "after"),
            ("", "lot", short.as_str(), "after"),
            ("", "lot", nul.as_str(), "after"),
        ] {
            let fault = Wanted::read(List::Batches, find, sort, after).expect_err("a fault");
            assert_eq!(fault.field, field, "{find} {sort} {after}");
        }
    }

    impl From<i64> for Value {
        fn from(number: i64) -> Self {
            Self::Number(number)
        }
    }
}
