//! `/officer/figures`: a month in figures, as a page, a table or a paper.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::auth::Officer;
use crate::base::Lang;
use crate::document::{Column, Paper};
use crate::figures::{Came, CaseCounts, Counts, Figures, Month};
use crate::http::access::AtConsole;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::figures::span;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::provinces::province;
use crate::scan::reason::minute_text;
use crate::web::figures::{FigureLine, FiguresPage, days_text, per_thousand_text, share_text};
use crate::web::people::office_name;
use crate::web::text::Text;
use crate::web::verdict::named;

/// Which month, and how.
#[derive(Default, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    month: String,
    #[serde(default)]
    format: String,
}

/// A month in figures, each with what it is a share of.
#[utoipa::path(
    get,
    path = "/officer/figures",
    tag = "officer console",
    params(
        ("month" = Option<String>, Query, description = "2026-11; this month if left out"),
        ("format" = Option<String>, Query, description = "csv or pdf: a file"),
    ),
    responses(
        (status = 200, description = "A page, or the file", content(
            (String = "text/html"), (String = "text/csv"), (String = "application/pdf"),
        )),
        (status = 303, description = "To the form for signing in"),
        (status = 422, body = ProblemDocument, content_type = "application/problem+json", description = "No such month"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { who, frame, .. }: AtConsole<Officer>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(wanted) = wanted.unwrap_or_default();
    let this = Month::of(desk.today());
    let month = match wanted.month.as_str() {
        "" => this,
        text => Month::parse(text).map_err(|fault| Problem::invalid(vec![fault]))?,
    };
    let span = span(&desk, month);
    let figures = desk.ledger.figures(&span).await?;
    let cases = desk.ledger.case_counts(who.office, &span).await?;
    let offices = desk.ledger.offices().await?;
    let office = offices.iter().find(|office| office.id == who.office);
    let office = office.map(|office| office_name(office, frame.lang).to_owned());
    let of = Of { month, figures: &figures, cases: &cases, office: office.unwrap_or_default() };
    match wanted.format.as_str() {
        "csv" => Ok(file("text/csv; charset=utf-8", "csv", month, of.table(&desk, frame.lang)?)),
        "pdf" => Ok(file("application/pdf", "pdf", month, of.paper(&desk, frame.lang))),
        _ => {
            let lang = frame.lang;
            let shown = of.page(&desk, frame, this);
            page(&shown, lang, StatusCode::OK)
        }
    }
}

fn file(kind: &'static str, ending: &str, month: Month, bytes: Vec<u8>) -> Response {
    let mut response = bytes.into_response();
    let name = format!("attachment; filename=\"zhenma-{month}.{ending}\"");
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    response
}

/// A month of one office.
struct Of<'a> {
    month: Month,
    figures: &'a Figures,
    cases: &'a CaseCounts,
    office: String,
}

impl Of<'_> {
    fn page(&self, desk: &Desk, f: crate::web::console::Frame, this: Month) -> FiguresPage {
        let lang = f.lang;
        let mut days = self.cases.days.clone();
        let half = crate::figures::percentile(&mut days, 50);
        FiguresPage {
            office: self.office.clone(),
            month: self.month.to_string(),
            before: self.month.before().to_string(),
            after: (self.month < this).then(|| self.month.after().to_string()),
            all: line(String::new(), &self.figures.all),
            products: self.products(desk, lang),
            provinces: self.provinces(lang),
            wrong: share_text(self.figures.all.wrong()),
            cases_opened: self.cases.opened,
            cases_open: self.cases.open,
            cases_closed: self.closed(lang),
            case_days: half.map_or_else(|| "–".to_owned(), |days| days.to_string()),
            f,
        }
    }

    fn products(&self, desk: &Desk, lang: Lang) -> Vec<FigureLine> {
        let register = desk.scanner.register.load();
        let name = |gtin: &crate::registry::Gtin| {
            register
                .products
                .get(gtin)
                .map_or_else(|| gtin.to_string(), |product| named(&product.name, lang).to_owned())
        };
        let lines = self.figures.by_product.iter();
        lines.map(|(gtin, counts)| line(name(gtin), counts)).collect()
    }

    fn provinces(&self, lang: Lang) -> Vec<FigureLine> {
        let lines = self.figures.by_province.iter();
        lines.map(|(code, counts)| line(province(*code, lang), counts)).collect()
    }

    fn closed(&self, lang: Lang) -> Vec<(&'static str, u64)> {
        self.cases.closed.iter().map(|(slug, n)| (outcome(slug).of(lang), *n)).collect()
    }

    /// With a mark of its encoding, so that a spreadsheet reads it.
    fn table(&self, desk: &Desk, lang: Lang) -> Result<Vec<u8>, Problem> {
        let mut out = csv::Writer::from_writer(b"\xef\xbb\xbf".to_vec());
        let heads = [
            "month",
            "of",
            "name",
            "scans",
            "flags_opened",
            "flags_shown",
            "decided",
            "copied",
            "genuine",
            "explained",
            "cannot_tell",
            "half_decided_days",
            "nine_in_ten_days",
        ];
        let mut write = |row: Vec<String>| out.write_record(&row).map_err(|_| Problem::broken());
        write(heads.map(str::to_owned).to_vec())?;
        let all = std::iter::once(("all", line(String::new(), &self.figures.all)));
        let products = self.products(desk, lang).into_iter().map(|line| ("product", line));
        let provinces = self.provinces(lang).into_iter().map(|line| ("province", line));
        for (of, line) in all.chain(products).chain(provinces) {
            let numbers = [
                line.scans,
                line.opened,
                line.shown,
                line.decided,
                line.copied,
                line.genuine,
                line.explained,
                line.cannot_tell,
            ];
            let row = [self.month.to_string(), of.to_owned(), line.name];
            let row = row.into_iter().chain(numbers.map(|n| n.to_string()));
            write(row.chain([line.half, line.most]).collect())?;
        }
        out.into_inner().map_err(|_| Problem::broken())
    }

    fn paper(&self, desk: &Desk, lang: Lang) -> Vec<u8> {
        let t = |zh: &'static str, en: &'static str| lang.pick(zh, en);
        let title = match lang {
            Lang::Zh => format!("防伪线索月报 {}年{}月", self.month.year(), self.month.number()),
            Lang::En => format!("Monthly report of flags, {}", self.month),
        };
        let made = minute_text(desk.clock.now(), lang, &desk.zone);
        let mut paper = Paper::new(&title, &format!("{} · {made}", self.office), lang);
        paper.title(&title);
        let all = line(String::new(), &self.figures.all);
        paper.fields(&[
            (t("单位", "Office"), self.office.clone()),
            (t("消费者查询", "Buyers' scans"), all.scans.to_string()),
            (
                t("新线索", "Flags opened"),
                format!(
                    "{} ({} {})",
                    all.opened,
                    t("每千次查询", "of a thousand scans:"),
                    all.per_thousand
                ),
            ),
            (t("本月认定", "Decided"), all.decided.to_string()),
            (t("认定为复制", "Found copied"), format!("{} · {}", all.copied, all.confirmed)),
            (t("误报率", "Error rate"), share_text(self.figures.all.wrong())),
            (
                t("认定用时（天）", "Days to a decision"),
                format!(
                    "{} {} · {} {}",
                    all.half,
                    t("半数", "half"),
                    all.most,
                    t("九成", "nine in ten")
                ),
            ),
            (
                t("案件", "Cases"),
                format!(
                    "{} {} · {} {}{}",
                    t("立案", "opened"),
                    self.cases.opened,
                    t("在办", "open"),
                    self.cases.open,
                    self.closed(lang)
                        .iter()
                        .map(|(name, n)| format!(" · {name} {n}"))
                        .collect::<String>()
                ),
            ),
        ]);
        let columns = [
            (t("名称", "Name"), 3.4),
            (t("查询", "Scans"), 1.1),
            (t("新线索", "Opened"), 1.1),
            (t("每千次", "Of 1000"), 1.1),
            (t("认定", "Decided"), 1.1),
            (t("复制", "Copied"), 1.0),
            (t("确认率（95%区间）", "Confirmed (95 %)"), 2.6),
            (t("半数用时", "Half, days"), 1.2),
        ];
        let columns = columns.map(|(head, share)| Column { head, share });
        for (heading, lines) in [
            (t("按产品", "By product"), self.products(desk, lang)),
            (t("按省份（首次查询地）", "By province (where first scanned)"), self.provinces(lang)),
        ] {
            paper.heading(heading);
            let rows: Vec<_> = lines.into_iter().map(cells).collect();
            paper.table(&columns, &rows);
        }
        paper.small(t(
            "误报率：向消费者示可疑、本月认定的标签中，查明无误或另有原因的份额。括号内为95%置信区间（Wilson）。线索按开立的月份计，认定按作出的月份计。",
            "Error rate: of labels shown to buyers as suspect and decided this month, those found in order or explained. In brackets the 95 % interval (Wilson). Flags count in the month in which they were opened, decisions in that in which they were made.",
        ));
        paper.finish()
    }
}

fn cells(line: FigureLine) -> Vec<String> {
    let numbers = [line.scans, line.opened].map(|n| n.to_string());
    let decided = [line.decided, line.copied].map(|n| n.to_string());
    std::iter::once(line.name)
        .chain(numbers)
        .chain([line.per_thousand])
        .chain(decided)
        .chain([line.confirmed, line.half])
        .collect()
}

fn line(name: String, counts: &Counts) -> FigureLine {
    FigureLine {
        name,
        scans: counts.scans,
        opened: counts.opened,
        per_thousand: per_thousand_text(counts.per_thousand()),
        shown: counts.opened_shown,
        decided: counts.closed.len() as u64,
        copied: counts.came(Came::Copied),
        confirmed: share_text(counts.confirmed()),
        genuine: counts.came(Came::Genuine),
        explained: counts.came(Came::Explained),
        cannot_tell: counts.came(Came::CannotTell),
        half: days_text(counts.hours(50)),
        most: days_text(counts.hours(90)),
    }
}

/// What a case's outcome is called.
fn outcome(slug: &str) -> Text {
    match slug {
        "counterfeit" => Text("结案：假冒", "closed as counterfeit"),
        "genuine" => Text("结案：正品", "closed as genuine"),
        "diverted" => Text("结案：窜货", "closed as diverted"),
        "label_defect" => Text("结案：标签缺陷", "closed as label defect"),
        _ => Text("结案：无法判断", "closed, cannot tell"),
    }
}
