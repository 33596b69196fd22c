//! `zhenma replay`: the engine over a recorded stream.

mod leads;

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use jiff::civil::Date;

use self::leads::Leads;
use super::{Done, Failure};
use crate::scan::hosting::Hosting;
use crate::scan::judge::Policy;
use crate::scan::judge::measures::{Measure, Measures};
use crate::scan::replay::{Answer, LINE_BYTES_MAX, Recording, Replay as Engine};
use crate::store::geo::hosting;

/// Lines that cannot be read and are told one by one.
const FAULTS_TOLD: u64 = 20;

/// The engine over a recorded stream of scans. Example: zhenma replay --scans scans.ndjson --batches batches.ndjson --out verdicts.ndjson
#[derive(Args)]
pub(crate) struct Replay {
    /// A scan a line: {"t","code":"BATCH-NUMBER","device","ip_prefix","lat","lon","geo","channel"}; `-`: standard input
    #[arg(long, value_name = "FILE")]
    scans: PathBuf,
    /// A batch a line: {"batch","size","made_t"}
    #[arg(long, value_name = "FILE")]
    batches: PathBuf,
    /// Known networks of data centres, a prefix a line
    #[arg(long, value_name = "FILE")]
    hosting: Option<PathBuf>,
    /// What officers should know of batches and phones, an object a line: {"kind","key","score","t"}
    #[arg(long, value_name = "FILE")]
    alerts: Option<PathBuf>,
    /// What officers would look into first, ranked, an object a line: {"rank","kind","key","codes","score","why",..}
    #[arg(long, value_name = "FILE")]
    leads: Option<PathBuf>,
    /// Leads as they were at the end of this day of the stream (UTC), with "at"; may be given again [default: the stream's end]
    #[arg(long, value_name = "DAY", requires = "leads")]
    leads_at: Vec<Date>,
    /// Another policy than the one that comes with this version, as JSON
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The numbers behind each verdict, as CSV with a row a line
    #[arg(long, value_name = "FILE")]
    measures: Option<PathBuf>,
    /// What the codes are like, as shares, in one JSON object
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// A verdict a line [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Replay {
    pub(crate) fn run(self) -> Result<Done, Failure> {
        let mut engine = self.engine()?;
        let scans: Box<dyn Read> = match self.scans.to_str() {
            Some("-") => Box::new(io::stdin()),
            _ => Box::new(open(&self.scans)?),
        };
        let mut out: Box<dyn Write> = match &self.out {
            Some(path) => Box::new(File::create(path).map_err(|e| told(path, &e))?),
            None => Box::new(io::stdout().lock()),
        };
        let mut out = BufWriter::with_capacity(1 << 16, &mut *out);
        let numbers = self.measures.as_deref().map(Numbers::begin).transpose()?;
        let leads = self.leads.as_ref().map(|path| File::create(path).map_err(|e| told(path, &e)));
        let leads = leads.transpose()?.map(BufWriter::new);
        let mut beside =
            Beside { numbers, leads: leads.map(|out| Leads::new(out, self.leads_at.clone())) };
        let scans = BufReader::with_capacity(1 << 16, scans);
        let faults = stream(&mut engine, scans, &mut out, &mut beside)?;
        out.flush()?;
        beside.numbers.map_or(Ok(()), |mut numbers| numbers.0.flush())?;
        if let Some(leads) = beside.leads {
            leads.end(&engine, !self.leads_at.is_empty())?;
        }
        if let Some(path) = &self.alerts {
            let mut out = BufWriter::new(File::create(path).map_err(|e| told(path, &e))?);
            for alert in engine.alerts() {
                serde_json::to_writer(&mut out, &alert)?;
                out.write_all(b"\n")?;
            }
            out.flush()?;
        }
        if let Some(path) = &self.profile {
            let file = File::create(path).map_err(|e| told(path, &e))?;
            serde_json::to_writer(file, &engine.profile.shares())?;
        }
        let counts = engine.counts;
        eprintln!(
            "{} scans of {} codes; {} out of order, {} repeated, {} never issued, {} before the \
             batch was made",
            counts.scans,
            engine.codes(),
            counts.out_of_order,
            counts.repeated,
            counts.never_issued,
            counts.before_made
        );
        match faults {
            0 => Ok(Done::Yes),
            _ => Err(Failure(format!("scans: {faults} lines could not be read; the rest went on"))),
        }
    }

    fn engine(&self) -> Result<Engine, Failure> {
        let mut batches = Vec::new();
        for (n, line) in (1..).zip(BufReader::new(open(&self.batches)?).lines()) {
            let line = line.map_err(|e| told(&self.batches, &e))?;
            let batch = serde_json::from_str(&line);
            batches.push(batch.map_err(|e| Failure(format!("batches: line {n}: {e}")))?);
        }
        let hosting = match &self.hosting {
            Some(path) => {
                hosting(path).map_err(|problem| Failure(format!("hosting: {problem}")))?
            }
            None => Hosting::default(),
        };
        let recording = Recording::new(batches, hosting)
            .map_err(|problem| Failure(format!("batches: {problem}")))?;
        let policy = match &self.policy {
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|e| told(path, &e))?;
                Arc::new(
                    Policy::read(&text).map_err(|problem| Failure(format!("policy: {problem}")))?,
                )
            }
            None => Policy::shipped(),
        };
        Ok(Engine::new(recording, policy, self.measures.is_some() || self.profile.is_some()))
    }
}

/// What is written beside the verdicts as they come.
struct Beside {
    numbers: Option<Numbers>,
    leads: Option<Leads<BufWriter<File>>>,
}

/// The file of numbers behind the verdicts.
struct Numbers(csv::Writer<File>);

impl Numbers {
    fn begin(path: &Path) -> Result<Self, Failure> {
        let mut out = csv::Writer::from_path(path)
            .map_err(|e| Failure(format!("{}: {e}", path.display())))?;
        let names = Measure::ALL.iter().map(Measure::to_string);
        out.write_record(std::iter::once("line".to_owned()).chain(names)).map_err(unwritten)?;
        Ok(Self(out))
    }

    fn add(&mut self, line: u64, measures: &Measures) -> Result<(), Failure> {
        let values = measures.values.iter().map(f32::to_string);
        let row = std::iter::once(line.to_string()).chain(values);
        self.0.write_record(row).map_err(unwritten)
    }
}

fn unwritten(error: csv::Error) -> Failure {
    Failure(format!("measures: {error}"))
}

fn open(path: &Path) -> Result<File, Failure> {
    File::open(path).map_err(|e| told(path, &e))
}

fn told(path: &Path, error: &io::Error) -> Failure {
    Failure(format!("{}: {error}", path.display()))
}

/// Answers every line, and returns the number of those that could not be read.
fn stream(
    engine: &mut Engine,
    mut scans: impl BufRead,
    out: &mut impl Write,
    beside: &mut Beside,
) -> Result<u64, Failure> {
    let (mut line, mut faults) = (Vec::new(), 0);
    for number in 1.. {
        line.clear();
        let most = LINE_BYTES_MAX as u64 + 1;
        if scans.by_ref().take(most).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let answer = if line.len() > LINE_BYTES_MAX && !line.ends_with(b"\n") {
            // Only as much of it is held as is told apart.
            scans.skip_until(b'\n')?;
            Err(format!("longer than {LINE_BYTES_MAX} bytes"))
        } else {
            std::str::from_utf8(&line).map_err(|e| e.to_string()).and_then(|text| engine.line(text))
        };
        if let Some(leads) = &mut beside.leads {
            leads.until(engine, engine.latest)?;
        }
        let answer = answer.unwrap_or_else(|problem| {
            faults += 1;
            if faults <= FAULTS_TOLD {
                eprintln!("line {number}: {problem}");
            }
            Answer::unreadable(number)
        });
        if let (Some(numbers), Some(measures)) = (&mut beside.numbers, &engine.measures) {
            numbers.add(number, measures)?;
        }
        serde_json::to_writer(&mut *out, &answer)?;
        out.write_all(b"\n")?;
    }
    Ok(faults)
}
