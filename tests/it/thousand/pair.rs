//! Two PostgreSQL servers: the second follows the first, and what is committed has
//! reached both. When the first is gone the second goes on, and a new one follows it.

use super::line::{End, Line};
use crate::ledger_bed::Books;
use crate::postgres_server::PostgresServer;

pub struct Pair {
    first: PostgresServer,
    second: PostgresServer,
    database: String,
    pub line: Line,
}

impl Pair {
    /// `None` where no PostgreSQL is installed.
    pub async fn start() -> Option<Self> {
        let first = PostgresServer::durable()?;
        let database = first.database();
        let second = first.follower();
        first.wait_for_followers();
        let line = Line::to(vec![End::Socket(first.socket())]).await;
        Some(Self { first, second, database, line })
    }

    /// As who goes by the line has to ask.
    pub fn url(&self) -> String {
        let (_, name) = self.database.rsplit_once('/').expect("a database");
        format!("postgres://zhenma@127.0.0.1:{}/{name}", self.line.port)
    }

    /// The first dies, and the second is the first.
    pub fn fail_over(&mut self) {
        self.first.end("KILL");
        self.second.promote();
        self.line.lead(End::Socket(self.second.socket()));
        let follower = self.second.follower();
        self.second.wait_for_followers();
        self.first = std::mem::replace(&mut self.second, follower);
    }

    pub fn books(&self) -> Books<'_> {
        Books::Server(&self.first, self.url())
    }
}
