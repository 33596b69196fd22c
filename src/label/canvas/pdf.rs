//! Pages of a PDF: vector symbols, embedded subsets of the typefaces. The same
//! labels give the same bytes.

use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use super::{Area, Canvas, Paint};
use crate::label::ink::{Ground, Ink};
use crate::label::symbol::Symbol;
use crate::typeface::{OBJECTS, Style, Typeface, packed};

const fn pt(um: f32) -> f32 {
    um * 72.0 / 25_400.0
}

const CATALOG: Ref = Ref::new(1);
const TREE: Ref = Ref::new(2);
const INFO: Ref = Ref::new(3);
const TEXT_FACE: Ref = Ref::new(4);
const SERIAL_FACE: Ref = Ref::new(4 + OBJECTS);
const SPOT: Ref = Ref::new(4 + 2 * OBJECTS);
const FIRST_PAGE: i32 = 5 + 2 * OBJECTS;

/// Names of the resources of a page.
const TEXT_NAME: Name<'static> = Name(b"T");
const SERIAL_NAME: Name<'static> = Name(b"S");
const SPOT_NAME: Name<'static> = Name(b"I");

/// A document that grows by pages, and is the canvas of its last one.
pub(in crate::label) struct Document<'a> {
    size: (f32, f32),
    ink: &'a Ink,
    ground: Ground,
    pdf: Pdf,
    kids: Vec<Ref>,
    text: Typeface,
    serial: Typeface,
    page: Content,
}

impl<'a> Document<'a> {
    /// `width` and `height` of its pages in micrometres.
    pub(in crate::label) fn new(width: f32, height: f32, ink: &'a Ink, ground: Ground) -> Self {
        Self {
            size: (pt(width), pt(height)),
            ink,
            ground,
            pdf: Pdf::new(),
            kids: Vec::new(),
            text: Typeface::new(Style::Text),
            serial: Typeface::new(Style::Serial),
            page: Content::new(),
        }
    }

    /// Ends the page that was drawn on; the next one is empty.
    pub(in crate::label) fn end_page(&mut self) {
        let content = std::mem::replace(&mut self.page, Content::new()).finish();
        let page = Ref::new(FIRST_PAGE + 2 * self.kids.len() as i32);
        let body = Ref::new(page.get() + 1);
        self.kids.push(page);
        let mut entry = self.pdf.page(page);
        entry.media_box(Rect::new(0.0, 0.0, self.size.0, self.size.1));
        entry.parent(TREE).contents(body);
        let mut resources = entry.resources();
        resources.fonts().pair(TEXT_NAME, TEXT_FACE).pair(SERIAL_NAME, SERIAL_FACE);
        if matches!(self.ink, Ink::Spot { .. }) {
            resources.color_spaces().insert(SPOT_NAME).primitive(SPOT);
        }
        resources.finish();
        entry.finish();
        self.pdf.stream(body, &packed(&content)).filter(Filter::FlateDecode);
    }

    /// The document of the pages that were ended.
    pub(in crate::label) fn finish(mut self, title: &str) -> Vec<u8> {
        self.pdf.catalog(CATALOG).pages(TREE).lang(TextStr("zh-CN"));
        self.pdf.pages(TREE).count(self.kids.len() as i32).kids(self.kids);
        // No dates: they would make two runs of one order differ.
        self.pdf.document_info(INFO).title(TextStr(title)).producer(TextStr("zhenma"));
        if let Ink::Spot { spot, cmyk } = self.ink {
            let mut space = self.pdf.indirect(SPOT).array();
            space.item(Name(b"Separation")).item(Name(spot.as_bytes())).item(Name(b"DeviceCMYK"));
            let mut tint = space.push().dict();
            tint.pair(Name(b"FunctionType"), 2).pair(Name(b"N"), 1);
            tint.insert(Name(b"Domain")).array().items([0, 1]);
            tint.insert(Name(b"C0")).array().items([0.0f32; 4]);
            tint.insert(Name(b"C1")).array().items(cmyk.map(|part| f32::from(part) / 100.0));
        }
        self.text.embed(&mut self.pdf, TEXT_FACE);
        self.serial.embed(&mut self.pdf, SERIAL_FACE);
        self.pdf.finish()
    }

    fn paint(&mut self, paint: Paint) {
        match (paint, self.ink) {
            (Paint::Ink, Ink::Spot { .. }) => {
                self.page.set_fill_color_space(SPOT_NAME).set_fill_color([1.0]);
            }
            // Black alone, on the black plate alone.
            (Paint::Ink | Paint::Mark, _) => {
                self.page.set_fill_cmyk(0.0, 0.0, 0.0, 1.0);
            }
            (Paint::Ground, _) => {
                let [r, g, b] = self.ground.0.map(|part| f32::from(part) / 255.0);
                self.page.set_fill_rgb(r, g, b);
            }
        }
    }

    fn rect(&mut self, area: Area) {
        let (x, y) = (pt(area.x), self.size.1 - pt(area.below()));
        self.page.rect(x, y, pt(area.width), pt(area.height));
    }
}

impl Canvas for Document<'_> {
    fn fill(&mut self, area: Area, paint: Paint) {
        self.paint(paint);
        self.rect(area);
        self.page.fill_nonzero();
    }

    fn outline(&mut self, area: Area) {
        self.page.set_line_width(0.2).set_stroke_gray(0.7);
        self.rect(area);
        self.page.stroke();
    }

    /// One path a symbol, so that no hairline shows between its strokes.
    fn symbol(&mut self, symbol: &Symbol, x: f32, y: f32, module: f32) {
        self.page.save_state();
        self.paint(Paint::Ink);
        let module = pt(module);
        self.page.transform([module, 0.0, 0.0, -module, pt(x), self.size.1 - pt(y)]);
        for (x, y, length) in symbol.strokes() {
            // As whole numbers, which are written faster than those that might be none.
            self.page.op("re").operands([x, y, length, 1].map(|at| at as i32));
        }
        self.page.fill_nonzero();
        self.page.restore_state();
    }

    fn text(&mut self, style: Style, text: &str, points: f32, x: f32, baseline: f32) {
        self.paint(Paint::Ink);
        let (name, face) = match style {
            Style::Text => (TEXT_NAME, &mut self.text),
            Style::Serial => (SERIAL_NAME, &mut self.serial),
        };
        let shown = face.encode(text);
        self.page.begin_text();
        self.page.set_font(name, points);
        self.page.set_text_matrix([1.0, 0.0, 0.0, 1.0, pt(x), self.size.1 - pt(baseline)]);
        self.page.show(Str(&shown));
        self.page.end_text();
    }
}
