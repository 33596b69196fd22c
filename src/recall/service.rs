//! Use cases of recalls, of the consoles and the API alike.

use uuid::Uuid;

use crate::base::{By, FieldError, LedgerError, UnixMs, places, remark};
use crate::recall::port::{Decision, RecallLedger};
use crate::recall::returns::{Goods, NewReturn, Outcome, Progress};
use crate::recall::scope::Named;
use crate::recall::{
    Kind, Numbers, Proposal, Recall, RecallError, Refusal, Tally, fingerprint, scope,
};
use crate::registry::service::Scope;
use crate::registry::{Bilingual, Register, Standing, Uscc};

/// Characters of a reason or remedy in one language: a buyer reads it.
const WORDS_CHARACTERS_MAX: usize = 200;
/// Characters of a notice in one language.
const NOTICE_CHARACTERS_MAX: usize = 4_000;

/// How the labels of the ranges stand.
pub fn tally(register: &Register, ranges: &[Numbers]) -> Tally {
    let mut tally = Tally::default();
    for range in ranges {
        let Some(facts) = register.batches.get(&range.batch) else { continue };
        for (labels, standing) in facts.runs(range.first, range.last) {
            *match standing {
                Standing::OnSale => &mut tally.on_sale,
                Standing::NotActivated { .. } => &mut tally.not_on_sale,
                Standing::Spoiled | Standing::Planted | Standing::Missing => {
                    &mut tally.never_for_sale
                }
                Standing::Withdrawn { .. } => &mut tally.withdrawn,
            } += labels;
        }
    }
    tally
}

/// What somebody typed.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    pub id: Uuid,
    pub enterprise: &'a Uscc,
    pub kind: Kind,
    pub lifts: Option<Uuid>,
    /// Lines, as [`scope::read`] reads them.
    pub scope: &'a str,
    /// All that was shipped to a place since.
    pub sent: Option<(&'a str, UnixMs)>,
    pub reason: Bilingual,
    pub remedy: Bilingual,
    pub notice: Bilingual,
}

/// Reads and checks what was typed.
///
/// # Errors
/// `Invalid` with everything that is wrong with it, and those of the ledger.
pub async fn read(
    ledger: &(impl RecallLedger + ?Sized),
    asked: Asked<'_>,
    register: &Register,
) -> Result<Proposal, LedgerError> {
    let mut faults = faults_of(&asked);
    let ranges = match scope::read(asked.scope, register, asked.enterprise) {
        Ok(named) => taken_in(ledger, &asked, named, &mut faults).await?,
        Err(wrong) => {
            faults.extend(wrong);
            Vec::new()
        }
    };
    if !faults.is_empty() {
        return Err(LedgerError::Invalid(faults));
    }
    let trimmed = |words: Bilingual| Bilingual {
        zh: words.zh.trim().to_owned(),
        en: words.en.trim().to_owned(),
    };
    Ok(Proposal {
        id: asked.id,
        enterprise: asked.enterprise.clone(),
        kind: asked.kind,
        lifts: asked.lifts,
        ranges,
        reason: trimmed(asked.reason),
        remedy: trimmed(asked.remedy),
        notice: trimmed(asked.notice),
    })
}

/// All items that the lines and the rule take in.
async fn taken_in(
    ledger: &(impl RecallLedger + ?Sized),
    asked: &Asked<'_>,
    named: Named,
    faults: &mut Vec<FieldError>,
) -> Result<Vec<Numbers>, LedgerError> {
    let mut found = named.numbers;
    for (line, unit) in &named.units {
        let items = ledger.items_in(unit).await?;
        if items.is_empty() {
            let problem = "is a case or pallet of which nothing was packed";
            let fault = FieldError::new("scope", problem, "name the numbers of what is in it");
            faults.push(fault.at_line(*line));
        }
        found.extend(items);
    }
    if let Some((place, since)) = asked.sent {
        let items = ledger.sent_to(asked.enterprise, place, since).await?;
        if items.is_empty() {
            let problem = format!("nothing was shipped to {place:?} since");
            faults.push(FieldError::new("sent_to", problem, "see the events of shipping"));
        }
        found.extend(items);
    }
    if found.is_empty() && faults.is_empty() {
        let remedy = "write one a line: a batch 1-4, numbers of it 1-4 100-199, or a serial";
        faults.push(FieldError::new("scope", "names nothing", remedy));
    }
    Ok(scope::merged(found))
}

/// What is wrong with the words.
fn faults_of(asked: &Asked<'_>) -> Vec<FieldError> {
    let mut faults = Vec::new();
    if [&asked.reason.zh, &asked.reason.en].iter().any(|words| words.trim().is_empty()) {
        let problem = "is missing in one language";
        faults.push(FieldError::new(
            "reason",
            problem,
            "whoever scans a label reads it: give both",
        ));
    }
    let bounds = [
        ("reason", &asked.reason, WORDS_CHARACTERS_MAX, false),
        ("remedy", &asked.remedy, WORDS_CHARACTERS_MAX, false),
        ("notice", &asked.notice, NOTICE_CHARACTERS_MAX, true),
    ];
    for (field, words, most, lines) in bounds {
        let control = |c: char| c.is_control() && !(lines && matches!(c, '\n' | '\r'));
        if [&words.zh, &words.en].iter().any(|t| t.chars().count() > most || t.contains(control)) {
            let remedy = format!("write at most {most} characters");
            faults.push(FieldError::new(field, "is too long or has a control character", remedy));
        }
    }
    faults
}

/// The recall, if it is within the scope; another's does not exist.
///
/// # Errors
/// `NotFound`, and those of the ledger.
pub async fn find(
    ledger: &(impl RecallLedger + ?Sized),
    scope: &Scope,
    id: Uuid,
) -> Result<Recall, LedgerError> {
    let recall = ledger.recall(id).await?;
    if scope.covers(&recall.proposal.enterprise) {
        return Ok(recall);
    }
    Err(LedgerError::NotFound(format!("recall {id}")))
}

/// Approves or rejects what `seen` names: how it stood on the page or in the
/// answer that whoever decides has looked at.
///
/// # Errors
/// Refused when it stands otherwise now, and as the ledger's.
pub async fn decide(
    ledger: &(impl RecallLedger + ?Sized),
    register: &Register,
    recall: &Recall,
    (approve, seen, note): (bool, &str, &str),
    by: &By,
) -> Result<Recall, RecallError> {
    let ranges = &recall.proposal.ranges;
    let now = tally(register, ranges);
    if approve && fingerprint(ranges, &now) != seen {
        return Err(Refusal::Stale.into());
    }
    let decision = Decision {
        recall: recall.proposal.id,
        approve,
        on_sale: now.on_sale,
        note: note.trim().to_owned(),
    };
    ledger.decide_recall(&decision, by).await
}

/// Goods that came back, as somebody typed them: a number of items, or a code a
/// line.
#[derive(Clone, Debug)]
pub struct CameBack<'a> {
    pub id: Uuid,
    pub outcome: Outcome,
    pub place: u16,
    /// Empty where codes are given.
    pub items: &'a str,
    /// Empty where a number is given.
    pub codes: &'a str,
    pub note: &'a str,
}

/// # Errors
/// `Invalid` naming what is wrong, and as the ledger's.
pub async fn came_back(
    ledger: &(impl RecallLedger + ?Sized),
    register: &Register,
    recall: &Recall,
    given: CameBack<'_>,
    by: &By,
) -> Result<Progress, RecallError> {
    let invalid = |fault: FieldError| LedgerError::Invalid(vec![fault]);
    let note = remark("note", given.note).map_err(invalid)?;
    if given.place != 0 && places::lookup(given.place).is_none() {
        let problem = format!("{} is no province or prefecture", given.place);
        let remedy = "write the first four digits of its GB/T 2260 code, or 0 for unknown";
        return Err(invalid(FieldError::new("place", problem, remedy)).into());
    }
    let goods = match (given.items.trim(), given.codes.trim()) {
        (items, "") => {
            let items = items.parse::<u64>().ok().filter(|n| *n > 0).ok_or_else(|| {
                let remedy = "write how many came back, or their codes, one a line";
                invalid(FieldError::new("items", "is no number", remedy))
            })?;
            Goods::Items(items)
        }
        ("", codes) => Goods::Codes(of_recall(codes, register, recall)?),
        _ => {
            let fault = FieldError::new("items", "stands beside codes", "give one of the two");
            return Err(invalid(fault).into());
        }
    };
    let new = NewReturn {
        id: given.id,
        recall: recall.proposal.id,
        outcome: given.outcome,
        place: given.place,
        goods,
        note,
    };
    ledger.note_return(&new, by).await
}

/// Single labels that the codes name, all of them of this recall.
fn of_recall(
    codes: &str,
    register: &Register,
    recall: &Recall,
) -> Result<Vec<(crate::registry::BatchRef, u64)>, LedgerError> {
    let named = |faults: Vec<FieldError>| {
        let renamed = |fault: FieldError| FieldError { field: "codes".to_owned(), ..fault };
        LedgerError::Invalid(faults.into_iter().map(renamed).collect())
    };
    let read = scope::read(codes, register, &recall.proposal.enterprise).map_err(named)?;
    if let Some((line, _)) = read.units.first() {
        let fault = FieldError::new("codes", "is a case or pallet", "scan the labels in it");
        return Err(named(vec![fault.at_line(*line)]));
    }
    let found = scope::merged(read.numbers);
    let beside = scope::without(&found, &recall.proposal.ranges);
    if let Some(one) = beside.first() {
        let problem = format!("{} of batch {} is not recalled here", one.first, one.batch);
        return Err(named(vec![FieldError::new("codes", problem, "leave it out")]));
    }
    if found.iter().map(Numbers::count).sum::<u64>() > scope::LINES_MAX as u64 {
        let problem = format!("name more than {} labels", scope::LINES_MAX);
        return Err(named(vec![FieldError::new("codes", problem, "give their number instead")]));
    }
    Ok(found.iter().flat_map(|r| (r.first..=r.last).map(|number| (r.batch, number))).collect())
}
