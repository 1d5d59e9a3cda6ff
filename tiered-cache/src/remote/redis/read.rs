//! Reads, and single commands, on one connection that all callers share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use parking_lot::Mutex;
use redis::{Pipeline, Value};

use super::connect::{Connector, Link};
use super::transaction::{self, Expiries, Round};
use super::{classify, execute};
use crate::clock;
use crate::remote::{RemoteError, RemoteErrorKind, RemoteReply, RemoteValue};

/// The name of the shared connection in the server's `CLIENT LIST`.
const NAME: &str = "tiered-cache-reads";

type Answers = Vec<Result<Option<RemoteValue>, RemoteError>>;

/// An attempt to connect: under way, or the connection it led to.
type Attempt = Shared<BoxFuture<'static, Result<Arc<Channel>, RemoteError>>>;

/// Reads for all callers.
pub(super) struct Reader {
    connector: Arc<Connector>,
    response_timeout: Duration,
    attempt: Mutex<Option<Attempt>>,
}

impl Reader {
    pub(super) fn new(connector: Arc<Connector>, response_timeout: Duration) -> Self {
        Self {
            connector,
            response_timeout,
            attempt: Mutex::new(None),
        }
    }

    /// The present state of `keys`.
    pub(super) async fn read(&self, keys: &[Bytes]) -> Result<Answers, RemoteError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        self.channel().await?.read(keys).await
    }

    /// Runs a command as it is.
    pub(super) async fn execute(&self, command: &[Bytes]) -> Result<RemoteReply, RemoteError> {
        let values = self.channel().await?.ask(&execute::encode(command)).await?;
        execute::decode(values)
    }

    async fn channel(&self) -> Result<Arc<Channel>, RemoteError> {
        // A connection that broke before anybody asked for it is worth a second attempt.
        for _ in 0..2 {
            let channel = self.current_attempt().await?;
            if channel.is_usable() {
                return Ok(channel);
            }
        }
        Err(RemoteError::new(
            RemoteErrorKind::Unavailable,
            format!("{}: connections break at once", self.connector.peer()),
        ))
    }

    /// The attempt to wait for; a new one if there is none, or if what it led to is of no use.
    fn current_attempt(&self) -> Attempt {
        let mut attempt = self.attempt.lock();
        if let Some(current) = &*attempt {
            match current.peek() {
                None => return current.clone(),
                Some(Ok(channel)) if channel.is_usable() => return current.clone(),
                Some(_) => {}
            }
        }
        // In a task of its own: callers that give up do not hold up the attempt.
        let task = tokio::spawn(Channel::open(
            Arc::clone(&self.connector),
            self.response_timeout,
        ));
        let next = async {
            task.await.unwrap_or_else(|error| {
                Err(RemoteError::new(
                    RemoteErrorKind::Unavailable,
                    format!("the attempt to connect was given up: {error}"),
                ))
            })
        }
        .boxed()
        .shared();
        *attempt = Some(next.clone());
        next
    }
}

/// The shared connection.
struct Channel {
    link: Link,
    connector: Arc<Connector>,
    response_timeout: Duration,
    opened: Instant,
    given_up: AtomicBool,
    lacks_pexpiretime: AtomicBool,
    /// Milliseconds since `opened`, plus one, of the first request after the last answer; 0: none.
    waiting_since: AtomicU64,
}

impl Channel {
    async fn open(
        connector: Arc<Connector>,
        response_timeout: Duration,
    ) -> Result<Arc<Self>, RemoteError> {
        let link = connector.open(Some(response_timeout)).await?;
        let mut set_name = Pipeline::new();
        set_name.cmd("CLIENT").arg("SETNAME").arg(NAME);
        // For whoever looks at the server; a user without the right to it may read all the same.
        if let [Value::ServerError(error)] = link
            .ask(&set_name)
            .await
            .map_err(|error| classify::transport(&error, connector.peer()))?
            .as_slice()
        {
            tracing::debug!(%error, "the server does not let the connection have a name");
        }
        Ok(Arc::new(Self {
            link,
            connector,
            response_timeout,
            opened: Instant::now(),
            given_up: AtomicBool::new(false),
            lacks_pexpiretime: AtomicBool::new(false),
            waiting_since: AtomicU64::new(0),
        }))
    }

    fn is_usable(&self) -> bool {
        self.link.is_open() && !self.given_up.load(Ordering::Relaxed) && !self.is_silent()
    }

    /// Whether requests have been waiting for too long. A caller with little patience drops its
    /// request before it can time out, so that a dead connection has to be noticed here.
    fn is_silent(&self) -> bool {
        let since = self.waiting_since.load(Ordering::Relaxed);
        since != 0 && self.now() > since.saturating_add(clock::duration_ms(self.response_timeout))
    }

    fn now(&self) -> u64 {
        clock::duration_ms(self.opened.elapsed()) + 1
    }

    async fn read(&self, keys: &[Bytes]) -> Result<Answers, RemoteError> {
        let mut answers: Answers = vec![Ok(None); keys.len()];
        // Positions in `keys` that have no answer yet.
        let mut open: Vec<usize> = (0..keys.len()).collect();
        while !open.is_empty() {
            let expiries = if self.lacks_pexpiretime.load(Ordering::Relaxed) {
                Expiries::Remaining {
                    asked_at: clock::now_ms(),
                }
            } else {
                Expiries::Absolute
            };
            let commands = transaction::encode(open.iter().map(|&index| &keys[index]), expiries);
            match transaction::decode(self.ask(&commands).await?, open.len(), expiries)? {
                Round::Done(values) => {
                    for (index, value) in open.drain(..).zip(values) {
                        answers[index] = value;
                    }
                }
                Round::Rejected(errors) => {
                    for (position, error) in errors.into_iter().rev() {
                        answers[open.remove(position)] = Err(error);
                    }
                }
                Round::LacksPexpiretime => self.lacks_pexpiretime.store(true, Ordering::Relaxed),
            }
        }
        Ok(answers)
    }

    async fn ask(&self, commands: &Pipeline) -> Result<Vec<Value>, RemoteError> {
        // Only the first request after an answer starts the watch.
        let _ = self.waiting_since.compare_exchange(
            0,
            self.now(),
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
        match self.link.ask(commands).await {
            Ok(values) => {
                self.waiting_since.store(0, Ordering::Relaxed);
                Ok(values)
            }
            Err(error) => {
                self.given_up.store(true, Ordering::Relaxed);
                Err(classify::transport(&error, self.connector.peer()))
            }
        }
    }
}
