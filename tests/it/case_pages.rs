//! Pages of cases, blocks, questions and the calendar, as a browser shows them.

use zhenma::base::{By, Clock, clock::SystemClock};
use zhenma::cases::fact::{Fact, Outcome, Ruling};
use zhenma::cases::matter::Spot;
use zhenma::cases::port::{FileLedger, Seen};

use crate::consoles::scanned_by;
use crate::http_browser::{Browser, both};
use crate::inquiries::{asked_with, today};
use crate::officer_cases::{blocked, opened};
use crate::staff_bed::StaffBed;

#[tokio::test]
async fn pages_of_cases_have_no_violation_of_axe_either() {
    let Some(browser) = Browser::find() else { return };
    let bed = StaffBed::start().await;
    let batch = bed.batch(3).await;
    let codes = bed.codes(&batch).await;
    scanned_by(&bed.parts.scanner, &codes[0], 9).await;
    let (file, inquiry) = asked_with(&bed, &codes[0], Vec::new()).await;
    let empty = opened(&bed, &[]).await;
    let seen = |file: &zhenma::cases::file::CaseFile| Seen {
        office: file.office,
        case: file.id,
        seq: file.seq(),
        today: today(),
    };
    let by = By { login: "officer".to_owned(), ..By::shell(SystemClock.now()) };
    let words = "现场检查发现同一编号的白酒12瓶，包装印刷模糊，当事人不能提供进货票据。";
    let facts = [
        Fact::Decision {
            what: Ruling::File,
            on: today(),
            number: "周市监立〔2026〕12号".to_owned(),
            text: "同意立案".to_owned(),
        },
        Fact::Note { text: words.to_owned() },
        Fact::Place(Spot {
            name: "某超市".to_owned(),
            address: "真源大道1号".to_owned(),
            region: 4116,
            position: Some((33.861, 115.484)),
            note: String::new(),
        }),
        Fact::Assigned { to: Some("officer".to_owned()) },
        Fact::Due { what: "抽样送检".to_owned(), on: today().yesterday().expect("a day") },
    ];
    let file = bed.parts.ledger.append(&seen(&file), &facts, &by).await.expect("kept");
    let outcome = Outcome::CannotTell;
    let propose = [Fact::ProposedClose { outcome, grounds: words.to_owned() }];
    bed.parts.ledger.append(&seen(&empty), &propose, &by).await.expect("proposed");
    blocked(&bed, &batch).await;
    let supervisor = bed.person("supervisor").await;
    let at = format!("/officer/cases/{}", file.id);
    let pages = both(&[
        ("cases", "/officer/cases?show=open".to_owned()),
        ("case_form", "/officer/cases/new".to_owned()),
        ("case", at.clone()),
        ("case_closing", format!("/officer/cases/{}", empty.id)),
        ("case_stale", format!("POST{at}/entries?seq=1&kind=note&text=x")),
        ("blocks", "/officer/blocks".to_owned()),
        ("block_form", format!("/officer/blocks/new?case={}", file.id)),
    ]);
    browser.look(&bed.base, Some(&supervisor.cookie()), &pages).await;
    let administrator = bed.person("administrator").await;
    let pages = both(&[("calendar", "/county/calendar".to_owned())]);
    browser.look(&bed.base, Some(&administrator.cookie()), &pages).await;
    let quality = bed.person("quality").await;
    let pages = both(&[
        ("inquiries", "/enterprise/inquiries".to_owned()),
        ("inquiry", format!("/enterprise/inquiries/{inquiry}")),
        ("batch_blocked", format!("/enterprise/batches/{batch}")),
        ("overview_blocked", "/enterprise/overview".to_owned()),
    ]);
    browser.look(&bed.base, Some(&quality.cookie()), &pages).await;
}
