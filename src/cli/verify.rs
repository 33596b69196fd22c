//! `zhenma verify`: offline, with the published keys alone.

use std::fs;
use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::{Done, Failure};
use crate::base::Lang;
use crate::base::limits::CODE_TEXT_BYTES_MAX;
use crate::code::{self, Malformed, Outcome, Payload, Reading};
use crate::keys::Keyring;

/// Check codes offline. Example: zhenma verify - --keys jwks.json < codes.txt
#[derive(Args)]
pub(crate) struct Verify {
    /// A code, a URL, or `-`: a text a line from standard input, a JSON object a line out
    text: String,
    /// The published key set (/.well-known/jwks.json)
    #[arg(long, value_name = "JWKS.json")]
    keys: PathBuf,
}

/// One answer; null where unknown.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    outcome: &'static str,
    serial: Option<String>,
    key: Option<u32>,
    batch: Option<u32>,
    layer: Option<&'static str>,
    form: Option<&'static str>,
    host: Option<&'a str>,
}

impl<'a> Answer<'a> {
    fn of(line: Option<u64>, read: &'a Result<Reading, Malformed>, outcome: Outcome) -> Self {
        let r = read.as_ref().ok();
        Self {
            line,
            outcome: outcome.slug(),
            serial: r.map(|r| r.payload.serial_text()),
            key: r.map(|r| r.payload.key.get()),
            batch: r.map(|r| r.payload.batch),
            layer: r.map(|r| r.payload.layer.slug()),
            form: r.map(|r| r.form.slug()),
            host: r.and_then(|r| r.host.as_deref()),
        }
    }
}

impl Verify {
    pub(crate) fn run(self, json: bool) -> Result<Done, Failure> {
        let keys = published(&self.keys)?;
        if self.text == "-" {
            return stream(&keys, io::stdin(), io::stdout().lock());
        }
        let read = code::read(&self.text);
        let outcome = read.as_ref().map_or(Outcome::Malformed, |r| code::verify(&keys, r));
        if json {
            println!("{}", serde_json::to_string(&Answer::of(None, &read, outcome))?);
        } else {
            tell(&self.text, &read, outcome);
        }
        Ok(if outcome == Outcome::Valid { Done::Yes } else { Done::No })
    }
}

/// A serial is no code, and no part of one that was cut short.
const SERIAL: &str = "这是编号，不带签名：离线无法核对。请扫描二维码，或在线查询。\n\
    This is a serial number without its signature; it cannot be checked offline. Scan the symbol, \
    or query it online.";

fn tell(text: &str, read: &Result<Reading, Malformed>, outcome: Outcome) {
    println!("{}", outcome.slug());
    match read {
        Ok(r) => {
            println!("serial {}", r.payload);
            let (key, batch, layer) = (r.payload.key, r.payload.batch, r.payload.layer.slug());
            println!("key {key}, batch {batch}, {layer}, {} form", r.form.slug());
        }
        Err(_) if is_a_serial(text) => println!("{SERIAL}"),
        Err(hint) => println!("{}\n{}", hint.text(Lang::Zh), hint.text(Lang::En)),
    }
}

fn is_a_serial(text: &str) -> bool {
    // It stands in groups under the symbol.
    let text: String = text.split_whitespace().collect();
    Payload::from_serial_text(&text).is_ok()
}

/// Lines checked together; blocks of them go to the cores in turn.
const BLOCK_LINES: usize = 1_024;

/// One block of texts with the number of its first line.
struct Block {
    first: u64,
    lines: Vec<Option<String>>,
}

/// What to do where a key set cannot be read.
pub(crate) const NO_KEYS: &str =
    "save /.well-known/jwks.json of the site there, or name another file with --keys";

/// The published keys of a file.
pub(crate) fn published(file: &Path) -> Result<Keyring, Failure> {
    let told = |e: &dyn std::fmt::Display| Failure(format!("key set {}: {e}", file.display()));
    let bytes = fs::read(file).map_err(|e| told(&format_args!("{e}; {NO_KEYS}")))?;
    Keyring::from_jwks(&bytes).map_err(|e| told(&e))
}

/// Reads blocks on one thread, checks them on all cores, writes them in order.
fn stream(keys: &Keyring, input: impl Read + Send, output: impl Write) -> Result<Done, Failure> {
    use std::sync::mpsc::sync_channel;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut output = BufWriter::new(output);
    let mut all_valid = true;
    std::thread::scope(|scope| -> Result<(), Failure> {
        // Worker i takes blocks i, i + cores, ...; the writer asks them in
        // the same turn, so order costs no sorting and channels stay bounded.
        let mut to_workers = Vec::new();
        let mut from_workers = Vec::new();
        for _ in 0..cores {
            let (block_in, blocks) = sync_channel::<Block>(2);
            let (done_in, done) = sync_channel::<(Vec<u8>, bool)>(2);
            to_workers.push(block_in);
            from_workers.push(done);
            scope.spawn(move || {
                for block in blocks {
                    if done_in.send(check(keys, &block)).is_err() {
                        return;
                    }
                }
            });
        }
        let reader = scope.spawn(move || -> io::Result<()> {
            let mut lines = Lines::new(input);
            let mut first = 1;
            for worker in to_workers.iter().cycle() {
                let lines = lines.block()?;
                let count = lines.len() as u64;
                if count == 0 || worker.send(Block { first, lines }).is_err() {
                    break;
                }
                first += count;
            }
            Ok(())
        });
        for done in from_workers.iter().cycle() {
            let Ok((text, valid)) = done.recv() else { break };
            all_valid &= valid;
            if let Err(error) = output.write_all(&text) {
                drop(from_workers);
                return quiet_pipe(error);
            }
        }
        reader.join().map_err(|_| Failure("reading failed".into()))??;
        output.flush().or_else(quiet_pipe)
    })?;
    Ok(if all_valid { Done::Yes } else { Done::No })
}

/// Whoever reads us may stop reading; that is no failure of ours.
fn quiet_pipe<E: From<io::Error>>(error: io::Error) -> Result<(), E> {
    if error.kind() == ErrorKind::BrokenPipe { Ok(()) } else { Err(error.into()) }
}

fn check(keys: &Keyring, block: &Block) -> (Vec<u8>, bool) {
    let reads: Vec<_> = block
        .lines
        .iter()
        .map(|line| match line {
            Some(text) => code::read(text),
            None => Err(Malformed::TooLong(CODE_TEXT_BYTES_MAX)),
        })
        .collect();
    let good: Vec<_> = reads.iter().filter_map(|r| r.as_ref().ok().cloned()).collect();
    let mut outcomes = code::verify_many(keys, &good).into_iter();
    let mut text = Vec::with_capacity(block.lines.len() * 160);
    let mut all_valid = true;
    for (line, read) in (block.first..).zip(&reads) {
        let outcome = match read {
            Ok(_) => outcomes.next().unwrap_or(Outcome::Malformed),
            Err(_) => Outcome::Malformed,
        };
        all_valid &= outcome == Outcome::Valid;
        serde_json::to_writer(&mut text, &Answer::of(Some(line), read, outcome))
            .expect("a vector takes every write");
        text.push(b'\n');
    }
    (text, all_valid)
}

/// Lines of a foreign stream: bounded, CRLF or LF, a byte-order mark at the
/// start dropped; `None` for what is too long or no UTF-8.
struct Lines<R> {
    input: BufReader<R>,
    started: bool,
}

impl<R: Read> Lines<R> {
    fn new(input: R) -> Self {
        Self { input: BufReader::with_capacity(1 << 16, input), started: false }
    }

    fn block(&mut self) -> io::Result<Vec<Option<String>>> {
        let mut lines = Vec::with_capacity(BLOCK_LINES);
        while lines.len() < BLOCK_LINES {
            match self.line()? {
                Some(line) => lines.push(line),
                None => break,
            }
        }
        Ok(lines)
    }

    /// The next line; the outer `None` at the end of the stream.
    fn line(&mut self) -> io::Result<Option<Option<String>>> {
        let mut held = Vec::new();
        let bound = CODE_TEXT_BYTES_MAX as u64 + 8;
        if (&mut self.input).take(bound).read_until(b'\n', &mut held)? == 0 {
            return Ok(None);
        }
        if held.last() == Some(&b'\n') {
            held.pop();
            if held.last() == Some(&b'\r') {
                held.pop();
            }
        } else if held.len() as u64 == bound {
            self.skip_rest()?;
        }
        if !self.started {
            self.started = true;
            if held.starts_with(b"\xef\xbb\xbf") {
                held.drain(..3);
            }
        }
        let fits = held.len() <= CODE_TEXT_BYTES_MAX;
        Ok(Some(String::from_utf8(held).ok().filter(|_| fits)))
    }

    fn skip_rest(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                return Ok(());
            }
            if let Some(end) = buffer.iter().position(|b| *b == b'\n') {
                self.input.consume(end + 1);
                return Ok(());
            }
            let all = buffer.len();
            self.input.consume(all);
        }
    }
}
