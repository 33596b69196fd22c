//! ZPL drawn by a renderer that is not ours, and read back.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use zhenma::label::Symbol;

use crate::decoders::Decoder;
use crate::need;

/// `tests/browser/zpl.mjs`; `None` on a bare machine.
pub struct Renderer {
    node: PathBuf,
    script: PathBuf,
}

impl Renderer {
    pub fn find() -> Option<Self> {
        let node = need::program("node")?;
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
        let module = folder.join("node_modules/zpl-renderer-js");
        let module = Some(module).filter(|module| module.is_dir());
        need::told("zpl-renderer-js, which tests/run installs,", module)?;
        Some(Self { node, script: folder.join("zpl.mjs") })
    }

    /// A picture of each label of `zpl`, a pixel a dot, written into `folder`.
    /// `dots` a millimetre; `paper` is width and height in mm.
    pub fn draw(&self, zpl: &str, dots: u32, paper: (u32, u32), folder: &Path) -> Vec<PathBuf> {
        let file = folder.join("labels.zpl");
        fs::write(&file, zpl).expect("the folder takes a file");
        let mut command = Command::new(&self.node);
        command.arg(&self.script).args([dots, paper.0, paper.1].map(|number| number.to_string()));
        command.args([&file, folder]).stdin(Stdio::null());
        let output = command.output().expect("node starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let drawn = (0..).map(|label| folder.join(format!("{label}.png")));
        drawn.take_while(|picture| picture.is_file()).collect()
    }
}

const URL: &str = "HTTPS://ID.EXAMPLE.CN/CEAAABYAAAB7YFR4SFXDQR2IY2ZL3WMN5EJUOTPGA4VQXSKDC7HBT6FRWL2YMZIN\
    5EJUOTPGA4VQXSKDC7HBT6FRWL2YMZINCEAAABYAAAB7YFR4SFXDQR2IY2ZL";

/// The symbol as `^GFA` data: a bit a dot, set where it is black, rows padded
/// to bytes. Returns bytes a row and the hexadecimal digits.
fn graphic(symbol: &Symbol, module: u32) -> (usize, String) {
    let side = symbol.size() * module;
    let width = side.div_ceil(8) as usize;
    let mut digits = String::new();
    for y in 0..side {
        let mut row = vec![0u8; width];
        for x in (0..side).filter(|x| symbol.is_dark(x / module, y / module)) {
            row[(x / 8) as usize] |= 0x80 >> (x % 8);
        }
        digits.extend(row.iter().map(|byte| format!("{byte:02X}")));
    }
    (width, digits)
}

/// The box around what is black: left, top, width, height.
pub fn inked(picture: &Path) -> (u32, u32, u32, u32) {
    let picture = image::open(picture).expect("a picture").into_luma8();
    let black: Vec<(u32, u32)> = picture
        .enumerate_pixels()
        .filter(|(_, _, pixel)| pixel.0[0] < 128)
        .map(|(x, y, _)| (x, y))
        .collect();
    let span = |values: &dyn Fn() -> Vec<u32>| {
        let values = values();
        let low = *values.iter().min().expect("something is black");
        (low, values.iter().max().expect("something is black") - low + 1)
    };
    let (left, width) = span(&|| black.iter().map(|(x, _)| *x).collect());
    let (top, height) = span(&|| black.iter().map(|(_, y)| *y).collect());
    (left, top, width, height)
}

#[test]
fn a_symbol_of_the_printer_and_one_of_ours_read_alike() {
    let (Some(renderer), Some(decoders)) = (Renderer::find(), Decoder::both()) else { return };
    let symbol = Symbol::of(URL).expect("a symbol");
    let (width, digits) = graphic(&symbol, 3);
    let bytes = digits.len() / 2;
    let zpl = format!(
        "^XA^FO32,32^BQN,2,3^FDMM,A{URL}^FS^XZ\n\
         ^XA^FO32,32^GFA,{bytes},{bytes},{width},{digits}^FS^XZ\n"
    );
    let out = tempfile::tempdir().expect("a folder");
    let drawn = renderer.draw(&zpl, 8, (25, 25), out.path());
    assert_eq!(drawn.len(), 2);
    for decoder in decoders {
        assert_eq!(decoder.read(&drawn), [[URL], [URL]], "{}", decoder.name);
    }
    // Both have 41 modules of three dots; ^BQ stands ten dots lower than it is
    // told to, as it does on the printers.
    assert_eq!(inked(&drawn[0]), (32, 42, 123, 123));
    assert_eq!(inked(&drawn[1]), (32, 32, 123, 123));
}
