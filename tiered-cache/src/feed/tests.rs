use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::task::{Context, Poll, Wake};

use super::place::Place;
use super::*;
use crate::error::Error;
use crate::local::Origin;

const NO_CEILING: u64 = u64::MAX;

fn feed(window_events: usize) -> Arc<Feed> {
    let config = FeedConfig {
        window_events,
        ..FeedConfig::default()
    };
    Arc::new(Feed::new(&config, 100))
}

fn event(version: u64) -> Kept {
    Kept::new(&Told {
        kind: EventKind::Added,
        key: format!("k{version}").as_bytes(),
        value: Some(b"v"),
        previous: None,
        version,
        expires: 0,
        origin: Origin::Local,
    })
}

fn one(version: u64) -> Outcome {
    Outcome::One(event(version))
}

/// Counts how often it is woken.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Bell {
    fn rung(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// The versions that are there after `place`, or the error.
fn read(ear: &mut Ear, place: &mut Place, bell: &Arc<Bell>) -> Poll<Result<Vec<u64>, Error>> {
    let mut events: Vec<Kept> = Vec::new();
    let waker = bell.clone().into();
    ear.poll_events(place, &mut events, &mut Context::from_waker(&waker))
        .map_ok(|()| events.iter().map(|event| event.version).collect())
}

fn versions(polled: Poll<Result<Vec<u64>, Error>>) -> Vec<u64> {
    match polled {
        Poll::Ready(read) => read.unwrap(),
        Poll::Pending => Vec::new(),
    }
}

#[test]
fn what_commits_out_of_order_is_published_in_order() {
    let feed = feed(100);
    let (mut ear, mut place) = (Ear::new(&feed), Place::after(100));
    let bell = Arc::default();
    let first = feed.begin(1, NO_CEILING).unwrap();
    let batch = feed.begin(3, NO_CEILING).unwrap();
    let last = feed.begin(1, NO_CEILING).unwrap();
    assert_eq!((first, batch, last), (101, 102, 105));
    feed.settle(last, one(105));
    let many = [102, 104].map(event);
    feed.settle(batch, Outcome::Many(many.into()));
    assert_eq!(versions(read(&mut ear, &mut place, &bell)), [0; 0]);
    assert_eq!((feed.published(), feed.last()), (100, 105));
    feed.settle(first, Outcome::Nothing);
    assert_eq!(versions(read(&mut ear, &mut place, &bell)), [102, 104, 105]);
    assert_eq!(feed.published(), 105);
}

#[test]
fn versions_above_the_ceiling_are_not_handed_out() {
    let feed = feed(100);
    assert_eq!(feed.begin(3, 102), Err(103));
    assert_eq!(feed.begin(2, 102), Ok(101));
    assert_eq!(feed.begin(1, 102), Err(103));
    assert_eq!(feed.last(), 102);
}

#[test]
fn a_place_ahead_of_what_is_published_gets_no_earlier_event() {
    let feed = feed(100);
    let bell = Arc::default();
    let first = feed.begin(1, NO_CEILING).unwrap();
    let second = feed.begin(1, NO_CEILING).unwrap();
    let third = feed.begin(1, NO_CEILING).unwrap();
    let (mut ear, mut place) = (Ear::new(&feed), Place::after(second));
    assert!(read(&mut ear, &mut place, &bell).is_pending());
    feed.settle(first, one(first));
    assert!(read(&mut ear, &mut place, &bell).is_pending());
    feed.settle(third, one(third));
    feed.settle(second, one(second));
    assert_eq!(versions(read(&mut ear, &mut place, &bell)), [third]);
}

#[test]
fn only_who_waits_is_woken_and_once_for_all_that_came() {
    let feed = feed(100);
    let bell: Arc<Bell> = Arc::default();
    let (mut ear, mut place) = (Ear::new(&feed), Place::after(100));
    let write = || {
        let version = feed.begin(1, NO_CEILING).unwrap();
        feed.settle(version, one(version));
    };
    write();
    assert!(!feed.state.lock().called, "nobody waits");
    assert_eq!(versions(read(&mut ear, &mut place, &bell)), [101]);
    assert!(read(&mut ear, &mut place, &bell).is_pending());
    write();
    write();
    assert!(feed.state.lock().called);
    assert_eq!(bell.rung(), 0, "that is the herald's work");
    let herald = Herald::start(Arc::clone(&feed)).unwrap();
    while bell.rung() == 0 {
        std::thread::yield_now();
    }
    assert_eq!(versions(read(&mut ear, &mut place, &bell)), [102, 103]);
    drop(herald);
    assert_eq!(bell.rung(), 1);
}

#[test]
fn a_waiter_that_goes_leaves_nothing_behind() {
    let feed = feed(100);
    let bell: Arc<Bell> = Arc::default();
    let (mut ear, mut place) = (Ear::new(&feed), Place::after(100));
    for _ in 0..3 {
        assert!(read(&mut ear, &mut place, &bell).is_pending());
    }
    assert_eq!(feed.state.lock().waiters.len(), 1);
    drop(ear);
    assert!(feed.state.lock().waiters.is_empty());
    assert_eq!(Arc::strong_count(&bell), 1);
}

#[test]
fn a_waker_that_panics_stops_nobody_else() {
    struct Bomb;
    impl Wake for Bomb {
        fn wake(self: Arc<Self>) {
            panic!("a bad executor");
        }
    }
    let bell: Arc<Bell> = Arc::default();
    let waiters = (0..4)
        .map(|number| match number {
            2 => (number, Waker::from(Arc::new(Bomb))),
            _ => (number, Waker::from(Arc::clone(&bell))),
        })
        .collect();
    herald::wake(waiters);
    assert_eq!(bell.rung(), 3);
}

#[test]
fn closing_ends_a_feed_behind_its_last_event() {
    let feed = feed(100);
    let bell: Arc<Bell> = Arc::default();
    let (mut ear, mut place) = (Ear::new(&feed), Place::after(100));
    assert!(read(&mut ear, &mut place, &bell).is_pending());
    let version = feed.begin(1, NO_CEILING).unwrap();
    feed.settle(version, one(version));
    feed.close();
    assert_eq!(bell.rung(), 1);
    assert_eq!(versions(read(&mut ear, &mut place, &bell)), [version]);
    assert!(matches!(
        read(&mut ear, &mut place, &bell),
        Poll::Ready(Err(Error::Closed))
    ));
}

#[test]
fn a_pin_keeps_what_is_published_after_it() {
    let feed = feed(0);
    let write = || {
        let version = feed.begin(1, NO_CEILING).unwrap();
        feed.settle(version, one(version));
        version
    };
    write();
    let pin = super::Pin::now(&feed);
    let (second, third) = (write(), write());
    let kept = |until| {
        let events = pin.events_up_to(until);
        events.iter().map(|event| event.version).collect::<Vec<_>>()
    };
    assert_eq!(kept(third), [second, third]);
    assert_eq!(kept(second), [second]);
    assert_eq!(feed.fill_level().0, 2);
    drop(pin);
    assert_eq!(feed.fill_level(), (0, 0));
}
