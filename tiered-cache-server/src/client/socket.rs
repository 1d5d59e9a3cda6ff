//! The two directions of a client's socket.

use std::io;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Client, Gone, KEEP, READ};
use crate::stream::Stream;

impl Client {
    pub(super) async fn send(&mut self) -> Result<(), Gone> {
        if self.reply.bytes.is_empty() {
            return Ok(());
        }
        let limit = self.shared.settings.write_timeout;
        send(&mut self.stream, &self.reply.bytes, limit).await?;
        let sent = self.reply.bytes.len() as u64;
        let counter = &self.shared.counters.output_bytes;
        counter.fetch_add(sent, Ordering::Relaxed);
        self.reply.bytes.clear();
        if self.reply.bytes.capacity() > KEEP {
            self.reply.bytes = Vec::new();
        }
        Ok(())
    }

    /// Waits for more of the client, and hands on what the remote publishes for it meanwhile.
    pub(super) async fn receive(&mut self) -> Result<(), Gone> {
        if self.shared.stopping.load(Ordering::Relaxed) {
            return Err(Gone::Quietly);
        }
        let present = self.input.len();
        if std::mem::take(&mut self.came_ahead) {
            // Commands that came while another one was waiting may be there in full.
            self.tally.arrived();
            return Ok(());
        }
        if present > self.session.query_limit {
            return Err(Gone::Because("its command is above query_buffer_limit"));
        }
        // For a large argument at once, but for no more than what has come: a length is soon said.
        let room = READ.max(self.reader.wanted(present).min(present.max(KEEP)));
        self.input.reserve(room);
        let idle = self.shared.settings.timeout;
        let limit = self.shared.settings.write_timeout;
        let read = loop {
            let read = self.stream.read_buf(&mut self.input);
            let (subscriber, watching) = (&mut self.session.subscriber, &mut self.session.watching);
            if subscriber.is_none() && watching.is_none() {
                break within(idle, read)
                    .await
                    .ok_or(Gone::Because("it was idle for too long"))??;
            }
            let message = async {
                match subscriber {
                    Some(subscriber) => subscriber.upstream.frame().await,
                    None => std::future::pending().await,
                }
            };
            let events = async {
                match watching {
                    Some(watching) => {
                        watching
                            .gather(&mut self.reply, self.session.output_buffer)
                            .await
                    }
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                read = read => break read?,
                message = message => match message {
                    Ok(message) => send(&mut self.stream, &message.bytes, limit).await?,
                    Err(error) => {
                        tracing::warn!(%error, "the remote has ended a subscription");
                        return Err(Gone::Because("the remote has ended its subscription"));
                    }
                },
                goes_on = events => {
                    if !goes_on {
                        self.session.watching = None;
                    }
                    self.send().await?;
                }
            }
        };
        self.tally.arrived();
        if read == 0 {
            return Err(Gone::Quietly);
        }
        let counter = &self.shared.counters.input_bytes;
        counter.fetch_add(read as u64, Ordering::Relaxed);
        Ok(())
    }
}

/// Sends all of `bytes`, unless the client takes none for as long as `limit`.
async fn send(stream: &mut Stream, mut bytes: &[u8], limit: Duration) -> io::Result<()> {
    while !bytes.is_empty() {
        let sent = within(limit, stream.write(bytes))
            .await
            .unwrap_or_else(|| Err(io::ErrorKind::TimedOut.into()))?;
        if sent == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        bytes = &bytes[sent..];
    }
    Ok(())
}

/// `None` when the time was over; zero is no limit.
async fn within<F: Future>(limit: Duration, work: F) -> Option<F::Output> {
    if limit.is_zero() {
        return Some(work.await);
    }
    // What is done at once needs no timer.
    let mut work = std::pin::pin!(work);
    let first = std::future::poll_fn(|context| std::task::Poll::Ready(work.as_mut().poll(context)));
    match first.await {
        std::task::Poll::Ready(done) => Some(done),
        std::task::Poll::Pending => tokio::time::timeout(limit, work).await.ok(),
    }
}
