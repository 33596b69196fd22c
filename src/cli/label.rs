//! `zhenma label render|proof|templates|printers`: for a printing house, with
//! neither key nor server.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use clap::{Args, Subcommand};
use tokio_util::sync::CancellationToken;

use super::labels::Labels;
use super::progress::{tell, watch};
use super::verify::published;
use super::{Done, Failure};
use crate::app::config::Settings;
use crate::label::template::{TEMPLATES, builtin};
use crate::label::{Caption, Kind, PRINTERS, Printer, Table, proof};

#[derive(Args)]
pub(crate) struct Label {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    Render(Box<Render>),
    Proof(Proof),
    /// List the layouts that come with zhenma, or print one to begin with. Example: zhenma label templates roll-40x30 > own.toml
    Templates {
        name: Option<String>,
    },
    /// List the printer profiles. Example: zhenma label printers
    Printers,
}

/// Draw labels of a table of codes. Example: zhenma label render --csv labels.csv --format zpl --printer zpl-300 --out labels
///
/// The table is one that `zhenma batch issue --format csv` wrote: a column url,
/// and as far as they are there number, inner_url, sscc, product, enterprise,
/// lot, made and expires. It is read through first; nothing is drawn of a table
/// with a wrong line.
#[derive(Args)]
struct Render {
    #[arg(long, value_name = "FILE")]
    csv: PathBuf,
    /// Published keys to check every signature with, as /.well-known/jwks.json has them
    #[arg(long, value_name = "JWKS")]
    keys: Option<PathBuf>,
    /// Directory for the files: new, empty, or of this very table
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    labels: Labels,
    /// Begin with this row of the table, the first being 0
    #[arg(long, value_name = "ROW", conflicts_with = "after")]
    from: Option<u64>,
    /// After a jam: begin behind the label with this serial, the last good one
    #[arg(long, value_name = "SERIAL")]
    after: Option<String>,
    /// Labels [default: the rest of the table]
    #[arg(long, value_name = "LABELS")]
    count: Option<u64>,
    /// What labels say of the product, where the table has no such column
    #[arg(long, default_value = "")]
    product: String,
    #[arg(long, default_value = "")]
    enterprise: String,
    #[arg(long, default_value = "")]
    lot: String,
    /// Day on which it was made
    #[arg(long, default_value = "")]
    made: String,
    /// Day on which it expires
    #[arg(long)]
    expires: Option<String>,
}

/// Make a proof sheet: one symbol at several sizes. Example: zhenma label proof --printer zpl-203 --format zpl --out proof.zpl
///
/// Print it on that printer at its real size (the ruler tells), and scan it with
/// the worst phone at hand: a size that reads opens a page that says so.
#[derive(Args)]
struct Proof {
    #[arg(long, value_name = "PROFILE", default_value = "laser-600")]
    printer: Printer,
    /// pdf, png or zpl
    #[arg(long, value_name = "FORMAT", default_value = "pdf")]
    format: Kind,
    /// The address that labels carry [default: that of the settings]
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Proof {
    fn run(&self, json: bool) -> Result<Done, Failure> {
        if !matches!(self.format, Kind::Pdf | Kind::Png | Kind::Zpl) {
            return Err(Failure(format!(
                "format: a proof is pdf, png or zpl, not {}",
                self.format
            )));
        }
        if self.format == Kind::Zpl && !self.printer.zpl {
            return Err(Failure(format!("printer: {} does not speak ZPL", self.printer)));
        }
        let address = match &self.public_url {
            Some(address) => address.clone(),
            None => Settings::load(None)?.public_url,
        };
        let made = proof(&self.printer, &address, self.format)?;
        let out = self.out.display();
        std::fs::write(&self.out, made).map_err(|e| Failure(format!("out: {out}: {e}")))?;
        if json {
            println!("{}", serde_json::json!({"proof": out.to_string()}));
        } else {
            println!("{out}: print it at its real size, and scan it with the worst phone at hand");
        }
        Ok(Done::Yes)
    }
}

impl Label {
    pub(crate) fn run(self, json: bool) -> Result<Done, Failure> {
        match self.what {
            What::Render(render) => return render.run(json),
            What::Proof(proof) => return proof.run(json),
            What::Templates { name: Some(name) } => {
                builtin(&name).map_err(|problem| Failure(format!("template: {problem}")))?;
                let text = TEMPLATES.iter().find(|(known, _)| *known == name).map(|(_, text)| text);
                print!("{}", text.unwrap_or(&""));
            }
            What::Templates { name: None } => {
                for (name, text) in TEMPLATES {
                    let about = text.lines().next().unwrap_or_default().trim_start_matches("# ");
                    if json {
                        println!("{}", serde_json::json!({"template": name, "about": about}));
                    } else {
                        println!("{name:<14} {about}");
                    }
                }
            }
            What::Printers => {
                for p in PRINTERS {
                    let least = f64::from(p.um(p.dots_min())) / 1_000.0;
                    if json {
                        let object = serde_json::json!({"printer": p.name, "dpi": p.dpi,
                            "pitch_um": f64::from(p.pitch_nm) / 1_000.0, "zpl": p.zpl,
                            "module_mm_min": least, "module_dots_min": p.dots_min()});
                        println!("{object}");
                    } else {
                        println!(
                            "{:<12} {:>5} dpi, smallest module {} dots = {least:.3} mm{}",
                            p.name,
                            p.dpi,
                            p.dots_min(),
                            if p.zpl { ", ZPL" } else { "" },
                        );
                    }
                }
            }
        }
        Ok(Done::Yes)
    }
}

impl Render {
    fn run(self, json: bool) -> Result<Done, Failure> {
        let keys = self.keys.as_deref().map(published).transpose()?;
        let caption = Caption {
            product: self.product,
            enterprise: self.enterprise,
            batch: String::new(),
            lot: self.lot,
            made_on: self.made,
            expires_on: self.expires,
        };
        let table = Table::read(&self.csv, keys.as_ref(), caption)?;
        let first = match (self.from, &self.after) {
            (Some(row), _) => row,
            (None, Some(serial)) => table.place_of(serial)? + 1,
            (None, None) => 0,
        };
        let count = self.count.unwrap_or(table.rows().saturating_sub(first));
        let spec = self.labels.specification(first, count)?;
        let labels = Arc::new(AtomicU64::new(0));
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let (done, out) = (Arc::clone(&labels), self.out.clone());
        let ended = runtime.block_on(async move {
            let stop = CancellationToken::new();
            let watch = watch(labels, count, json, stop.clone());
            let cancel = Arc::new(AtomicBool::new(false));
            let (wait, told) = (stop.clone(), Arc::clone(&cancel));
            let stopper = tokio::spawn(async move {
                wait.cancelled().await;
                told.store(true, Ordering::Relaxed);
            });
            let made = tokio::task::spawn_blocking(move || {
                table.render(&spec, &out, &mut |n| done.store(n, Ordering::Relaxed), &cancel)
            });
            let made = made.await;
            stopper.abort();
            watch.abort();
            // The bar is cleared before the last words.
            let _ = watch.await;
            made
        });
        let what = format!("labels of {}", self.csv.display());
        tell(&ended??, count, &what, None, &self.out, json)
    }
}
