//! Runs a phase on an open database.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Result, anyhow, ensure};

use super::data::{Key, Values, permutation, row_count, skewed, uniform};
use super::phase::{Phase, Task};
use super::shape::Shape;
use super::stores::{Store, Worker};
use crate::measure::Sample;

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
        let share = task.ops / task.threads;
        if task.phase == Phase::ReadWhileWriting {
            return self.while_writing(task, share);
        }
        let all = match task.phase {
            // The threads have different rows.
            Phase::FillSeq => (0..row_count(task.ops)).collect(),
            Phase::FillRandom => permutation(task.ops, task.seed),
            Phase::DeleteRandom => permutation(self.shape.rows, 1),
            _ => Vec::new(),
        };
        let job = |thread: usize| -> Result<Vec<u32>> {
            let seed = task.seed + thread as u64 * STRIDE;
            let rows = self.shape.rows;
            Ok(match task.phase {
                Phase::FillSeq | Phase::FillRandom => all[thread * share..][..share].to_vec(),
                Phase::DeleteRandom => {
                    // Each round and thread goes on where the last one ended.
                    let start = usize::try_from(task.seed)? * task.ops + thread * share;
                    ensure!(start + share <= all.len(), "no rows are left to delete");
                    all[start..][..share].to_vec()
                }
                Phase::ReadHot => skewed(rows, share, seed)?,
                Phase::SeekRandom | Phase::ReadSeq | Phase::ReadReverse => {
                    uniform(rows, (share / SEEK).max(1), seed)
                }
                _ => uniform(rows, share, seed),
            })
        };
        let orders: Vec<Vec<u32>> = (0..task.threads).map(job).collect::<Result<_>>()?;
        let samples = at_once(&orders, |order| {
            let mut worker = self.store.worker()?;
            self.work(&mut *worker, task.phase, order)
        })?;
        Sample::together(samples)
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

    /// The sample of the readers.
    fn while_writing(&self, task: &Task, share: usize) -> Result<Sample> {
        let orders: Vec<Vec<u32>> = (0..task.threads as u64)
            .map(|thread| uniform(self.shape.rows, share, task.seed + thread * STRIDE))
            .collect();
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
            let samples = at_once(&orders, |order| {
                let mut worker = self.store.worker()?;
                self.work(&mut *worker, task.phase, order)
            });
            done.store(true, Ordering::Relaxed);
            writer
                .join()
                .unwrap_or_else(|_| Err(anyhow!("the writer panicked")))?;
            Sample::together(samples?)
        })
    }
}

fn must(found: bool, expected: bool) -> Result<()> {
    ensure!(found == expected, "a read found {found}, not {expected}");
    Ok(())
}

/// Does `work` for each order, on threads at the same time.
fn at_once(
    orders: &[Vec<u32>],
    work: impl Fn(&[u32]) -> Result<Sample> + Sync,
) -> Result<Vec<Sample>> {
    if let [order] = orders {
        return Ok(vec![work(order)?]);
    }
    std::thread::scope(|scope| {
        let work = &work;
        let running: Vec<_> = orders
            .iter()
            .map(|order| scope.spawn(move || work(order)))
            .collect();
        running
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|_| Err(anyhow!("a thread panicked")))
            })
            .collect()
    })
}
