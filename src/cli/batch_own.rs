//! `zhenma batch own`: a list of serials that an enterprise made itself.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use clap::Args;
use tokio_util::sync::CancellationToken;

use super::progress;
use super::shell::Shell;
use super::{Done, Failure};
use crate::app::own::{LEASE_MS, OwnImports, Told, unread};
use crate::base::ids;
use crate::registry::own::import::{Written, prepare};
use crate::registry::own::port::OwnLedger;
use crate::registry::service::Scope;

/// Import a list of serials of the enterprise's own labels, which carry no
/// signature, as one batch. Example: zhenma batch own --product 6900000001011 --lot L2019 --made 2019-05-01 --file serials.txt --on-sale
#[derive(Args)]
pub(crate) struct Own {
    /// GTIN of the product
    #[arg(long)]
    product: String,
    #[arg(long)]
    lot: String,
    /// Day on which it was made, such as 2019-05-01
    #[arg(long)]
    made: String,
    /// Day on which it expires; from the product's shelf life if left out
    #[arg(long)]
    expires: Option<String>,
    /// First four digits of the GB/T 2260 code of the region it is made for
    #[arg(long)]
    destination: Option<String>,
    #[arg(long)]
    dealer: Option<String>,
    /// One serial a line, or CSV with a column `serial`; - for the standard input
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// fold: ab1 and AB1 are one serial; exact: they are two. The same for all lists of an enterprise
    #[arg(long, default_value = "fold")]
    case: String,
    /// The address on the labels, such as `https://old.example.cn/q?c={serial}`
    #[arg(long)]
    url: Option<String>,
    /// The goods are on the market already: put all of it on sale
    #[arg(long)]
    on_sale: bool,
}

impl Own {
    pub(crate) fn run(self, shell: &Shell, json: bool) -> Result<Done, Failure> {
        let name = self.file.display().to_string();
        let file: Box<dyn Read + Send> = if name == "-" {
            Box::new(io::stdin())
        } else {
            Box::new(File::open(&self.file).map_err(|e| Failure(format!("{name}: {e}")))?)
        };
        let written = Written {
            product: self.product,
            lot: self.lot,
            made_on: self.made,
            expires_on: self.expires,
            destination: self.destination,
            dealer: self.dealer,
            case: self.case,
            url: self.url,
            on_sale: self.on_sale,
        };
        shell.wait(take_in(shell, &written, file, json))
    }
}

async fn take_in(
    shell: &Shell,
    written: &Written,
    file: Box<dyn Read + Send>,
    json: bool,
) -> Result<Done, Failure> {
    let imports = OwnImports {
        ledger: shell.ledger.clone(),
        clock: Arc::new(crate::base::clock::SystemClock),
        data: shell.settings.data.clone(),
    };
    let (ledger, now) = (&shell.ledger, shell.now());
    let hosts = shell.settings.hosts();
    let asked = (ids::new_id(now), false);
    let new = prepare(ledger, &Scope::All, written, &hosts, asked).await?;
    // What a run that was killed left goes first.
    let lease = || shell.now().plus_ms(LEASE_MS);
    while let Some(left) = ledger.take_import(Some(&new.enterprise), now, lease()).await? {
        imports.give_up(&left, &[unread()]).await?;
    }
    let import = ledger.begin_import(&new, lease(), &shell.by()).await?;
    let (told, stop) = (Arc::new(Told::default()), CancellationToken::new());
    let watching = progress::watch_serials(Arc::clone(&told), json, stop.clone());
    let ended = imports.run(&import, file, &told, &stop).await;
    watching.abort();
    let _ = watching.await;
    let batch = ended?;
    let count = told.total.load(Ordering::Relaxed);
    let object = serde_json::json!({"batch": batch, "serials": count, "import": import.id});
    shell.tell(&object, &format!("batch {batch}: {count} serials without a signature"));
    Ok(Done::Yes)
}
