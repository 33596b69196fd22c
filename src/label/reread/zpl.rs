//! What a printer makes of ZPL II, as far as our files have it.

use std::io::{self, BufRead};

use super::Picture;

/// One printed row of labels.
pub(in crate::label) enum Printed {
    Graphic(Picture),
    /// The texts of the symbols that the printer draws.
    Symbols(Vec<String>),
}

/// Hands `each` the rows of a file in turn, with their place in it.
pub(in crate::label) fn printed(
    file: &mut dyn BufRead,
    mut each: impl FnMut(u64, &dyn Fn() -> Result<Printed, String>),
) -> io::Result<()> {
    let (mut format, mut row) = (Vec::new(), 0);
    loop {
        let from = format.len();
        if file.read_until(b'\n', &mut format)? == 0 {
            return Ok(());
        }
        if format[from..].starts_with(b"^XZ") {
            let text = String::from_utf8_lossy(&format);
            each(row, &|| of_format(&text));
            format.clear();
            row += 1;
        }
    }
}

fn of_format(format: &str) -> Result<Printed, String> {
    let number = |command: &str| -> Result<u32, String> {
        let behind = format.split(command).nth(1).unwrap_or_default();
        let digits = behind.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        digits.parse().map_err(|_| format!("{command} has no number"))
    };
    if let Some(graphic) = format.split("^GFA,").nth(1) {
        let mut parts = graphic.splitn(4, ',').map(|part| part.split('^').next().unwrap_or(part));
        let mut part = || parts.next().unwrap_or_default();
        let (_, bytes, stride) = (part(), part(), part());
        let whole = |text: &str| text.parse::<usize>().map_err(|_| "^GFA is not whole".to_owned());
        let (bytes, stride) = (whole(bytes)?, whole(stride)?);
        let bits = unpacked(part(), stride)?;
        if bits.len() != bytes {
            return Err(format!("its graphic has {} bytes and not {bytes}", bits.len()));
        }
        let (width, height) = (number("^PW")?, number("^LL")?);
        return Ok(Printed::Graphic(Picture { width, height, stride, bits }));
    }
    let symbols = format.split("^FDMM,A").skip(1);
    let texts = symbols.map(|behind| behind.split('^').next().unwrap_or_default().to_owned());
    Ok(Printed::Symbols(texts.collect()))
}

/// The rows of a graphic out of counted hexadecimal (ZPL II Programming Guide,
/// "Alternative Data Compression Scheme").
fn unpacked(data: &str, stride: usize) -> Result<Vec<u8>, String> {
    let (mut bits, mut row, mut run) = (Vec::new(), Vec::new(), 0);
    for c in data.bytes() {
        match c {
            b'G'..=b'Y' => run += usize::from(c - b'F'),
            b'g'..=b'z' => run += 20 * usize::from(c - b'f'),
            b'0'..=b'9' | b'A'..=b'F' => {
                let digit = (c as char).to_digit(16).unwrap_or_default() as u8;
                row.extend(std::iter::repeat_n(digit, run.max(1)));
                run = 0;
            }
            b',' => row.resize(2 * stride, 0),
            b'!' => row.resize(2 * stride, 0xf),
            b':' if bits.len() >= stride => bits.extend_from_within(bits.len() - stride..),
            _ => return Err(format!("its graphic has a {:?}", c as char)),
        }
        if row.len() > 2 * stride {
            return Err("a row of its graphic is too long".to_owned());
        }
        if row.len() == 2 * stride {
            bits.extend(row.chunks(2).map(|pair| pair[0] << 4 | pair[1]));
            row.clear();
        }
    }
    Ok(bits)
}
