//! Where lines of Chinese and Latin text break.

use crate::typeface::Style;

/// May not begin a line (GB/T 15834, 5.1), nor end one.
const NOT_FIRST: &str = "，。、；：？！）》」』】〉”’…·,.;:?!)]}%％°℃";
const NOT_LAST: &str = "（《「『【〈“‘([{￥¥#№";

/// From here on characters are words of their own.
const FIRST_WIDE: char = '\u{2e80}';

/// `text` with every character that the typeface has not as its number.
pub(super) fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push(c),
            c if c.is_whitespace() && c != '\u{3000}' => out.push(' '),
            c if c.is_control() => {}
            c if Style::Text.has(c) => out.push(c),
            c => out.push_str(&format!("[U+{:04X}]", u32::from(c))),
        }
    }
    out
}

/// The lines of `text`, each at most `ems` wide; none is lost, an empty one stays.
pub(super) fn lines(text: &str, ems: f32) -> Vec<String> {
    let mut out = Vec::new();
    for paragraph in shown(text).split('\n') {
        let mut line = Line { text: String::new(), ems: 0.0 };
        for unit in units(paragraph) {
            let wide = Style::Text.ems(unit.trim_end());
            if line.ems + wide > ems && !line.text.is_empty() {
                line.end(&mut out);
            }
            if wide > ems {
                line.cut(unit, ems, &mut out);
            } else {
                line.push(unit);
            }
        }
        line.end(&mut out);
    }
    out
}

struct Line {
    text: String,
    ems: f32,
}

impl Line {
    fn push(&mut self, unit: &str) {
        self.text.push_str(unit);
        self.ems += Style::Text.ems(unit);
    }

    fn end(&mut self, out: &mut Vec<String>) {
        out.push(std::mem::take(&mut self.text).trim_end_matches(' ').to_owned());
        self.ems = 0.0;
    }

    /// A word wider than a line, such as a hash. One stop may hang over the margin
    /// rather than begin a line.
    fn cut(&mut self, word: &str, ems: f32, out: &mut Vec<String>) {
        for c in word.chars() {
            let stop = |c: Option<char>| c.is_some_and(|c| NOT_FIRST.contains(c));
            let hangs = stop(Some(c)) && !stop(self.text.chars().next_back());
            let mut buffer = [0; 4];
            let one = &*c.encode_utf8(&mut buffer);
            if self.ems + Style::Text.ems(one) > ems && !self.text.is_empty() && !hangs {
                self.end(out);
            }
            self.push(one);
        }
    }
}

fn may_break(a: char, b: char) -> bool {
    if b.is_whitespace() || NOT_FIRST.contains(b) || NOT_LAST.contains(a) {
        return false;
    }
    a.is_whitespace() || a >= FIRST_WIDE || b >= FIRST_WIDE
}

/// Pieces between which a line may break, in order.
fn units(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut from = 0;
    let mut before: Option<char> = None;
    for (at, c) in text.char_indices() {
        if before.is_some_and(|before| may_break(before, c)) {
            out.push(&text[from..at]);
            from = at;
        }
        before = Some(c);
    }
    out.push(&text[from..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_begins_with_a_stop_or_ends_with_an_opening_bracket() {
        let text = "现场检查发现，该店货架上陈列“宋河粮液”（500 mL）共59瓶；执法人员逐瓶扫码，\
                    SHA-256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855。";
        for ems in 8..40 {
            let lines = lines(text, ems as f32);
            for line in &lines {
                assert!(Style::Text.ems(line) <= ems as f32 + 1.01, "{ems}: {line}");
                let (first, last) = (line.chars().next(), line.chars().last());
                let ends = lines.last() != Some(line);
                assert!(!first.is_some_and(|c| "，。；）”".contains(c)), "{ems}: {line}");
                assert!(!(ends && last.is_some_and(|c| "（“".contains(c))), "{ems}: {line}");
            }
            let whole: String = lines.concat().replace(' ', "");
            assert_eq!(whole, text.replace(' ', ""));
        }
    }

    #[test]
    fn what_the_typeface_has_not_is_written_as_its_number() {
        assert_eq!(shown("𠮷野家\u{202e}\t酒"), "[U+20BB7]野家[U+202E] 酒");
        assert_eq!(lines("一\n\n二", 10.0), ["一", "", "二"]);
    }
}
