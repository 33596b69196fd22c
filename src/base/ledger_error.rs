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

    /// What a form says of it in English beside the field: whole sentences, which
    /// do not name the field again.
    pub fn sentence(&self) -> String {
        if matches!(&*self.problem, "is empty" | "is missing") && self.remedy == "give it" {
            return "Required.".to_owned();
        }
        let subject = match self.problem.split(' ').next().unwrap_or_default() {
            "is" | "has" | "was" | "does" | "cannot" | "names" | "says" | "stands" | "lacks"
            | "leaves" | "takes" | "begins" | "holds" => "This ",
            "are" => "These ",
            _ => "",
        };
        let said = format!("{subject}{}; {}", self.problem, self.remedy);
        let mut rest = said.chars();
        let first = rest.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
        format!("{first}{}.", rest.as_str().trim_end_matches('.'))
    }
}

/// Characters of the grounds on which somebody decides.
pub const GROUNDS_CHARACTERS_MAX: usize = 1_000;

/// The grounds of a decision, trimmed.
///
/// # Errors
/// For none, and as [`remark`].
pub fn grounds(field: &str, text: &str) -> Result<String, FieldError> {
    if text.trim().is_empty() {
        let remedy = format!("write 1 to {GROUNDS_CHARACTERS_MAX} characters");
        return Err(FieldError::new(field, "says no grounds", remedy));
    }
    remark(field, text)
}

/// What may be said beside an act, in lines, trimmed.
///
/// # Errors
/// For more than `GROUNDS_CHARACTERS_MAX`, and for control characters.
pub fn remark(field: &str, text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    let control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    if text.chars().count() > GROUNDS_CHARACTERS_MAX || text.contains(control) {
        let remedy = format!(
            "write at most {GROUNDS_CHARACTERS_MAX} characters, none of them a control character"
        );
        return Err(FieldError::new(field, "is too long or has a control character", remedy));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grounds_are_some_lines_that_can_be_kept_anywhere() {
        let most = "宋".repeat(GROUNDS_CHARACTERS_MAX);
        for fits in ["抽检不合格", "a\r\n\tb", &most] {
            assert_eq!(grounds("note", fits).as_deref(), Ok(fits));
        }
        assert_eq!(remark("note", " \n").as_deref(), Ok(""));
        let long = format!("{most}宋");
        for text in ["a\0b", "a\u{7}b", "a\u{85}b", &long] {
            let fault = grounds("note", text).expect_err(text);
            assert!(fault.problem.contains("control character"), "{fault}");
            assert_eq!(remark("note", text), Err(fault));
        }
        assert_eq!(grounds("note", " \n").expect_err("nothing").problem, "says no grounds");
    }

    #[test]
    fn a_form_says_whole_sentences() {
        for (problem, remedy, said) in [
            ("is empty", "give it", "Required."),
            ("is empty", "write numbers", "This is empty; write numbers."),
            ("are too many", "give at most 8", "These are too many; give at most 8."),
            ("the check digit is wrong", "look.", "The check digit is wrong; look."),
            ("\"x\" is not known", "write y", "\"x\" is not known; write y."),
        ] {
            assert_eq!(FieldError::new("lot", problem, remedy).sentence(), said);
        }
    }
}
