//! Runs a phase on an open database.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Result, anyhow, ensure};

use super::data::{Key, Values, permutation, row_count, skewed, uniform};
use super::phase::{Phase, Task};
use super::shape::Shape;
use super::stores::{Store, Worker};
use crate::measure::{Sample, at_once};

/// Entries of a seek.
const SEEK: usize = 100;

/// Between the seeds of the threads of one round.
const STRIDE: u64 = 1 << 32;

/// A database and its rows.
pub(super) struct Run<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) shape: Shape,
    pub(super) values: &'a Values,
}

impl Run<'_> {
    /// Performs a task. What it needs is made ready before its time starts.
    pub(super) fn perform(&self, task: &Task) -> Result<Sample> {
        let orders = self.orders(task)?;
        let work = || {
            at_once(task.threads, |thread| {
                let mut worker = self.store.worker()?;
                self.work(&mut *worker, task.phase, &orders[thread])
            })
        };
        if task.phase == Phase::ReadWhileWriting {
            self.beside_a_writer(task, work)
        } else {
            work()
        }
    }

    /// The rows of each thread, in their order.
    fn orders(&self, task: &Task) -> Result<Vec<Vec<u32>>> {
        let rows = self.shape.rows;
        let share = task.ops / task.threads;
        // The threads have different rows.
        let all = match task.phase {
            Phase::FillSeq => (0..row_count(task.ops)).collect(),
            Phase::FillRandom => permutation(task.ops, task.seed),
            Phase::DeleteRandom => permutation(rows, 1),
            _ => Vec::new(),
        };
        let order = |thread: usize| -> Result<Vec<u32>> {
            let seed = task.seed + thread as u64 * STRIDE;
            Ok(match task.phase {
                Phase::FillSeq | Phase::FillRandom => all[thread * share..][..share].to_vec(),
                Phase::DeleteRandom => {
                    // Each round and thread goes on where the last one ended.
                    let start = usize::try_from(task.seed)? * task.ops + thread * share;
                    ensure!(start + share <= all.len(), "no rows are left to delete");
                    all[start..][..share].to_vec()
                }
                Phase::ReadHot => skewed(rows, share, seed)?,
                Phase::SeekRandom => uniform(rows, (share / SEEK).max(1), seed),
                // All rows, in an order of their own.
                Phase::ReadSeq | Phase::ReadReverse => Vec::new(),
                _ => uniform(rows, share, seed),
            })
        };
        (0..task.threads).map(order).collect()
    }

    fn work(&self, worker: &mut dyn Worker, phase: Phase, order: &[u32]) -> Result<Sample> {
        let mut key = Key::new();
        let count = order.len();
        match phase {
            Phase::FillSeq | Phase::FillRandom | Phase::Overwrite => {
                Sample::take_each(count, |index| {
                    worker.put(key.of(order[index]), self.values.of(index))
                })
            }
            Phase::DeleteRandom => {
                Sample::take_each(count, |index| worker.delete(key.of(order[index])))
            }
            Phase::ReadRandom | Phase::ReadHot | Phase::ReadWhileWriting => {
                Sample::take(count, |index| must(worker.get(key.of(order[index]))?, true))
            }
            Phase::ReadMissing => Sample::take(count, |index| {
                must(worker.get(key.missing(order[index]))?, false)
            }),
            Phase::ReadSnapshot => {
                let mut sample = None;
                worker.in_snapshot(&mut |get| {
                    sample = Some(Sample::take(count, |index| {
                        must(get(key.of(order[index]))?, true)
                    })?);
                    Ok(())
                })?;
                sample.ok_or_else(|| anyhow!("no snapshot"))
            }
            Phase::Mixed95 => self.mixed(worker, order, 20),
            Phase::Mixed50 => self.mixed(worker, order, 2),
            Phase::SeekRandom => Sample::take_each(count, |index| {
                let row = order[index];
                let rest = self.shape.rows - row as usize;
                let seen = worker.scan(Some(key.of(row)), SEEK)?;
                ensure!(seen == rest.min(SEEK), "a seek saw {seen} rows");
                Ok(())
            }),
            Phase::ReadSeq => self.whole(|limit| worker.scan(None, limit)),
            Phase::ReadReverse => self.whole(|limit| worker.scan_back(limit)),
        }
    }

    /// Every `nth` operation is an overwrite.
    fn mixed(&self, worker: &mut dyn Worker, order: &[u32], nth: usize) -> Result<Sample> {
        let mut key = Key::new();
        Sample::take_each(order.len(), |index| {
            let key = key.of(order[index]);
            if index % nth == 0 {
                worker.put(key, self.values.of(index))
            } else {
                must(worker.get(key)?, true)
            }
        })
    }

    /// All rows at once; the operations are the rows.
    fn whole(&self, scan: impl FnOnce(usize) -> Result<usize>) -> Result<Sample> {
        let started = std::time::Instant::now();
        let seen = scan(usize::MAX)?;
        let took = started.elapsed();
        ensure!(seen == self.shape.rows, "a scan saw {seen} rows");
        Sample::whole(seen, took)
    }

    /// Does `work` while another thread overwrites as fast as it can.
    fn beside_a_writer(
        &self,
        task: &Task,
        work: impl FnOnce() -> Result<Sample>,
    ) -> Result<Sample> {
        let order = uniform(self.shape.rows, task.ops, task.seed + STRIDE / 2);
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| -> Result<()> {
                let mut worker = self.store.worker()?;
                let mut key = Key::new();
                for (index, row) in order.iter().cycle().enumerate() {
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                    worker.put(key.of(*row), self.values.of(index))?;
                }
                Ok(())
            });
            let sample = work();
            done.store(true, Ordering::Relaxed);
            writer
                .join()
                .unwrap_or_else(|_| Err(anyhow!("the writer panicked")))?;
            sample
        })
    }
}

fn must(found: bool, expected: bool) -> Result<()> {
    ensure!(found == expected, "a read found {found}, not {expected}");
    Ok(())
}
