//! How to check a package by hand, in the package. The commands are tested.

use crate::evidence::Dossier;
use crate::evidence::parts::local;
use crate::keys::office::OfficeSigner;

pub(super) fn text(dossier: &Dossier, signer: &OfficeSigner) -> String {
    let signed = dossier.units.iter().find(|unit| unit.signed.is_some());
    let (serial, number) = signed.map_or_else(
        || ("SERIAL".to_owned(), "1".to_owned()),
        |unit| (unit.payload.serial_text(), unit.payload.key.to_string()),
    );
    let kid = signer.kid().to_string();
    let (case, by) = (&dossier.case, &dossier.made_by);
    let at = local(dossier, dossier.made_at);
    let mut text = format!(
        "证据包 / Package of evidence {}\n\
         \n\
         单位 office    {}\n\
         案件 case      {}（截至第 {} 条记录 / up to entry {}）\n\
         制作人 made by {}（{}，{}）\n\
         时间 at        {at}\n\
         密钥 key       {kid}（{}）\n\
         \n",
        dossier.package,
        case.office,
        case.number,
        case.entries,
        case.entries,
        by.name,
        by.login,
        by.seat,
        signer.office(),
    );
    for (i, step) in steps(&kid, &number, &serial).iter().enumerate() {
        let n = i + 1;
        text += &format!("{n}. {}\n   {}\n", step.zh, step.en);
        for line in &step.commands {
            text += &format!("     {line}\n");
        }
        text.push('\n');
    }
    text += FILES;
    text
}

struct Step {
    zh: &'static str,
    en: &'static str,
    commands: Vec<String>,
}

fn steps(kid: &str, number: &str, serial: &str) -> [Step; 7] {
    let lines = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    [
        Step {
            zh: "用程序核验全部内容（公布的密钥见系统网站 /.well-known/office-jwks.json 和 jwks.json）：",
            en: "Check everything by program, with the keys that the system's site publishes:",
            commands: lines(&[
                "zhenma evidence verify FILE.zip --keys office-jwks.json --keys jwks.json",
            ]),
        },
        Step {
            zh: "解压后手工核对每个文件的 SHA-256：",
            en: "By hand, unpacked: SHA-256 of every file.",
            commands: lines(&["sha256sum -c SHA256SUMS"]),
        },
        Step {
            zh: "核对每个文件的 SM3（无输出即一致）：",
            en: "SM3 of every file; no output means that they agree.",
            commands: lines(&[
                "sed -n 's/^SM3(\\(.*\\))= .*/\\1/p' SM3SUMS | xargs openssl dgst -sm3 | diff - SM3SUMS",
            ]),
        },
        Step {
            zh: "核验本局对清单的签名：",
            en: "The office's signature of the statement.",
            commands: vec![
                "cut -d. -f1,2 statement.jws | tr -d '\\n' > signed.bin".to_owned(),
                "printf '%s==' \"$(cut -d. -f3 statement.jws)\" | tr '_-' '/+' | base64 -d > signature.bin".to_owned(),
                format!("openssl pkeyutl -verify -pubin -inkey keys/{kid}.pem -rawin -in signed.bin -sigfile signature.bin"),
            ],
        },
        Step {
            zh: "阅读声明，其中 manifest 的 sha256 应与下列第二条命令的输出一致；公钥的 x 应与公布的一致：",
            en: "Read the statement: its manifest's sha256 is what the second command prints, and the \
                 third prints x of the key as it is published.",
            commands: vec![
                "cut -d. -f2 statement.jws | tr '_-' '/+' | base64 -d".to_owned(),
                "sha256sum manifest.json".to_owned(),
                format!("openssl pkey -pubin -in keys/{kid}.pem -outform DER | tail -c 32 | base64 | tr '/+' '_-' | tr -d '='"),
            ],
        },
        Step {
            zh: "核验一枚标签的签名（没有 .sig 文件的标签，本案未读取到其完整码）：",
            en: "A label's own signature; a label without .sig was never scanned whole for this case.",
            commands: vec![format!(
                "openssl pkeyutl -verify -pubin -inkey keys/{number}.pem -rawin -in units/{serial}.msg -sigfile units/{serial}.sig"
            )],
        },
        Step {
            zh: "有 statement.tsr 的，核验时间戳（AUTHORITY.pem 为时间戳机构的根证书）：",
            en: "The time-stamp, where statement.tsr is there; AUTHORITY.pem is the authority's root.",
            commands: lines(&[
                "openssl ts -verify -data statement.jws -in statement.tsr -CAfile AUTHORITY.pem",
            ]),
        },
    ]
}

const FILES: &str = "\
文件 / Files
  manifest.json    全部证据文件及其校验值 / every file of evidence with its hashes
  case.json        案卷各条记录，含已撤回的 / entries of the case file, those taken back too
  inquiries.json   向企业的查询及答复 / questions to enterprises with their answers
  blocks.json      本案停用的标签 / labels that were taken off sale for the case
  reports.json     并入本案的消费者举报 / what buyers reported that is part of the case
  units/           每枚标签的核验过程、结论、依据 / what was checked of each label, the verdict and why
  policies/        作出结论的策略全文 / the policy by which the labels were judged
  scans.csv        结论所依据的查询记录，地点只到市 / scans behind the verdicts, places by city
  photos/ visits/  照片（原始文件，或仅有的图像）及元数据，现场记录 / photos (originals, or the picture alone), records of visits
  custody.csv      谁在何时经手 / who had or did what, and when
  clock.json       服务器与手机的时间、网络 / clocks and networks of server and phones
  record.pdf       电子数据提取笔录（预填）/ the record of extraction, filled in as far as known
  keys.json keys/  所用公钥，应与公布的比对 / public keys, to be compared with the published ones
  statement.jws    本局签名的声明：谁、为哪个案件制作，未导出什么 / the signed statement: who made it, for which case, what was left out
";
