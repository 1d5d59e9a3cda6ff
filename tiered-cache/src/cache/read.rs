//! The read path: local first, then the remote, whose answer is written back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tracing::Instrument;

use crate::cache::answers::{Answer, ReadOptions, Source};
use crate::cache::core::{Brought, Core};
use crate::clock::from_ms;
use crate::config::OnStale;
use crate::error::{Error, Result};
use crate::local::key::KeyHash;
use crate::local::{Copied, Fetched, Found};
use crate::remote::{RemoteAnswers, RemoteError, RemoteErrorKind, RemoteValue};
use crate::single_flight::{Follower, Leader, Ticket};

/// What the local tier could not answer by itself.
pub(crate) enum Miss {
    /// Nothing is known of the key.
    Unknown,
    /// There is an old value, which may be served if `usable`.
    Stale { old: Copied, usable: bool },
}

impl Answer {
    pub(crate) fn new(copied: Option<Copied>, source: Source, stale: bool) -> Self {
        let (value, expires_at) = match copied {
            Some(copied) => (Some(copied.value), copied.expires_at.map(from_ms)),
            None => (None, None),
        };
        Self {
            value,
            expires_at,
            source,
            stale,
        }
    }
}

impl Core {
    /// What the local tier answers: no lock, no thread hand-off, no allocation but the value.
    #[inline]
    pub(crate) fn hit(&self, key: &[u8]) -> Result<Result<Answer, Miss>> {
        self.frequency.record(|| KeyHash::of(key));
        let found = self.local()?.look(key, &self.config.reads, &self.dirty)?;
        Ok(match found {
            Found::Value(copied) => {
                self.counters.hits.add(1);
                Ok(Answer::new(Some(copied), Source::Local, false))
            }
            Found::Absent => {
                self.counters.negative_hits.add(1);
                Ok(Answer::new(None, Source::Local, false))
            }
            Found::Stale { value: old, usable } => Err(Miss::Stale { old, usable }),
            Found::Unknown if self.local_only() => {
                self.counters.negative_hits.add(1);
                Ok(Answer::new(None, Source::Local, false))
            }
            Found::Unknown => Err(Miss::Unknown),
        })
    }

    /// Answers a read that the local tier could not.
    pub(crate) async fn miss(
        self: &Arc<Self>,
        key: &[u8],
        miss: Miss,
        options: ReadOptions,
    ) -> Result<Answer> {
        let limit = options.timeout.unwrap_or(self.config.reads.timeout);
        let on_stale = options.on_stale.unwrap_or(self.config.reads.on_stale);
        if let Miss::Stale { old, usable: true } = &miss
            && on_stale == OnStale::Serve
        {
            // One refresh at a time, which nobody waits for.
            drop(self.depart(key, false)?);
            self.counters.stale_hits.add(1);
            return Ok(Answer::new(Some(old.clone()), Source::Local, true));
        }
        match self.fetch(key, limit).await {
            Ok(fetched) => Ok(fetched),
            Err(Error::RemoteUnavailable(error)) => match miss {
                Miss::Stale { old, usable: true } => {
                    self.counters.stale_hits.add(1);
                    Ok(Answer::new(Some(old), Source::Local, true))
                }
                _ => Err(Error::RemoteUnavailable(error)),
            },
            Err(error) => Err(error),
        }
    }

    /// Asks the remote about a key, together with all who ask the same, and writes the answer back.
    pub(crate) async fn fetch(self: &Arc<Self>, key: &[u8], limit: Duration) -> Result<Answer> {
        let departure = self.depart(key, false)?;
        self.arrive_from(departure, limit).await
    }

    /// The same whatever the age of what is here, and not together with those who asked before; a
    /// dirty row still is the answer.
    pub(crate) async fn refetch(self: &Arc<Self>, key: &[u8], limit: Duration) -> Result<Answer> {
        let departure = self.depart(key, true)?;
        self.arrive_from(departure, limit).await
    }

    async fn arrive_from(&self, departure: Departure, limit: Duration) -> Result<Answer> {
        match departure {
            Departure::Here(answer) => Ok(answer),
            Departure::Flight(follower) => self.arrive(follower, limit).await,
        }
    }

    /// Begins a flight, or joins one.
    fn depart(self: &Arc<Self>, key: &[u8], anew: bool) -> Result<Departure> {
        match self.book(key, anew)? {
            Booking::Here(answer) => Ok(Departure::Here(answer)),
            Booking::Join(follower) => Ok(Departure::Flight(follower)),
            Booking::Begin(task) => {
                let follower = task.leader.follow();
                self.fly(vec![task]);
                Ok(Departure::Flight(follower))
            }
        }
    }

    /// A place in the flight of a key.
    fn book(self: &Arc<Self>, key: &[u8], anew: bool) -> Result<Booking> {
        let local = self.local()?;
        // In this order: a write that is not seen by the look has changed the generation since, and
        // whoever comes after that write does not join this flight.
        let generation = local.generation(key);
        let asked_at = local.feed.last();
        let known = match local.look(key, &self.config.reads, &self.dirty)? {
            Found::Value(copied) => Some(Some(copied)),
            Found::Absent => Some(None),
            Found::Unknown if self.local_only() => Some(None),
            Found::Stale { .. } | Found::Unknown => None,
        };
        if let Some(known) = known
            && (!anew || self.local_only() || local.is_dirty(key, &self.dirty)?)
        {
            return Ok(Booking::Here(Answer::new(known, Source::Local, false)));
        }
        let key = Bytes::copy_from_slice(key);
        let joins = (!anew).then_some(generation);
        Ok(match self.flights.board(&key, joins) {
            Ticket::Lead(leader) => {
                self.counters.misses.add(1);
                Booking::Begin(FlightTask {
                    key,
                    generation,
                    asked_at,
                    leader,
                })
            }
            Ticket::Follow(follower) => {
                self.counters.flight_waits.add(1);
                Booking::Join(follower)
            }
        })
    }

    /// Runs flights together, as a task of the cache's own: it goes on when a caller is cancelled.
    fn fly(self: &Arc<Self>, tasks: Vec<FlightTask>) {
        let core = Arc::clone(self);
        let span = tracing::debug_span!("fill", keys = tasks.len());
        self.runtime.spawn(
            async move {
                let keys: Vec<Bytes> = tasks.iter().map(|task| task.key.clone()).collect();
                match core.read_remote(&keys).await {
                    Ok(answers) => {
                        for (task, answer) in tasks.into_iter().zip(answers) {
                            let brought = core.write_back(&task, answer);
                            task.leader.finish(brought);
                        }
                    }
                    Err(error) => {
                        for task in tasks {
                            task.leader
                                .finish(Err(Error::RemoteUnavailable(error.clone())));
                        }
                    }
                }
            }
            .instrument(span),
        );
    }

    /// Writes what the remote said back, if nothing happened to the key meanwhile. The caller gets
    /// it either way.
    fn write_back(
        &self,
        task: &FlightTask,
        answer: Result<Option<RemoteValue>, RemoteError>,
    ) -> Brought {
        let remote = answer.map_err(Error::Remote)?;
        let fetched = Fetched {
            value: remote
                .as_ref()
                .map(|remote| (&remote.value[..], remote.expires_at)),
            generation: task.generation,
            asked_at: task.asked_at,
        };
        let too_large =
            |remote: &RemoteValue| remote.value.len() as u64 > self.config.largest_value().as_u64();
        if self.dirty.tier_is_full() || remote.as_ref().is_some_and(too_large) {
            self.counters.fills_refused.add(1);
            return Ok(copied(remote));
        }
        let filled = self
            .local()
            .and_then(|local| local.fill(&task.key, fetched, &self.config.reads, &self.dirty));
        match filled {
            Ok(true) => self.counters.fills.add(1),
            Ok(false) => self.counters.fills_too_late.add(1),
            // The answer is good without it.
            Err(error) => {
                tracing::warn!(%error, "an answer of the remote cannot be written back");
            }
        }
        Ok(copied(remote))
    }

    async fn arrive(&self, follower: Follower<Brought>, limit: Duration) -> Result<Answer> {
        let _waiting = self.waiting_read();
        let brought = match self.timeout(limit, follower.wait()).await {
            Ok(Some(brought)) => brought?,
            Ok(None) => {
                return Err(Error::Internal(
                    "a read of the remote broke off; the log says why".to_owned(),
                ));
            }
            Err(_) => return Err(Error::RemoteUnavailable(too_slow(limit))),
        };
        Ok(Answer::new(brought, Source::Remote, false))
    }

    /// Asks the remote, if the breaker lets it through.
    pub(crate) async fn read_remote(&self, keys: &[Bytes]) -> RemoteAnswers {
        let permit = self.breaker.allow()?;
        self.counters.remote_reads.add(1);
        let started = Instant::now();
        let limit = self.config.reads.timeout;
        let answers = self
            .timeout(limit, self.remote.read(keys))
            .await
            .unwrap_or_else(|_| Err(too_slow(limit)))
            .and_then(|answers| {
                if answers.len() == keys.len() {
                    return Ok(answers);
                }
                Err(RemoteError::new(
                    RemoteErrorKind::Protocol,
                    format!("{} answers to {} questions", answers.len(), keys.len()),
                ))
            });
        let took = started.elapsed();
        permit.tell(answers.as_ref().err());
        self.counters
            .remote_read_us
            .set(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        metrics::histogram!("tiered_cache_remote_read_seconds").record(took.as_secs_f64());
        if answers.is_err() {
            self.counters.remote_read_failures.add(1);
        }
        answers
    }

    /// Reads many keys: what is not here, in one question to the remote.
    pub(crate) async fn read_many(
        self: &Arc<Self>,
        keys: &[&[u8]],
        options: ReadOptions,
    ) -> Result<Vec<Answer>> {
        let mut answers: Vec<Option<Answer>> = Vec::with_capacity(keys.len());
        let mut flights = Vec::new();
        let mut tasks = Vec::new();
        let on_stale = options.on_stale.unwrap_or(self.config.reads.on_stale);
        for (index, key) in keys.iter().enumerate() {
            let miss = match self.hit(key)? {
                Ok(answer) => {
                    answers.push(Some(answer));
                    continue;
                }
                Err(miss) => miss,
            };
            let follower = match self.book(key, false)? {
                Booking::Here(answer) => {
                    answers.push(Some(answer));
                    continue;
                }
                Booking::Join(follower) => follower,
                Booking::Begin(task) => {
                    let follower = task.leader.follow();
                    tasks.push(task);
                    follower
                }
            };
            let old = match miss {
                Miss::Stale { old, usable: true } => Some(old),
                _ => None,
            };
            if let (Some(old), OnStale::Serve) = (&old, on_stale) {
                self.counters.stale_hits.add(1);
                answers.push(Some(Answer::new(Some(old.clone()), Source::Local, true)));
                continue;
            }
            answers.push(None);
            flights.push((index, old, follower));
        }
        if !tasks.is_empty() {
            self.fly(tasks);
        }
        let limit = options.timeout.unwrap_or(self.config.reads.timeout);
        let deadline = Instant::now() + limit;
        for (index, old, follower) in flights {
            let left = deadline.saturating_duration_since(Instant::now());
            let answer = match (self.arrive(follower, left).await, old) {
                (Ok(answer), _) => answer,
                (Err(Error::RemoteUnavailable(_)), Some(old)) => {
                    self.counters.stale_hits.add(1);
                    Answer::new(Some(old), Source::Local, true)
                }
                (Err(error), _) => return Err(error),
            };
            answers[index] = Some(answer);
        }
        Ok(answers.into_iter().flatten().collect())
    }
}

fn copied(remote: Option<RemoteValue>) -> Option<Copied> {
    remote.map(|remote| Copied {
        value: remote.value,
        expires_at: remote.expires_at,
    })
}

/// Where a question goes.
enum Departure {
    /// It is answered here by now.
    Here(Answer),
    Flight(Follower<Brought>),
}

enum Booking {
    Here(Answer),
    Join(Follower<Brought>),
    Begin(FlightTask),
}

/// A flight that is about to begin.
struct FlightTask {
    key: Bytes,
    generation: u64,
    asked_at: u64,
    leader: Leader<Brought>,
}

pub(super) fn too_slow(limit: Duration) -> RemoteError {
    RemoteError::new(
        RemoteErrorKind::Timeout,
        format!("no answer within {limit:?}"),
    )
}
