//! One client: reads what it sends, has it done in order, and sends the replies.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::commands::batched::{Answer, batched};
use crate::commands::reads::{answer, is_read};
use crate::commands::{Context, Flow, run, text_of};
use crate::group::{Group, Slot, Writes};
use crate::latency::{Recorder, Tally};
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
    /// Commands that are not counted yet.
    commands: u64,
    tally: Tally,
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
        recorder: &Arc<Recorder>,
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
            commands: 0,
            tally: Tally::new(Arc::clone(recorder)),
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
        let mut next = None;
        let flow = loop {
            if self.reply.bytes.len() >= self.session.output_buffer {
                // The next commands wait until the client has taken these replies.
                self.tally.ready();
                self.send().await?;
            }
            let step = match next.take() {
                Some(step) => step,
                None => self.reader.read(&self.input[at..], self.limits()),
            };
            match step {
                Step::Command(length) => {
                    if self.gather(at).await {
                        at += length;
                        self.reader.next();
                        continue;
                    }
                    let (read, step) = self.read_here(at, length);
                    if read > 0 {
                        at += read;
                        next = Some(step);
                        continue;
                    }
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
        self.tally.ready();
        self.tell_count();
        self.tidy(at);
        Ok(flow)
    }

    fn limits(&self) -> Limits {
        Limits {
            bulk: self.session.max_bulk,
            trusted: self.session.trusted,
        }
    }

    /// Puts the writes of the command at `at` to those that are made together. False: it is another
    /// command, and comes after these.
    async fn gather(&mut self, at: usize) -> bool {
        let args = self.reader.args(&self.input[at..]);
        if self.session.is_plain()
            && let Some((answer, number)) = batched(&self.shared, args, &mut self.writes)
        {
            self.commands += 1;
            self.tally.count(number);
            self.answers.push(answer);
            if self.writes.len() >= MAX_WRITES || self.writes.size() >= MAX_WRITE_BYTES {
                self.write_together().await;
            }
            return true;
        }
        self.write_together().await;
        false
    }

    /// Has commands done, from the one at `at` on, that are reads of what is here. The answer is how
    /// many bytes they had, and what comes after them.
    fn read_here(&mut self, at: usize, length: usize) -> (usize, Step) {
        let args = self.reader.args(&self.input[at..]);
        if !self.session.is_plain() || !is_read(args) {
            return (0, Step::Command(length));
        }
        if args.len() == 2 && self.input.len() == at + length {
            // One read, and nothing behind it.
            return match answer(&self.shared.cache, args, &mut self.reply) {
                Some(number) => (length, self.after_read(number, at + length)),
                None => (0, Step::Command(length)),
            };
        }
        let shared = Arc::clone(&self.shared);
        // Closed, or broken: the way of all other commands says so.
        let Ok(peeks) = shared.cache.peeks() else {
            return (0, Step::Command(length));
        };
        let mut step = Step::Command(length);
        let mut done = 0;
        while let Step::Command(length) = step
            && self.reply.bytes.len() < self.session.output_buffer
        {
            let args = self.reader.args(&self.input[at + done..]);
            let Some(number) = answer(&peeks, args, &mut self.reply) else {
                break;
            };
            done += length;
            step = self.after_read(number, at + done);
        }
        (done, step)
    }

    /// Counts a read that is done, and answers with what comes at `next`.
    fn after_read(&mut self, number: usize, next: usize) -> Step {
        self.commands += 1;
        self.tally.count(number);
        self.reader.next();
        self.reader.read(&self.input[next..], self.limits())
    }

    async fn command(&mut self, at: usize) -> Result<Flow, Gone> {
        self.commands += 1;
        self.tell_count();
        let mut context = Context {
            session: &mut self.session,
            reply: &mut self.reply,
            stream: &mut self.stream,
            ahead: &mut self.ahead,
            tally: &mut self.tally,
        };
        let flow = run(&mut context, self.reader.args(&self.input[at..])).await?;
        Ok(flow)
    }

    /// Counts commands where all see it.
    fn tell_count(&mut self) {
        let counter = &self.shared.counters.commands;
        counter.fetch_add(std::mem::take(&mut self.commands), Ordering::Relaxed);
    }

    async fn write_together(&mut self) {
        if self.answers.is_empty() {
            return;
        }
        match self.group.write(&self.writes, &self.slot).await {
            Ok(written) => {
                let mut rest = &written[..];
                for answer in &self.answers {
                    let (own, others) = rest.split_at(answer.writes().min(rest.len()));
                    rest = others;
                    answer.give(own, &mut self.reply);
                }
                self.session.unflushed.add(&written);
            }
            Err(error) => {
                let text = text_of(&error);
                for _ in &self.answers {
                    self.reply.error(&text);
                }
            }
        }
        self.writes.clear();
        self.answers.clear();
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
