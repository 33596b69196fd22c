//! Sends requests over keep-alive connections on loopback, from one thread that waits
//! for all of them at once.
//!
//! *Open* loads leave by a plan, whatever the server does, and a latency counts from
//! the instant that the plan has for it: what waits because the server is slow is
//! slow (no coordinated omission). *Closed* ones leave when the one before them on
//! their connection was answered; they find the highest rate.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};

/// No answer is waited for longer.
const ANSWER_MAX: Duration = Duration::from_secs(30);
const ANSWER_BYTES_MAX: usize = 64 * 1024;
const EVENTS: usize = 256;

#[derive(Clone, Copy, Debug)]
pub enum Pace {
    Closed,
    /// Requests a second.
    Open(f64),
}

/// A request, and which of two kinds is told apart in what is measured.
pub struct Request {
    pub bytes: Vec<u8>,
    pub forged: bool,
}

/// What an answer was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Said {
    /// As it should be.
    Right,
    /// 503 with Retry-After.
    Shed,
    Wrong(&'static str),
}

/// Looks at the `n`th answer.
pub type Check = fn(n: usize, head: &[u8], body: &[u8]) -> Said;

/// What one run measured; latencies in microseconds.
pub struct Measured {
    pub seconds: f64,
    pub right: Histogram<u64>,
    /// Of those that were forged, and answered as they should be.
    pub forged: Histogram<u64>,
    pub shed: Histogram<u64>,
    /// How many answers were wrong, by what was.
    pub wrong: BTreeMap<&'static str, u64>,
    /// Which requests were answered rightly.
    pub acknowledged: Vec<usize>,
}

impl Measured {
    fn new() -> Self {
        let histogram = || Histogram::new_with_bounds(1, 120_000_000, 3).expect("sound bounds");
        Self {
            seconds: 0.0,
            right: histogram(),
            forged: histogram(),
            shed: histogram(),
            wrong: BTreeMap::new(),
            acknowledged: Vec::new(),
        }
    }

    /// Right answers a second.
    pub fn rate(&self) -> f64 {
        self.acknowledged.len() as f64 / self.seconds
    }

    pub fn wrong(&self) -> u64 {
        self.wrong.values().sum()
    }

    fn note(&mut self, n: usize, request: &Request, said: Said, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        match said {
            Said::Right => {
                self.acknowledged.push(n);
                let of_kind = if request.forged { &mut self.forged } else { &mut self.right };
                of_kind.saturating_record(us);
            }
            Said::Shed => self.shed.saturating_record(us),
            Said::Wrong(what) => *self.wrong.entry(what).or_default() += 1,
        }
    }
}

/// The latency in milliseconds that a share of the answers stayed under.
pub fn ms(histogram: &Histogram<u64>, quantile: f64) -> f64 {
    histogram.value_at_quantile(quantile) as f64 / 1000.0
}

/// Where requests go, and how their answers are told.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    /// Connections go to each in turn.
    pub to: &'a [SocketAddr],
    pub connections: usize,
    pub check: Check,
}

/// Sends all requests.
///
/// # Errors
/// When connections cannot be made or waited for.
pub fn run(target: Target<'_>, requests: &[Request], pace: Pace) -> io::Result<Measured> {
    let mut load = Load::new(target)?;
    let start = Instant::now();
    let mut next = 0;
    while load.done < requests.len() {
        let now = Instant::now();
        let mut due = now;
        while next < requests.len() && !load.idle.is_empty() {
            if let Pace::Open(rate) = pace {
                due = start + Duration::from_secs_f64(next as f64 / rate);
            }
            if due > now {
                break;
            }
            load.send(next, &requests[next], due)?;
            next += 1;
        }
        let is_planned = next < requests.len() && !load.idle.is_empty();
        let wait =
            if is_planned { due.saturating_duration_since(Instant::now()) } else { ANSWER_MAX };
        load.receive(wait, requests, is_planned)?;
    }
    load.measured.seconds = start.elapsed().as_secs_f64();
    Ok(load.measured)
}

struct Connection {
    stream: TcpStream,
    buffer: Box<[u8]>,
    filled: usize,
    /// Which request is out, and when it was to leave.
    out: Option<(usize, Instant)>,
}

struct Load<'a> {
    target: Target<'a>,
    epoll: OwnedFd,
    connections: Vec<Connection>,
    idle: Vec<usize>,
    done: usize,
    measured: Measured,
}

impl<'a> Load<'a> {
    fn new(target: Target<'a>) -> io::Result<Self> {
        let mut load = Self {
            target,
            epoll: epoll::create(CreateFlags::CLOEXEC)?,
            connections: Vec::new(),
            idle: (0..target.connections).collect(),
            done: 0,
            measured: Measured::new(),
        };
        for at in 0..target.connections {
            let stream = load.connect(at)?;
            let buffer = vec![0; ANSWER_BYTES_MAX].into();
            load.connections.push(Connection { stream, buffer, filled: 0, out: None });
        }
        Ok(load)
    }

    fn connect(&self, at: usize) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(self.target.to[at % self.target.to.len()])?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        epoll::add(&self.epoll, &stream, EventData::new_u64(at as u64), EventFlags::IN)?;
        Ok(stream)
    }

    fn send(&mut self, n: usize, request: &Request, due: Instant) -> io::Result<()> {
        let at = self.idle.pop().expect("an idle connection");
        let connection = &mut self.connections[at];
        (connection.out, connection.filled) = (Some((n, due)), 0);
        // Nothing waits before it on an idle connection: it goes out whole.
        if connection.stream.write_all(&request.bytes).is_err() {
            self.broken(at, request)?;
        }
        Ok(())
    }

    fn receive(
        &mut self,
        wait: Duration,
        requests: &[Request],
        is_planned: bool,
    ) -> io::Result<()> {
        let wait = Timespec::try_from(wait).map_err(io::Error::other)?;
        let mut events = Vec::<Event>::with_capacity(EVENTS);
        match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut events), Some(&wait)) {
            Err(rustix::io::Errno::INTR) => return Ok(()),
            Ok(0) if !is_planned => {
                return Err(io::Error::new(ErrorKind::TimedOut, "no answer for half a minute"));
            }
            other => other?,
        };
        for event in events {
            let at = usize::try_from(event.data.u64()).map_err(io::Error::other)?;
            self.read(at, requests)?;
        }
        Ok(())
    }

    fn read(&mut self, at: usize, requests: &[Request]) -> io::Result<()> {
        let connection = &mut self.connections[at];
        let read = connection.stream.read(&mut connection.buffer[connection.filled..]);
        match read {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Ok(1..) if connection.out.is_some() => {}
            _ => {
                return match connection.out {
                    Some((n, _)) => self.broken(at, &requests[n]),
                    None => self.again(at),
                };
            }
        }
        connection.filled += read?;
        let Some((head, end)) = answer(&connection.buffer[..connection.filled]) else {
            return Ok(());
        };
        let (n, due) = connection.out.take().expect("a request is out");
        let took = due.elapsed();
        let said =
            (self.target.check)(n, &connection.buffer[..head], &connection.buffer[head..end]);
        self.measured.note(n, &requests[n], said, took);
        self.done += 1;
        self.idle.push(at);
        Ok(())
    }

    /// A connection ended under its request.
    fn broken(&mut self, at: usize, request: &Request) -> io::Result<()> {
        let (n, due) = self.connections[at].out.take().expect("a request is out");
        let said = Said::Wrong("the connection broke");
        self.measured.note(n, request, said, due.elapsed());
        self.done += 1;
        self.idle.push(at);
        self.again(at)
    }

    fn again(&mut self, at: usize) -> io::Result<()> {
        // Closed, it leaves the set that is waited for.
        self.connections[at].stream = self.connect(at)?;
        Ok(())
    }
}

/// Where the head and the body of an answer end, once it is whole. A body in chunks
/// keeps its chunk lines.
fn answer(bytes: &[u8]) -> Option<(usize, usize)> {
    let head = find(bytes, b"\r\n\r\n")? + 4;
    let end = match header(&bytes[..head], "content-length") {
        Some(length) => head + length.parse::<usize>().ok()?,
        None => bytes.ends_with(b"\r\n0\r\n\r\n").then_some(bytes.len())?,
    };
    (bytes.len() >= end).then_some((head, end))
}

/// The value of a header, whatever the size of its letters.
pub fn header<'a>(head: &'a [u8], name: &str) -> Option<&'a str> {
    let lines = head.split(|byte| *byte == b'\n');
    let of_name = |line: &&[u8]| {
        line.get(name.len()) == Some(&b':')
            && line[..name.len()].eq_ignore_ascii_case(name.as_bytes())
    };
    let line = lines.into_iter().find(of_name)?;
    std::str::from_utf8(&line[name.len() + 1..]).ok().map(str::trim)
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}
