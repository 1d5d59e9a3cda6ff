//! A database with its sessions, beside what they must see.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use wiredtiger::{ByteSize, CheckpointPolicy, Connection, Durability, LogOptions, Result};

use super::actor::{Actor, Command, Tables};
use super::maps::{Maps, Verdict, same};
use super::steps::{SESSIONS, Step, Work};
use super::stored::{Kind, Seen};

/// Opens the database of a test that is on disk.
pub(super) fn open_on_disk(home: &Path, logged: bool) -> Result<Connection> {
    let level = if logged {
        Durability::Process
    } else {
        Durability::Checkpoint
    };
    Connection::options()
        .create(true)
        .durability(level)
        .checkpoint(CheckpointPolicy::MANUAL)
        .log(LogOptions::new().file_max(ByteSize::mib(1)).prealloc(false))
        // Pages are written out and read again while they are in use.
        .raw("debug_mode=(eviction=true)")
        .open(home)
}

/// Creates the tables, or opens them.
pub(super) fn open_tables(
    connection: &Connection,
    name: &str,
    kinds: &[Kind],
    fill: bool,
) -> Result<Tables> {
    let mut session = connection.open_session()?;
    let mut tables = Vec::new();
    for (number, kind) in kinds.iter().enumerate() {
        let table = kind.table(&format!("{name}_{number}"), &mut session)?;
        if fill {
            kind.fill(&*table, &mut session)?;
        }
        tables.push(table);
    }
    Ok(Arc::new(tables))
}

/// Where the database is.
pub(super) enum Place {
    InMemory,
    OnDisk { home: PathBuf, logged: bool },
}

pub(super) struct World {
    // Before the connection: their sessions use it.
    actors: Vec<Actor>,
    connection: Connection,
    place: Place,
    /// What the names of the tables begin with.
    name: String,
    kinds: Vec<Kind>,
    maps: Maps,
}

impl World {
    pub(super) fn new(
        connection: Connection,
        place: Place,
        name: String,
        kinds: &[Kind],
    ) -> Result<Self> {
        let mut world = Self {
            actors: Vec::new(),
            connection,
            place,
            name,
            kinds: kinds.to_vec(),
            maps: Maps::new(kinds),
        };
        world.start(true)?;
        Ok(world)
    }

    fn start(&mut self, fill: bool) -> Result<()> {
        let tables = open_tables(&self.connection, &self.name, &self.kinds, fill)?;
        for _ in 0..SESSIONS {
            self.actors.push(Actor::new(&self.connection, &tables)?);
        }
        Ok(())
    }

    fn reopen(&mut self) -> Result<()> {
        let Place::OnDisk { home, logged } = &self.place else {
            return Ok(());
        };
        self.actors.clear();
        // The only owner is taken away, so that the close is this one.
        let other = Connection::options().open_in_memory()?;
        std::mem::replace(&mut self.connection, other).close()?;
        self.connection = open_on_disk(home, *logged)?;
        self.maps.lose_all();
        self.start(false)
    }

    /// Takes a step where it makes sense: whatever shrinking leaves of a test is one.
    pub(super) fn step(&mut self, step: &Step) -> Verdict {
        let (actors, maps) = (&self.actors, &mut self.maps);
        let tables = self.kinds.len();
        match step {
            Step::Begin(session) if !maps.is_running(*session) => {
                maps.begin(*session);
                same(&actors[*session].tell(Command::Begin), Seen::Nothing)
            }
            Step::Commit(session) if maps.is_running(*session) => {
                maps.commit(*session, &actors[*session].tell(Command::Commit))
            }
            Step::Rollback(session) if maps.is_running(*session) => {
                maps.rollback(*session, &actors[*session].tell(Command::Rollback))
            }
            Step::Work(session, table, work) => {
                let table = table % tables;
                if !self.kinds[table].has(work) || maps.would_wait(*session, table, work) {
                    return Ok(());
                }
                let seen = actors[*session].tell(Command::Work(table, work.clone()));
                maps.work(*session, table, work, &seen)
            }
            Step::Walk(session, walks) if maps.is_running(*session) => {
                for (table, walk) in walks {
                    let table = table % tables;
                    if self.kinds[table].has_step(walk) {
                        let seen = actors[*session].tell(Command::Walk(table, walk.clone()));
                        maps.walk(*session, table, walk, &seen)
                            .map_err(|why| format!("{walk:?}: {why}"))?;
                    }
                }
                Ok(())
            }
            Step::Checkpoint(session) if !maps.is_running(*session) => {
                same(&actors[*session].tell(Command::Checkpoint), Seen::Nothing)
            }
            Step::Reopen => self.reopen().map_err(|error| error.to_string()),
            _ => Ok(()),
        }
    }

    /// Whether all that is committed, and nothing else, is in the tables.
    pub(super) fn check(&mut self) -> Verdict {
        for session in 0..SESSIONS {
            self.step(&Step::Rollback(session))?;
        }
        for table in 0..self.kinds.len() {
            self.step(&Step::Work(0, table, Work::EVERYTHING))?;
            self.step(&Step::Work(0, table, Work::Index))?;
        }
        Ok(())
    }
}
