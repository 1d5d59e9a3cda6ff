//! One client: reads what it sends, has it done in order, and sends the replies.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::commands::batched::{Answer, batched};
use crate::commands::{Context, Flow, run};
use crate::group::{Group, Slot, Writes};
use crate::reply::Reply;
use crate::request::{Limits, Reader, Step};
use crate::session::Session;
use crate::shared::{ClientInfo, Shared};
use crate::stream::Stream;

/// Bytes asked for at a time.
const READ: usize = 16 << 10;

/// Memory that is kept for the next command.
const KEEP: usize = 1 << 20;

/// Writes that wait for their transaction at most.
const MAX_WRITES: usize = 1024;
const MAX_WRITE_BYTES: usize = 1 << 20;

pub(crate) struct Client {
    shared: Arc<Shared>,
    group: Arc<Group>,
    slot: Arc<Slot>,
    stream: Stream,
    session: Session,
    reader: Reader,
    input: BytesMut,
    /// What came while a command was waiting.
    ahead: BytesMut,
    came_ahead: bool,
    reply: Reply,
    /// Writes that have no reply yet.
    writes: Writes,
    answers: Vec<Answer>,
}

/// Why a client goes.
enum Gone {
    /// It asked for it, or has gone by itself.
    Quietly,
    Because(&'static str),
    Io(io::Error),
}

impl From<io::Error> for Gone {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Client {
    pub(crate) fn new(
        shared: &Arc<Shared>,
        group: &Arc<Group>,
        stream: Stream,
        info: Arc<ClientInfo>,
    ) -> Self {
        Self {
            session: Session::new(shared, info),
            shared: Arc::clone(shared),
            group: Arc::clone(group),
            slot: Arc::default(),
            stream,
            reader: Reader::default(),
            input: BytesMut::with_capacity(READ),
            ahead: BytesMut::new(),
            came_ahead: false,
            reply: Reply::default(),
            writes: Writes::default(),
            answers: Vec::new(),
        }
    }

    pub(crate) async fn serve(mut self) {
        let id = self.session.info.id;
        let gone = self.converse().await;
        self.shared.clients.remove(id);
        match gone {
            Gone::Quietly => {}
            Gone::Because(why) => tracing::info!(client = id, why, "a client was disconnected"),
            Gone::Io(error) => tracing::debug!(client = id, %error, "a client has gone"),
        }
    }

    async fn converse(&mut self) -> Gone {
        loop {
            let done = match self.work().await {
                Ok(Flow::Continue) => self.send().await,
                Ok(Flow::Close) => {
                    return match self.send().await {
                        Ok(()) => Gone::Quietly,
                        Err(gone) => gone,
                    };
                }
                Err(gone) => Err(gone),
            };
            if let Err(gone) = done {
                return gone;
            }
            if let Err(gone) = self.receive().await {
                return gone;
            }
        }
    }

    /// Has all commands done that have come.
    async fn work(&mut self) -> Result<Flow, Gone> {
        let mut at = 0;
        let flow = loop {
            if self.reply.bytes.len() >= self.session.output_buffer {
                // The next commands wait until the client has taken these replies.
                self.send().await?;
            }
            let limits = Limits {
                bulk: self.session.max_bulk,
                trusted: self.session.trusted,
            };
            match self.reader.read(&self.input[at..], limits) {
                Step::Command(length) => {
                    self.shared
                        .counters
                        .commands
                        .fetch_add(1, Ordering::Relaxed);
                    let flow = self.command(at).await?;
                    at += length;
                    self.reader.next();
                    if flow == Flow::Close {
                        break Flow::Close;
                    }
                }
                Step::Nothing(length) => {
                    at += length;
                    self.reader.next();
                }
                Step::Incomplete => break Flow::Continue,
                Step::Wrong(why) => {
                    self.write_together().await;
                    let counter = &self.shared.counters.protocol_errors;
                    counter.fetch_add(1, Ordering::Relaxed);
                    tracing::debug!(client = self.session.info.id, why, "a protocol error");
                    self.reply.error(&format!("ERR Protocol error: {why}"));
                    break Flow::Close;
                }
            }
        };
        self.write_together().await;
        self.tidy(at);
        Ok(flow)
    }

    async fn command(&mut self, at: usize) -> Result<Flow, Gone> {
        let args = self.reader.args(&self.input[at..]);
        if self.session.is_plain()
            && let Some(answer) = batched(&self.shared, args, &mut self.writes)
        {
            self.answers.push(answer);
            if self.writes.len() >= MAX_WRITES || self.writes.size() >= MAX_WRITE_BYTES {
                self.write_together().await;
            }
            return Ok(Flow::Continue);
        }
        let (reply, writes, answers) = (&mut self.reply, &mut self.writes, &mut self.answers);
        write_together(&self.group, &self.slot, reply, writes, answers).await;
        let mut context = Context {
            session: &mut self.session,
            reply: &mut self.reply,
            stream: &mut self.stream,
            ahead: &mut self.ahead,
        };
        let flow = run(&mut context, args).await?;
        Ok(flow)
    }

    async fn write_together(&mut self) {
        let (reply, writes, answers) = (&mut self.reply, &mut self.writes, &mut self.answers);
        write_together(&self.group, &self.slot, reply, writes, answers).await;
    }

    /// Gives memory back, and takes up what came meanwhile.
    fn tidy(&mut self, done: usize) {
        self.input.advance(done);
        if self.input.is_empty() && self.input.capacity() > KEEP {
            self.input = BytesMut::with_capacity(READ);
        }
        if !self.ahead.is_empty() {
            self.input.extend_from_slice(&self.ahead);
            self.ahead = BytesMut::new();
            self.came_ahead = true;
        }
    }

    async fn send(&mut self) -> Result<(), Gone> {
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
    async fn receive(&mut self) -> Result<(), Gone> {
        if self.shared.stopping.load(Ordering::Relaxed) {
            return Err(Gone::Quietly);
        }
        let present = self.input.len();
        if std::mem::take(&mut self.came_ahead) {
            // Commands that came while another one was waiting may be there in full.
            return Ok(());
        }
        if present > self.session.query_limit {
            return Err(Gone::Because("its command is above query_buffer_limit"));
        }
        // For a large argument at once, but for no more than what has come: a length is soon said.
        let room = READ.max(self.reader.wanted(present).min(present.max(KEEP)));
        self.input.reserve(room);
        let idle = self.shared.settings.timeout;
        let read = loop {
            let read = self.stream.read_buf(&mut self.input);
            let Some(subscriber) = &mut self.session.subscriber else {
                break within(idle, read)
                    .await
                    .ok_or(Gone::Because("it was idle for too long"))??;
            };
            let limit = self.shared.settings.write_timeout;
            tokio::select! {
                read = read => break read?,
                frame = subscriber.upstream.frame() => match frame {
                    Ok(frame) => send(&mut self.stream, &frame.bytes, limit).await?,
                    Err(error) => {
                        tracing::warn!(%error, "the remote has ended a subscription");
                        return Err(Gone::Because("the remote has ended its subscription"));
                    }
                },
            }
        };
        if read == 0 {
            return Err(Gone::Quietly);
        }
        let counter = &self.shared.counters.input_bytes;
        counter.fetch_add(read as u64, Ordering::Relaxed);
        Ok(())
    }
}

async fn write_together(
    group: &Group,
    slot: &Arc<Slot>,
    reply: &mut Reply,
    writes: &mut Writes,
    answers: &mut Vec<Answer>,
) {
    if answers.is_empty() {
        return;
    }
    let outcome = group.write(writes, slot).await;
    match &outcome {
        Ok(existed) => {
            let mut existed = &existed[..];
            for answer in answers.iter() {
                let (own, rest) = existed.split_at(answer.writes().min(existed.len()));
                existed = rest;
                answer.give(own, reply);
            }
        }
        Err(error) => {
            for _ in answers.iter() {
                reply.error(&crate::commands::text_of(error));
            }
        }
    }
    writes.clear();
    answers.clear();
}

/// Sends all of `bytes`, unless the client takes none for as long as `limit`.
pub(crate) async fn send(stream: &mut Stream, mut bytes: &[u8], limit: Duration) -> io::Result<()> {
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
