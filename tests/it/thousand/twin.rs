//! A second server and a second worker of an installation.

use std::process::Child;

use crate::redis_server::free_port;
use crate::site::Site;

pub struct Twin {
    pub port: u16,
    serve: Option<Child>,
    worker: Option<Child>,
}

impl Twin {
    pub fn start(site: &Site) -> Self {
        let port = free_port();
        let mut twin = Self { port, serve: None, worker: None };
        twin.start_what_ended(site);
        twin
    }

    pub fn start_what_ended(&mut self, site: &Site) {
        for (child, word) in [(&mut self.serve, "serve"), (&mut self.worker, "worker")] {
            let runs = child.as_mut().is_some_and(|c| c.try_wait().expect("a child").is_none());
            if !runs {
                *child = Some(site.spawn(word, self.port));
            }
        }
    }

    /// Both, with `kill -9`; one may have ended of a wrong clock before.
    pub fn kill(&mut self) {
        for mut child in [self.serve.take(), self.worker.take()].into_iter().flatten() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        self.kill();
    }
}
