//! `zhenma product add|change|list|import`

use clap::{Args, Subcommand};

use super::shell::{Import, Place, Shell};
use super::{Done, Failure};
use crate::registry::fields::Fields;
use crate::registry::import::ImportKind;
use crate::registry::port::RegistryLedger;
use crate::registry::service::{Scope, change_product};

#[derive(Args)]
pub(crate) struct Product {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    place: Place,
}

#[derive(Subcommand)]
enum What {
    /// Register a product. Example: zhenma product add --gtin 6900000001011 --enterprise 91411628MA9DEM01XU --name-zh 宋河粮液 --name-en "Song He" --category liquor --standard "GB/T 10781.1" --net-content "500 mL"
    Add(Particulars),
    /// Correct one: give all its particulars, as they shall be. Example: zhenma product change --gtin 6900000001011 --enterprise 91411628MA9DEM01XU --name-zh 宋河粮液 --name-en "Song He" --category liquor --standard "GB/T 10781.1" --net-content "500 mL"
    Change(Particulars),
    /// List them. Example: zhenma product list --json
    List,
    /// Register a file of them, all or none. Example: zhenma product import products.csv
    Import(Import),
}

#[derive(Args)]
struct Particulars {
    /// GTIN of 8, 12, 13 or 14 digits
    #[arg(long)]
    gtin: String,
    /// Unified social credit code of its maker
    #[arg(long)]
    enterprise: String,
    /// Name in Chinese, which buyers see
    #[arg(long)]
    name_zh: String,
    /// Name in English, which buyers see
    #[arg(long)]
    name_en: String,
    /// liquor, meat, oil, food or other
    #[arg(long)]
    category: String,
    /// Number of the standard it is made to
    #[arg(long)]
    standard: String,
    /// Net content as on the pack, such as "500 mL"
    #[arg(long)]
    net_content: String,
    /// Left out where it keeps without limit
    #[arg(long)]
    shelf_life_days: Option<String>,
    /// https address of a picture; may be given several times
    #[arg(long = "picture")]
    pictures: Vec<String>,
}

impl Particulars {
    fn fields(self) -> Fields {
        let mut fields = Fields::from([
            ("gtin", Some(self.gtin)),
            ("enterprise", Some(self.enterprise)),
            ("name_zh", Some(self.name_zh)),
            ("name_en", Some(self.name_en)),
            ("category", Some(self.category)),
            ("standard", Some(self.standard)),
            ("net_content", Some(self.net_content)),
            ("shelf_life_days", self.shelf_life_days),
        ]);
        fields.set_list("pictures", self.pictures);
        fields
    }
}

impl Product {
    pub(crate) fn run(self, json: bool) -> Result<Done, Failure> {
        let shell = Shell::open(&self.place, json)?;
        match self.what {
            What::Add(particulars) => {
                let gtin = particulars.gtin.clone();
                shell.register(ImportKind::Products, &[(0, particulars.fields())])?;
                shell.tell(&serde_json::json!({"product": gtin}), &format!("product {gtin}"));
            }
            What::Change(particulars) => {
                let gtin = particulars.gtin.clone();
                let (row, by) = (particulars.fields(), shell.by());
                let changed = shell.wait(change_product(&shell.ledger, &Scope::All, &row, &by))?;
                let word = if changed { "changed" } else { "is as it was" };
                let told = serde_json::json!({"product": gtin, "changed": changed});
                shell.tell(&told, &format!("product {gtin} {word}"));
            }
            What::List => {
                for p in shell.wait(shell.ledger.products(None))? {
                    let words =
                        format!("{}  {}  {}  {}", p.gtin, p.name.zh, p.net_content, p.enterprise);
                    shell.tell(&serde_json::to_value(&p)?, &words);
                }
            }
            What::Import(import) => shell.import(ImportKind::Products, &import)?,
        }
        Ok(Done::Yes)
    }
}
