//! A picture a symbol: files in folders, or in archives.

use std::io::{BufReader, Read as _, Write as _};
use std::ops::Range;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::{FOLDER_ENTRIES_MAX, Facts, LabelFile, Piece, listed, numbered, symbol};
use crate::code::Layer;
use crate::label::choices::Kind;
use crate::label::folder::Folder;
use crate::label::issue::IssueError;
use crate::label::order::{Specification, layer_name};
use crate::label::png::png;
use crate::label::reread::{Picture, Sample, missing, same, svg_symbols};
use crate::label::source::{Source, in_turn};
use crate::label::svg::svg;
use crate::label::symbol::Symbol;

/// Of deflate, in archives: a quarter of the time of level 6 for an eighth more.
const SVG_LEVEL: i64 = 2;

type Draw = dyn Fn(&Symbol) -> Vec<u8> + Send + Sync;

/// How the pictures of an order are drawn.
pub(super) struct Drawn {
    layers: &'static [Layer],
    version: u8,
    ending: &'static str,
    draw: Box<Draw>,
}

pub(super) fn drawn(spec: &Specification, facts: &Facts) -> Drawn {
    let (printer, dots) = (spec.printer(), spec.module_dots().unwrap_or(1));
    let draw: Box<Draw> = match spec.kind() {
        Kind::Svg => {
            let module = printer.um(dots);
            Box::new(move |symbol| svg(symbol, module).into_bytes())
        }
        _ => Box::new(move |symbol| png(symbol, dots, Some(printer.pitch_nm))),
    };
    Drawn { layers: facts.layers, version: facts.version, ending: spec.kind().name(), draw }
}

impl Drawn {
    /// Hands `each` every picture of the items at `places`, with its path.
    fn each(
        &self,
        source: &dyn Source,
        places: Range<u64>,
        mut each: impl FnMut(&str, &[u8]) -> Result<(), IssueError>,
    ) -> Result<(), IssueError> {
        in_turn(source, places, |item| {
            for (code, layer) in item.codes.iter().zip(self.layers) {
                let content = (self.draw)(&symbol(code, self.version)?);
                each(&self.path(*layer, item.number), &content)?;
            }
            Ok(())
        })
    }

    fn path(&self, layer: Layer, number: u64) -> String {
        let folder = number / FOLDER_ENTRIES_MAX;
        let (upper, lower) = (folder / FOLDER_ENTRIES_MAX, folder % FOLDER_ENTRIES_MAX);
        format!("{}/{upper:03}/{lower:03}/{number:09}.{}", layer_name(layer), self.ending)
    }

    /// Reads the pictures of `sample`, which `open` finds by their path.
    fn reread(
        &self,
        sample: &Sample<'_>,
        mut open: impl FnMut(&str) -> Result<Vec<u8>, IssueError>,
    ) -> Result<(), IssueError> {
        for (_, item) in &sample.items {
            for (code, layer) in item.codes.iter().zip(self.layers) {
                let path = self.path(*layer, item.number);
                let bytes = open(&path)?;
                let picture = if self.ending == "svg" {
                    let symbols = svg_symbols(&String::from_utf8_lossy(&bytes));
                    symbols.first().map(|symbol| Picture::of_strokes(symbol))
                } else {
                    Picture::of_png(&bytes).ok()
                };
                let picture = picture.ok_or_else(|| missing(&path, item.number))?;
                same(&path, item.number, &code.url, picture.read(picture.whole()))?;
            }
        }
        Ok(())
    }
}

/// `outer/000/012/000012345.png`
pub(super) struct Files(pub Drawn);

impl LabelFile for Files {
    fn piece(&self) -> u64 {
        250
    }

    fn render(&self, source: &dyn Source, places: Range<u64>, folder: &Folder) -> Piece {
        let mut lines = Vec::new();
        self.0.each(source, places, |path, content| {
            folder.write(path, content).map_err(|e| IssueError::io(path, e))?;
            listed(&mut lines, path, content);
            Ok(())
        })?;
        Ok(lines)
    }

    fn reread(&self, sample: &Sample<'_>) -> Result<(), IssueError> {
        self.0.reread(sample, |path| sample.read(path))
    }
}

/// `archive/000/labels-00001.zip`, with the same files in it; so many items in
/// each.
pub(super) struct Archives(pub Drawn, pub u64);

impl Archives {
    fn path(&self, place: u64) -> String {
        numbered(&("archive", Vec::new()), place / self.1, "labels", "zip")
    }
}

impl LabelFile for Archives {
    fn piece(&self) -> u64 {
        self.1
    }

    fn render(&self, source: &dyn Source, places: Range<u64>, folder: &Folder) -> Piece {
        let path = self.path(places.start);
        // A PNG is packed already.
        let (method, level) = match self.0.ending {
            "png" => (CompressionMethod::Stored, None),
            _ => (CompressionMethod::Deflated, Some(SVG_LEVEL)),
        };
        // No times of day: they would make two runs of one order differ.
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .compression_level(level)
            .last_modified_time(zip::DateTime::default())
            .unix_permissions(0o644);
        folder.part(&path, &mut |file| {
            let told = |e: zip::result::ZipError| IssueError::io(&path, e.into());
            let mut archive = ZipWriter::new(file);
            self.0.each(source, places.clone(), |name, content| {
                archive.start_file(name, options).map_err(told)?;
                archive.write_all(content).map_err(|e| IssueError::io(&path, e))
            })?;
            archive.finish().map_err(told)?;
            Ok(())
        })
    }

    fn reread(&self, sample: &Sample<'_>) -> Result<(), IssueError> {
        let path = self.path(sample.places.start);
        let told = |e: zip::result::ZipError| IssueError::io(&path, e.into());
        let file = BufReader::new(sample.folder.file(&path)?);
        let mut archive = ZipArchive::new(file).map_err(told)?;
        self.0.reread(sample, |name| {
            let mut bytes = Vec::new();
            let mut entry = archive.by_name(name).map_err(told)?;
            entry.read_to_end(&mut bytes).map_err(|e| IssueError::io(&path, e))?;
            Ok(bytes)
        })
    }
}
