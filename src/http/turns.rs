//! Turns of one enterprise or office at what may take long: whoever sends a file
//! slowly, or reads one so, keeps the own people waiting and nobody else.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use crate::base::limits::{IMPORTS_OF_ONE_MAX, OWN_FILES_OF_ONE_MAX};
use crate::http::bounds::count_shed;
use crate::http::exports::EXPORTS_OF_ONE_MAX;
use crate::http::problem::Problem;
use crate::registry::Uscc;
use crate::registry::service::Scope;

/// When whoever has as many under way as one may have asks again.
const RETRY_S: u64 = 10;

/// Whose people they are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Holder {
    County,
    Enterprise(Uscc),
    Office(Uuid),
}

impl Holder {
    pub const fn enterprise(&self) -> Option<&Uscc> {
        match self {
            Self::Enterprise(of) => Some(of),
            Self::County | Self::Office(_) => None,
        }
    }
}

impl From<&Scope> for Holder {
    fn from(scope: &Scope) -> Self {
        match scope {
            Scope::All => Self::County,
            Scope::One(own) => Self::Enterprise(own.clone()),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Work {
    /// A file that is read as it comes.
    Import,
    /// A list of own serials.
    List,
    /// A file that is sent.
    Export,
}

impl Work {
    const fn of_one_max(self) -> usize {
        match self {
            Self::Import => IMPORTS_OF_ONE_MAX,
            Self::List => OWN_FILES_OF_ONE_MAX,
            Self::Export => EXPORTS_OF_ONE_MAX,
        }
    }

    fn refused(self) -> Problem {
        count_shed("files_of_one");
        let (zh, en) = match self {
            Self::Import | Self::List => (
                "贵单位另有一个文件正在上传，请等它传完再试。",
                "Another file of yours is being sent: wait until it is here, then send this one.",
            ),
            Self::Export => (
                "贵单位已有两个文件正在下载，请等其中一个下载完再试。",
                "Two files are being sent to you: wait until one of them is there, then try again.",
            ),
        };
        Problem::too_many(RETRY_S).saying(zh, en)
    }
}

/// Who has how many turns. There are never more entries than places of all, of which
/// whoever has a turn holds one.
#[derive(Default)]
pub struct Turns {
    held: Mutex<HashMap<(Work, Holder), usize>>,
}

impl Turns {
    fn held(&self) -> MutexGuard<'_, HashMap<(Work, Holder), usize>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A turn, until it is dropped.
    ///
    /// # Errors
    /// 429 for whoever has as many as one may have.
    pub fn take(self: &Arc<Self>, work: Work, holder: Holder) -> Result<Turn, Problem> {
        let key = (work, holder);
        let mut held = self.held();
        let count = held.entry(key.clone()).or_default();
        if *count >= work.of_one_max() {
            return Err(work.refused());
        }
        *count += 1;
        drop(held);
        Ok(Turn { of: Arc::clone(self), key })
    }
}

/// Gives itself back.
#[must_use]
pub struct Turn {
    of: Arc<Turns>,
    key: (Work, Holder),
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut held = self.of.held();
        if let Entry::Occupied(mut count) = held.entry(self.key.clone()) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{StatusCode, header};
    use axum::response::IntoResponse;

    use super::*;

    #[test]
    fn one_office_has_its_turns_and_leaves_others_theirs() {
        let turns = Arc::new(Turns::default());
        let [ours, theirs] = [1, 2].map(|n| Holder::Office(Uuid::from_u128(n)));
        let exports = |of: &Holder| turns.take(Work::Export, of.clone());
        let (first, second) = (exports(&ours).expect("a turn"), exports(&ours).expect("a turn"));
        let refused = exports(&ours).err().expect("two are under way").into_response();
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(refused.headers()[header::RETRY_AFTER], "10");
        assert!(exports(&theirs).is_ok());
        assert!(turns.take(Work::Import, ours.clone()).is_ok());
        drop(first);
        let third = exports(&ours).expect("one was given back");
        assert!(exports(&ours).is_err());
        drop((second, third));
        assert!(turns.held().is_empty());
    }
}
