//! A month as a paper: 月报.

use super::{Of, case_line, line};
use crate::base::Lang;
use crate::document::{Column, Paper};
use crate::http::desk::Desk;
use crate::scan::reason::minute_text;
use crate::web::figures::{CaseFigureLine, FigureLine, share_text};

impl Of<'_> {
    pub(super) fn paper(&self, desk: &Desk, lang: Lang) -> Vec<u8> {
        let t = |zh: &'static str, en: &'static str| lang.pick(zh, en);
        let title = match lang {
            Lang::Zh => {
                format!("防伪查询与案件月报 {}年{}月", self.month.year(), self.month.number())
            }
            Lang::En => format!("Monthly report of scans and cases, {}", self.month),
        };
        let made = minute_text(desk.clock.now(), lang, &desk.zone);
        let mut paper = Paper::new(&title, &format!("{} · {made}", self.office), lang);
        paper.title(&title);
        let all = line((String::new(), &self.figures.all));
        paper.fields(&[
            (t("单位", "Office"), self.office.clone()),
            (t("消费者查询", "Buyers' scans"), all.scans.to_string()),
            (
                t("新增存疑标签", "Flags opened"),
                format!(
                    "{} ({} {})",
                    all.opened,
                    t("每千次查询", "of a thousand scans:"),
                    all.per_thousand
                ),
            ),
            (t("本月认定", "Decided"), all.decided.to_string()),
            (
                t("认定为复制", "Found copied"),
                format!("{} / {} · {}", all.copied, all.decided, all.confirmed),
            ),
            (t("误报率", "Error rate"), self.wrong_said()),
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
            (t("案件", "Cases"), self.cases_said(lang)),
        ]);
        let columns = [
            (t("名称", "Name"), 3.4),
            (t("查询", "Scans"), 1.1),
            (t("新增存疑", "Opened"), 1.1),
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
            let rows: Vec<_> = lines.into_iter().map(line).map(cells).collect();
            paper.table(&columns, &rows);
        }
        let columns = [
            (t("名称", "Name"), 3.4),
            (t("新建", "Opened"), 1.1),
            (t("在办", "Open"), 1.1),
            (t("结案", "Closed"), 1.1),
            (t("认定假冒（95%区间）", "Counterfeit (95 %)"), 2.6),
            (t("半数用时", "Half, days"), 1.2),
            (t("九成用时", "9 in 10, days"), 1.2),
        ];
        let columns = columns.map(|(head, share)| Column { head, share });
        for (heading, lines) in [
            (t("案件按产品", "Cases by product"), self.case_products(desk, lang)),
            (t("案件按地区", "Cases by place"), self.case_places(lang)),
        ] {
            paper.heading(heading);
            let rows: Vec<_> = lines.into_iter().map(case_line).map(case_cells).collect();
            paper.table(&columns, &rows);
        }
        paper.small(t(
            "误报率：向消费者示可疑、本月认定的标签中，查明无误或另有原因的份额。括号内为95%置信区间（Wilson）。存疑标签按列入的月份计，认定和结案按作出的月份计；一案涉及两种产品的，各计一次。",
            "Error rate: of labels shown to buyers as suspect and decided this month, those found in order or explained. In brackets the 95 % interval (Wilson). Flags count in the month in which they were opened, decisions and closings in that in which they were made; a case with two products counts with each.",
        ));
        paper.finish()
    }

    fn wrong_said(&self) -> String {
        let wrong = self.figures.all.wrong();
        format!("{} / {} · {}", wrong.part, wrong.of, share_text(wrong))
    }

    fn cases_said(&self, lang: Lang) -> String {
        let cases = case_line((String::new(), &self.cases.all));
        let mut said = vec![
            format!("{} {}", lang.pick("新建", "opened"), cases.opened),
            format!("{} {}", lang.pick("在办", "open"), cases.open),
            format!("{} {}", lang.pick("结案", "closed"), cases.closed),
        ];
        said.extend(self.closed(lang).iter().map(|(name, n)| format!("{name} {n}")));
        let (half, days) =
            (lang.pick("结案用时（半数）", "half closed within"), lang.pick("天", "days"));
        said.push(format!("{half} {} {days}", cases.half));
        said.join(" · ")
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

fn case_cells(line: CaseFigureLine) -> Vec<String> {
    let numbers = [line.opened, line.open, line.closed].map(|n| n.to_string());
    std::iter::once(line.name)
        .chain(numbers)
        .chain([line.counterfeit, line.half, line.most])
        .collect()
}
