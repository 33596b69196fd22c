//! A core for the load, and the others for who answers it. What shares a core with the
//! load waits for it, and it for them: a latency is then in part the load's own.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The cores that this thread began with, and their parts.
pub struct Cores {
    all: CpuSet,
    load: CpuSet,
    servers: CpuSet,
}

impl Cores {
    /// `None` where there is one alone.
    pub fn split() -> Option<Self> {
        let all = sched_getaffinity(None).expect("this thread");
        let last = (0..CpuSet::MAX_CPU).rfind(|core| all.is_set(*core))?;
        let (mut load, mut servers) = (CpuSet::new(), all);
        load.set(last);
        servers.unset(last);
        (servers.count() > 0).then_some(Self { all, load, servers })
    }

    /// What is started from now on stays off the load's core.
    pub fn for_servers(&self) {
        sched_setaffinity(None, &self.servers).expect("cores of this thread");
    }

    /// This thread keeps to the load's.
    pub fn for_load(&self) {
        sched_setaffinity(None, &self.load).expect("cores of this thread");
    }

    pub fn for_all(&self) {
        sched_setaffinity(None, &self.all).expect("cores of this thread");
    }
}
