//! The papers of a package: what a printing house reads before it prints.

use std::fmt::Write as _;

use serde_json::Value;

use super::{Package, PrintHouse};
use crate::label::{self, Kind, SymbolError};

/// What the papers tell of.
pub struct Papers<'a> {
    pub package: &'a Package,
    pub house: &'a PrintHouse,
    pub order: &'a label::Order,
    /// ISO 8601.
    pub needed_by: Option<String>,
    /// Spare labels of the package's file; 0: it has none.
    pub spares: u64,
    /// `manifest.json` of the labels.
    pub manifest: &'a Value,
}

impl Papers<'_> {
    /// Each by its path below the package's folder.
    ///
    /// # Errors
    /// When the host is too long for a symbol.
    pub fn all(&self) -> Result<Vec<(String, Vec<u8>)>, SymbolError> {
        let spec = &self.order.specification;
        let printer = spec.printer();
        let kind = if spec.kind() == Kind::Zpl { Kind::Zpl } else { Kind::Pdf };
        let proof = label::proof(&printer, &self.order.public_url, kind)?;
        Ok(vec![
            ("README.zh.txt".to_owned(), self.chinese().into_bytes()),
            ("README.en.txt".to_owned(), self.english().into_bytes()),
            ("preflight.txt".to_owned(), self.preflight().into_bytes()),
            (format!("proof.{}", kind.name()), proof),
        ])
    }

    fn chinese(&self) -> String {
        let (package, order) = (self.package, self.order);
        let (spec, caption) = (&order.specification, &order.caption);
        let mut out = format!(
            "真码标签印制包 {}\n\n委托企业：{}\n印刷厂：{}\n产品：{}\n批号：{}\n批次：{}\n数量：{} 件，\
             序号 {} 至 {}\n",
            package.number,
            caption.enterprise,
            self.house.new.name,
            caption.product,
            caption.lot,
            caption.batch,
            spec.count,
            spec.first,
            order.last(),
        );
        if let Some(day) = &self.needed_by {
            let _ = writeln!(out, "交货日期：{day}");
        }
        out.push_str(
            "\n包内文件\n\
             labels/        要印的标签。manifest.json 列出全部文件及 SHA-256；有 SHA256SUMS 时，\
             用 sha256sum -c SHA256SUMS 核对\n\
             proof.*        打样页。先在实际用的机器和材料上印一张，用手机扫，能读出再开印\n\
             preflight.txt  印前检查：模块大小、静区、反差和预计等级\n",
        );
        if self.spares > 0 {
            let _ = writeln!(
                out,
                "spares/        备用标签 {} 件，格式相同。只能印委托企业在取件页上放行的序号，\
                 用来补已报废的标签；没有放行的一张也不要印",
                self.spares,
            );
        }
        out.push_str(
            "\n要求\n\
             1. 按文件原样印，不缩放，不改色，不重排。同一个码只能有一张好标签。\n\
             2. 印坏的请按序号在取件页上报废并销毁；同号补印的报“补印”。\n\
             3. 印完请在取件页上报“已印”。质检抽扫整卷合格后，标签才能启用。\n\
             4. 用完请删除本包。包里的码等同有价票证，外泄可以追查到这一次下载。\n",
        );
        out
    }

    fn english(&self) -> String {
        let (package, order) = (self.package, self.order);
        let (spec, caption) = (&order.specification, &order.caption);
        let mut out = format!(
            "Zhenma labels, package {}\n\nFor: {}\nPrinter: {}\nProduct: {}\nLot: {}\nBatch: {}\n\
             Items: {}, numbers {} to {}\n",
            package.number,
            caption.enterprise,
            self.house.new.name,
            caption.product,
            caption.lot,
            caption.batch,
            spec.count,
            spec.first,
            order.last(),
        );
        if let Some(day) = &self.needed_by {
            let _ = writeln!(out, "Needed by: {day}");
        }
        out.push_str(
            "\nFiles\n\
             labels/        The labels to print. manifest.json lists every file with its SHA-256; \
             where there is a SHA256SUMS, check with: sha256sum -c SHA256SUMS\n\
             proof.*        The proof page. Print it first, on the very machine and material, and \
             scan it with a phone\n\
             preflight.txt  What to expect: module, quiet zone, contrast and grade\n",
        );
        if self.spares > 0 {
            let _ = writeln!(
                out,
                "spares/        {} spare labels of the same kind. Print only the numbers that the \
                 enterprise releases on the pick-up page, in place of spoiled ones; print no other",
                self.spares,
            );
        }
        out.push_str(
            "\nPlease\n\
             1. Print the files as they are: do not scale, recolour or rearrange them. One code is \
             one good label.\n\
             2. Report what is spoiled by its number on the pick-up page and destroy it; report \
             what was printed again with the same number as reprinted.\n\
             3. Report what is printed. Labels can be put on sale when the quality office has \
             scanned the roll.\n\
             4. Delete this package when you are done. Its codes are worth money, and a leak is \
             traced to this very download.\n",
        );
        out
    }

    fn preflight(&self) -> String {
        let symbol = &self.manifest["symbol"];
        let mut out = format!(
            "印前检查 Preflight\n\n二维码 Symbol: QR {}, {} × {} 模块 modules, 纠错 EC {}, 静区 quiet \
             zone {} 模块 modules\n",
            symbol["version"],
            symbol["modules"],
            symbol["modules"],
            symbol["ec_level"],
            symbol["quiet_zone"],
        );
        match &self.manifest["preflight"] {
            Value::Null => out.push_str(
                "由印刷厂制码 Drawn by the printer: 模块不小于 modules of at least 0.255 mm, \
                 深印浅底 dark on light\n",
            ),
            expected => {
                let _ = write!(
                    out,
                    "设备 Printer: {}\n模块 Module: {} mm = {} 点 dots\n反差 Contrast: {} %\n预计等级 \
                     Expected grade (ISO/IEC 15415): {}\n",
                    expected["printer"].as_str().unwrap_or_default(),
                    expected["module_mm"],
                    expected["module_dots"],
                    expected["contrast"],
                    expected["grade"].as_str().unwrap_or_default(),
                );
            }
        }
        let _ = writeln!(out, "回读检查 Read back: {}", self.manifest["read_back"]);
        out
    }
}
