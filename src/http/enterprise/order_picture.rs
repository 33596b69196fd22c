//! The picture of a label on the order form, before anything is ordered.

use crate::http::desk::Desk;
use crate::keys::KeyNumber;
use crate::label::{self, Caption, Specification};
use crate::registry::{Batch, Layers, Product};

/// What the form says so far.
pub(super) struct Wish<'a> {
    pub product: &'a str,
    pub lot: &'a str,
    pub made_on: &'a str,
    pub layers: &'a str,
    /// `None`: it cannot be read, so there is nothing to show.
    pub specification: Option<Specification>,
}

/// SVG of one label of `batch`, or of the batch that the form would register.
pub(super) async fn of(
    desk: &Desk,
    products: &[Product],
    batch: Option<&Batch>,
    wish: Wish<'_>,
) -> Option<String> {
    let specification = wish.specification?;
    let named = |p: &&Product| match batch {
        Some(batch) => p.gtin == batch.product,
        None => p.gtin.as_str() == wish.product,
    };
    let product = products.iter().find(named).or(products.first())?;
    let enterprise = desk.ledger.enterprise(&product.enterprise).await.ok()?;
    let url = &desk.site.public_url;
    let order = match batch {
        Some(batch) => label::Order::of(batch, product, &enterprise, specification, url),
        None => {
            let or = |text: &str, usual: &str| {
                if text.trim().is_empty() { usual.to_owned() } else { text.trim().to_owned() }
            };
            let caption = Caption {
                batch: "1-1".to_owned(),
                lot: or(wish.lot, "L20260101"),
                made_on: or(wish.made_on, "2026-01-01"),
                ..Caption::of(product, &enterprise)
            };
            label::Order {
                key: KeyNumber::new(1)?,
                batch: 1,
                secret: [0; 32],
                batch_count: 1,
                cases: 0,
                pallets: 0,
                inner: wish.layers == Layers::OuterAndInner.slug(),
                sscc: None,
                public_url: url.clone(),
                caption,
                specification,
                picked: None,
            }
        }
    };
    // What cannot be printed is told when the order is placed.
    let svg = label::sample(&order).ok()?;
    String::from_utf8(svg).ok()
}
