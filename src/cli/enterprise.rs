//! `zhenma enterprise add|list|import`

use clap::{Args, Subcommand};

use super::shell::{Import, Place, Shell};
use super::{Done, Failure};
use crate::registry::fields::Fields;
use crate::registry::import::ImportKind;
use crate::registry::port::RegistryLedger;

#[derive(Args)]
pub(crate) struct Enterprise {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    place: Place,
}

#[derive(Subcommand)]
enum What {
    /// Register an enterprise. Example: zhenma enterprise add --uscc 91411628MA9DEM01XU --name-zh 宋河 --name-en "Song He"
    Add {
        /// Unified social credit code
        #[arg(long)]
        uscc: String,
        #[arg(long)]
        name_zh: String,
        #[arg(long)]
        name_en: String,
        /// Kind of a licence, such as 食品生产许可证
        #[arg(long)]
        licence_kind: Option<String>,
        #[arg(long)]
        licence_number: Option<String>,
        /// Day on which it expires, such as 2029-06-30
        #[arg(long)]
        licence_expires_on: Option<String>,
        /// GS1 Company Prefix, 4 to 12 digits, for the SSCC of cases; may be given later by registering the same again with it
        #[arg(long)]
        gs1_prefix: Option<String>,
    },
    /// List them. Example: zhenma enterprise list --json
    List,
    /// Register a file of them, all or none. Example: zhenma enterprise import enterprises.csv
    Import(Import),
}

impl Enterprise {
    pub(crate) fn run(self, json: bool) -> Result<Done, Failure> {
        let shell = Shell::open(&self.place, json)?;
        match self.what {
            What::Add {
                uscc,
                name_zh,
                name_en,
                licence_kind,
                licence_number,
                licence_expires_on,
                gs1_prefix,
            } => {
                let fields = Fields::from([
                    ("uscc", Some(uscc.clone())),
                    ("name_zh", Some(name_zh)),
                    ("name_en", Some(name_en)),
                    ("licence_kind", licence_kind),
                    ("licence_number", licence_number),
                    ("licence_expires_on", licence_expires_on),
                    ("gs1_prefix", gs1_prefix),
                ]);
                shell.register(ImportKind::Enterprises, &[(0, fields)])?;
                shell.tell(&serde_json::json!({"enterprise": uscc}), &format!("enterprise {uscc}"));
            }
            What::List => {
                let today = jiff::Timestamp::from_millisecond(shell.now().0)?
                    .to_zoned_datetime(shell.settings.zone())
                    .date();
                for e in shell.wait(shell.ledger.enterprises())? {
                    let mut words = format!("{}  {}  {}", e.uscc, e.name.zh, e.name.en);
                    if let Some(prefix) = &e.gs1_prefix {
                        words += &format!("  GS1 {prefix}");
                    }
                    for l in &e.licences {
                        let late = if l.expires_on < today { " EXPIRED" } else { "" };
                        words +=
                            &format!("\n    {} {} until {}{late}", l.kind, l.number, l.expires_on);
                    }
                    shell.tell(&serde_json::to_value(&e)?, &words);
                }
            }
            What::Import(import) => shell.import(ImportKind::Enterprises, &import)?,
        }
        Ok(Done::Yes)
    }
}
