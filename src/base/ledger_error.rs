//! What a ledger can answer instead of a result, in the words of every domain
//! that keeps something there.

/// A field of somebody's input that cannot be taken, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FieldError {
    /// Physical line of an import, from 1; `None` for a single object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    pub field: String,
    pub problem: String,
    pub remedy: String,
}

impl FieldError {
    pub fn new(field: &str, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { line: None, field: field.into(), problem: problem.into(), remedy: remedy.into() }
    }

    /// Of words such as `count: is 0; order at least one`: what stands before
    /// the colon is the field when it is a name, else `field`.
    pub fn of_words(field: &str, words: &str) -> Self {
        let name = |text: &str| text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        let (field, said) = match words.split_once(": ") {
            Some((own, said)) if name(own) => (own, said),
            _ => (field, words),
        };
        let (problem, remedy) = said.split_once("; ").unwrap_or((said, "choose another"));
        Self::new(field, problem, remedy)
    }

    #[must_use]
    pub fn at_line(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }
}

/// Characters of the grounds on which somebody decides.
pub const GROUNDS_CHARACTERS_MAX: usize = 1_000;

/// The grounds of a decision, trimmed.
///
/// # Errors
/// For none, and for more than `GROUNDS_CHARACTERS_MAX`.
pub fn grounds(field: &str, text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > GROUNDS_CHARACTERS_MAX {
        let remedy = format!("write 1 to {GROUNDS_CHARACTERS_MAX} characters");
        return Err(FieldError::new(field, "says no grounds, or too many", remedy));
    }
    Ok(text.to_owned())
}

impl std::fmt::Display for FieldError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}, ")?;
        }
        write!(f, "{}: {}; {}", self.field, self.problem, self.remedy)
    }
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum LedgerError {
    #[error("the ledger cannot be used now: {0}")]
    Unavailable(String),
    #[error(
        "the ledger was written by a newer zhenma (migration {0}): start that version, or \
         restore a backup made before the upgrade"
    )]
    NewerVersion(i64),
    #[error("{0} is not registered")]
    NotFound(String),
    #[error("{0}")]
    Conflict(String),
    #[error("{}", list(.0))]
    Invalid(Vec<FieldError>),
}

/// Errors told one by one; an import may have very many.
const TOLD_MAX: usize = 50;

fn list(errors: &[FieldError]) -> String {
    let mut lines: Vec<_> = errors.iter().take(TOLD_MAX).map(ToString::to_string).collect();
    if errors.len() > TOLD_MAX {
        lines.push(format!("and {} more", errors.len() - TOLD_MAX));
    }
    lines.join("\n")
}
