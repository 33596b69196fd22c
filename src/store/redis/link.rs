//! A connection to one node that opens itself again, and never keeps anyone
//! waiting longer than its bounds.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, ErrorKind, Pipeline, RedisError,
    RedisResult, ServerErrorKind, Value,
};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::scan::StateError;

/// Time to connect and greet, and time to answer. Their sum stays below
/// `SCAN_STATE_WAIT_MS`, so that the caller is told why. redis-rs has a
/// default of its own, which turns load into errors: so set on purpose.
const CONNECT_MAX: Duration = Duration::from_millis(250);
const RESPONSE_MAX: Duration = Duration::from_millis(400);

/// Between attempts to connect: short, doubling from the first to the last.
/// Calls made meanwhile fail at once.
const BACK_OFF_MIN: Duration = Duration::from_millis(20);
const BACK_OFF_MAX: Duration = Duration::from_millis(320);

pub struct Link {
    client: Client,
    config: AsyncConnectionConfig,
    place: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: Option<MultiplexedConnection>,
    /// Counts connections, so that who found one broken closes no later one.
    opened: u64,
    failures: u32,
    not_before: Option<Instant>,
    last_error: String,
}

impl Link {
    pub fn new(info: ConnectionInfo) -> RedisResult<Self> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_MAX))
            .set_response_timeout(Some(RESPONSE_MAX));
        let place = place(&info);
        Ok(Self { client: Client::open(info)?, config, place, state: Mutex::default() })
    }

    /// Host and port, for people.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Sends the commands together and gives each its own result.
    ///
    /// # Errors
    /// When the node did not answer; some or all may have been applied.
    pub async fn run(&self, commands: &Pipeline) -> Result<Vec<RedisResult<Value>>, StateError> {
        let (mut connection, opened) = self.connection().await?;
        let answers: RedisResult<Vec<RedisResult<Value>>> =
            commands.query_async(&mut connection).await;
        match answers {
            Ok(answers) => {
                // Behind a name that follows the master, the master is now
                // elsewhere: a new connection finds it.
                if answers.iter().any(|a| a.as_ref().is_err_and(is_demoted)) {
                    self.close(opened).await;
                }
                self.state.lock().await.failures = 0;
                Ok(answers)
            }
            Err(e) => {
                self.close(opened).await;
                Err(self.unavailable(&e))
            }
        }
    }

    async fn connection(&self) -> Result<(MultiplexedConnection, u64), StateError> {
        let mut state = self.state.lock().await;
        if let Some(open) = &state.open {
            return Ok((open.clone(), state.opened));
        }
        if state.not_before.is_some_and(|then| Instant::now() < then) {
            return Err(StateError::Unavailable(state.last_error.clone()));
        }
        match self.client.get_multiplexed_async_connection_with_config(&self.config).await {
            Ok(open) => {
                state.open = Some(open.clone());
                state.opened += 1;
                state.not_before = None;
                Ok((open, state.opened))
            }
            Err(e) => {
                let wait = BACK_OFF_MIN * 2_u32.saturating_pow(state.failures.min(10));
                state.failures += 1;
                state.not_before = Some(Instant::now() + wait.min(BACK_OFF_MAX));
                let error = self.unavailable(&e);
                state.last_error = format!("Redis at {} cannot be reached: {e}", self.place);
                Err(error)
            }
        }
    }

    async fn close(&self, opened: u64) {
        let mut state = self.state.lock().await;
        if state.opened == opened {
            state.open = None;
        }
    }

    pub fn unavailable(&self, e: &RedisError) -> StateError {
        StateError::Unavailable(format!("Redis at {}: {e}", self.place))
    }
}

fn is_demoted(e: &RedisError) -> bool {
    matches!(e.kind(), ErrorKind::Server(ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown))
}

/// Host and port without user and password.
pub fn place(info: &ConnectionInfo) -> String {
    match info.addr() {
        ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
            format!("{host}:{port}")
        }
        ConnectionAddr::Unix(path) => path.display().to_string(),
        _ => "an address of an unknown kind".into(),
    }
}
