//! A session on a thread of its own, which does one thing at a time and says what came of it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use wiredtiger::{Connection, Result, Session, Transaction};

use super::steps::{Walk, Work};
use super::stored::{On, Seen, Stored, Walker};

pub(super) type Tables = Arc<Vec<Box<dyn Stored>>>;

/// What the session is told.
pub(super) enum Command {
    Begin,
    Commit,
    Rollback,
    Checkpoint,
    Work(usize, Work),
    Walk(usize, Walk),
}

/// The way to a session.
pub(super) struct Actor {
    commands: Option<Sender<Command>>,
    answers: Receiver<Seen>,
    thread: Option<JoinHandle<()>>,
}

impl Actor {
    pub(super) fn new(connection: &Connection, tables: &Tables) -> Result<Self> {
        let (commands, inbox) = channel();
        let (outbox, answers) = channel();
        let mut session = connection.open_session()?;
        let thread = Thread {
            tables: Arc::clone(tables),
            inbox,
            outbox,
        };
        Ok(Self {
            commands: Some(commands),
            answers,
            thread: Some(std::thread::spawn(move || thread.run(&mut session))),
        })
    }

    /// Has it done, and waits until it is.
    pub(super) fn tell(&self, command: Command) -> Seen {
        if let Some(commands) = &self.commands {
            let _ = commands.send(command);
        }
        // Its own words are on the standard error.
        self.answers.recv().expect("the session's thread panicked")
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        // That ends the thread, and the transaction of its session.
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Thread {
    tables: Tables,
    inbox: Receiver<Command>,
    outbox: Sender<Seen>,
}

impl Thread {
    fn answer(&self, seen: impl Into<Seen>) {
        let _ = self.outbox.send(seen.into());
    }

    fn run(&self, session: &mut Session) {
        while let Ok(command) = self.inbox.recv() {
            let done = match command {
                Command::Work(table, work) => self.tables[table].work(On::Session(session), &work),
                Command::Checkpoint => session.checkpoint().map(|()| Seen::Nothing),
                Command::Begin => match session.begin() {
                    Ok(txn) => {
                        self.answer(Seen::Nothing);
                        let Some(ended) = self.transaction(txn) else {
                            return;
                        };
                        ended.map(|()| Seen::Nothing)
                    }
                    Err(error) => Err(error),
                },
                Command::Commit | Command::Rollback | Command::Walk(..) => {
                    unreachable!("outside of a transaction")
                }
            };
            self.answer(done);
        }
    }

    /// Until the end of the transaction, or nothing if nobody asks any more.
    fn transaction(&self, mut txn: Transaction<'_>) -> Option<Result<()>> {
        let mut command = self.inbox.recv().ok()?;
        loop {
            match command {
                Command::Commit => return Some(txn.commit()),
                Command::Rollback => return Some(txn.rollback()),
                Command::Work(table, work) => {
                    let on = On::Transaction(&mut txn);
                    self.answer(self.tables[table].work(on, &work));
                }
                Command::Walk(table, walk) => {
                    command = self.walk(&txn, table, walk)?;
                    continue;
                }
                Command::Begin | Command::Checkpoint => unreachable!("in a transaction"),
            }
            command = self.inbox.recv().ok()?;
        }
    }

    /// Walks with one cursor for each table, all open at the same time, until something else has
    /// to be done.
    fn walk(&self, session: &Session, mut table: usize, mut walk: Walk) -> Option<Command> {
        let walkers = self.tables.iter().map(|table| table.walker(session));
        let mut walkers: Result<Vec<Box<dyn Walker>>> = walkers.collect();
        loop {
            let seen = match &mut walkers {
                Ok(walkers) => walkers[table].walk(&walk).into(),
                Err(error) => Seen::Refused(error.kind()),
            };
            self.answer(seen);
            match self.inbox.recv().ok()? {
                Command::Walk(to, next) => (table, walk) = (to, next),
                other => return Some(other),
            }
        }
    }
}
