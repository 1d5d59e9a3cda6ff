//! A connection for the writes of one lane.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures_util::FutureExt;
use futures_util::future::{self, BoxFuture};
use redis::{Cmd, Pipeline, Value};

use super::connect::{Connector, Link};
use super::{classify, fence};
use crate::remote::{
    ConnectRequest, ConnectionId, RemoteError, RemoteErrorKind, RemoteLane, RemoteResults,
    RemoteWrite,
};

/// A connection to Redis for the writes of one lane.
pub(super) struct RedisLane {
    id: ConnectionId,
    link: Link,
    connector: Arc<Connector>,
}

impl RedisLane {
    pub(super) async fn open(
        connector: &Arc<Connector>,
        request: ConnectRequest<'_>,
        fencing: bool,
    ) -> Result<Self, RemoteError> {
        // No response timeout: the caller has one, and what it means for the fate of a batch.
        let link = connector.open(None).await?;
        let id = fence::introduce(&link, connector, request.name, fencing).await?;
        if fencing {
            fence::fence(&link, connector, id, request).await?;
        }
        Ok(Self {
            id,
            link,
            connector: Arc::clone(connector),
        })
    }
}

impl RemoteLane for RedisLane {
    fn id(&self) -> ConnectionId {
        self.id
    }

    fn apply(&mut self, batch: Vec<RemoteWrite>) -> BoxFuture<'static, RemoteResults> {
        if batch.is_empty() {
            return future::ready(Ok(Vec::new())).boxed();
        }
        let commands = encode(&batch);
        drop(batch);
        let mut connection = self.link.connection();
        let mut answers = tokio::task::unconstrained(Box::pin(async move {
            connection
                .send_packed_commands(&commands, 0, commands.len())
                .await
        }));
        // The first poll puts the batch into the connection's queue, which has room, so that the
        // order of the calls is the order on the wire, whoever is polled first later.
        let first = Pin::new(&mut answers).poll(&mut Context::from_waker(Waker::noop()));
        let connector = Arc::clone(&self.connector);
        async move {
            let answers = match first {
                Poll::Ready(answers) => answers,
                Poll::Pending => answers.await,
            };
            judge(answers.map_err(|error| classify::transport(&error, connector.peer()))?)
        }
        .boxed()
    }
}

impl fmt::Debug for RedisLane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLane")
            .field("id", &self.id)
            .field("peer", &self.connector.peer().to_string())
            .finish_non_exhaustive()
    }
}

fn encode(batch: &[RemoteWrite]) -> Pipeline {
    let mut commands = Pipeline::with_capacity(batch.len());
    for write in batch {
        // Room for the longest form, so that a command is two allocations.
        let mut command = Cmd::with_capacity(5, write.size());
        match write {
            RemoteWrite::Set {
                key,
                value,
                expires_at,
            } => {
                command.arg("SET").arg(&key[..]).arg(&value[..]);
                if let Some(at) = expires_at {
                    // Redis refuses an expiry of 0, which has passed as well as one of 1 has.
                    command.arg("PXAT").arg((*at).max(1));
                }
            }
            RemoteWrite::Delete { key } => {
                command.arg("DEL").arg(&key[..]);
            }
        }
        commands.add_command(command);
    }
    commands
}

fn judge(answers: Vec<Value>) -> RemoteResults {
    answers
        .into_iter()
        .map(|answer| match answer {
            Value::Okay | Value::Int(_) => Ok(Ok(())),
            Value::ServerError(error) => Ok(Err(classify::command(&error))),
            other => Err(RemoteError::new(
                RemoteErrorKind::Protocol,
                format!("an answer to SET or DEL that Redis does not give: {other:?}"),
            )),
        })
        .collect()
}
