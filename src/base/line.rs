//! Names and labels that people type, and others read on a page: one line,
//! which shows as what it is.

use crate::base::FieldError;

/// Characters of a name.
pub const LINE_CHARACTERS_MAX: usize = 80;

/// Characters that break a line or turn the direction of what stands around
/// them, so that a list of names reads as another list: controls, separators of
/// lines, and the marks, embeddings, overrides and isolates of Unicode's
/// bidirectional algorithm (UAX #9). Letters of scripts that run from right to
/// left need none of them.
pub fn misleads(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What a spreadsheet runs when it opens a table that has it in a cell, or would
/// split a cell at (OWASP, CSV injection). Spreadsheets in Chinese take the
/// full-width forms for the same.
pub fn is_a_formula(text: &str) -> bool {
    text.starts_with([
        '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ])
}

/// Takes no room on a page: nothing but these is no name.
fn is_unseen(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{ad}')
}

/// One line of 1 to `LINE_CHARACTERS_MAX` characters, trimmed. Whatever is
/// written in it else, emoji included, is the writer's own affair.
///
/// # Errors
/// For nothing, too much, and characters that mislead.
pub fn line(field: &str, text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    let characters = text.chars().count();
    if text.chars().all(is_unseen) {
        return Err(FieldError::new(field, "is empty", "give it"));
    }
    if characters > LINE_CHARACTERS_MAX {
        let remedy = format!("at most {LINE_CHARACTERS_MAX} are kept");
        return Err(FieldError::new(field, format!("has {characters} characters"), remedy));
    }
    if text.chars().any(misleads) {
        let problem = "has a line break, a control character or a mark of direction";
        return Err(FieldError::new(field, problem, "take it out"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_that_shows_as_what_it_is() {
        let long = "宋".repeat(80);
        for fits in ["王芳", "O'Neil, Seán", "李 😀👨‍👩‍👧", "محمد", &long, "=1+1"]
        {
            assert_eq!(line("name", fits).as_deref(), Ok(fits));
        }
        assert_eq!(line("name", "  王芳 ").as_deref(), Ok("王芳"));
        let endless = "x".repeat(10_000);
        for (text, problem) in [
            ("", "is empty"),
            (" \u{200b}\u{feff} ", "is empty"),
            (&endless, "has 10000 characters"),
            (&"宋".repeat(81), "has 81 characters"),
            ("王\n芳", "has a line break"),
            ("王\u{2028}芳", "has a line break"),
            ("王\u{202e}芳", "has a line break"),
            ("\u{200f}芳", "has a line break"),
            ("王\u{2066}芳", "has a line break"),
            ("王\0芳", "has a line break"),
        ] {
            let fault = line("name", text).expect_err(problem);
            assert!(fault.problem.starts_with(problem), "{fault}");
        }
    }
}
