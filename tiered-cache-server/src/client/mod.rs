//! One client: reads what it sends, has it done in order, and sends the replies.

mod socket;

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::{Buf, BytesMut};

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
                    let shown = why.escape_ascii();
                    tracing::debug!(client = self.session.info.id, why = %shown, "a protocol error");
                    let text = [b"ERR Protocol error: ", &why[..]].concat();
                    self.reply.error_bytes(&text);
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
            return match answer(&mut &self.shared.cache, args, &mut self.reply) {
                Some(number) => (length, self.after_read(number, at + length)),
                None => (0, Step::Command(length)),
            };
        }
        let shared = Arc::clone(&self.shared);
        // Closed, or broken: the way of all other commands says so.
        let Ok(mut peeks) = shared.cache.peeks() else {
            return (0, Step::Command(length));
        };
        let mut step = Step::Command(length);
        let mut done = 0;
        while let Step::Command(length) = step
            && self.reply.bytes.len() < self.session.output_buffer
        {
            let args = self.reader.args(&self.input[at + done..]);
            let Some(number) = answer(&mut peeks, args, &mut self.reply) else {
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
}
