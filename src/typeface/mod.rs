//! The typefaces of labels and papers: widths, outlines, and the part of one that
//! a PDF embeds.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::OnceLock;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Finish, Name, Pdf, Rect, Ref, Str};
use subsetter::GlyphRemapper;
use ttf_parser::{Face, GlyphId, RawFace, Tag};

/// Which typeface; see `font/README.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    /// Noto Sans SC cut to GBK.
    Text,
    /// Source Code Pro cut to ASCII: no letter is taken for another.
    Serial,
}

impl Style {
    fn file(self) -> &'static [u8] {
        // One place each: a constant stands in every part of the program that reads it.
        static TEXT: &[u8] = include_bytes!("font/NotoSansSC-GBK.otf");
        static SERIAL: &[u8] = include_bytes!("font/ZhenmaSerial.otf");
        match self {
            Self::Text => TEXT,
            Self::Serial => SERIAL,
        }
    }

    const fn name(self) -> Name<'static> {
        match self {
            Self::Text => Name(b"ZHENMA+NotoSansSC"),
            Self::Serial => Name(b"ZHENMB+ZhenmaSerial"),
        }
    }

    /// It, read once.
    pub fn face(self) -> &'static Face<'static> {
        static FACES: [OnceLock<Face<'static>>; 2] = [const { OnceLock::new() }; 2];
        FACES[self as usize]
            .get_or_init(|| Face::parse(self.file(), 0).expect("the embedded typeface is whole"))
    }

    /// The glyph of `c` and its advance, thousandths of an em. Those of ASCII, which
    /// serials and numbers are made of, are looked up once.
    fn set_in(self, c: char) -> (GlyphId, f32) {
        type Ascii = [(GlyphId, f32); 128];
        static KNOWN: [OnceLock<Ascii>; 2] = [const { OnceLock::new() }; 2];
        let look = |c| {
            let face = self.face();
            let (glyph, units) = (self.glyph(c), f32::from(face.units_per_em()));
            let advance = f32::from(face.glyph_hor_advance(glyph).unwrap_or(0));
            (glyph, advance * 1_000.0 / units)
        };
        let all = || std::array::from_fn(|at| look(char::from(at as u8)));
        let known = KNOWN[self as usize].get_or_init(all);
        known.get(c as usize).copied().unwrap_or_else(|| look(c))
    }

    /// Width of `text` in ems. A character that the typeface has not is as
    /// wide as the box that stands for it.
    pub fn ems(self, text: &str) -> f32 {
        text.chars().map(|c| self.set_in(c).1).sum::<f32>() / 1_000.0
    }

    pub fn glyph(self, c: char) -> GlyphId {
        self.face().glyph_index(c).unwrap_or_default()
    }

    pub fn has(self, c: char) -> bool {
        self.face().glyph_index(c).is_some()
    }

    /// Each glyph of `text` with where it begins, in ems.
    pub fn set(self, text: &str) -> impl Iterator<Item = (GlyphId, f32)> {
        text.chars().scan(0.0, move |at, c| {
            let (glyph, advance) = self.set_in(c);
            let here = *at;
            *at += advance / 1_000.0;
            Some((glyph, here))
        })
    }
}

const SYSTEM: SystemInfo<'static> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// Objects that a typeface takes in a document.
pub const OBJECTS: i32 = 5;

/// A typeface as one document uses it.
pub struct Typeface {
    style: Style,
    glyphs: GlyphRemapper,
    /// New glyph number -> its character and its width in thousandths of an em.
    used: BTreeMap<u16, (char, f32)>,
}

impl Typeface {
    pub fn new(style: Style) -> Self {
        Self { style, glyphs: GlyphRemapper::new(), used: BTreeMap::new() }
    }

    /// The bytes that show `text`: two a glyph.
    pub fn encode(&mut self, text: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len() * 2);
        for c in text.chars() {
            let (glyph, width) = self.style.set_in(c);
            let new = self.glyphs.remap(glyph.0);
            self.used.entry(new).or_insert((c, width));
            out.extend(new.to_be_bytes());
        }
        out
    }

    /// Writes the font's objects, the first of which is the font itself.
    pub fn embed(self, pdf: &mut Pdf, first: Ref) {
        let (face, name) = (self.style.face(), self.style.name());
        let [font, cid, descriptor, cmap, data] =
            [0, 1, 2, 3, 4].map(|step| Ref::new(first.get() + step));
        pdf.type0_font(font)
            .base_font(name)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(cid)
            .to_unicode(cmap);
        let widths: Vec<f32> = (0..self.glyphs.num_gids())
            .map(|new| self.used.get(&new).map_or(1_000.0, |(_, width)| *width))
            .collect();
        let mut entry = pdf.cid_font(cid);
        entry
            .subtype(CidFontType::Type0)
            .base_font(name)
            .system_info(SYSTEM)
            .font_descriptor(descriptor)
            .default_width(1_000.0);
        entry.widths().consecutive(0, widths);
        entry.finish();

        let scale = 1_000.0 / f32::from(face.units_per_em());
        let bounds = face.global_bounding_box();
        let [x_min, y_min, x_max, y_max] =
            [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(|v| f32::from(v) * scale);
        pdf.font_descriptor(descriptor)
            .name(name)
            .flags(FontFlags::SYMBOLIC)
            .bbox(Rect::new(x_min, y_min, x_max, y_max))
            .italic_angle(0.0)
            .ascent(f32::from(face.ascender()) * scale)
            .descent(f32::from(face.descender()) * scale)
            .cap_height(f32::from(face.capital_height().unwrap_or(733)) * scale)
            .stem_v(80.0)
            .font_file3(data);

        let mut characters = UnicodeCmap::<u16>::new(Name(b"Custom"), SYSTEM);
        for (new, (c, _)) in &self.used {
            characters.pair(*new, *c);
        }
        let table = packed(&characters.finish());
        pdf.cmap(cmap, &table).filter(Filter::FlateDecode);

        let subset = subsetter::subset(self.style.file(), 0, &self.glyphs)
            .expect("glyphs of the embedded typeface can be taken out of it");
        let outlines = RawFace::parse(&subset, 0)
            .ok()
            .and_then(|face| face.table(Tag::from_bytes(b"CFF ")))
            .expect("the embedded typeface has CFF outlines");
        let outlines = packed(outlines);
        pdf.stream(data, &outlines)
            .filter(Filter::FlateDecode)
            .pair(Name(b"Subtype"), Name(b"CIDFontType0C"));
    }
}

/// Deflated for a PDF stream.
pub fn packed(data: &[u8]) -> Vec<u8> {
    let mut out = ZlibEncoder::new(Vec::with_capacity(data.len() / 3), Compression::fast());
    out.write_all(data).and_then(|()| out.finish()).expect("memory takes what is written")
}
