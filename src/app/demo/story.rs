//! What officers of the demonstration have under way: a case of the copied carton
//! with a visit to a shop, its maker's answer, a block, and a buyer's report. Its
//! package of evidence is one button away.

use serde_json::json;
use uuid::Uuid;

use super::brands::BRANDS;
use super::drawing::{self, Scene};
use super::leads::{COPIED, COPIED_LOT};
use super::{day_before, signer_of};
use crate::app::compose::{Parts, StartError};
use crate::app::paths;
use crate::auth::Office;
use crate::auth::office::{FIRST, OfficeLedger};
use crate::base::{By, UnixMs, ids};
use crate::cases::block::{BlockLedger, NewBlock, Span};
use crate::cases::fact::{Fact, Ground, Opinion};
use crate::cases::file::CaseFile;
use crate::cases::inquiry::{Answer, InquiryLedger, NewInquiry};
use crate::cases::matter::{CaseUnit, Party, PartyRole, PhotoNote, Spot};
use crate::cases::port::{FileLedger, NewCase, Seen};
use crate::code::{Layer, Payload};
use crate::keys::office::DEMO_OFFICE;
use crate::label::Mint;
use crate::media::{MediaLedger, MediaRow, MediaStore, Sha256Hex};
use crate::registry::{Batch, Bilingual, Uscc};
use crate::reports::{Contact, NewReport, Number, ReportLedger, Seals, Ticket, Wrong};
use crate::scan::Place;
use crate::visits::port::{Coming, VisitLedger};
use crate::visits::read::record;
use crate::visits::visit::Arrival;
use crate::visits::{Record, Says};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
const COUNTY: u16 = 4116;
const SHOP: &str = "老王烟酒店（演示）";
const ADDRESS: &str = "鹿邑县真源大道1号（演示地址）";

/// # Errors
/// When the ledger or the disk fails.
pub(super) async fn seed(parts: &Parts, batches: &[Batch], now: UnixMs) -> Result<(), StartError> {
    let Some(batch) = batches.iter().find(|batch| batch.lot == COPIED_LOT) else { return Ok(()) };
    let labels = labels(parts, batch)?;
    let story = Story { parts, batch, now };
    // Its key says the same name.
    let office = Office::new(FIRST, DEMO_OFFICE, "Demonstration office", &COUNTY.to_string());
    parts.ledger.put_office(&office.map_err(other)?, &story.by("county", 7 * 24)).await?;
    let case = story.case(&labels).await?;
    let photos = story.visit(case.id, &labels).await?;
    let case = story.photos(&case, &photos).await?;
    story.asked(&case, &photos).await?;
    story.block(case.id).await?;
    story.report(&labels).await
}

/// A copied label: its text, payload and running number.
type Label = (String, Payload, u64);

fn labels(parts: &Parts, batch: &Batch) -> Result<Vec<Label>, StartError> {
    let signer = signer_of(batch)?;
    let url = &parts.settings.public_url;
    let mint = Mint::new(&signer, batch.id.key, batch.id.batch, &batch.secret, url)?;
    let label = |number: u64| {
        let text = mint.code(Layer::Outer, number)?.text;
        let payload = crate::code::read(&text).map_err(other)?.payload;
        Ok((text, payload, number))
    };
    COPIED.into_iter().map(label).collect()
}

fn other(problem: impl std::fmt::Debug) -> StartError {
    StartError::Other(format!("the officers' story: {problem:?}"))
}

struct Story<'a> {
    parts: &'a Parts,
    batch: &'a Batch,
    now: UnixMs,
}

impl Story<'_> {
    /// So many hours before the start, by somebody.
    fn by(&self, login: &str, hours_ago: i64) -> By {
        By { login: login.to_owned(), ..By::shell(self.now.plus_ms(-hours_ago * HOUR_MS)) }
    }

    fn seen(&self, case: &CaseFile) -> Seen {
        let today = day_before(self.now, 0);
        Seen { office: case.office, case: case.id, seq: case.seq(), today }
    }

    async fn case(&self, labels: &[Label]) -> Result<CaseFile, StartError> {
        let by = self.by("officer", 6 * 24);
        let day = day_before(self.now, 6);
        let unit = |(_, payload, number): &Label| {
            Fact::Unit(CaseUnit::of(payload, self.batch.id, *number))
        };
        let mut facts: Vec<Fact> = labels.iter().map(unit).collect();
        facts.push(Fact::Party(Party {
            role: PartyRole::Respondent,
            name: SHOP.to_owned(),
            uscc: String::new(),
            contact: String::new(),
            address: ADDRESS.to_owned(),
            note: String::new(),
        }));
        facts.push(Fact::Place(Spot {
            name: SHOP.to_owned(),
            address: ADDRESS.to_owned(),
            region: COUNTY,
            position: None,
            note: String::new(),
        }));
        facts.push(Fact::Assigned { to: Some("officer".to_owned()) });
        let new = NewCase {
            id: ids::new_id(by.at),
            office: FIRST,
            title: "涉嫌销售假冒宋河粮液（演示）".to_owned(),
            ground: Ground::Inspection,
            lead: None,
            region: COUNTY,
            found_on: day,
            today: day,
            facts,
        };
        self.parts.ledger.open_case(&new, &by).await.map_err(other)
    }

    /// The visit as a phone sent it, part of the case; photos by their hash.
    async fn visit(&self, case: Uuid, labels: &[Label]) -> Result<Vec<Sha256Hex>, StartError> {
        let by = self.by("officer", 5 * 24);
        let shelf = self.keep(drawing::photo(Scene::Shelf)?, &by).await?;
        let label = self.keep(drawing::photo(Scene::Label)?, &by).await?;
        let seller = self.keep(drawing::signature(1)?, &by).await?;
        let officer = self.keep(drawing::signature(2)?, &by).await?;
        let visit = ids::new_id(by.at);
        let taken_at = by.at.rfc3339();
        let serials: Vec<_> =
            labels.iter().take(3).map(|(_, payload, _)| payload.serial_text()).collect();
        let mut coming = vec![self.coming(
            visit,
            &by,
            "visit",
            json!({
            "seller": {"name": SHOP, "address": ADDRESS, "person": "王某（演示）"},
            "place": {"lat": 33.86, "lon": 115.48, "accuracy_m": 12.0}, "region": COUNTY,
            "note": "", "case": null}),
        )?];
        let mut say = |kind: &str, members| -> Result<(), StartError> {
            coming.push(self.coming(ids::new_id(by.at), &by, kind, members)?);
            Ok(())
        };
        for (hash, caption) in [(&shelf, "货架（演示图）"), (&label, "标签近照（演示图）")]
        {
            say(
                "photo",
                json!({"visit": visit, "sha256": hash.to_string(), "taken_at": taken_at,
                "caption": caption, "exif": {}}),
            )?;
        }
        for (n, (text, ..)) in labels.iter().take(3).enumerate() {
            let photos: Vec<_> = (n == 0).then(|| label.to_string()).into_iter().collect();
            // The first one without a network: a signature that was copied is good.
            let shown = if n == 0 { "genuine" } else { "suspect" };
            say(
                "check",
                json!({"visit": visit, "code": text, "shown": shown, "quantity": 4,
                "found": {"matches_label": true, "product_in_hand": null,
                    "note": "同一编号有多瓶"}, "photos": photos}),
            )?;
        }
        say(
            "seal",
            json!({"visit": visit, "act": "sampled", "what": "宋河粮液 500 mL",
            "quantity": 3, "unit": "瓶", "seal_number": "演示-001", "kept_at": "局样品室",
            "codes": serials}),
        )?;
        say(
            "note",
            json!({"visit": visit,
            "text": "当事人称由一名送货人送来，未能提供进货票据。（演示）"}),
        )?;
        for (hash, signer, role) in
            [(&seller, "王某（演示）", "seller"), (&officer, "王芳", "officer")]
        {
            say(
                "signature",
                json!({"visit": visit, "signer": signer, "as": role,
                "sha256": hash.to_string(), "refused": false}),
            )?;
        }
        let arrival = Arrival {
            phone: ids::new_id(by.at),
            recorded_by: by.login.clone(),
            taken_in_by: by.login.clone(),
            sent_at: by.at,
            received_at: by.at,
        };
        let ledger = &self.parts.ledger;
        ledger.take_records(FIRST, &arrival, &coming, &by).await?;
        let file = ledger.any_case(case).await?;
        ledger.append(&self.seen(&file), &[Fact::Visit { visit }], &by).await.map_err(other)?;
        Ok(vec![shelf, label])
    }

    fn coming(
        &self,
        id: Uuid,
        by: &By,
        kind: &str,
        members: serde_json::Value,
    ) -> Result<Coming, StartError> {
        let mut value = members;
        let offline = value["shown"] == "genuine";
        value["id"] = json!(id);
        value["kind"] = json!(kind);
        value["made_at"] = json!(by.at.rfc3339());
        value["made_offline"] = json!(offline);
        value["network"] = json!(if offline { "offline" } else { "cellular" });
        let record = record(value).map_err(other)?;
        let (payload, says) = said(&record, by.at).unzip();
        Ok(Coming { record, payload, says })
    }

    async fn keep(&self, bytes: Vec<u8>, by: &By) -> Result<Sha256Hex, StartError> {
        let store = MediaStore::at(paths::media(&self.parts.settings.data));
        let photo = store.intake(bytes.clone(), None).await.map_err(other)?;
        let row = MediaRow::of_evidence(&photo, by);
        store.put(bytes).await.map_err(other)?;
        store.put(photo.shown).await.map_err(other)?;
        self.parts.ledger.add_media(&row, by).await?;
        Ok(row.original)
    }

    /// Puts the photos of the visit into the case.
    async fn photos(&self, case: &CaseFile, photos: &[Sha256Hex]) -> Result<CaseFile, StartError> {
        let file = self.parts.ledger.any_case(case.id).await?;
        let fact = |(hash, (caption, shows)): (&Sha256Hex, (&str, &str))| {
            Fact::Photo(PhotoNote {
                media: hash.to_string(),
                caption: caption.to_owned(),
                shows: shows.to_owned(),
            })
        };
        let words = [("货架（演示图）", "货架"), ("标签近照（演示图）", "标签")];
        let facts: Vec<Fact> = photos.iter().zip(words).map(fact).collect();
        let by = self.by("officer", 4 * 24);
        self.parts.ledger.append(&self.seen(&file), &facts, &by).await.map_err(other)
    }

    /// The maker was asked, and answered.
    async fn asked(&self, case: &CaseFile, photos: &[Sha256Hex]) -> Result<(), StartError> {
        let maker = Uscc::parse(BRANDS[0].uscc).map_err(other)?;
        let new = NewInquiry {
            id: ids::new_id(self.now),
            enterprise: maker.clone(),
            text: "这几枚标签是否贵公司印制？照片上的标签与原件有何不同？".to_owned(),
            photos: photos.iter().map(ToString::to_string).collect(),
            due: day_before(self.now, -10),
        };
        let by = self.by("officer", 3 * 24);
        self.parts.ledger.ask(&self.seen(case), &new, &by).await.map_err(other)?;
        let answer = Answer {
            opinion: Opinion::NotOurs,
            grounds: "本公司标签为烫金，照片上的是普通印刷；这几个编号的原件随整箱发往郑州。"
                .to_owned(),
            signer: "吴静".to_owned(),
            position: "质检部经理".to_owned(),
        };
        let on = day_before(self.now, 1);
        let by = self.by("songhe-quality", 24);
        let answered = self.parts.ledger.answer_inquiry(&maker, new.id, &answer, on, &by).await;
        answered.map(drop).map_err(other)
    }

    /// One of the labels is off sale while the case goes on.
    async fn block(&self, case: Uuid) -> Result<(), StartError> {
        let number = COPIED[0];
        let new = NewBlock {
            id: ids::new_id(self.now),
            office: FIRST,
            case: Some(case),
            spans: vec![Span { batch: self.batch.id, first: number, last: number }],
            reason: Bilingual {
                zh: "涉嫌假冒，正在核查，请勿饮用".to_owned(),
                en: "Probably counterfeit, under examination: do not drink it".to_owned(),
            },
            until: self.now.plus_ms(90 * DAY_MS),
        };
        let blocked = self.parts.ledger.block(&new, &self.by("supervisor", 20)).await;
        blocked.map(drop).map_err(other)
    }

    /// A buyer reported another of them.
    async fn report(&self, labels: &[Label]) -> Result<(), StartError> {
        let by = self.by("", 10);
        let id = ids::new_id(by.at);
        let payload = labels.get(1).map(|(_, payload, _)| payload.to_bytes());
        let seals = Seals::new(&self.parts.scanner.tags);
        let contact = Contact::parse("13800000000").map_err(other)?;
        let report = NewReport {
            id,
            number: Number::random(),
            ticket: Ticket {
                at: by.at.0,
                opened: Some(by.at.0),
                payload,
                scan: 1,
                device: 1,
                network: 1,
                outcome: "suspect".to_owned(),
                reason: "too_many_independent_scans".to_owned(),
                serial: String::new(),
                first: None,
                reference: "DEMO-DEMO".to_owned(),
            },
            wrong: vec![Wrong::Label],
            note: "瓶盖印字模糊，扫码说查过很多次。（演示）".to_owned(),
            shop: SHOP.to_owned(),
            place: ADDRESS.to_owned(),
            region: Place(COUNTY),
            contact: contact.map(|contact| seals.seal_contact(id, &contact)),
            photos: Vec::new(),
            received_at: by.at,
        };
        self.parts.ledger.add_report(&report, &by).await?;
        Ok(())
    }
}

/// What the register said of a check on arrival: the scans of the demonstration
/// come after it, so that it is told here.
fn said(record: &Record, at: UnixMs) -> Option<([u8; 12], Says)> {
    let crate::visits::Fact::Check(check) = &record.fact else { return None };
    let payload = crate::code::read(&check.code).ok()?.payload;
    let says = Says {
        outcome: "suspect".to_owned(),
        reason: "too_many_independent_scans".to_owned(),
        zh: "许多人在不同地点查询过这枚标签，不像同一件商品。".to_owned(),
        en: "Many people in many places queried this label: it does not fit one item.".to_owned(),
        serial: Some(payload.serial_text()),
        at,
        overtaken: check.shown != "suspect",
    };
    Some((payload.to_bytes(), says))
}
