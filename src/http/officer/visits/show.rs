//! `/officer/visits/{id}`: one visit, as it was recorded.

use std::collections::HashSet;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::tz::TimeZone;

use super::{cases, persons, records};
use crate::auth::Officer;
use crate::base::{By, UnixMs};
use crate::code::Payload;
use crate::http::access::AtConsole;
use crate::http::address::Path;
use crate::http::console::page;
use crate::http::desk::Desk;
use crate::http::problem::{Problem, ProblemDocument};
use crate::media::Sha256Hex;
use crate::scan::reason::minute_text;
use crate::scan::{Outcome, Place};
use crate::visits::papers::code_named;
use crate::visits::record::{Check, Photo, Seal, Signature};
use crate::visits::sweep::SweepDone;
use crate::visits::visit::Part;
use crate::visits::{Fact, Kept, Visit, statement};
use crate::web::console::{Frame, Typed};
use crate::web::visits::{
    self, CheckLine, EventLine, PictureView, SealLine, SignatureView, SweepView, VisitPage,
};

/// Characters of a hash where it is named in passing.
const SHORT: usize = 12;

/// A visit: labels, sweeps, goods, photos, signatures, and every record with its clocks.
#[utoipa::path(
    get,
    path = "/officer/visits/{id}",
    tag = "officer console",
    params(("id" = Uuid, Path, description = "Of the record that began it")),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "A page"),
        (status = 303, description = "To the form for signing in"),
        (status = 404, body = ProblemDocument, content_type = "application/problem+json", description = "No such visit of this office"),
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    AtConsole { who, frame, by }: AtConsole<Officer>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    visit_page(&desk, (&who, &by), frame, &id, Typed::default(), StatusCode::OK).await
}

/// `number`: of a case, as it was typed.
pub(super) async fn visit_page(
    desk: &Desk,
    (who, by): (&Officer, &By),
    f: Frame,
    id: &str,
    number: Typed,
    status: StatusCode,
) -> Result<Response, Problem> {
    let records = records(desk, who, id).await?;
    let visit = Visit::fold(&records).ok_or_else(Problem::nothing)?;
    let mut there = HashSet::new();
    for hash in visit.pictures() {
        let known = match Sha256Hex::parse(hash) {
            Some(named) => desk.ledger.media(&named).await?.is_some(),
            None => false,
        };
        if known {
            there.insert(hash.to_owned());
        }
    }
    let ids = desk.ledger.cases_of_visit(visit.id).await?;
    let cases = cases(desk, who, &ids).await?;
    let persons = persons(desk, (who, by), &visit, "page").await?;
    let look = Look { f: &f, zone: &desk.zone, there, persons };
    let lang = f.lang;
    let html = VisitPage {
        id: visit.id.to_string(),
        seller: visit.opening.fact.seller.name.clone(),
        facts: look.facts(&visit, &cases),
        cases,
        overtaken: visit.timeline.iter().filter(|kept| kept.is_overtaken()).count(),
        sweeps: visit.sweeps.iter().map(|sweep| look.sweep(sweep)).collect(),
        checks: visit.checks.iter().map(|check| look.check(check)).collect(),
        seals: visit.seals.iter().map(|seal| look.seal(seal)).collect(),
        photos: visit.photos.iter().map(|photo| look.photo(photo)).collect(),
        signatures: visit
            .signatures
            .iter()
            .filter(|_| persons)
            .map(|s| look.signature(s))
            .collect(),
        persons,
        notes: visit
            .notes
            .iter()
            .map(|note| (look.at(note.kept.made_by_server()), note.fact.text.clone()))
            .collect(),
        timeline: visit.timeline.iter().map(|kept| look.event(kept)).collect(),
        number,
        f: f.clone(),
    };
    page(&html, lang, status)
}

/// What rendering needs.
struct Look<'a> {
    f: &'a Frame,
    zone: &'a TimeZone,
    /// Hashes of pictures whose file has come.
    there: HashSet<String>,
    /// Whether people are named.
    persons: bool,
}

impl Look<'_> {
    fn at(&self, at: UnixMs) -> String {
        minute_text(at, self.f.lang, self.zone)
    }

    /// An instant, or two.
    fn during(&self, from: UnixMs, until: UnixMs) -> String {
        let (from, until) = (self.at(from), self.at(until));
        if from == until { from } else { format!("{from} – {until}") }
    }

    /// Beside others of the same visit.
    fn short(&self, at: UnixMs) -> String {
        let stamp = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
        stamp.to_zoned_datetime(self.zone.clone()).strftime("%m-%d %H:%M:%S").to_string()
    }

    /// With seconds: clocks are compared by them.
    fn clock(&self, at: UnixMs) -> String {
        let stamp = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
        stamp.to_zoned_datetime(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    fn facts(&self, visit: &Visit<'_>, cases: &[(String, String)]) -> Vec<(&'static str, String)> {
        let f = self.f;
        let opening = visit.opening.fact;
        let apart = |number: &String| !cases.iter().any(|(_, of)| of == number);
        let named = opening.case.as_ref().filter(|number| apart(number)).map(|number| {
            let not =
                f.t("不是本局在办案件，未归入", "no open case of this office, not put into it");
            format!("{number}（{not}）")
        });
        let seller = &opening.seller;
        let (from, until) = visit.span();
        let spot = opening.place.filter(|_| self.persons);
        let spot = spot.map(|s| format!("{:.5}, {:.5} ± {:.0} m", s.lat, s.lon, s.accuracy_m));
        let ahead = visit.clock_ahead_ms() as f64 / 1_000.0;
        let mut facts = vec![
            (f.t("时间", "Time"), self.during(from, until)),
            (f.t("信用代码", "Credit code"), seller.uscc.clone().unwrap_or_default()),
            (f.t("地址", "Address"), seller.address.clone().unwrap_or_default()),
            (f.t("地区", "Region"), Place(opening.region).text(f.lang).unwrap_or_default()),
            (f.t("手机定位", "Position"), spot.unwrap_or_default()),
            (
                f.t("现场负责人", "Present"),
                seller.person.clone().filter(|_| self.persons).unwrap_or_default(),
            ),
            (f.t("检查人", "Officers"), visit.recorders().join(", ")),
            (f.t("所报案号", "Case named"), named.unwrap_or_default()),
            (f.t("手机时钟", "Phone's clock"), drift(ahead, f)),
            (f.t("备注", "Note"), opening.note.clone()),
        ];
        facts.retain(|(_, value)| !value.is_empty());
        facts
    }

    fn sweep(&self, sweep: &SweepDone<'_>) -> SweepView {
        let (f, plan) = (self.f, sweep.plan);
        let mut said = vec![visits::sampling(plan.sampling).of(f.lang).to_owned()];
        said.extend(plan.gtin.as_ref().map(|gtin| format!("GTIN {gtin}")));
        said.extend(plan.stock.map(|n| format!("{} {n}", f.t("存货", "stock"))));
        said.push(self.at(sweep.begun.made_by_server()));
        SweepView {
            sentence: statement::sentence(sweep, f.lang),
            bad: sweep.tally.suspect > 0,
            plan: said.join(" · "),
            caveats: statement::caveats(sweep, f.lang),
        }
    }

    fn check(&self, check: &Part<'_, Check>) -> CheckLine {
        let (f, fact) = (self.f, check.fact);
        let says = check.kept.says.as_ref();
        let serial = says.and_then(|says| says.serial.as_deref());
        // A forged text may name a serial of a batch that is known.
        let issued = says.is_some_and(|says| says.outcome != "not_genuine");
        let path = serial.filter(|_| issued).map(str::to_owned);
        let words = |says: &crate::visits::Says| {
            let reason = f.lang.pick(&says.zh, &says.en);
            let word = Outcome::word_of(&says.outcome, f.lang);
            format!("{word}{}{reason}", f.t("：", ": "))
        };
        let product = fact.found.product_in_hand.as_deref().unwrap_or_default();
        let note: Vec<_> =
            [product, &fact.found.note].into_iter().filter(|text| !text.is_empty()).collect();
        CheckLine {
            at: self.short(check.kept.made_by_server()),
            code: serial
                .and_then(|serial| Payload::from_serial_text(serial).ok())
                .map_or_else(|| code_named(&fact.code), |payload| payload.to_string()),
            path,
            shown: fact.shown_words(check.kept.record.made_offline, f.lang),
            shown_class: fact.shown.clone(),
            now: says.filter(|says| says.overtaken).map(words),
            quantity: fact.quantity,
            matches: visits::matches(fact.found.matches_label).of(f.lang),
            note: note.join(" · "),
            photos: fact.photos.iter().map(|hash| self.picture(hash, "", "")).collect(),
            offline: check.kept.record.made_offline,
        }
    }

    fn picture(&self, hash: &str, at: &str, caption: &str) -> PictureView {
        PictureView {
            hash: hash.to_owned(),
            short: hash.chars().take(SHORT).collect(),
            at: at.to_owned(),
            caption: caption.to_owned(),
            there: self.there.contains(hash),
        }
    }

    fn photo(&self, photo: &Part<'_, Photo>) -> PictureView {
        let at = self.at(photo.kept.made_by_server());
        self.picture(&photo.fact.sha256, &at, &photo.fact.caption)
    }

    fn seal(&self, part: &Part<'_, Seal>) -> SealLine {
        let seal = part.fact;
        SealLine {
            act: seal.act.text(self.f.lang),
            what: seal.what.clone(),
            quantity: format!("{} {}", seal.quantity, seal.unit),
            seal_number: seal.seal_number.clone(),
            kept_at: seal.kept_at.clone(),
            codes: seal.codes.iter().map(|text| code_named(text)).collect(),
        }
    }

    fn signature(&self, part: &Part<'_, Signature>) -> SignatureView {
        let signature = part.fact;
        let at = self.at(part.kept.made_by_server());
        SignatureView {
            role: visits::signed_as(signature.signed_as).of(self.f.lang),
            signer: signature.signer.clone(),
            refused: signature.refused,
            picture: signature.sha256.as_ref().map(|hash| self.picture(hash, &at, "")),
            at,
        }
    }

    fn event(&self, kept: &Kept) -> EventLine {
        let (f, record) = (self.f, &kept.record);
        let says = match &record.fact {
            Fact::Check(check) => code_named(&check.code),
            Fact::Seal(seal) => seal.what.clone(),
            Fact::Signature(signature) if self.persons => signature.signer.clone(),
            Fact::Photo(photo) => photo.caption.clone(),
            Fact::Signature(_) | Fact::Visit(_) | Fact::Sweep(_) | Fact::Note(_) => String::new(),
        };
        let mut how = vec![record.network.clone()];
        if record.made_offline {
            let kit = record.kit.as_deref().unwrap_or("-");
            how.push(format!("{} {kit}", f.t("离线，数据版本", "offline, kit")));
        }
        let arrival = &kept.arrival;
        how.push(if arrival.recorded_by == arrival.taken_in_by {
            arrival.recorded_by.clone()
        } else {
            let by = f.t("代收：", "taken in by ");
            format!("{} ({by}{})", arrival.recorded_by, arrival.taken_in_by)
        });
        how.retain(|text| !text.is_empty());
        EventLine {
            phone_clock: self.clock(record.made_at),
            server_clock: self.clock(kept.made_by_server()),
            received: self.clock(arrival.received_at),
            kind: visits::kind(record.fact.slug(), f.lang),
            says,
            circumstances: how.join(" · "),
            overtaken: kept.is_overtaken(),
            hash: kept.hash[..SHORT / 2].iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }
}

/// How far a clock is ahead, seconds; less than a tenth is none.
/// How far a phone's clock was ahead of the server's.
fn drift(seconds: f64, f: &Frame) -> String {
    let by = format!("{:.1}", seconds.abs());
    match seconds {
        s if s.abs() < 0.05 => f.t("与服务器一致", "in step with the server").to_owned(),
        s if s > 0.0 => {
            format!("{} {by} {}", f.t("比服务器快", "ahead of the server by"), f.t("秒", "s"))
        }
        _ => format!("{} {by} {}", f.t("比服务器慢", "behind the server by"), f.t("秒", "s")),
    }
}
