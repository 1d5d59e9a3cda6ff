//! Every engine does what its phases take for granted.

use super::*;
use crate::engines::data::{Key, Values};
use crate::engines::phase::{Phase, Task};
use crate::engines::run::Run;
use crate::engines::shape::Durability;

const ROWS: usize = 400;

fn shapes() -> [Shape; 4] {
    let small = Shape {
        rows: ROWS,
        value_len: 100,
        cache: 16 << 20,
        durability: Durability::Process,
        compressed: false,
    };
    [
        small,
        small.compressed(),
        small.durability(Durability::None),
        small.durability(Durability::Disk),
    ]
}

fn for_each(work: impl Fn(&dyn Store, Shape)) {
    for engine in Engine::value_variants() {
        for shape in shapes() {
            let dir = tempfile::tempdir().unwrap();
            let store = engine
                .open(dir.path(), &shape, &Settings::default())
                .unwrap_or_else(|error| panic!("{engine:?}, {shape}: {error:#}"));
            work(&*store, shape);
            assert!(!engine.setup(&shape).is_empty());
        }
    }
}

#[test]
fn rows_are_there_until_they_are_deleted() {
    for_each(|store, shape| {
        let values = Values::new(shape.value_len);
        let mut worker = store.worker().unwrap();
        let mut key = Key::new();
        for row in 0..10 {
            worker.put(key.of(row), values.of(0)).unwrap();
            worker.put(key.of(row), values.of(1)).unwrap();
        }
        assert!(worker.get(key.of(9)).unwrap());
        assert!(!worker.get(key.missing(9)).unwrap());
        worker.delete(key.of(9)).unwrap();
        assert!(!worker.get(key.of(9)).unwrap());
        assert_eq!(worker.scan(None, 100).unwrap(), 9);
        assert_eq!(worker.scan(Some(key.of(5)), 100).unwrap(), 4);
        assert_eq!(worker.scan(Some(key.of(5)), 2).unwrap(), 2);
        assert_eq!(worker.scan_back(3).unwrap(), 3);
        assert_eq!(worker.scan_back(100).unwrap(), 9);
        drop(worker);
        store.settle().unwrap();
        assert_eq!(store.worker().unwrap().scan(None, 100).unwrap(), 9);
    });
}

#[test]
fn a_snapshot_does_not_see_what_comes_later() {
    for_each(|store, shape| {
        let values = Values::new(shape.value_len);
        let mut key = Key::new();
        let mut reader = store.worker().unwrap();
        store
            .worker()
            .unwrap()
            .put(key.of(1), values.of(0))
            .unwrap();
        reader
            .in_snapshot(&mut |get| {
                assert!(get(Key::new().of(1))?);
                // Another thread, because one engine has a transaction a thread.
                std::thread::scope(|scope| {
                    scope
                        .spawn(|| store.worker()?.put(Key::new().of(2), values.of(0)))
                        .join()
                        .unwrap()
                })?;
                assert!(!get(Key::new().of(2))?);
                Ok(())
            })
            .unwrap();
        assert!(reader.get(key.of(2)).unwrap());
    });
}

#[test]
fn all_phases_run_with_one_thread_and_with_two() {
    use Phase::{
        DeleteRandom, FillRandom, Mixed50, Mixed95, Overwrite, ReadHot, ReadMissing, ReadRandom,
        ReadReverse, ReadSeq, ReadSnapshot, ReadWhileWriting, SeekRandom,
    };
    for_each(|store, shape| {
        let values = Values::new(shape.value_len);
        let run = Run {
            store,
            shape,
            values: &values,
        };
        let perform = |phase, threads, ops| {
            let task = Task {
                phase,
                threads,
                ops,
                seed: 0,
            };
            run.perform(&task)
                .unwrap_or_else(|error| panic!("{phase:?}, {shape}: {error:#}"))
        };
        perform(FillRandom, 2, ROWS);
        for phase in [
            Overwrite,
            ReadRandom,
            ReadSnapshot,
            ReadMissing,
            ReadHot,
            SeekRandom,
            Mixed95,
            Mixed50,
            ReadWhileWriting,
        ] {
            perform(phase, 1, 200);
            perform(phase, 2, 200);
        }
        for phase in [ReadSeq, ReadReverse] {
            perform(phase, 1, ROWS);
        }
        perform(DeleteRandom, 1, ROWS / 4);
        // A scan of all rows notices that some are gone.
        let task = Task {
            phase: ReadSeq,
            threads: 1,
            ops: ROWS,
            seed: 0,
        };
        assert!(run.perform(&task).is_err());
    });
}
