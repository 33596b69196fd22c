//! Pages behind an answer: the form of a report, what became of it, the note of
//! an answer, and what is held about a device.

use askama::Template;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::base::{FieldError, Lang};
use crate::media::PHOTO_BYTES_MAX;
use crate::registry::Gtin;
use crate::reports::{
    ClosedAs, Note, REPORT_NOTE_CHARACTERS_MAX, REPORT_PHOTOS_MAX, Report, State, Wrong,
};
use crate::scan::reason::minute_text;
use crate::web::text;
use crate::web::verdict::{date_text, named};

/// What a reporter said so far, and what of it cannot be taken.
#[derive(Default)]
pub struct Said {
    pub wrong: Vec<Wrong>,
    pub note: String,
    pub shop: String,
    pub place: String,
    pub contact: String,
    pub agreed: bool,
    /// Field and sentence.
    pub faults: Vec<(&'static str, String)>,
    /// Photos that came and are to be chosen again: no browser keeps them.
    pub had_photos: bool,
}

/// What is wrong, in the words of the page.
pub fn faults_of(
    faults: &[FieldError],
    refusals: Vec<String>,
    lang: Lang,
) -> Vec<(&'static str, String)> {
    let says = |field: &str| -> Option<(&'static str, String)> {
        let (field, zh, en) = match field {
            "wrong" => ("wrong", "请至少选一项", "Choose at least one."),
            "note" => (
                "note",
                "最多1000个字，不能有特殊控制字符",
                "At most 1000 characters, without control characters.",
            ),
            "shop" => ("shop", "请写在一行内，最多80个字", "One line of at most 80 characters."),
            "place" => ("place", "请写在一行内，最多80个字", "One line of at most 80 characters."),
            "contact" => (
                "contact",
                "请填手机号、座机号（带区号）或电子邮箱；不想留就空着",
                "Write a telephone number or a mail address, or leave it empty.",
            ),
            "agree" => ("agree", "请阅读说明并勾选", "Read it and tick the box."),
            "website" => ("agree", "请把不显示的那一栏留空", "Leave the hidden field empty."),
            "photo" if refusals.is_empty() => ("photo", "最多4张照片", "At most 4 photos."),
            _ => return None,
        };
        Some((field, lang.pick(zh, en).to_owned()))
    };
    let of_fields = faults.iter().filter_map(|fault| says(&fault.field));
    of_fields.chain(refusals.iter().map(|says| ("photo", says.clone()))).collect()
}

/// The form of a report.
#[derive(Template)]
#[template(path = "report_form.html")]
pub struct ReportForm {
    pub lang: Lang,
    pub ticket: String,
    pub serial: String,
    pub product: Option<String>,
    pub reference: String,
    pub said: Said,
}

impl ReportForm {
    const fn t(&self, zh: &'static str, en: &'static str) -> &'static str {
        self.lang.pick(zh, en)
    }

    fn faults(&self, field: &str) -> impl Iterator<Item = &String> {
        self.said.faults.iter().filter(move |(of, _)| *of == field).map(|(_, says)| says)
    }

    fn wrong(&self, field: &str) -> bool {
        self.faults(field).next().is_some()
    }

    fn chosen(&self, wrong: &Wrong) -> bool {
        self.said.wrong.contains(wrong)
    }
}

/// Where the number of a report is typed.
#[derive(Template)]
#[template(path = "report_ask.html")]
pub struct AskReport {
    pub lang: Lang,
    /// What was typed is no number of a report.
    pub unknown: bool,
}

/// How far a report has come.
#[derive(Template)]
#[template(path = "report_state.html")]
pub struct ReportState {
    lang: Lang,
    number: String,
    steps: Vec<Step>,
    closed: Option<&'static str>,
    told: bool,
    other_language: String,
}

struct Step {
    text: &'static str,
    at: Option<String>,
    done: bool,
    now: bool,
}

impl ReportState {
    pub fn new(report: &Report, lang: Lang, zone: &TimeZone, other_language: String) -> Self {
        let day = |at| minute_text(at, lang, zone);
        let state = report.state();
        let (closed, reached) = (state == State::Closed, |by: State| state as u8 >= by as u8);
        let step = |of: State, at: Option<String>, done: bool| Step {
            text: state_text(of, lang),
            at,
            done,
            now: of == state,
        };
        let looked = report.looked.as_ref().map(|(_, at)| day(*at));
        let mut steps = vec![
            step(State::Received, Some(day(report.received_at)), true),
            step(State::Looked, looked, reached(State::Looked)),
        ];
        // A report that needs no case is not behind.
        if report.case.is_some() || !closed {
            steps.push(step(State::InCase, None, report.case.is_some()));
        }
        let ended = report.closed.as_ref();
        steps.push(step(State::Closed, ended.map(|(_, _, at)| day(*at)), closed));
        Self {
            lang,
            number: report.number.to_string(),
            steps,
            closed: closed
                .then(|| closed_text(ended.map_or(ClosedAs::Handled, |(how, ..)| *how), lang)),
            told: report.told.is_some(),
            other_language,
        }
    }

    const fn t(&self, zh: &'static str, en: &'static str) -> &'static str {
        self.lang.pick(zh, en)
    }
}

pub const fn state_text(state: State, lang: Lang) -> &'static str {
    let (zh, en) = match state {
        State::Received => ("已收到", "Received"),
        State::Looked => ("正在核查", "Being looked into"),
        State::InCase => ("已并入案件办理", "Part of a case"),
        State::Closed => ("已办结", "Closed"),
    };
    lang.pick(zh, en)
}

pub const fn closed_text(closed: ClosedAs, lang: Lang) -> &'static str {
    let (zh, en) = match closed {
        ClosedAs::Handled => ("已依法处理。", "It was dealt with."),
        ClosedAs::NoGrounds => {
            ("核查后未发现足以支持的情况。", "What was looked into does not bear it out.")
        }
        ClosedAs::PassedOn => ("已转交有权处理的机关。", "It went to the authority in charge."),
        ClosedAs::Repeated => {
            ("与此前的举报合并处理。", "It is dealt with under an earlier report.")
        }
    };
    lang.pick(zh, en)
}

/// What a note said, beside what it is worth.
#[derive(Template)]
#[template(path = "note.html")]
pub struct NotePage {
    pub lang: Lang,
    /// With dashes, and as it stands in an address.
    pub check: String,
    pub plain: String,
    pub says: NoteText,
    pub other_language: String,
}

impl NotePage {
    const fn t(&self, zh: &'static str, en: &'static str) -> &'static str {
        self.lang.pick(zh, en)
    }
}

/// Where the check value of a note is typed.
#[derive(Template)]
#[template(path = "note_ask.html")]
pub struct AskNote {
    pub lang: Lang,
    /// There is no note of what was typed.
    pub unknown: bool,
}

/// A note in words: the same on the page and on paper.
pub struct NoteText {
    pub headline: String,
    pub rows: Vec<(&'static str, String)>,
}

impl NoteText {
    pub fn new(note: &Note, lang: Lang, zone: &TimeZone) -> Self {
        let t = |zh: &'static str, en: &'static str| lang.pick(zh, en);
        let mut rows = vec![
            (t("查询时间", "Queried at"), minute_text(note.at, lang, zone)),
            (t("查询参考号", "Reference"), note.reference.clone()),
        ];
        let mut add = |name, value: String| {
            if !value.is_empty() {
                rows.push((name, value));
            }
        };
        add(t("标签编号", "Number of the label"), note.serial.clone());
        if let Some(first) = &note.first {
            let region = first
                .region
                .text(lang)
                .unwrap_or_else(|| t("地区不详", "place unknown").to_owned());
            let day = first.day.parse::<Date>().map(|day| date_text(day, lang));
            let day = day.unwrap_or_else(|_| first.day.clone());
            add(t("首次查询", "First query"), format!("{day} · {region}"));
        }
        if let Some(goods) = &note.product {
            add(t("登记的商品", "Registered product"), named(&goods.name, lang).to_owned());
            add(t("规格", "Net content"), goods.net_content.clone());
            add(t("生产企业", "Maker"), named(&goods.maker, lang).to_owned());
            add(t("批号", "Batch"), goods.lot.clone());
            add(t("商品条码", "GTIN"), Gtin::printed(&goods.gtin).to_owned());
        }
        Self { headline: text::headline_of(&note.outcome, &note.reason).of(lang).to_owned(), rows }
    }
}

/// What is said of the page of a device.
#[derive(Template)]
#[template(path = "held.html")]
pub struct HeldPage {
    pub lang: Lang,
    /// This browser has a mark of ours.
    pub known: bool,
    pub other_language: String,
}

impl HeldPage {
    const fn t(&self, zh: &'static str, en: &'static str) -> &'static str {
        self.lang.pick(zh, en)
    }
}

/// Photos and characters that the form names.
const PHOTO_MIB_MAX: usize = PHOTO_BYTES_MAX >> 20;
const PHOTOS: usize = REPORT_PHOTOS_MAX;
const NOTE_MAX: usize = REPORT_NOTE_CHARACTERS_MAX;
