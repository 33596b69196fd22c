//! `zhenma policy list|show|add|compare|drift`: what decides, what would, and
//! whether what decides still fits the field.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::shell::{Place, Shell};
use super::{Done, Failure};
use crate::app::compare::compare;
use crate::app::drift::{Drift, Observed, drift};
use crate::auth::port::AccountLedger;
use crate::base::{By, UnixMs};
use crate::scan::judge::Policy as Rules;
use crate::scan::policies::{Comparison, Difference, Policies, PolicyLedger, PolicyRecord};

/// Bytes of a policy's file.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

#[derive(Args)]
pub(crate) struct Policy {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    place: Place,
}

#[derive(Subcommand)]
enum What {
    /// List them, with what decides now and what will. Example: zhenma policy list
    List,
    /// Print one as JSON. Example: zhenma policy show witnesses-3 > mine.json
    Show { name: String },
    /// Add one; it decides nothing until an officer signs it off at /officer/policies. Example: zhenma policy add mine.json --by wang
    Add {
        /// JSON, as `policy show` prints it, under a name of its own
        file: PathBuf,
        /// Login of who answers for it
        #[arg(long, value_name = "LOGIN")]
        by: String,
    },
    /// Say whether the recorded scans are like those that it was fitted to, and whether officers find what its risks promise. Exit 1 where not. Example: zhenma policy drift --days 90
    Drift {
        /// Days back; all scans if left out
        #[arg(long)]
        days: Option<u16>,
    },
    /// Replay the recorded scans under it and under what decides now, and say which codes differ. Example: zhenma policy compare mine-1
    Compare {
        name: String,
        /// Days back; all scans if left out
        #[arg(long)]
        days: Option<u16>,
    },
}

impl Policy {
    pub(crate) fn run(self, json: bool) -> Result<Done, Failure> {
        let shell = Shell::open(&self.place, json)?;
        match self.what {
            What::List => list(&shell)?,
            What::Show { name } => println!("{}", body(&shell, &name)?.trim_end()),
            What::Add { file, by } => add(&shell, &file, by)?,
            What::Compare { name, days } => hold(&shell, &name, since(&shell, days))?,
            What::Drift { days } => {
                let policy = Arc::clone(deciding(&shell)?.at(shell.now()));
                let found = shell.wait(drift(&shell.ledger, policy, since(&shell, days)))?;
                shell.tell(&serde_json::to_value(&found)?, &drifted(&found));
                return Ok(if found.any() { Done::No } else { Done::Yes });
            }
        }
        Ok(Done::Yes)
    }
}

fn since(shell: &Shell, days: Option<u16>) -> UnixMs {
    days.map_or(UnixMs(0), |days| shell.now().plus_ms(-i64::from(days) * 86_400_000))
}

fn deciding(shell: &Shell) -> Result<Policies, Failure> {
    match shell.wait(shell.ledger.signed_since(0))? {
        Some((revision, signed)) => Policies::new(revision, signed).map_err(Failure),
        None => Ok(Policies::default()),
    }
}

fn list(shell: &Shell) -> Result<(), Failure> {
    let now = shell.now();
    let policies = deciding(shell)?;
    let terms = shell.wait(shell.ledger.terms())?;
    let mut records = shell.wait(shell.ledger.policies())?;
    let shipped = Rules::shipped();
    if records.iter().all(|r| r.name != *shipped.name) {
        records.push(PolicyRecord::shipped());
    }
    for r in records {
        let decides = *policies.at(now).name == *r.name;
        let next = terms.iter().filter(|t| t.policy == r.name && t.effective_at > now);
        let next = next.map(|t| t.effective_at).min();
        let state = match (decides, next) {
            (true, _) => "decides now".to_owned(),
            (false, Some(at)) => format!("decides from {}", at.rfc3339()),
            (false, None) => "not in force".to_owned(),
        };
        let by = r.added_by.as_deref().unwrap_or("came with the software");
        let object = serde_json::json!({"policy": r.name, "decides": decides,
            "decides_from": next.map(UnixMs::rfc3339), "added_by": r.added_by,
            "comparison": r.comparison});
        shell.tell(&object, &format!("{}  {state}  ({by})", r.name));
    }
    Ok(())
}

fn body(shell: &Shell, name: &str) -> Result<String, Failure> {
    let known = shell.wait(shell.ledger.policies())?;
    let found = known.into_iter().chain([PolicyRecord::shipped()]).find(|r| r.name == name);
    found
        .map(|r| r.body)
        .ok_or_else(|| Failure(format!("policy {name:?}: there is none; see `zhenma policy list`")))
}

fn add(shell: &Shell, file: &std::path::Path, by: String) -> Result<(), Failure> {
    let told = |e: std::io::Error| Failure(format!("{}: {e}", file.display()));
    if std::fs::metadata(file).map_err(told)?.len() > FILE_BYTES_MAX {
        return Err(Failure(format!("{}: longer than {FILE_BYTES_MAX} bytes", file.display())));
    }
    let text = std::fs::read_to_string(file).map_err(told)?;
    let policy = Rules::read(&text).map_err(|e| Failure(format!("{}: {e}", file.display())))?;
    if *policy.name == *Rules::shipped().name {
        return Err(Failure(format!(
            "name: {:?} is that of the policy that comes with this version; give it one of its own",
            policy.name
        )));
    }
    let account = shell.wait(shell.ledger.account(&by))?;
    if account.is_none_or(|a| a.disabled_at.is_some()) {
        return Err(Failure(format!("by: {by:?}: there is no such open account")));
    }
    let name = policy.name.to_string();
    let hand = By { login: by.clone(), ..shell.by() };
    let record = PolicyRecord {
        name: name.clone(),
        body: text,
        added_by: Some(by),
        added_at: shell.now(),
        comparison: None,
    };
    let added = shell.wait(shell.ledger.add_policy(&record, &hand))?;
    let words = if added { "added" } else { "was there already" };
    shell.tell(
        &serde_json::json!({"policy": name, "added": added}),
        &format!("policy {name} {words}; next: zhenma policy compare {name}"),
    );
    Ok(())
}

fn hold(shell: &Shell, name: &str, since: UnixMs) -> Result<(), Failure> {
    let text = body(shell, name)?;
    let policy = Arc::new(Rules::read(&text).map_err(|e| Failure(format!("{name}: {e}")))?);
    let now = shell.now();
    let against = Arc::clone(deciding(shell)?.at(now));
    if against.name == policy.name {
        return Err(Failure(format!("policy {name} decides now: there is nothing to compare")));
    }
    let found = shell.wait(compare(&shell.ledger, policy, against, (since, now)))?;
    if *Rules::shipped().name == *name {
        shell.wait(shell.ledger.add_policy(&PolicyRecord::shipped(), &shell.by()))?;
    }
    shell.wait(shell.ledger.keep_comparison(name, &found))?;
    let object = serde_json::to_value(&found)?;
    shell.tell(&object, &words(name, &found));
    Ok(())
}

fn words(name: &str, c: &Comparison) -> String {
    let mut out =
        format!("{} scans of {} codes, under {name} and under {}\n", c.scans, c.codes, c.against);
    let line = |out: &mut String, what: &str, d: &Difference| {
        *out += &format!("  {:>7}  {what}\n", d.count);
        for serial in &d.serials {
            *out += &format!("           {serial}\n");
        }
    };
    line(&mut out, "codes suspect more", &c.suspect_more);
    line(&mut out, "codes suspect fewer", &c.suspect_fewer);
    line(&mut out, "more on officers' list", &c.lead_more);
    line(&mut out, "fewer on officers' list", &c.lead_fewer);
    out.trim_end().to_owned()
}

fn drifted(d: &Drift) -> String {
    let percent = |share: f64| format!("{:.3} %", share * 100.0);
    let range = |o: &Observed| format!("{} to {}", percent(o.low), percent(o.high));
    let mark = |drifted| if drifted { "  DRIFTED" } else { "" };
    let codes = d.accused_in_order.of;
    let mut out = format!("{codes} codes that buyers scanned, under {}\n", d.policy);
    out += "share of codes: interval of 95 % in the field, range of the simulated streams\n";
    for line in &d.shares {
        let name = serde_json::to_value(line.share).unwrap_or_default();
        let [low, high] = line.expected.map(percent);
        let (name, field) = (name.as_str().unwrap_or_default(), range(&line.observed));
        out += &format!("  {name:<10} {field:<22} {low} to {high}{}\n", mark(line.drifted));
    }
    out += "flags by risk: found copied of those decided, and what the risk promises\n";
    for line in &d.risks {
        let ([from, to], c) = (line.risk, &line.copied);
        let decided = line.expected.map_or_else(
            || "none decided".to_owned(),
            |risk| format!("{} of {} ({}), promised {}", c.count, c.of, range(c), percent(risk)),
        );
        out += &format!(
            "  {from:.2}-{to:.2}  {decided}; cannot tell {}, open {}{}\n",
            line.cannot_tell,
            line.undecided,
            mark(line.drifted)
        );
    }
    let a = &d.accused_in_order;
    out + &format!(
        "accused and found in order: {} of {codes} codes scanned, at most {}",
        a.count,
        percent(a.high)
    )
}
