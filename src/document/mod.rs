//! Papers that people read, print and sign: headings, paragraphs, tables,
//! pictures and numbered pages of A4 as a PDF, in Chinese or English.
//!
//! Begin with [`Paper::new`], add from the top to the bottom, [`Paper::finish`].
//! What does not fit goes on the next page. The same content gives the same bytes:
//! no clock, no randomness. A character that the typeface has not is written as its
//! number, `[U+20BB7]`, since a name must not get lost in a box. Not here: what a
//! paper says (its own domain), and labels (`label`).

mod lines;
mod picture;
mod table;

use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use crate::base::Lang;
use crate::typeface::{OBJECTS, Style, Typeface, packed};

pub use picture::{PIXELS_MAX, Picture, PictureError};
pub use table::Column;

/// A4 and its margins, points.
const WIDTH: f32 = 595.28;
const HEIGHT: f32 = 841.89;
const SIDE: f32 = 62.0;
const ABOVE: f32 = 62.0;
const BELOW: f32 = 66.0;
/// Between the margins.
const ROOM: f32 = WIDTH - 2.0 * SIDE;

/// Sizes of type, points; a line is [`LEADING`] times as high.
const TITLE: f32 = 18.0;
const HEADING: f32 = 12.5;
const BODY: f32 = 10.5;
const SMALL: f32 = 8.5;
const LEADING: f32 = 1.5;

/// Of a signature: the room for its picture, points.
const SIGNED_WIDTH: f32 = 170.0;
const SIGNED_HEIGHT: f32 = 44.0;

const CATALOG: Ref = Ref::new(1);
const TREE: Ref = Ref::new(2);
const INFO: Ref = Ref::new(3);
const FACE: Ref = Ref::new(4);
const FIRST_FREE: i32 = 4 + OBJECTS;
const FACE_NAME: Name<'static> = Name(b"T");

struct Sheet {
    content: Content,
    /// Of the paper's pictures, by their place among them.
    pictures: Vec<usize>,
}

impl Default for Sheet {
    fn default() -> Self {
        Self { content: Content::new(), pictures: Vec::new() }
    }
}

/// A paper that grows downwards.
pub struct Paper {
    title: String,
    /// At the foot of every page, before its number.
    footer: String,
    lang: Lang,
    face: Typeface,
    pictures: Vec<Picture>,
    sheets: Vec<Sheet>,
    page: Sheet,
    /// Points from the upper edge to where the next thing begins.
    y: f32,
}

impl Paper {
    /// `title` names the file and is no part of its text; `footer` stands at the
    /// foot of every page.
    pub fn new(title: &str, footer: &str, lang: Lang) -> Self {
        Self {
            title: title.to_owned(),
            footer: footer.to_owned(),
            lang,
            face: Typeface::new(Style::Text),
            pictures: Vec::new(),
            sheets: Vec::new(),
            page: Sheet::default(),
            y: ABOVE,
        }
    }

    /// In the middle, large.
    pub fn title(&mut self, text: &str) {
        for line in lines::lines(text, ROOM / TITLE) {
            self.room(TITLE * LEADING);
            let x = SIDE + (ROOM - Style::Text.ems(&line) * TITLE) / 2.0;
            self.line(&line, TITLE, x);
        }
        self.gap(8.0);
    }

    /// Stays with what follows it.
    pub fn heading(&mut self, text: &str) {
        self.gap(6.0);
        self.room(HEADING * LEADING + 3.0 * BODY * LEADING);
        self.text(text, HEADING);
        self.gap(2.0);
    }

    /// Lines of `text` are paragraphs of their own.
    pub fn paragraph(&mut self, text: &str) {
        self.text(text, BODY);
        self.gap(4.0);
    }

    /// Small print: a source, a caveat.
    pub fn small(&mut self, text: &str) {
        self.text(text, SMALL);
        self.gap(3.0);
    }

    /// As wide as `width_mm` where the page has that, with a caption under it.
    pub fn picture(&mut self, picture: Picture, width_mm: f32, caption: &str) {
        let most = HEIGHT - ABOVE - BELOW - 4.0 * SMALL * LEADING;
        let shape = picture.height as f32 / picture.width as f32;
        let width = (width_mm * 72.0 / 25.4).min(ROOM).min(most / shape);
        let height = width * shape;
        self.room(height + 2.0 * SMALL * LEADING);
        self.place(picture, SIDE, self.y, width, height);
        self.y += height + 2.0;
        self.small(caption);
    }

    /// A line to sign on: who signs before it, what was signed electronically above
    /// it, and `said` (a day, a refusal) behind it.
    pub fn signature(&mut self, who: &str, signed: Option<Picture>, said: &str) {
        self.room(SIGNED_HEIGHT + 10.0);
        let (top, base) = (self.y, self.y + SIGNED_HEIGHT);
        let x = SIDE + Style::Text.ems(&lines::shown(who)) * BODY + 6.0;
        self.write(&lines::shown(who), BODY, SIDE, base - 3.0);
        if let Some(picture) = signed {
            let (w, h) = (picture.width as f32, picture.height as f32);
            let scale = (SIGNED_WIDTH / w).min((SIGNED_HEIGHT - 4.0) / h);
            self.place(picture, x + 2.0, top + 1.0, w * scale, h * scale);
        }
        self.rule(x, base, x + SIGNED_WIDTH, base);
        self.write(&lines::shown(said), BODY, x + SIGNED_WIDTH + 8.0, base - 3.0);
        self.y = base + 10.0;
    }

    /// White between two things; none at the head of a page.
    pub fn gap(&mut self, points: f32) {
        if self.y > ABOVE {
            self.y += points;
        }
    }

    /// The PDF.
    pub fn finish(mut self) -> Vec<u8> {
        self.next_page();
        let total = self.sheets.len();
        let sheets = std::mem::take(&mut self.sheets);
        let mut pdf = Pdf::new();
        let first_page = FIRST_FREE + self.pictures.len() as i32;
        let page_ref = |n: usize| Ref::new(first_page + 2 * n as i32);
        for (n, sheet) in sheets.into_iter().enumerate() {
            self.page = sheet;
            self.foot(n + 1, total);
            let sheet = std::mem::take(&mut self.page);
            write_page(&mut pdf, page_ref(n), sheet);
        }
        for (n, picture) in self.pictures.iter().enumerate() {
            picture.write(&mut pdf, picture_ref(n));
        }
        pdf.catalog(CATALOG).pages(TREE).lang(TextStr(self.lang.tag()));
        pdf.pages(TREE).count(total as i32).kids((0..total).map(page_ref));
        // No dates: they would make two prints of one paper differ.
        pdf.document_info(INFO).title(TextStr(&self.title)).producer(TextStr("zhenma"));
        self.face.embed(&mut pdf, FACE);
        pdf.finish()
    }

    fn foot(&mut self, page: usize, total: usize) {
        let number = match self.lang {
            Lang::Zh => format!("第 {page} 页 共 {total} 页"),
            Lang::En => format!("Page {page} of {total}"),
        };
        let base = HEIGHT - BELOW / 2.0;
        self.rule(SIDE, base - 14.0, WIDTH - SIDE, base - 14.0);
        let x = WIDTH - SIDE - Style::Text.ems(&number) * SMALL;
        self.write(&number, SMALL, x, base);
        let room = (ROOM - WIDTH + SIDE + x - SIDE) / SMALL;
        let footer = lines::lines(&self.footer, room.max(10.0));
        if let Some(first) = footer.first() {
            self.write(&first.clone(), SMALL, SIDE, base);
        }
    }

    fn text(&mut self, text: &str, size: f32) {
        for line in lines::lines(text, ROOM / size) {
            self.room(size * LEADING);
            self.line(&line, size, SIDE);
        }
    }

    /// One line at the present height, which it moves down.
    fn line(&mut self, line: &str, size: f32, x: f32) {
        self.write(line, size, x, self.y + baseline(size));
        self.y += size * LEADING;
    }

    /// Goes on with the next page where `height` does not fit on this one.
    fn room(&mut self, height: f32) {
        if self.y > ABOVE && self.left() < height {
            self.next_page();
        }
    }

    /// Points that are left on this page.
    fn left(&self) -> f32 {
        HEIGHT - BELOW - self.y
    }

    fn next_page(&mut self) {
        self.sheets.push(std::mem::take(&mut self.page));
        self.y = ABOVE;
    }

    fn write(&mut self, text: &str, size: f32, x: f32, baseline: f32) {
        let glyphs = self.face.encode(text);
        let page = &mut self.page.content;
        page.begin_text();
        page.set_font(FACE_NAME, size);
        page.set_text_matrix([1.0, 0.0, 0.0, 1.0, x, HEIGHT - baseline]);
        page.show(Str(&glyphs));
        page.end_text();
    }

    fn rule(&mut self, x1: f32, y1: f32, x2: f32, y2: f32) {
        let page = &mut self.page.content;
        page.set_line_width(0.6).set_stroke_gray(0.35);
        page.move_to(x1, HEIGHT - y1).line_to(x2, HEIGHT - y2).stroke();
    }

    fn place(&mut self, picture: Picture, x: f32, top: f32, width: f32, height: f32) {
        let n = self.pictures.len();
        self.pictures.push(picture);
        self.page.pictures.push(n);
        let page = &mut self.page.content;
        page.save_state();
        page.transform([width, 0.0, 0.0, height, x, HEIGHT - top - height]);
        page.x_object(Name(picture_name(n).as_bytes()));
        page.restore_state();
    }
}

/// From the top of a line to its baseline.
fn baseline(size: f32) -> f32 {
    size * (LEADING - 1.0) / 2.0 + size * 0.88
}

fn picture_ref(n: usize) -> Ref {
    Ref::new(FIRST_FREE + n as i32)
}

fn picture_name(n: usize) -> String {
    format!("P{n}")
}

fn write_page(pdf: &mut Pdf, id: Ref, sheet: Sheet) {
    let body = Ref::new(id.get() + 1);
    let mut page = pdf.page(id);
    page.media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT));
    page.parent(TREE).contents(body);
    let mut resources = page.resources();
    resources.fonts().pair(FACE_NAME, FACE);
    let mut pictures = resources.x_objects();
    for n in sheet.pictures {
        pictures.pair(Name(picture_name(n).as_bytes()), picture_ref(n));
    }
    pictures.finish();
    resources.finish();
    page.finish();
    pdf.stream(body, &packed(&sheet.content.finish())).filter(Filter::FlateDecode);
}

#[cfg(test)]
mod tests;
