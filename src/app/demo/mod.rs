//! `zhenma demo`: three brands, their labels and a few thousand scans, made in
//! an empty directory by the same use cases and the same scan path that a real
//! installation uses. Keys are the development keys, which nothing else takes.

mod brands;
mod drawing;
mod goods;
mod leads;
mod office;
pub mod people;
mod samples;
mod story;

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use futures::StreamExt;
use jiff::civil::Date;
use uuid::Builder;

use crate::app::compose::{Parts, StartError};
use crate::app::config::Settings;
use crate::auth::port::AccountLedger;
use crate::auth::{Account, Role, password};
use crate::base::{By, UnixMs, ids};
use crate::code::Layer;
use crate::keys::office::development_signer;
use crate::keys::{KeyDir, development};
use crate::label::Mint;
use crate::registry::fields::Fields;
use crate::registry::import::ImportKind;
use crate::registry::movement::service::{Asked, move_labels};
use crate::registry::movement::{Custody, Kind};
use crate::registry::port::{Registered, RegistryLedger};
use crate::registry::service::{Marking, Scope, mark, register, renew};
use crate::registry::{Batch, BatchRef, Bilingual, RangeState};
use crate::scan::own::Named;
use crate::scan::service::{Device, Question};
use crate::scan::{Channel, Place};

use brands::{BRANDS, Brand, Goods, Lot, LotKind};
use people::{Dice, Story, Visit};

pub use office::pick_up;
pub use samples::{DemoSample, samples, write_sheet};

/// Written last: a directory with it is whole.
const DONE: &str = "demo-complete";
/// Codes whose scans are in work at once; the store commits them in groups.
const AT_ONCE: usize = 128;
/// Codes of cases of each batch that is on sale.
const DEMO_CASES: u64 = 40;
/// Labels of each batch that somebody has scanned.
const SCANNED_LABELS: u64 = 260;
/// The accounts of the demonstration share one password: it guards nothing.
pub const PASSWORD: &str = "luyi-demo-2026";
/// Login, name, role, enterprise's number in `BRANDS`, duties there or seat.
pub const PEOPLE: [(&str, &str, &str, Option<usize>, &str); 13] = [
    ("songhe", "张敏（宋河）", "member", Some(0), "owner"),
    ("songhe-plan", "赵磊（宋河计划）", "member", Some(0), "planner"),
    ("songhe-approve", "孙丽（宋河审批）", "member", Some(0), "approver"),
    ("songhe-line", "周涛（宋河包装线）", "member", Some(0), "line"),
    ("songhe-quality", "吴静（宋河质检）", "member", Some(0), "quality"),
    ("songhe-sales", "郑凯（宋河销售）", "member", Some(0), "sales"),
    ("zhiyuan", "刘强（志元）", "member", Some(1), "owner"),
    ("lier", "陈秀英（李耳）", "member", Some(2), "owner"),
    ("officer", "王芳（市场监管）", "officer", None, "officer"),
    ("supervisor", "周建国（市场监管负责人）", "officer", None, "supervisor"),
    ("legal", "何静（市场监管法制）", "officer", None, "legal"),
    ("auditor", "沈明（市场监管审计）", "officer", None, "auditor"),
    ("county", "李静（县级管理）", "administrator", None, ""),
];

/// Labels with a part in the tour, by running number; ordinary buyers take
/// theirs from behind them.
pub mod cast {
    pub const NEW: u64 = 1;
    pub const GIFT: u64 = 2;
    pub const COPIED: u64 = 3;
    pub const PHOTO: u64 = 4;
    pub const FORGED: u64 = 5;
    pub const SERIAL_ONLY: u64 = 6;
    pub const OTHERS: u64 = 48;
}

/// Settings of a demonstration in `dir` at `listen`.
pub fn settings(dir: &Path, listen: std::net::SocketAddr) -> Settings {
    Settings {
        listen,
        public_url: format!("http://{listen}"),
        data: dir.to_owned(),
        keys: dir.join("keys"),
        ..Settings::default()
    }
}

/// Makes the demonstration's directory, for its owner alone, and publishes the
/// development keys in it.
///
/// # Errors
/// When the disk fails.
pub fn publish_keys(settings: &Settings, now: UnixMs) -> Result<(), StartError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&settings.data)
        .map_err(|e| StartError::Other(format!("{}: {e}", settings.data.display())))?;
    let dir = KeyDir::at(&settings.keys);
    for (n, brand) in (1..).zip(&BRANDS) {
        if let Some(signer) = development::signer(n)
            && dir.keyring().map_or(true, |ring| ring.get(signer_number(n)).is_none())
        {
            dir.publish(&signer, brand.name.0, now)?;
        }
    }
    if dir.office_keys()?.is_empty() {
        dir.publish_office(&development_signer(), now)?;
    }
    Ok(())
}

fn signer_number(n: u32) -> crate::keys::KeyNumber {
    crate::keys::KeyNumber::new(n).expect("development keys are numbered from 1")
}

/// Whether the directory holds a whole demonstration already.
pub fn is_seeded(settings: &Settings) -> bool {
    settings.data.join(DONE).exists()
}

/// Fills an empty directory.
///
/// # Errors
/// When a half-made one stands there, or a store fails.
pub async fn seed(parts: &Parts) -> Result<(), StartError> {
    if !parts.ledger.enterprises().await?.is_empty() {
        return Err(StartError::Other(format!(
            "{} holds half a demonstration or something else: name an empty directory with --data",
            parts.settings.data.display()
        )));
    }
    let now = parts.clock.now();
    let mut dice = Dice::new(20_261_101);
    for brand in &BRANDS {
        add_brand(parts, brand, now).await?;
        for goods in &brand.products {
            for lot in goods.batches {
                let id = add_batch(parts, goods, lot, now).await?;
                stand(parts, id, lot, now).await?;
            }
        }
    }
    for (login, name, role, brand, duties) in PEOPLE {
        let enterprise = brand.map(|n| BRANDS[n].uscc);
        let role = Role::parse(role, enterprise, duties, None)
            .map_err(|e| StartError::Other(e.to_string()))?;
        let account = Account {
            login: login.to_owned(),
            name: name.to_owned(),
            role,
            password_hash: Some(password::hash(PASSWORD)),
            created_at: now,
            disabled_at: None,
        };
        parts.ledger.add_account(&account, &By::shell(now)).await?;
    }
    renew(&parts.ledger, &parts.scanner.register, parts.clock.now()).await?;
    let batches = parts.ledger.batches(None, 1_000).await?;
    goods::seed(parts, &batches, now).await?;
    office::seed(parts, &batches, now).await?;
    leads::seed(parts, &batches, now).await?;
    story::seed(parts, &batches, now).await?;
    renew(&parts.ledger, &parts.scanner.register, parts.clock.now()).await?;
    scan_history(parts, &mut dice, now).await?;
    std::fs::write(parts.settings.data.join(DONE), b"")
        .map_err(|e| StartError::Other(e.to_string()))
}

async fn put(
    parts: &Parts,
    kind: ImportKind,
    fields: Fields,
    at: UnixMs,
) -> Result<Registered, StartError> {
    let keys = parts.scanner.keys.load_full();
    let by = By::shell(at);
    let done = register(&parts.ledger, &keys, &Scope::All, kind, &[(0, fields)], &by).await?;
    done.into_iter().next().ok_or_else(|| StartError::Other("nothing was registered".into()))
}

async fn add_brand(parts: &Parts, brand: &Brand, now: UnixMs) -> Result<(), StartError> {
    let text = |t: &str| Some(t.to_owned());
    let fields = Fields::from([
        ("uscc", text(brand.uscc)),
        ("name_zh", text(brand.name.0)),
        ("name_en", text(brand.name.1)),
        ("licence_kind", text(brand.licence.0)),
        ("licence_number", text(brand.licence.1)),
        ("licence_expires_on", text(brand.licence.2)),
    ]);
    put(parts, ImportKind::Enterprises, fields, now).await?;
    for goods in &brand.products {
        let fields = Fields::from([
            ("gtin", text(goods.gtin)),
            ("enterprise", text(brand.uscc)),
            ("name_zh", text(goods.name.0)),
            ("name_en", text(goods.name.1)),
            ("category", text(goods.category)),
            ("standard", text(goods.standard)),
            ("net_content", text(goods.net_content)),
            ("shelf_life_days", goods.shelf_life_days.map(|d| d.to_string())),
        ]);
        put(parts, ImportKind::Products, fields, now).await?;
    }
    Ok(())
}

async fn add_batch(
    parts: &Parts,
    goods: &Goods,
    lot: &Lot,
    now: UnixMs,
) -> Result<BatchRef, StartError> {
    let fields = Fields::from([
        ("product", Some(goods.gtin.to_owned())),
        ("lot", Some(lot.lot.to_owned())),
        ("made_on", Some(day_before(now, lot.made_days_ago).to_string())),
        ("destination", Some(lot.destination.to_string())),
        ("dealer", Some(lot.dealer.to_owned())),
        ("count", Some(lot.count.to_string())),
        ("cases", (lot.kind == LotKind::OnSale).then(|| DEMO_CASES.to_string())),
    ]);
    // A batch is older than what happened to it.
    let at = now.plus_ms(-lot.made_days_ago * 86_400_000);
    match put(parts, ImportKind::Batches, fields, at).await? {
        Registered::Batch(id) => Ok(id),
        other => Err(StartError::Other(format!("a batch became {other:?}"))),
    }
}

fn day_before(now: UnixMs, days: i64) -> Date {
    jiff::civil::date(1970, 1, 1)
        .saturating_add(jiff::Span::new().days(now.seconds().div_euclid(86_400) - days))
}

/// Says of the batch what its kind asks for.
async fn stand(parts: &Parts, id: BatchRef, lot: &Lot, now: UnixMs) -> Result<(), StartError> {
    let say = |state, reason: (&str, &str), remedy: (&str, &str), days_ago: i64| {
        let marking = Marking {
            batch: id,
            range: None,
            state,
            reason: Bilingual { zh: reason.0.into(), en: reason.1.into() },
            remedy: Bilingual { zh: remedy.0.into(), en: remedy.1.into() },
        };
        let at = now.plus_ms(-days_ago * 86_400_000);
        async move { mark(&parts.ledger, &Scope::All, marking, &By::shell(at)).await }
    };
    let moved = |kind, place: &str, days_ago: i64| {
        let place = Some(Custody::kept(place));
        let asked = Asked { place, ..Asked::plain(kind, None) };
        let by = By::shell(now.plus_ms(-days_ago * 86_400_000));
        async move { move_labels(&parts.ledger, &Scope::All, id, asked, &by).await }
    };
    if lot.kind == LotKind::Ordered {
        return Ok(());
    }
    moved(Kind::Print, "中州标签印务", lot.made_days_ago).await?;
    if lot.kind == LotKind::Waiting {
        return Ok(());
    }
    moved(Kind::Apply, "一号包装车间", lot.made_days_ago - 1).await?;
    moved(Kind::Activate, "成品库", lot.made_days_ago - 3).await?;
    if lot.kind == LotKind::Recalled {
        say(
            RangeState::Recalled,
            ("标签漏印过敏原（含大豆蛋白）", "The label omits an allergen (soy protein)"),
            (
                "请停止食用，凭包装到购买处全额退款",
                "Do not eat it; return the pack for a full refund",
            ),
            2,
        )
        .await?;
    }
    Ok(())
}

/// The scans of every batch on sale, through the scan path itself.
async fn scan_history(parts: &Parts, dice: &mut Dice, now: UnixMs) -> Result<(), StartError> {
    let batches = parts.ledger.batches(None, 1_000).await?;
    let mut visits: Vec<(String, Vec<Visit>)> = Vec::new();
    for batch in batches.iter().rev() {
        let on_sale = BRANDS
            .iter()
            .flat_map(|b| &b.products)
            .flat_map(|p| p.batches)
            .find(|l| l.lot == batch.lot && l.kind == LotKind::OnSale);
        let Some(lot) = on_sale else { continue };
        stories_of(batch, lot, dice, &mut visits, parts)?;
    }
    futures::stream::iter(visits)
        .for_each_concurrent(AT_ONCE, |(text, mut visits)| async move {
            visits.sort_by(|a, b| b.days_ago.total_cmp(&a.days_ago));
            for visit in visits {
                let named = parts.scanner.name(&text).await;
                parts.scanner.answer(question(named, &visit, now)).await;
            }
        })
        .await;
    Ok(())
}

fn signer_of(batch: &Batch) -> Result<crate::keys::SoftSigner, StartError> {
    development::signer(batch.id.key.get())
        .ok_or_else(|| StartError::Other("a batch under a key that is not the demo's".into()))
}

/// What happens to the scanned labels of one batch.
fn stories_of(
    batch: &Batch,
    lot: &Lot,
    dice: &mut Dice,
    visits: &mut Vec<(String, Vec<Visit>)>,
    parts: &Parts,
) -> Result<(), StartError> {
    let signer = signer_of(batch)?;
    let url = &parts.settings.public_url;
    let mint = Mint::new(&signer, batch.id.key, batch.id.batch, &batch.secret, url)?;
    let home = |dice: &mut Dice| {
        if lot.destination == 0 || dice.below(5) == 0 {
            people::anywhere(dice)
        } else {
            people::in_province(Place(lot.destination), dice)
        }
    };
    #[allow(clippy::cast_precision_loss, reason = "days")]
    let age = lot.made_days_ago as f64 - 5.0;
    for (number, story) in [
        (cast::GIFT, Story::Gift),
        (cast::COPIED, Story::Copied),
        (cast::PHOTO, Story::PhotoGoneRound),
    ] {
        let place = home(dice);
        let text = mint.code(Layer::Outer, number)?.text;
        visits.push((text, story.visits(dice, age.min(40.0), place)));
    }
    leads::copied_case(batch, &mint, dice, visits)?;
    for i in 0..SCANNED_LABELS.min(lot.count.saturating_sub(cast::OTHERS)) {
        let story = Story::drawn(dice);
        let place = home(dice);
        let days_ago = age * dice.share();
        let text = mint.code(Layer::Outer, cast::OTHERS + i * 3)?.text;
        visits.push((text, story.visits(dice, days_ago, place)));
    }
    Ok(())
}

fn question(named: Named, visit: &Visit, now: UnixMs) -> Question {
    #[allow(clippy::cast_possible_truncation, reason = "days in milliseconds")]
    let at = now.plus_ms(-(visit.days_ago * 86_400_000.0) as i64);
    let mut cookie = [0; 16];
    cookie[..8].copy_from_slice(&visit.phone.to_be_bytes());
    Question {
        named,
        scan_id: Builder::from_bytes(*ids::new_id(at).as_bytes()).into_uuid(),
        device: Device::Cookie(cookie),
        address: Some(visit.address),
        location: None,
        channel: Channel::Consumer,
        record: true,
        at,
    }
}
