//! Decoders of QR symbols that are not ours. They share no code with each
//! other: zxing-cpp, and ZBar. Starting one costs more than a picture does, so
//! each call takes many.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::need;

/// One decoder, found on this machine.
pub struct Decoder {
    pub name: &'static str,
    program: PathBuf,
    arguments: &'static [&'static str],
    /// Takes the texts of each picture out of what the program printed.
    texts: fn(&str, &[&Path]) -> Vec<Vec<String>>,
}

impl Decoder {
    /// `None` on a bare machine, like those below.
    pub fn zxing() -> Option<Self> {
        let program = need::program("ZXingReader")?;
        Some(Self { name: "zxing-cpp", program, arguments: &["-1"], texts: zxing_texts })
    }

    pub fn zbar() -> Option<Self> {
        let program = need::program("zbarimg")?;
        // Its plain output does not say which picture a text is from.
        let arguments = &["--xml", "--quiet", "--nodbus", "-Sdisable", "-Sqrcode.enable"];
        Some(Self { name: "ZBar", program, arguments, texts: zbar_texts })
    }

    pub fn both() -> Option<[Self; 2]> {
        Some([Self::zxing()?, Self::zbar()?])
    }

    /// The texts of the symbols found in each picture, which may be none.
    ///
    /// # Panics
    /// When a picture is missing or is no picture.
    pub fn read(&self, pictures: &[impl AsRef<Path>]) -> Vec<Vec<String>> {
        let pictures: Vec<&Path> = pictures.iter().map(AsRef::as_ref).collect();
        let mut command = Command::new(&self.program);
        command.args(self.arguments).args(&pictures).stdin(Stdio::null());
        let output = command.output().expect("a decoder starts");
        // Exit codes differ by version where a picture holds no symbol; a
        // picture that was not looked at is missing in the output.
        let texts = (self.texts)(&String::from_utf8_lossy(&output.stdout), &pictures);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(texts.len(), pictures.len(), "{} stopped: {said}", self.name);
        texts
    }
}

/// A line a symbol, `PICTURE QRCode "TEXT"`, or one line `PICTURE None`, in the
/// order of the pictures.
fn zxing_texts(printed: &str, pictures: &[&Path]) -> Vec<Vec<String>> {
    let mut lines = printed.lines().peekable();
    let mut all = Vec::new();
    for picture in pictures {
        let start = format!("{} ", picture.display());
        let mut texts = Vec::new();
        let mut seen = false;
        while let Some(line) = lines.next_if(|line| line.starts_with(&start)) {
            seen = true;
            let quoted = line[start.len()..].strip_prefix("QRCode \"");
            texts.extend(quoted.and_then(|text| text.strip_suffix('"')).map(str::to_owned));
        }
        if !seen {
            break;
        }
        all.push(texts);
    }
    all
}

/// A `source` a picture, and in it a CDATA section a symbol.
fn zbar_texts(printed: &str, _: &[&Path]) -> Vec<Vec<String>> {
    let of_source = |source: &str| {
        let sections = source.split("<![CDATA[").skip(1);
        sections.filter_map(|section| Some(section.split_once("]]>")?.0.to_owned())).collect()
    };
    printed.split("<source ").skip(1).map(of_source).collect()
}
