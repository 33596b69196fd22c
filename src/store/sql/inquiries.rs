//! Questions to enterprises, and their answers.

use super::db::{self, Row};
use async_trait::async_trait;
use jiff::civil::Date;
use uuid::Uuid;

use super::case_files::{as_seen, note, put_down, read, unknown};
use super::rows::{self, Read, get};
use super::{Ledger, Tx, audit, down, told};
use crate::auth::trail::Entry;
use crate::base::{By, FieldError, LedgerError, UnixMs};
use crate::cases::CaseError;
use crate::cases::fact::{Fact, Opinion};
use crate::cases::file::{CaseFile, ENTRIES_MAX, Refusal};
use crate::cases::inquiry::{Answer, Answered, FILES_MAX, Inquiry, InquiryLedger, NewInquiry};
use crate::cases::matter::{CaseUnit, PhotoNote};
use crate::cases::port::Seen;
use crate::registry::Uscc;

fn answered(row: &Row) -> Read<Option<Answered>> {
    let Some(opinion) = get::<Option<String>>(row, "opinion")? else { return Ok(None) };
    Ok(Some(Answered {
        answer: Answer {
            opinion: Opinion::from_slug(&opinion).ok_or_else(|| rows::bad("opinion"))?,
            grounds: get(row, "grounds")?,
            signer: get(row, "signer")?,
            position: get(row, "position")?,
        },
        by: get(row, "answered_by")?,
        at: UnixMs(get(row, "answered_at")?),
    }))
}

fn inquiry(row: &Row) -> Read<Inquiry> {
    let uuid = |column| -> Read<Uuid> {
        get::<String>(row, column)?.parse().map_err(|_| rows::bad(column))
    };
    let json = |column| -> Read<String> { get::<String>(row, column) };
    Ok(Inquiry {
        id: rows::id(row)?,
        case: uuid("case_id")?,
        office: uuid("office")?,
        enterprise: rows::uscc(row, "enterprise")?,
        text: get(row, "question")?,
        units: serde_json::from_str(&json("units")?).map_err(|_| rows::bad("units"))?,
        photos: serde_json::from_str(&json("photos")?).map_err(|_| rows::bad("photos"))?,
        asked_at: UnixMs(get(row, "asked_at")?),
        due: get::<String>(row, "due_on")?.parse().map_err(|_| rows::bad("due_on"))?,
        answered: answered(row)?,
        files: serde_json::from_str(&json("files")?).map_err(|_| rows::bad("files"))?,
        dropped_at: get::<Option<i64>>(row, "dropped_at")?.map(UnixMs),
    })
}

async fn find<'e>(on: impl db::On<'e>, id: Uuid) -> Read<Inquiry> {
    let found = db::query("SELECT * FROM inquiries WHERE id = $1")
        .bind(id.to_string())
        .fetch_optional(on)
        .await
        .map_err(down)?;
    inquiry(&found.ok_or_else(|| LedgerError::NotFound(format!("inquiry {id}")))?)
}

/// Labels of the case that are the enterprise's.
async fn units_of(tx: &mut Tx, file: &CaseFile, of: &Uscc) -> Read<Vec<CaseUnit>> {
    let mut found = Vec::new();
    for (_, unit) in file.units() {
        if told::maker(tx, unit.batch).await?.as_deref() == Some(of.as_str()) {
            // What an officer noted of it is no part of the question.
            found.push(CaseUnit { note: String::new(), ..unit.clone() });
        }
    }
    Ok(found)
}

fn check(new: &NewInquiry, file: &CaseFile, units: &[CaseUnit], today: Date) -> Read<()> {
    let mut faults = new.check(today).err().unwrap_or_default();
    if units.is_empty() {
        let remedy = "choose the maker of a label in the case";
        faults.push(FieldError::new("enterprise", "has no label in the case", remedy));
    }
    let has = |hash: &String| {
        file.standing().any(|entry| matches!(&entry.fact, Fact::Photo(p) if p.media == *hash))
    };
    if !new.photos.iter().all(has) {
        faults.push(FieldError::new("photos", "are not all in the case", "choose from its photos"));
    }
    if faults.is_empty() { Ok(()) } else { Err(LedgerError::Invalid(faults)) }
}

async fn insert(
    tx: &mut Tx,
    (new, file): (&NewInquiry, &CaseFile),
    units: &[CaseUnit],
    by: &By,
) -> Read<()> {
    db::query(
        "INSERT INTO inquiries (id, case_id, office, enterprise, question, units, photos, asked_by,
         asked_at, due_on) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(new.id.to_string())
    .bind(file.id.to_string())
    .bind(file.office.to_string())
    .bind(new.enterprise.as_str())
    .bind(new.text.trim())
    .bind(serde_json::json!(units).to_string())
    .bind(serde_json::json!(new.photos).to_string())
    .bind(&by.login)
    .bind(by.at.0)
    .bind(new.due.to_string())
    .execute(&mut **tx)
    .await
    .map(drop)
    .map_err(down)
}

/// All of a case, oldest first.
pub(super) async fn of_case(ledger: &Ledger, case: Uuid) -> Read<Vec<Inquiry>> {
    let found = db::query("SELECT * FROM inquiries WHERE case_id = $1 ORDER BY asked_at, id")
        .bind(case.to_string())
        .fetch_all(&ledger.reader)
        .await
        .map_err(down)?;
    found.iter().map(inquiry).collect()
}

/// The answer, and its photos as photos of the case; a case that is full or over
/// keeps their hashes alone.
fn answer_facts(file: &CaseFile, answer: Fact, photos: &[String]) -> Vec<Fact> {
    let most = usize::try_from(ENTRIES_MAX).unwrap_or(usize::MAX);
    let room = file.state.is_open() && file.entries().len() + photos.len() < most;
    let photo = |(n, media): (usize, &String)| {
        let (media, caption) = (media.clone(), format!("企业答复附图{n}"));
        Fact::Photo(PhotoNote { media, caption, shows: String::new() })
    };
    let shown = (1..).zip(photos).filter(|_| room).map(photo);
    std::iter::once(answer).chain(shown).collect()
}

#[async_trait]
impl InquiryLedger for Ledger {
    async fn ask(&self, seen: &Seen, new: &NewInquiry, by: &By) -> Result<CaseFile, CaseError> {
        let mut tx = self.write().await?;
        let file = as_seen(&mut tx, seen).await?;
        let units = units_of(&mut tx, &file, &new.enterprise).await?;
        check(new, &file, &units, seen.today)?;
        if find(&mut *tx, new.id).await.is_ok() {
            return Err(Refusal::Already.into());
        }
        insert(&mut tx, (new, &file), &units, by).await?;
        let fact = Fact::Question {
            inquiry: new.id,
            enterprise: new.enterprise.clone(),
            on: seen.today,
            due: new.due,
            text: new.text.trim().to_owned(),
            serials: units.iter().map(|unit| unit.serial.clone()).collect(),
            photos: new.photos.clone(),
        };
        let next = put_down(&mut tx, &file, &[fact], by).await?;
        note(&mut tx, by, "case.ask", &next, seen.seq).await?;
        told::inquiry_opened(&mut tx, new, &units, by.at).await?;
        tx.commit().await.map_err(down)?;
        Ok(next)
    }

    async fn drop_inquiry(
        &self,
        seen: &Seen,
        id: Uuid,
        grounds: &str,
        by: &By,
    ) -> Result<CaseFile, CaseError> {
        let mut tx = self.write().await?;
        let file = as_seen(&mut tx, seen).await?;
        let grounds = grounds.trim().to_owned();
        let fact = Fact::Dropped { inquiry: id, on: seen.today, grounds };
        let next = put_down(&mut tx, &file, &[fact], by).await?;
        db::query("UPDATE inquiries SET dropped_at = $1 WHERE id = $2")
            .bind(by.at.0)
            .bind(id.to_string())
            .execute(&mut *tx)
            .await
            .map_err(down)?;
        note(&mut tx, by, "case.drop_inquiry", &next, seen.seq).await?;
        tx.commit().await.map_err(down)?;
        Ok(next)
    }

    async fn answer_inquiry(
        &self,
        of: &Uscc,
        id: Uuid,
        answer: &Answer,
        on: Date,
        by: &By,
    ) -> Result<Inquiry, CaseError> {
        answer.check().map_err(LedgerError::Invalid)?;
        let mut tx = self.write().await?;
        let asked = find(&mut *tx, id).await?;
        if asked.enterprise != *of {
            return Err(LedgerError::NotFound(format!("inquiry {id}")).into());
        }
        let file = read(&mut *tx, asked.case).await?.ok_or_else(|| unknown(asked.case))?;
        let fact = Fact::Answer {
            inquiry: id,
            on,
            opinion: answer.opinion,
            grounds: answer.grounds.clone(),
            signer: answer.signer.clone(),
            position: answer.position.clone(),
            files: asked.files.clone(),
        };
        let since = file.seq();
        let next = put_down(&mut tx, &file, &answer_facts(&file, fact, &asked.files), by).await?;
        db::query(
            "UPDATE inquiries SET opinion = $1, grounds = $2, signer = $3, position = $4,
             answered_by = $5, answered_at = $6 WHERE id = $7",
        )
        .bind(answer.opinion.slug())
        .bind(&answer.grounds)
        .bind(&answer.signer)
        .bind(&answer.position)
        .bind(&by.login)
        .bind(by.at.0)
        .bind(id.to_string())
        .execute(&mut *tx)
        .await
        .map_err(down)?;
        note(&mut tx, by, "case.answer", &next, since).await?;
        let kept = find(&mut *tx, id).await?;
        tx.commit().await.map_err(down)?;
        Ok(kept)
    }

    async fn attach(
        &self,
        of: &Uscc,
        id: Uuid,
        photo: &str,
        by: &By,
    ) -> Result<Inquiry, CaseError> {
        let mut tx = self.write().await?;
        let mut asked = find(&mut *tx, id).await?;
        if asked.enterprise != *of {
            return Err(LedgerError::NotFound(format!("inquiry {id}")).into());
        }
        if !asked.waits() {
            return Err(Refusal::Already.into());
        }
        if asked.files.iter().any(|known| known == photo) {
            return Ok(asked);
        }
        if asked.files.len() >= FILES_MAX {
            let remedy = format!("choose at most {FILES_MAX}");
            let fault = FieldError::new("files", "are too many", remedy);
            return Err(LedgerError::Invalid(vec![fault]).into());
        }
        asked.files.push(photo.to_owned());
        db::query("UPDATE inquiries SET files = $1 WHERE id = $2")
            .bind(serde_json::json!(asked.files).to_string())
            .bind(id.to_string())
            .execute(&mut *tx)
            .await
            .map_err(down)?;
        let entry = Entry {
            action: "inquiry.attach",
            object: format!("inquiry {id}"),
            enterprise: Some(of.as_str()),
            before: serde_json::Value::Null,
            after: serde_json::json!({"photo": photo}),
        };
        audit::note(&mut tx, by, &entry).await?;
        tx.commit().await.map_err(down)?;
        Ok(asked)
    }

    async fn inquiries(&self, of: &Uscc, limit: u32) -> Result<Vec<Inquiry>, LedgerError> {
        db::query(
            "SELECT * FROM inquiries WHERE enterprise = $1
             ORDER BY COALESCE(answered_at, dropped_at) IS NOT NULL, asked_at DESC, id LIMIT $2",
        )
        .bind(of.as_str())
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .map_err(down)?
        .iter()
        .map(inquiry)
        .collect()
    }

    async fn inquiry(&self, of: &Uscc, id: Uuid) -> Result<Inquiry, LedgerError> {
        let found = find(&self.reader, id).await?;
        if found.enterprise == *of {
            return Ok(found);
        }
        Err(LedgerError::NotFound(format!("inquiry {id}")))
    }
}
