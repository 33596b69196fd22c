//! A label for each kind of answer, and a sheet of labels to print and scan.

use std::path::PathBuf;

use crate::app::compose::{Parts, StartError};
use crate::app::demo::cast;
use crate::code::{Layer, compact_text};
use crate::keys::development;
use crate::label::{self, Caption, Mint, Minted, Symbol};
use crate::registry::port::RegistryLedger;
use crate::registry::{Batch, Bilingual};
use crate::scan::Outcome;

/// One label to open or scan.
pub struct DemoSample {
    pub outcome: Outcome,
    pub note: Bilingual,
    /// What stands behind the host.
    pub path: String,
    pub symbol: Symbol,
}

fn coded<T>(
    parts: &Parts,
    batch: &Batch,
    with: impl FnOnce(&Mint<'_>) -> Result<T, StartError>,
) -> Result<T, StartError> {
    let signer = development::signer(batch.id.key.get())
        .ok_or_else(|| StartError::Other("a batch under a key that is not the demo's".into()))?;
    let url = &parts.settings.public_url;
    with(&Mint::new(&signer, batch.id.key, batch.id.batch, &batch.secret, url)?)
}

fn of_lot<'a>(batches: &'a [Batch], lot: &str) -> Result<&'a Batch, StartError> {
    batches
        .iter()
        .find(|b| b.lot == lot)
        .ok_or_else(|| StartError::Other(format!("the demonstration lacks its lot {lot}")))
}

/// A code for each kind of answer, with a line on what it shows.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn samples(parts: &Parts) -> Result<Vec<DemoSample>, StartError> {
    let batches = parts.ledger.batches(None, 1_000).await?;
    let (liquor, reserve) = (of_lot(&batches, "SH20260506B")?, of_lot(&batches, "SHZC2601")?);
    let (recalled, waiting) = (of_lot(&batches, "ZY260912")?, of_lot(&batches, "SHZC2611")?);
    let oil = of_lot(&batches, "LE20260801")?;
    let mut out = Vec::new();
    let mut add = |outcome, batch: &Batch, number, zh: &str, en: &str| -> Result<(), StartError> {
        let minted = coded(parts, batch, |mint| Ok(mint.code(Layer::Outer, number)?))?;
        let (path, url) = shape(parts, outcome, number, minted);
        out.push(DemoSample {
            outcome,
            note: Bilingual { zh: zh.into(), en: en.into() },
            path,
            symbol: Symbol::of(&url).map_err(|e| StartError::Other(e.to_string()))?,
        });
        Ok(())
    };
    add(
        Outcome::Genuine,
        liquor,
        cast::NEW,
        "还没有人查过的一瓶",
        "A bottle that nobody has scanned yet",
    )?;
    add(
        Outcome::SeenBefore,
        reserve,
        cast::GIFT,
        "送出去的礼物：先后两地两人查过",
        "A gift: scanned by two people in two places",
    )?;
    add(
        Outcome::SeenBefore,
        oil,
        cast::PHOTO,
        "标签照片在群里传开了",
        "A photo of the label went round a chat group",
    )?;
    add(
        Outcome::Suspect,
        liquor,
        cast::COPIED,
        "一枚标签被复制到许多瓶上",
        "One label copied onto many bottles",
    )?;
    add(
        Outcome::Withdrawn,
        recalled,
        cast::NEW,
        "企业召回的一批",
        "A batch that its maker recalls",
    )?;
    add(
        Outcome::NotOnSale,
        waiting,
        cast::NEW,
        "已印好、还未启用的标签",
        "Printed, not yet put on sale",
    )?;
    add(
        Outcome::NotGenuine,
        liquor,
        cast::FORGED,
        "改动过的码：签名对不上",
        "A forged code: its signature is wrong",
    )?;
    add(
        Outcome::CannotConfirm,
        liquor,
        cast::SERIAL_ONLY,
        "标签破损，只输入了编号",
        "A torn label: only its number was typed in",
    )?;
    Ok(out)
}

/// Path and URL of a sample; forgery and torn label are made from a good code.
fn shape(parts: &Parts, outcome: Outcome, number: u64, minted: Minted) -> (String, String) {
    let at_us = |text: &str| format!("{}{text}", label::url_prefix(&parts.settings.public_url));
    match (outcome, number) {
        (Outcome::NotGenuine, _) => {
            let mut signature = [0; 64];
            signature[7] = 1;
            let text = compact_text(minted.payload, &signature);
            (format!("/{text}"), at_us(&text))
        }
        (Outcome::CannotConfirm, cast::SERIAL_ONLY) => {
            let serial = minted.payload.serial_text();
            (format!("/{serial}"), at_us(&serial))
        }
        _ => (format!("/{}", minted.text), minted.url),
    }
}

/// Writes a sheet of labels that nobody has scanned yet; where it is.
///
/// # Errors
/// When the ledger or the disk fails.
pub async fn write_sheet(parts: &Parts) -> Result<PathBuf, StartError> {
    let batches = parts.ledger.batches(None, 1_000).await?;
    let batch = of_lot(&batches, "SH20260506B")?;
    let product = parts.ledger.product(&batch.product).await?;
    let enterprise = parts.ledger.enterprise(&batch.enterprise).await?;
    let caption = Caption {
        product: format!("{} {}", product.name.zh, product.net_content),
        enterprise: enterprise.name.zh,
        batch: batch.id.to_string(),
        lot: batch.lot.clone(),
        made_on: batch.made_on.to_string(),
        expires_on: batch.expires_on.map(|d| d.to_string()),
    };
    let pdf = coded(parts, batch, |mint| {
        label::sheet(mint, caption, 8..cast::OTHERS).map_err(|e| StartError::Other(e.to_string()))
    })?;
    let path = parts.settings.data.join("labels.pdf");
    std::fs::write(&path, pdf)
        .map_err(|e| StartError::Other(format!("{}: {e}", path.display())))?;
    Ok(path)
}
