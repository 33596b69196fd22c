//! The papers of a visit, in Chinese, filled in with what was recorded: the record
//! of the inspection, and the list of goods that measures were taken of. What
//! nobody recorded is left blank for the pen.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::base::{Lang, UnixMs, places};
use crate::code;
use crate::document::{Column, Paper, Picture};
use crate::scan::Outcome;
use crate::visits::record::{Act, Check, SignedAs};
use crate::visits::statement::{caveats, sentence};
use crate::visits::sweep::speaks_against;
use crate::visits::visit::{Arrival, Part, Visit};

/// Photos that are printed; of more, the list alone.
const PHOTOS_PRINTED_MAX: usize = 24;
/// Width of a printed photo, millimetres.
const PHOTO_MM: f32 = 110.0;
/// Characters shown of a text that is no code of ours.
const OTHER_CHARACTERS_MAX: usize = 32;

/// What a paper says beside the visit itself.
#[derive(Debug)]
pub struct About<'a> {
    pub office: &'a str,
    /// Names of people by their login.
    pub names: &'a HashMap<String, String>,
    /// Numbers of the cases that it stands in.
    pub cases: &'a [String],
    pub zone: &'a TimeZone,
}

/// Pictures by their hash, as many as are there.
pub type Pictures = HashMap<String, Picture>;

impl About<'_> {
    fn time(&self, at: UnixMs) -> String {
        let stamp = Timestamp::from_millisecond(at.0).unwrap_or_default();
        let zoned = stamp.to_zoned_datetime(self.zone.clone());
        zoned.strftime("%Y年%-m月%-d日%-H时%-M分").to_string()
    }

    fn clock(&self, at: UnixMs) -> String {
        let stamp = Timestamp::from_millisecond(at.0).unwrap_or_default();
        stamp.to_zoned_datetime(self.zone.clone()).strftime("%m-%d %H:%M:%S").to_string()
    }

    fn people(&self, logins: &[&str]) -> String {
        let name = |login: &&str| {
            let name = self.names.get(*login).map_or(*login, String::as_str);
            format!("{name}（执法证号：＿＿＿＿＿＿）")
        };
        logins.iter().map(name).collect::<Vec<_>>().join("、")
    }
}

/// How a code is named where a paper must not show all of it: by its serial, which
/// proves nothing without its signature; another text by its beginning.
pub fn code_named(text: &str) -> String {
    if let Ok(reading) = code::read(text.trim()) {
        return reading.payload.to_string();
    }
    if let Ok(payload) = code::Payload::from_serial_text(text.trim()) {
        return payload.to_string();
    }
    let short: String = text.chars().take(OTHER_CHARACTERS_MAX).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

fn place(visit: &Visit<'_>) -> String {
    let opening = visit.opening.fact;
    let region = places::lookup(opening.region).map_or("", |region| region.zh);
    let address = opening.seller.address.as_deref().unwrap_or("＿＿＿＿＿＿＿＿＿＿＿＿");
    match opening.place {
        Some(spot) => format!(
            "{region} {address}（手机定位：北纬{:.5}、东经{:.5}，误差约{:.0}米）",
            spot.lat, spot.lon, spot.accuracy_m
        ),
        None => format!("{region} {address}"),
    }
    .trim()
    .to_owned()
}

fn head(visit: &Visit<'_>, about: &About<'_>) -> Vec<(&'static str, String)> {
    let seller = &visit.opening.fact.seller;
    let (from, until) = visit.span();
    let blank = || "＿＿＿＿＿＿＿＿＿＿＿＿".to_owned();
    let witnesses: Vec<_> = visit
        .signatures
        .iter()
        .filter(|signature| signature.fact.signed_as == SignedAs::Witness)
        .map(|signature| signature.fact.signer.as_str())
        .collect();
    vec![
        ("检查时间", format!("{}至{}", about.time(from), about.time(until))),
        ("检查地点", place(visit)),
        ("当事人", seller.name.clone()),
        ("统一社会信用代码", seller.uscc.clone().unwrap_or_else(blank)),
        ("现场负责人", seller.person.clone().unwrap_or_else(blank)),
        ("检查人员", about.people(&visit.recorders())),
        ("见证人", if witnesses.is_empty() { blank() } else { witnesses.join("、") }),
        ("关联案件", if about.cases.is_empty() { "无".to_owned() } else { about.cases.join("、") }),
    ]
}

fn paper(visit: &Visit<'_>, about: &About<'_>, title: &str) -> Paper {
    let number = visit.id.simple().to_string();
    let footer = format!("{} · {title} · 记录编号 {}", about.office, &number[..12]);
    let mut paper = Paper::new(title, &footer, Lang::Zh);
    paper.title(about.office);
    paper.title(title);
    paper
}

/// 现场检查笔录.
pub fn inspection(visit: &Visit<'_>, about: &About<'_>, pictures: &Pictures) -> Vec<u8> {
    let mut paper = paper(visit, about, "现场检查笔录");
    paper.fields(&head(visit, about));
    paper.heading("一、告知事项");
    paper.paragraph(
        "　　检查人员向当事人出示执法证件，告知其依法享有陈述、申辩和申请回避的权利，以及如实提供情况、协助检查的义务。",
    );
    paper.heading("二、检查情况");
    found(&mut paper, visit);
    checks(&mut paper, visit, about);
    sweeps(&mut paper, visit);
    if !visit.seals.is_empty() {
        let (acts, lines) = (Act::together(&acts(visit)), visit.seals.len());
        paper.paragraph(&format!("　　现场采取{acts}措施共{lines}项，详见清单。"));
    }
    photos(&mut paper, visit, about, pictures);
    paper.heading("三、记录方式");
    circumstances(&mut paper, visit);
    paper.heading("四、确认");
    paper.paragraph(
        "　　以上笔录请当事人阅看。经阅看（宣读），与现场情况是否一致：＿＿＿＿＿＿＿＿",
    );
    signatures(&mut paper, visit, about, pictures);
    paper.finish()
}

/// What was seen, in sentences.
fn found(paper: &mut Paper, visit: &Visit<'_>) {
    let against = visit.checks.iter().filter(|check| speaks_against(check)).count();
    let overtaken = visit.timeline.iter().filter(|kept| kept.is_overtaken()).count();
    let mut text = format!("　　检查人员现场查验标签{}枚", visit.checks.len());
    text += &match against {
        0 => "，未发现可疑。".to_owned(),
        some => format!("，其中{some}枚可疑或与实物不符。"),
    };
    if overtaken > 0 {
        text += &format!(
            "另有{overtaken}枚现场显示的结果与记录送达时登记系统的结论不一致，下表按送达时的结论列明。"
        );
    }
    paper.paragraph(&text);
    for note in
        [&visit.opening.fact.note].into_iter().chain(visit.notes.iter().map(|n| &n.fact.text))
    {
        if !note.is_empty() {
            paper.paragraph(&format!("　　{note}"));
        }
    }
}

fn result(check: &Part<'_, Check>) -> String {
    let shown = check.fact.shown_words(check.kept.record.made_offline, Lang::Zh);
    match &check.kept.says {
        Some(says) if says.overtaken => {
            format!("{shown}；送达时：{}（{}）", Outcome::word_of(&says.outcome, Lang::Zh), says.zh)
        }
        _ => shown.to_owned(),
    }
}

fn checks(paper: &mut Paper, visit: &Visit<'_>, about: &About<'_>) {
    if visit.checks.is_empty() {
        return;
    }
    let columns = [
        Column { head: "序号", share: 0.9 },
        Column { head: "时间", share: 2.2 },
        Column { head: "标签编号", share: 4.3 },
        Column { head: "查验结果", share: 3.4 },
        Column { head: "数量", share: 0.9 },
        Column { head: "与实物", share: 1.2 },
        Column { head: "备注", share: 2.4 },
    ];
    let row = |(n, check): (usize, &Part<'_, Check>)| {
        let matches = match check.fact.found.matches_label {
            Some(true) => "相符",
            Some(false) => "不符",
            None => "未核对",
        };
        let product = check.fact.found.product_in_hand.as_deref().unwrap_or_default();
        let note = [product, &check.fact.found.note];
        let note: Vec<_> = note.into_iter().filter(|text| !text.is_empty()).collect();
        vec![
            (n + 1).to_string(),
            about.clock(check.kept.made_by_server()),
            code_named(&check.fact.code),
            result(check),
            check.fact.quantity.to_string(),
            matches.to_owned(),
            note.join("；"),
        ]
    };
    let rows: Vec<_> = visit.checks.iter().enumerate().map(row).collect();
    paper.table(&columns, &rows);
}

fn sweeps(paper: &mut Paper, visit: &Visit<'_>) {
    for sweep in &visit.sweeps {
        paper.paragraph(&format!("　　货架抽查：{}", sentence(sweep, Lang::Zh)));
        paper.small(&caveats(sweep, Lang::Zh).join(""));
    }
}

fn photos(paper: &mut Paper, visit: &Visit<'_>, about: &About<'_>, pictures: &Pictures) {
    if visit.photos.is_empty() {
        return;
    }
    paper.paragraph("　　现场拍摄照片如下（SHA-256 为拍摄时在手机上计算的校验值）：");
    let columns = [
        Column { head: "序号", share: 0.7 },
        Column { head: "时间", share: 1.8 },
        Column { head: "说明", share: 3.0 },
        Column { head: "SHA-256", share: 5.5 },
    ];
    let row = |(n, photo): (usize, &Part<'_, crate::visits::record::Photo>)| {
        vec![
            (n + 1).to_string(),
            about.clock(photo.kept.made_by_server()),
            photo.fact.caption.clone(),
            photo.fact.sha256.clone(),
        ]
    };
    paper.table(&columns, &visit.photos.iter().enumerate().map(row).collect::<Vec<_>>());
    for (n, photo) in visit.photos.iter().enumerate().take(PHOTOS_PRINTED_MAX) {
        if let Some(picture) = pictures.get(&photo.fact.sha256).cloned() {
            let caption = format!("照片{} {}", n + 1, photo.fact.caption);
            paper.picture(picture, PHOTO_MM, &caption);
        }
    }
}

/// Clocks, network and phone: what the weight of a record rests on.
fn circumstances(paper: &mut Paper, visit: &Visit<'_>) {
    let offline = visit.timeline.iter().filter(|kept| kept.record.made_offline).count();
    let all = visit.timeline.len();
    let seconds = visit.clock_ahead_ms() as f64 / 1_000.0;
    let clock = match seconds {
        s if s.abs() < 2.0 => "手机时钟与服务器时钟相差不到2秒".to_owned(),
        s if s > 0.0 => format!("手机时钟比服务器时钟快{s:.1}秒"),
        s => format!("手机时钟比服务器时钟慢{:.1}秒", -s),
    };
    paper.paragraph(&format!(
        "　　本笔录依据执法手机的{all}条现场记录生成，其中{offline}条在无网络时形成。{clock}，\
         表中时间已按服务器时钟换算（含传送耗时）。每条记录收到后不再改动，另存有校验值。"
    ));
    let taken: Vec<_> = visit
        .timeline
        .iter()
        .filter(|kept| kept.arrival.recorded_by != kept.arrival.taken_in_by)
        .collect();
    if let Some(kept) = taken.first() {
        let Arrival { recorded_by, taken_in_by, .. } = &kept.arrival;
        paper.paragraph(&format!(
            "　　其中{}条由账号{taken_in_by}代账号{recorded_by}收存。",
            taken.len()
        ));
    }
}

fn signatures(paper: &mut Paper, visit: &Visit<'_>, about: &About<'_>, pictures: &Pictures) {
    for (role, who) in [
        (SignedAs::Seller, "当事人（签名）："),
        (SignedAs::Witness, "见证人（签名）："),
        (SignedAs::Officer, "检查人员（签名）："),
    ] {
        let signed: Vec<_> = visit.signatures.iter().filter(|s| s.fact.signed_as == role).collect();
        for signature in &signed {
            let at = about.time(signature.kept.made_by_server());
            let name = &signature.fact.signer;
            let said = if signature.fact.refused {
                format!("{name}拒绝签名 {at}")
            } else {
                format!("{name} {at}")
            };
            let hash = signature.fact.sha256.as_ref();
            paper.signature(who, hash.and_then(|hash| pictures.get(hash)).cloned(), &said);
        }
        if signed.is_empty() {
            paper.signature(who, None, "　　　年　　月　　日");
        }
    }
}

fn acts(visit: &Visit<'_>) -> Vec<Act> {
    visit.seals.iter().map(|part| part.fact.act).collect()
}

/// 物品清单, named by the measures that were taken.
pub fn list(visit: &Visit<'_>, about: &About<'_>, pictures: &Pictures) -> Vec<u8> {
    let acts = acts(visit);
    let mut paper = paper(visit, about, &format!("{}物品清单", Act::together(&acts)));
    paper.fields(&head(visit, about));
    let columns = [
        Column { head: "序号", share: 0.8 },
        Column { head: "措施", share: 1.3 },
        Column { head: "物品名称", share: 3.0 },
        Column { head: "数量", share: 1.2 },
        Column { head: "封条号", share: 1.6 },
        Column { head: "存放地点", share: 2.0 },
        Column { head: "标签编号", share: 3.4 },
    ];
    let row = |(n, part): (usize, &Part<'_, crate::visits::record::Seal>)| {
        let seal = part.fact;
        let codes: Vec<_> = seal.codes.iter().map(|text| code_named(text)).collect();
        vec![
            (n + 1).to_string(),
            seal.act.zh().to_owned(),
            seal.what.clone(),
            format!("{}{}", seal.quantity, seal.unit),
            seal.seal_number.clone(),
            seal.kept_at.clone(),
            codes.join("\n"),
        ]
    };
    let rows: Vec<_> = visit.seals.iter().enumerate().map(row).collect();
    if rows.is_empty() {
        paper.paragraph("（没有登记物品）");
    } else {
        paper.table(&columns, &rows);
    }
    paper.small("本清单一式两份，一份交当事人，一份存档。");
    let mut terms: Vec<_> = Act::OFFERED
        .iter()
        .filter(|act| acts.contains(act))
        .filter_map(|act| act.terms_zh())
        .collect();
    terms.dedup();
    terms.iter().for_each(|terms| paper.small(terms));
    signatures(&mut paper, visit, about, pictures);
    paper.finish()
}
