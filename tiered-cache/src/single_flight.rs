//! One question at a time: those who ask the same wait for the one who asks already.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::watch;

/// Questions under way, by key.
pub(crate) struct Flights<T> {
    flights: Mutex<HashMap<Bytes, Flight<T>>>,
    numbers: AtomicU64,
}

struct Flight<T> {
    number: u64,
    generation: Option<u64>,
    answer: watch::Receiver<Option<T>>,
}

/// The part of one who asks.
pub(crate) enum Ticket<T> {
    /// Finds the answer, for all.
    Lead(Leader<T>),
    /// Waits for it.
    Follow(Follower<T>),
}

/// Has to [finish](Leader::finish). When it is dropped before, the followers are told that there
/// will be no answer.
pub(crate) struct Leader<T> {
    flights: Arc<Flights<T>>,
    key: Bytes,
    number: u64,
    answer: watch::Sender<Option<T>>,
}

/// Waits for an answer.
pub(crate) struct Follower<T>(watch::Receiver<Option<T>>);

impl<T: Clone> Flights<T> {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            flights: Mutex::default(),
            numbers: AtomicU64::new(0),
        })
    }

    /// Joins the flight of `key`, or begins one. A flight that began under another generation is
    /// not joined: something happened to the key since, and its answer may be older than that.
    /// Without a generation none is joined: the answer has to be of now.
    pub(crate) fn board(self: &Arc<Self>, key: &Bytes, generation: Option<u64>) -> Ticket<T> {
        let mut flights = self.flights.lock();
        let entry = flights.entry(key.clone());
        if let Entry::Occupied(entry) = &entry
            && generation.is_some()
            && entry.get().generation == generation
        {
            return Ticket::Follow(Follower(entry.get().answer.clone()));
        }
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = watch::channel(None);
        entry.insert_entry(Flight {
            number,
            generation,
            answer,
        });
        Ticket::Lead(Leader {
            flights: Arc::clone(self),
            key: key.clone(),
            number,
            answer: sender,
        })
    }

    /// How many questions are under way.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.flights.lock().len()
    }
}

impl<T> Leader<T> {
    /// Tells the answer to all who wait. Whoever comes from now on asks anew.
    pub(crate) fn finish(self, answer: T) {
        self.leave();
        self.answer.send_replace(Some(answer));
    }

    /// Ends the flight: nobody joins it any more.
    fn leave(&self) {
        let mut flights = self.flights.flights.lock();
        if let Entry::Occupied(entry) = flights.entry(self.key.clone())
            && entry.get().number == self.number
        {
            entry.remove();
        }
    }

    /// Waits for one's own answer, which somebody else will give.
    pub(crate) fn follow(&self) -> Follower<T> {
        Follower(self.answer.subscribe())
    }
}

impl<T> Drop for Leader<T> {
    fn drop(&mut self) {
        self.leave();
    }
}

impl<T: Clone> Follower<T> {
    /// The answer; `None` if the leader went without one.
    ///
    /// Cancel safe: whoever stops waiting is not missed.
    pub(crate) async fn wait(mut self) -> Option<T> {
        match self.0.wait_for(Option::is_some).await {
            Ok(answer) => answer.clone(),
            Err(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn followers_get_the_leaders_answer_and_survive_its_loss() {
        let flights = Flights::<u32>::new();
        let key = Bytes::from_static(b"k");
        let Ticket::Lead(leader) = flights.board(&key, Some(1)) else {
            panic!("nobody asked before");
        };
        let Ticket::Follow(follower) = flights.board(&key, Some(1)) else {
            panic!("somebody asks already");
        };
        leader.finish(7);
        assert_eq!(follower.wait().await, Some(7));
        assert_eq!(flights.len(), 0);

        let Ticket::Lead(leader) = flights.board(&key, Some(1)) else {
            panic!("the flight has ended");
        };
        let Ticket::Follow(follower) = flights.board(&key, Some(1)) else {
            panic!("somebody asks already");
        };
        drop(leader);
        assert_eq!(follower.wait().await, None);
        assert_eq!(flights.len(), 0);
    }

    #[tokio::test]
    async fn a_flight_of_an_older_generation_is_not_joined() {
        let flights = Flights::<u32>::new();
        let key = Bytes::from_static(b"k");
        let Ticket::Lead(old) = flights.board(&key, Some(1)) else {
            panic!("nobody asked before");
        };
        let Ticket::Lead(new) = flights.board(&key, Some(2)) else {
            panic!("the flight is of another generation");
        };
        old.finish(1);
        let Ticket::Follow(follower) = flights.board(&key, Some(2)) else {
            panic!("the old flight's end must not end the new one");
        };
        let Ticket::Lead(now) = flights.board(&key, None) else {
            panic!("an answer of now is wanted");
        };
        new.finish(2);
        assert_eq!(follower.wait().await, Some(2));
        drop(now);
    }
}
