//! What an order asks for. Its output is a function of this alone.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::choices::{Codes, Drawing, Kind, Pairs};
use super::form::csv::Columns;
use super::printer::{MODULE_UM_MAX, Printer};
use super::source::Caption;
use super::template::{Mm, Template, builtin};
use crate::base::hex;
use crate::base::limits::BATCH_LABELS_MAX;
use crate::code::{Layer, SsccRun};
use crate::keys::KeyNumber;
use crate::registry::{Batch, Enterprise, Layers, Product};

/// The files of one kind, with what is asked of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Form {
    Csv(Columns),
    Svg(Pictures),
    Png(Pictures),
    Pdf(Sheets),
    Zpl(Labels),
}

/// A picture a label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pictures {
    /// Largest module; it becomes whole dots of the printer.
    pub module: Mm,
    #[serde(default)]
    pub packing: Packing,
}

/// How pictures are handed over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Packing {
    /// A file a symbol, in folders of a thousand.
    #[default]
    Files,
    /// The same in archives of so many items each.
    Zip(u64),
    /// Whole labels on pages, a file a page.
    Sheets(Box<Template>),
}

/// Pages of labels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheets {
    pub template: Box<Template>,
    /// Items in one file, about: whole pages.
    pub items_a_file: u64,
}

/// Labels for a printer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labels {
    pub template: Box<Template>,
    pub items_a_file: u64,
    #[serde(default)]
    pub drawing: Drawing,
}

/// Items of a file of pages, at most: it is made in memory.
pub const SHEET_ITEMS_MAX: u64 = 10_000;
/// Items of a file or archive that is written as it grows, at most.
pub const FILE_ITEMS_MAX: u64 = 200_000;

/// How labels are made, and which of the batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Specification {
    /// Running number of the first item.
    #[serde(default)]
    pub first: u64,
    /// Items.
    pub count: u64,
    #[serde(default)]
    pub codes: Codes,
    #[serde(default)]
    pub pairs: Pairs,
    /// Whose dots a module is made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub printer: Option<Printer>,
    #[serde(flatten)]
    pub form: Form,
}

impl Specification {
    /// With what most people want of a kind.
    pub fn new(kind: Kind, first: u64, count: u64) -> Self {
        let template = |name| Box::new(builtin(name).expect("it comes with us"));
        let pictures = || Pictures { module: Mm(500), packing: Packing::Files };
        let form = match kind {
            Kind::Csv => Form::Csv(Columns::default()),
            Kind::Svg => Form::Svg(pictures()),
            Kind::Png => Form::Png(pictures()),
            Kind::Pdf => Form::Pdf(Sheets { template: template("a4-35"), items_a_file: 2_400 }),
            Kind::Zpl => Form::Zpl(Labels {
                template: template("roll-40x30"),
                items_a_file: 10_000,
                drawing: Drawing::Graphic,
            }),
        };
        let (codes, pairs) = (Codes::Items, Pairs::Apart);
        Self { first, count, codes, pairs, printer: None, form }
    }

    pub const fn kind(&self) -> Kind {
        match self.form {
            Form::Csv(_) => Kind::Csv,
            Form::Svg(_) => Kind::Svg,
            Form::Png(_) => Kind::Png,
            Form::Pdf(_) => Kind::Pdf,
            Form::Zpl(_) => Kind::Zpl,
        }
    }

    /// The printer named, or the usual one of the kind.
    pub fn printer(&self) -> Printer {
        let usual = if self.kind() == Kind::Zpl { "zpl-203" } else { "laser-600" };
        self.printer.unwrap_or_else(|| usual.parse().expect("a profile of ours"))
    }

    /// The template of its labels; none where the printer lays them out.
    pub fn template(&self) -> Option<&Template> {
        match &self.form {
            Form::Svg(Pictures { packing: Packing::Sheets(template), .. })
            | Form::Png(Pictures { packing: Packing::Sheets(template), .. })
            | Form::Pdf(Sheets { template, .. })
            | Form::Zpl(Labels { template, .. }) => Some(template),
            Form::Csv(_) | Form::Svg(_) | Form::Png(_) => None,
        }
    }

    /// Whole dots in a module; none where the printer draws from a table.
    pub fn module_dots(&self) -> Option<u32> {
        let module = match (&self.form, self.template()) {
            (_, Some(template)) => template.symbol.module,
            (Form::Svg(pictures) | Form::Png(pictures), None) => pictures.module,
            _ => return None,
        };
        Some(self.printer().dots(module.0))
    }

    /// Real length of a module, micrometres.
    pub fn module_um(&self) -> Option<f32> {
        self.module_dots().map(|dots| self.printer().um(dots))
    }

    /// Running number of the last item.
    pub const fn last(&self) -> u64 {
        self.first + self.count - 1
    }

    /// Numbers that there are of what is asked, of a batch of so many items,
    /// cases and pallets.
    pub const fn holds(&self, items: u64, cases: u64, pallets: u64) -> u64 {
        match self.codes {
            Codes::Cases => cases,
            Codes::Pallets => pallets,
            Codes::Items | Codes::Outer | Codes::Inner => items,
        }
    }

    /// The layers that labels are made for, of a batch of so many cases and
    /// pallets whose items may have an `inner` code.
    ///
    /// # Errors
    /// When the batch has none of what is asked.
    pub fn layers(
        &self,
        inner: bool,
        cases: u64,
        pallets: u64,
    ) -> Result<&'static [Layer], String> {
        match (self.codes, inner) {
            (Codes::Items, true) => Ok(&[Layer::Outer, Layer::Inner]),
            (Codes::Items, false) | (Codes::Outer, _) => Ok(&[Layer::Outer]),
            (Codes::Inner, true) => Ok(&[Layer::Inner]),
            (Codes::Inner, false) => Err("codes: the items of this batch have an outer code \
                                          alone; take outer"
                .to_owned()),
            (Codes::Cases, _) if cases > 0 => Ok(&[Layer::Case]),
            (Codes::Cases, _) => Err("codes: the batch was registered without cases; register \
                                      one that has some"
                .to_owned()),
            (Codes::Pallets, _) if pallets > 0 => Ok(&[Layer::Pallet]),
            (Codes::Pallets, _) => Err("codes: the batch was registered without pallets; \
                                        register one that has some"
                .to_owned()),
        }
    }

    /// # Errors
    /// Naming the field, what it may be, and what it is; `holds` is the number
    /// of items, cases or pallets of the batch.
    pub fn check(&self, holds: u64) -> Result<(), String> {
        if holds == 0 {
            let none = "codes: the batch holds none of them; register one that has some";
            return self.layers(true, 0, 0).and(Err(none.to_owned()));
        }
        if self.count == 0 || self.count > BATCH_LABELS_MAX {
            return Err(format!(
                "count: an order holds 1 to {BATCH_LABELS_MAX} labels, not {}",
                self.count
            ));
        }
        if self.first.checked_add(self.count).is_none_or(|end| end > holds) {
            return Err(format!(
                "count: the batch holds the numbers 0 to {}, and {} labels from number {} go \
                 beyond; order fewer, or register a further batch",
                holds.saturating_sub(1),
                self.count,
                self.first,
            ));
        }
        if let Form::Svg(Pictures { module, .. }) | Form::Png(Pictures { module, .. }) = &self.form
            && module.0 > MODULE_UM_MAX
        {
            return Err(format!("module: at most {}, not {module}", Mm(MODULE_UM_MAX)));
        }
        let (a_file, most) = match &self.form {
            Form::Csv(columns) => (columns.items_a_file.unwrap_or(1), BATCH_LABELS_MAX),
            Form::Svg(Pictures { packing: Packing::Zip(items), .. })
            | Form::Png(Pictures { packing: Packing::Zip(items), .. }) => (*items, FILE_ITEMS_MAX),
            Form::Pdf(sheets) => (sheets.items_a_file, SHEET_ITEMS_MAX),
            Form::Zpl(labels) => (labels.items_a_file, FILE_ITEMS_MAX),
            Form::Svg(_) | Form::Png(_) => (1, 1),
        };
        if !(1..=most).contains(&a_file) {
            return Err(format!("split: a file holds 1 to {most} items, not {a_file}"));
        }
        if let Form::Zpl(_) = self.form
            && !self.printer().zpl
        {
            return Err(format!(
                "printer: {} does not speak ZPL; take zpl-203, zpl-300 or zpl-600",
                self.printer()
            ));
        }
        Ok(())
    }
}

/// An order with everything that its labels are made from.
#[derive(Clone)]
pub struct Order {
    pub key: KeyNumber,
    pub batch: u32,
    /// The batch's permutation secret.
    pub secret: [u8; 32],
    /// Items of the batch.
    pub batch_count: u64,
    /// Cases of the batch.
    pub cases: u64,
    /// Pallets of the batch.
    pub pallets: u64,
    /// Whether an item has an inner code too.
    pub inner: bool,
    /// The SSCCs of its cases, and behind them of its pallets.
    pub sscc: Option<SsccRun>,
    /// `https://HOST`.
    pub public_url: String,
    pub caption: Caption,
    pub specification: Specification,
    /// Running numbers of its items, rising; `None`: a run of them, as the
    /// specification says.
    pub picked: Option<Arc<[u64]>>,
}

impl Order {
    /// The same labels for other items: `numbers`, rising, which may lie behind
    /// those that were ordered.
    #[must_use]
    pub fn of_numbers(mut self, numbers: Vec<u64>) -> Self {
        self.specification.first = numbers.first().copied().unwrap_or(0);
        self.specification.count = numbers.len() as u64;
        self.picked = Some(numbers.into());
        self
    }

    /// Whether it makes the label of this item, case or pallet.
    pub fn has(&self, layer: Layer, number: u64) -> bool {
        let within = (self.specification.first..=self.last()).contains(&number);
        within && self.layers().is_ok_and(|layers| layers.contains(&layer))
    }

    /// Running number of the last item.
    pub fn last(&self) -> u64 {
        let picked = self.picked.as_ref().and_then(|numbers| numbers.last().copied());
        picked.unwrap_or_else(|| self.specification.last())
    }

    /// Numbers that there are of what is asked.
    pub(super) fn holds(&self) -> u64 {
        let all = self.specification.holds(self.batch_count, self.cases, self.pallets);
        if self.picked.is_some() { self.last() + 1 } else { all }
    }

    /// The layers of its labels; see [`Specification::layers`].
    pub(super) fn layers(&self) -> Result<&'static [Layer], String> {
        self.specification.layers(self.inner, self.cases, self.pallets)
    }

    /// The SSCCs of what is asked for; items have none.
    pub(super) fn sscc_run(&self) -> Option<SsccRun> {
        match self.specification.codes {
            Codes::Items | Codes::Outer | Codes::Inner => None,
            Codes::Cases => self.sscc.clone(),
            Codes::Pallets => self.sscc.as_ref().map(|run| run.behind(self.cases)),
        }
    }

    pub fn of(
        batch: &Batch,
        product: &Product,
        enterprise: &Enterprise,
        specification: Specification,
        public_url: &str,
    ) -> Self {
        Self {
            key: batch.id.key,
            batch: batch.id.batch,
            secret: batch.secret,
            batch_count: batch.count,
            cases: batch.cases,
            pallets: batch.pallets,
            inner: batch.layers == Layers::OuterAndInner,
            sscc: batch.sscc.clone(),
            public_url: public_url.to_owned(),
            caption: Caption {
                batch: batch.id.to_string(),
                lot: batch.lot.clone(),
                made_on: batch.made_on.to_string(),
                expires_on: batch.expires_on.map(|date| date.to_string()),
                ..Caption::of(product, enterprise)
            },
            specification,
            picked: None,
        }
    }

    /// Two orders with the same fingerprint yield the same bytes. It tells
    /// nothing of the secret.
    pub fn fingerprint(&self) -> String {
        let facts = serde_json::json!([
            self.key.get(),
            self.batch,
            self.batch_count,
            self.cases,
            self.inner,
            self.sscc,
            self.public_url,
            self.caption.product,
            self.caption.enterprise,
            self.caption.batch,
            self.caption.lot,
            self.caption.made_on,
            self.caption.expires_on,
            self.specification,
        ]);
        let mut hash = Sha256::new();
        hash.update(b"ZHENMA-LABELS-2");
        hash.update(self.secret);
        hash.update(facts.to_string());
        // Not among the facts: an order from before there were pallets goes on.
        if self.pallets > 0 {
            hash.update(self.pallets.to_be_bytes());
        }
        for number in self.picked.iter().flat_map(|numbers| numbers.iter()) {
            hash.update(number.to_be_bytes());
        }
        hex(&hash.finalize())
    }
}

/// The folder and file part that names a layer.
pub(super) const fn layer_name(layer: Layer) -> &'static str {
    match layer {
        Layer::Outer => "outer",
        Layer::Inner => "inner",
        Layer::Case => "case",
        Layer::Pallet => "pallet",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_out_of_bounds_are_refused_by_name() {
        for (first, count, batch, good) in [
            (0, 1, 1, true),
            (0, BATCH_LABELS_MAX, BATCH_LABELS_MAX, true),
            (0, 0, 10, false),
            (0, BATCH_LABELS_MAX + 1, u64::MAX, false),
            (9, 1, 10, true),
            (9, 2, 10, false),
            (u64::MAX, 2, 10, false),
        ] {
            let said = Specification::new(Kind::Csv, first, count).check(batch);
            assert_eq!(said.is_ok(), good, "{first} {count} {batch}: {said:?}");
            assert!(said.is_ok() || said.unwrap_err().starts_with("count: "));
        }
    }

    #[test]
    fn what_a_batch_does_not_have_is_told_in_one_line() {
        let mut spec = Specification::new(Kind::Csv, 0, 1);
        for codes in [Codes::Inner, Codes::Cases, Codes::Pallets] {
            spec.codes = codes;
            let said = spec.layers(false, 0, 0).expect_err("it has none");
            assert!(said.starts_with("codes: ") && !said.contains("  "), "{said}");
        }
    }

    #[test]
    fn a_specification_comes_back_from_the_ledger_as_it_went_in() {
        for kind in Kind::ALL {
            let mut spec = Specification::new(kind, 3, 40);
            spec.printer = Some("zpl-300".parse().unwrap());
            let json = serde_json::to_string(&spec).unwrap();
            assert_eq!(serde_json::from_str::<Specification>(&json).unwrap(), spec, "{json}");
        }
    }
}
