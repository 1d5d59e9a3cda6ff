//! The rules of the marks.

use super::*;

fn set() -> DirtySet {
    DirtySet::new(
        1,
        Limits {
            keys: 3,
            bytes: 1000,
        },
    )
}

fn new(set: &DirtySet, version: u64) -> RecordId {
    let none = RecordId { lane: 0, number: 0 };
    set.touch(none, version, 10, version).unwrap().record
}

#[test]
fn an_acknowledgement_of_an_older_version_keeps_the_mark() {
    let set = set();
    let record = new(&set, 1);
    assert_eq!(set.claim(0, 10, 0), [1]);
    set.touch(record, 2, 20, 5).unwrap();
    assert!(!set.acknowledge(record, 1, 9));
    assert!(set.any_unacked_up_to(2) && !set.any_unacked_up_to(1));
    assert_eq!((set.keys(), set.bytes(), set.pending(0)), (1, 20, 1));
    assert_eq!(set.claim(0, 10, 0), [1]);
    assert!(set.acknowledge(record, 2, 9));
    assert!(!set.contains(record));
    assert_eq!((set.keys(), set.bytes()), (0, 0));
}

#[test]
fn a_write_that_did_not_commit_leaves_no_trace() {
    let set = set();
    let none = RecordId { lane: 0, number: 0 };
    let touched = set.touch(none, 1, 10, 0).unwrap();
    set.untouch(&touched);
    assert_eq!((set.keys(), set.bytes(), set.pending(0)), (0, 0, 0));
    let record = new(&set, 2);
    set.claim(0, 10, 0);
    let touched = set.touch(record, 3, 30, 0).unwrap();
    set.untouch(&touched);
    assert!(
        set.acknowledge(record, 2, 0),
        "the version is the old one again"
    );
}

#[test]
fn batches_go_round() {
    let set = set();
    let first = new(&set, 1);
    new(&set, 2);
    new(&set, 3);
    assert_eq!(set.claim(0, 2, 0), [1, 2]);
    set.release(0, [1, 2]);
    assert_eq!(set.claim(0, 2, 0), [3, 1], "behind the hand first");
    set.release_all(0);
    assert_eq!(set.refused(first, 50), 1);
    assert_eq!(set.claim(0, 9, 10), [2, 3], "1 is held back");
    assert_eq!(set.next_due(0, 10), Some(50));
}

#[test]
fn limits_hold_back_new_keys_only() {
    let set = set();
    let record = new(&set, 1);
    new(&set, 2);
    new(&set, 3);
    let none = RecordId { lane: 0, number: 0 };
    assert_eq!(set.touch(none, 4, 1, 0).unwrap_err(), Limit::Keys);
    assert!(set.touch(record, 5, 5000, 0).is_ok());
    set.set_dead(record, true);
    assert_eq!((set.dead(), set.pending(0)), (1, 2));
    let touched = set.touch(record, 6, 1, 0).unwrap();
    assert!(touched.was_dead && touched.needs_record);
    assert_eq!((set.dead(), set.pending(0)), (0, 3));
    set.untouch(&touched);
    assert_eq!((set.dead(), set.pending(0)), (1, 2));
}

#[test]
fn without_a_remote_no_thread_is_woken() {
    use futures_util::FutureExt;

    let (tracked, untracked) = (set(), DirtySet::untracked());
    for set in [&tracked, &untracked] {
        set.wake(0);
    }
    assert!(tracked.work(0).notified().now_or_never().is_some());
    assert!(untracked.work(0).notified().now_or_never().is_none());
}
