//! Each engine runs in a process of its own: its memory and its processor time are then its own.
//!
//! The parent sends one command a line and gets one answer a line.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, anyhow, bail};
use serde::{Deserialize, Serialize};

use super::data::Values;
use super::phase::Task;
use super::run::Run;
use super::shape::Shape;
use super::stores::{Engine, Settings, Store};
use crate::measure::{Sample, SampleParts};
use crate::{cpu, files, memory};

/// The name of the hidden command that a child runs.
pub(crate) const COMMAND: &str = "engine";

/// What a child is told when it starts.
#[derive(Serialize, Deserialize)]
struct Setup {
    engine: Engine,
    shape: Shape,
    settings: Settings,
}

#[derive(Serialize, Deserialize)]
enum Order {
    /// Closes what is open, and creates an empty database.
    Create(PathBuf),
    /// Closes what is open, opens it again, and reads all of it once.
    Reopen,
    Perform(Task),
    /// Does what writes have left for later.
    Settle,
}

/// What a command took, beside its sample.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Cost {
    /// Of all threads, those of the engine included.
    pub(super) cpu_s: f64,
    /// The most memory that was resident at a time during the command.
    pub(super) rss_bytes: u64,
    /// All files, after the command.
    pub(super) disk_bytes: u64,
}

#[derive(Serialize, Deserialize)]
struct Answer {
    sample: Option<SampleParts>,
    cost: Cost,
}

/// A running engine.
pub(super) struct Running {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Running {
    pub(super) fn start(engine: Engine, shape: &Shape, settings: &Settings) -> Result<Self> {
        let setup = Setup {
            engine,
            shape: *shape,
            settings: settings.clone(),
        };
        let mut process = Command::new(std::env::current_exe()?)
            .arg(COMMAND)
            .arg(serde_json::to_string(&setup)?)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("an engine's process")?;
        let orders = process.stdin.take().context("its input")?;
        let answers = BufReader::new(process.stdout.take().context("its output")?);
        Ok(Self {
            process,
            orders,
            answers,
        })
    }

    /// Performs a task, in a new database in `home` where it fills one, with what it leaves for
    /// later. That time is not in the sample.
    pub(super) fn round(&mut self, task: Task, home: &Path) -> Result<(Sample, Cost)> {
        if task.phase.fills() {
            self.order(&Order::Create(home.to_owned()))?;
        }
        let answer = self.order(&Order::Perform(task))?;
        let sample = Sample::from_parts(answer.sample.context("no sample")?)?;
        let mut cost = answer.cost;
        if task.phase.writes() {
            let later = self.order(&Order::Settle)?.cost;
            cost.cpu_s += later.cpu_s;
            cost.rss_bytes = cost.rss_bytes.max(later.rss_bytes);
            cost.disk_bytes = later.disk_bytes;
        }
        Ok((sample, cost))
    }

    pub(super) fn reopen(&mut self) -> Result<()> {
        self.order(&Order::Reopen).map(drop)
    }

    fn order(&mut self, order: &Order) -> Result<Answer> {
        let mut line = serde_json::to_string(order)?;
        line.push('\n');
        self.orders.write_all(line.as_bytes())?;
        let mut answer = String::new();
        if self.answers.read_line(&mut answer)? == 0 {
            let status = self.process.wait()?;
            bail!("the engine's process ended ({status}); what it said is above");
        }
        serde_json::from_str::<Result<Answer, String>>(&answer)
            .context("an answer")?
            .map_err(|error| anyhow!(error))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has nothing to save: its folder goes as well.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An open database, and where it is.
struct Open {
    store: Box<dyn Store>,
    dir: PathBuf,
}

impl Open {
    fn new(setup: &Setup, dir: PathBuf) -> Result<Self> {
        let store = setup.engine.open(&dir, &setup.shape, &setup.settings)?;
        Ok(Self { store, dir })
    }
}

/// The work of a child: until there are no more commands.
pub(crate) fn serve(setup: &str) -> Result<()> {
    let setup: Setup = serde_json::from_str(setup).context("a setup")?;
    let values = Values::new(setup.shape.value_len);
    let mut open: Option<Open> = None;
    let mut answers = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let order: Order = serde_json::from_str(&line?).context("a command")?;
        let answer = obey(order, &setup, &values, &mut open).map_err(|error| format!("{error:#}"));
        serde_json::to_writer(&mut answers, &answer)?;
        answers.write_all(b"\n")?;
        answers.flush()?;
    }
    Ok(())
}

fn obey(order: Order, setup: &Setup, values: &Values, open: &mut Option<Open>) -> Result<Answer> {
    memory::forget_peak()?;
    let cpu = cpu::spent();
    let mut sample = None;
    match order {
        Order::Create(dir) => {
            if let Some(Open { store, dir }) = open.take() {
                drop(store);
                std::fs::remove_dir_all(dir)?;
            }
            std::fs::create_dir_all(&dir)?;
            *open = Some(Open::new(setup, dir)?);
        }
        Order::Reopen => {
            let Open { store, dir } = open.take().context("nothing is open")?;
            drop(store);
            let again = Open::new(setup, dir)?;
            again.store.worker()?.scan(None, usize::MAX)?;
            *open = Some(again);
        }
        Order::Perform(task) => {
            let Open { store, .. } = open.as_ref().context("nothing is open")?;
            let run = Run {
                store: &**store,
                shape: setup.shape,
                values,
            };
            sample = Some(run.perform(&task)?.into_parts());
        }
        Order::Settle => open.as_ref().context("nothing is open")?.store.settle()?,
    }
    let dir = &open.as_ref().context("nothing is open")?.dir;
    let cost = Cost {
        cpu_s: (cpu::spent() - cpu).as_secs_f64(),
        rss_bytes: memory::peak()?,
        disk_bytes: files::bytes_on_disk(dir)?,
    };
    Ok(Answer { sample, cost })
}
