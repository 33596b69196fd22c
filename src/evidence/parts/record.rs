//! The record of the extraction of electronic data, filled in as far as the
//! register knows, for officers to complete by hand and everybody to sign. Its
//! fields are those that the provisional rules of 2024 on electronic evidence in
//! market regulation ask for (cause, object, time, place, method and course of
//! the extraction, and a list with the kind, format and hash of each file), and
//! before them what records of an office begin with: the authority, the party with
//! its registration, what it was told, and what it says to the record.

use serde_json::Value;

use crate::base::Lang;
use crate::document::{Column, Paper};
use crate::evidence::Dossier;
use crate::evidence::package::Part;
use crate::evidence::parts::local;
use crate::scan::Outcome;

/// What is left for a pen.
const BY_HAND: &str = "＿＿＿＿＿＿＿＿＿＿＿＿";

pub(super) fn pdf(dossier: &Dossier, parts: &[Part]) -> Vec<u8> {
    let case = &dossier.case;
    let footer = format!("{} 案件编号 {}", case.office, case.number);
    let mut paper = Paper::new("电子数据提取笔录", &footer, Lang::Zh);
    paper.title(&case.office);
    paper.title("电子数据提取笔录");
    paper.small(
        "依据《市场监督管理行政执法电子数据取证暂行规定》制作。系统已知事项由系统预填，\
         其余由执法人员据实填写；预填内容与实际不符的，应当更正并由更正人签名。",
    );
    about(&mut paper, dossier);
    parties(&mut paper, dossier);
    course(&mut paper, dossier);
    labels(&mut paper, dossier);
    list(&mut paper, parts);
    left_out(&mut paper, dossier);
    signatures(&mut paper);
    paper.finish()
}

fn about(paper: &mut Paper, dossier: &Dossier) {
    let case = &dossier.case;
    paper.heading("一、基本情况");
    paper.fields(&[
        ("案由", dossier.title.clone()),
        ("案件编号", case.number.clone()),
        ("证据包编号", dossier.package.clone()),
        ("提取单位", case.office.clone()),
        ("提取时间", format!("自 {} 起\n至 {BY_HAND} 止", local(dossier, dossier.made_at))),
        ("提取地点", BY_HAND.to_owned()),
        (
            "执法人员（两名以上）",
            format!(
                "{}（账号 {}）　执法证号 {BY_HAND}\n{BY_HAND}　执法证号 {BY_HAND}",
                dossier.made_by.name, dossier.made_by.login
            ),
        ),
        ("电子数据持有人（提供人）", BY_HAND.to_owned()),
        ("见证人", format!("{BY_HAND}　身份证件号 {BY_HAND}")),
        (
            "出示证件和告知",
            "□ 执法人员已出示执法证件　□ 已告知提取的内容和理由\n\
             □ 已告知陈述、申辩的权利　□ 已告知申请回避的权利\n\
             申请回避：□ 是　□ 否"
                .to_owned(),
        ),
    ]);
}

/// Those against whom the case is, as its file names them.
fn parties(paper: &mut Paper, dossier: &Dossier) {
    paper.heading("二、当事人");
    let respondents: Vec<&Value> = dossier
        .entries
        .iter()
        .filter(|entry| entry.stands && entry.fact["kind"] == "party")
        .map(|entry| &entry.fact)
        .filter(|party| party["role"] == "respondent")
        .collect();
    let told = |party: &Value, field: &str| match party[field].as_str() {
        Some(text) if !text.is_empty() => text.to_owned(),
        _ => BY_HAND.to_owned(),
    };
    let unnamed = Value::Null;
    let none = [&unnamed];
    let all = if respondents.is_empty() { &none[..] } else { &respondents };
    for party in all {
        paper.fields(&[
            ("名称（姓名）", told(party, "name")),
            ("统一社会信用代码（身份证件号）", told(party, "uscc")),
            ("法定代表人（负责人、经营者）", BY_HAND.to_owned()),
            ("住所（住址）", told(party, "address")),
            ("联系电话", told(party, "contact")),
        ]);
    }
}

fn course(paper: &mut Paper, dossier: &Dossier) {
    let case = &dossier.case;
    let source = format!(
        "本局防伪追溯系统中案件 {}（截至第 {} 条记录）的案卷记录、涉案标签的签名与查验记录、\
         现场检查记录、照片及其元数据",
        case.number, case.entries
    );
    let method = "由系统按固定格式一次性导出为一个文件；逐一计算每个文件的 SHA-256 与 SM3 校验值，\
                  写入清单（manifest.json），由本局 Ed25519 密钥对清单签名（statement.jws）。\
                  同一案卷状态导出的内容相同。";
    let course = "系统读取上述记录后未作增加、删除、修改；照片以原始文件提取，系统只存有图像的除外（见第六部分）。\
                  案卷中已撤回的记录一并保留并注明。";
    let check = "系统服务器时间与各手机时间的差值见 clock.json；\
                 与国家标准时间的校对结果：＿＿＿＿＿＿。网络环境见 clock.json 中各条记录。";
    paper.heading("三、提取对象、方法和过程");
    paper.fields(&[
        ("提取对象及来源", source),
        ("提取目的", "固定涉案标签的真伪状态、查询经过及现场情况".to_owned()),
        ("使用的设备和软件", format!("zhenma {}", env!("CARGO_PKG_VERSION"))),
        ("提取方法", method.to_owned()),
        ("提取过程", course.to_owned()),
        ("时间校对和网络环境", check.to_owned()),
        ("原始存储介质", "名称、型号、序列号 ＿＿＿＿＿＿＿＿\n□ 已扣押、封存，编号 ＿＿＿＿　□ 未扣押，原因 ＿＿＿＿".to_owned()),
        ("提取后的存储载体", "□ 光盘　□ 移动硬盘、U盘　□ 其他 ＿＿＿＿　编号 ＿＿＿＿　份数 ＿＿".to_owned()),
        ("录像、拍照", "□ 有，文件名及校验值另附　□ 无，原因 ＿＿＿＿".to_owned()),
    ]);
}

fn labels(paper: &mut Paper, dossier: &Dossier) {
    if dossier.units.is_empty() {
        return;
    }
    paper.heading("四、涉案标签");
    let columns = [
        Column { head: "序号", share: 0.08 },
        Column { head: "标签序列号", share: 0.34 },
        Column { head: "签名", share: 0.20 },
        Column { head: "系统结论", share: 0.22 },
        Column { head: "查询次数", share: 0.16 },
    ];
    let rows: Vec<Vec<String>> = (1..)
        .zip(&dossier.units)
        .map(|(n, unit): (u32, _)| {
            let good = unit.signed.as_ref().map(|signed| {
                let key = dossier.keys.get(unit.payload.key);
                key.is_some_and(|key| key.public.verifies(&signed.message, &signed.signature))
            });
            let signature = match good {
                Some(true) => "验证通过",
                Some(false) => "验证不通过",
                None => "未读取到完整码",
            };
            let judged = unit
                .judged
                .as_ref()
                .map_or("无法确认", |j| Outcome::word_of(&j.outcome, Lang::Zh));
            vec![
                n.to_string(),
                unit.payload.to_string(),
                signature.to_owned(),
                judged.to_owned(),
                (unit.scans.len() as u64 + unit.scans_unlisted).to_string(),
            ]
        })
        .collect();
    paper.table(&columns, &rows);
    let policies: Vec<_> = dossier.policies.iter().map(|policy| policy.name.as_str()).collect();
    paper.small(&format!(
        "系统结论针对标签，不针对瓶内（包装内）物品。作出结论的策略：{}，全文见 policies 目录；\
         每枚标签的依据及所依据的查询记录、其他策略下的结论见 units 目录和 scans.csv。",
        policies.join("、")
    ));
}

/// What a file is, by where it stands and how it ends.
fn kind(path: &str) -> (&'static str, &'static str) {
    let class = match path.split('/').next().unwrap_or_default() {
        "photos" if path.ends_with(".json") => "照片元数据",
        "photos" => "照片",
        "visits" => "现场检查记录",
        "units" => "标签签名与核验",
        "keys" | "keys.json" => "公钥",
        "scans.csv" => "查询记录",
        "custody.csv" => "保管和操作日志",
        "clock.json" => "时间和网络记录",
        "case.json" => "案卷记录",
        "inquiries.json" => "向企业的查询及答复",
        "blocks.json" => "停用标签记录",
        "reports.json" => "消费者举报",
        "policies" => "判定策略",
        _ => "说明",
    };
    let format = match path.rsplit('.').next().unwrap_or_default() {
        "json" => "JSON",
        "csv" => "CSV",
        "txt" => "文本",
        "jpg" => "JPEG",
        "png" => "PNG",
        "webp" => "WebP",
        "pem" => "PEM",
        _ => "二进制",
    };
    (class, format)
}

fn list(paper: &mut Paper, parts: &[Part]) {
    paper.heading("五、电子数据清单");
    let columns = [
        Column { head: "序号", share: 0.07 },
        Column { head: "文件", share: 0.28 },
        Column { head: "类别、格式、字节数", share: 0.20 },
        Column { head: "完整性校验值（SHA-256；SM3）", share: 0.45 },
    ];
    let rows: Vec<Vec<String>> = (1..)
        .zip(parts)
        .map(|(n, part): (u32, _)| {
            let record = &part.record;
            let (class, format) = kind(&record.path);
            vec![
                n.to_string(),
                record.path.clone(),
                format!("{class}\n{format}\n{}", record.bytes),
                format!("SHA-256 {}\nSM3 {}", record.sha256, record.sm3),
            ]
        })
        .collect();
    paper.table(&columns, &rows);
    paper.small(
        "清单自身（manifest.json）及本笔录（record.pdf）的校验值由 statement.jws 和 \
         SHA256SUMS、SM3SUMS 给出。",
    );
}

fn left_out(paper: &mut Paper, dossier: &Dossier) {
    paper.heading("六、未导出的内容");
    for line in &dossier.left_out {
        paper.paragraph(&format!("· {}", line.why_zh));
    }
    if dossier.left_out.is_empty() {
        paper.paragraph("无。");
    }
}

fn signatures(paper: &mut Paper) {
    paper.heading("七、核对和签名");
    paper.fields(&[(
        "当事人（持有人）意见",
        "□ 以上笔录已阅看（已向我宣读），与提取情况一致　□ 有异议：\n".to_owned(),
    )]);
    paper.paragraph("当事人拒绝签名或者不在场的，注明情况，由见证人签名。");
    let day = "　　年　　月　　日";
    for who in ["执法人员", "执法人员", "当事人（持有人、提供人）", "见证人"]
    {
        paper.signature(who, None, day);
    }
    paper.fields(&[("拒签、不在场等情况说明", "\n".to_owned())]);
}
