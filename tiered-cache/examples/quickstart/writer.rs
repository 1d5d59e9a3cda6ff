//! The writer: a process of its own, so that it can be killed.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::progress::bar;
use crate::remote::Remote;
use crate::workload::Workload;
use crate::{Result, make, open};

/// The number of the signal that cannot be caught.
const SIGKILL: i32 = 9;
/// What makes a process the writer: the prefix of its keys.
const ROLE: &str = "QUICKSTART_WRITER";
const HOME: &str = "QUICKSTART_HOME";

/// Home and prefix, if this process is the writer.
pub(crate) fn role() -> Option<(PathBuf, String)> {
    let prefix = env::var(ROLE).ok()?;
    Some((env::var_os(HOME)?.into(), prefix))
}

/// Writes without end, and tells each acknowledged operation on standard output.
pub(crate) fn run(home: &Path, workload: &Workload) -> Result<()> {
    let mut remote = Remote::from_env()?;
    if !remote.outlives_this_process() {
        // What a store in memory had taken would be gone with this process.
        remote = Remote::nowhere()?;
    }
    let cache = open(home, &remote)?;
    let mut acknowledgements = io::stdout().lock();
    for number in 0.. {
        make(&cache, &workload.operation(number))?;
        writeln!(acknowledgements, "{number}")?;
        acknowledgements.flush()?;
    }
    Ok(())
}

/// Starts the writer and kills it at about half of `operations`. The answer is how many of them it
/// had told to be acknowledged.
pub(crate) fn write_until_killed(home: &Path, prefix: &str, operations: u64) -> Result<u64> {
    let half = operations / 2;
    let deadly = half + fastrand::u64(..=operations / 100);
    let child = Command::new(env::current_exe()?)
        .env(ROLE, prefix)
        .env(HOME, home)
        .stdout(Stdio::piped())
        .spawn()?;
    let mut writer = Writer(child);
    let output = writer.0.stdout.take().ok_or("the writer has no output")?;

    let bar = bar("writing, until killed", operations)?;
    let mut acknowledged = 0;
    let mut lines = BufReader::new(output);
    let mut line = String::new();
    // What it wrote before it died is in the pipe; a line that was cut off does not count.
    while lines.read_line(&mut line)? > 0 && line.ends_with('\n') {
        if line.trim_end().parse() != Ok(acknowledged) {
            return Err(format!("{line:?} instead of operation {acknowledged}").into());
        }
        acknowledged += 1;
        if acknowledged == deadly {
            writer.0.kill()?;
        }
        bar.set_position(acknowledged);
        line.clear();
    }
    bar.abandon();

    let status = writer.0.wait()?;
    match status.signal() {
        Some(SIGKILL) => Ok(acknowledged),
        _ => Err(format!("the writer was not killed, but ended: {status}").into()),
    }
}

/// A child that does not outlive its parent's interest.
struct Writer(Child);

impl Drop for Writer {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
