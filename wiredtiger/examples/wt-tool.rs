//! Looks after a database:
//! `wt-tool HOME list|stat|verify|dump TABLE|load FILE|backup DIR|compact|salvage`.
//!
//! It shows what the crate's maintenance is like, with progress bars on a terminal. The database
//! must not be open elsewhere.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use wiredtiger::{
    BackupOptions, CompactOptions, Connection, DumpFormat, DumpOptions, Progress, SalvageOptions,
    Session, Statistic, Statistics, StatisticsLevel, Unit, VerifyOptions,
};

type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// Looks after a WiredTiger database.
#[derive(Parser)]
#[command(name = "wt-tool")]
struct Arguments {
    /// The folder of the database.
    home: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Lists the tables and what they take of the disk.
    List,
    /// Shows what the engine counts, of the database or of a table, without zeros.
    Stat {
        /// The table.
        table: Option<String>,
        /// Zeros, too.
        #[arg(long)]
        all: bool,
    },
    /// Checks tables, or all of them.
    Verify {
        /// The tables.
        tables: Vec<String>,
    },
    /// Writes a table as text that `wt load` reads.
    Dump {
        /// The table.
        table: String,
        /// In hexadecimal, with printable characters as they are, or by columns.
        #[arg(long, value_enum, default_value_t = Format::Hex)]
        format: Format,
        /// As it was at the checkpoint of this name.
        #[arg(long)]
        checkpoint: Option<String>,
    },
    /// Creates and fills tables out of what `dump` or `wt dump` has written.
    Load {
        /// The text.
        file: PathBuf,
    },
    /// Copies the database into a new folder.
    Backup {
        /// The folder.
        dir: PathBuf,
    },
    /// Gives space back, of tables or of all of them.
    Compact {
        /// The tables.
        tables: Vec<String>,
        /// Stops after so many seconds for each table.
        #[arg(long, default_value_t = 1200)]
        seconds: u64,
    },
    /// Repairs tables, or all of them, if they are damaged, as far as that is possible.
    Salvage {
        /// The tables.
        tables: Vec<String>,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Hex,
    Print,
    Json,
}

impl From<Format> for DumpFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Hex => Self::Hex,
            Format::Print => Self::Print,
            Format::Json => Self::Json,
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wt-tool: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let options = Connection::options().statistics(Statistics::All);
    let connection = options.open(&arguments.home)?;
    let mut session = connection.open_session()?;
    let mut out = BufWriter::new(io::stdout().lock());
    match &arguments.command {
        Command::List => list(&session, &mut out)?,
        Command::Stat { table, all } => stat(&session, table.as_deref(), *all, &mut out)?,
        Command::Verify { tables } => {
            each(&session.table_names()?, tables, &mut out, |name, bar| {
                let options = VerifyOptions::new().progress(move |done| show(&bar, done));
                session.verify(name, &options)?;
                Ok("sound".into())
            })?;
        }
        Command::Dump {
            table,
            format,
            checkpoint,
        } => {
            let options = DumpOptions::new().format((*format).into());
            let options = match checkpoint {
                Some(name) => options.checkpoint(name),
                None => options,
            };
            session.dump_with(table, &options, &mut out)?;
        }
        Command::Load { file } => {
            let mut text = BufReader::new(File::open(file)?);
            for report in session.load(&mut text)? {
                writeln!(out, "{}: {} entries", report.table, report.entries)?;
            }
        }
        Command::Backup { dir } => backup(&session, dir, &mut out)?,
        Command::Compact { tables, seconds } => {
            let limit = Duration::from_secs(*seconds);
            each(&session.table_names()?, tables, &mut out, |name, bar| {
                let options = CompactOptions::new()
                    .time_limit(limit)
                    .progress(move |done| show(&bar, done));
                let done = session.compact(name, &options)?;
                Ok(if done { "compacted" } else { "out of time" }.into())
            })?;
        }
        Command::Salvage { tables } => {
            each(&session.table_names()?, tables, &mut out, |name, bar| {
                // A sound table would get back what was removed from it.
                if session.verify(name, &VerifyOptions::new()).is_ok() {
                    return Ok("sound".into());
                }
                let options = SalvageOptions::new().progress(move |done| show(&bar, done));
                session.salvage(name, &options)?;
                Ok("salvaged".into())
            })?;
        }
    }
    out.flush()?;
    drop(session);
    connection.close()?;
    Ok(())
}

/// A bar that runs, on a terminal: how much there is to do is not known.
fn bar(what: &str) -> Result<ProgressBar> {
    let style = ProgressStyle::with_template("{spinner} {msg} {pos} {elapsed}")?;
    let bar = ProgressBar::new_spinner().with_style(style);
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(100));
    Ok(bar)
}

fn show(bar: &ProgressBar, progress: Progress<'_>) {
    bar.set_position(progress.done);
}

/// Does `work` to the tables that were named, or to all.
fn each(
    all: &[String],
    named: &[String],
    out: &mut impl Write,
    mut work: impl FnMut(&str, ProgressBar) -> Result<String>,
) -> Result<()> {
    let mut failed = 0;
    for name in if named.is_empty() { all } else { named } {
        let bar = bar(name)?;
        let done = work(name, bar.clone());
        bar.finish_and_clear();
        match done {
            Ok(how) => writeln!(out, "{name}: {how}")?,
            Err(error) => {
                failed += 1;
                writeln!(out, "{name}: {error}")?;
            }
        }
    }
    out.flush()?;
    match failed {
        0 => Ok(()),
        _ => Err(format!("{failed} tables failed").into()),
    }
}

fn list(session: &Session, out: &mut impl Write) -> Result<()> {
    for name in session.table_names()? {
        let size = session
            .table_statistics(&name, StatisticsLevel::Size)?
            .find_map(|found| match found {
                Ok(found) if found.unit() == Unit::Bytes && found.value > 0 => Some(found.value),
                _ => None,
            });
        let size = HumanBytes(size.unwrap_or(0).try_into()?);
        writeln!(out, "{name:40} {size}")?;
    }
    Ok(())
}

fn stat(session: &Session, table: Option<&str>, all: bool, out: &mut impl Write) -> Result<()> {
    let statistics = match table {
        Some(table) => session.table_statistics(table, StatisticsLevel::All)?,
        None => session.statistics()?,
    };
    for statistic in statistics {
        let Statistic {
            description,
            value,
            printable,
            ..
        } = statistic?;
        if all || value != 0 {
            writeln!(out, "{printable:>20} {description}")?;
        }
    }
    Ok(())
}

fn backup(session: &Session, dir: &PathBuf, out: &mut impl Write) -> Result<()> {
    let bar = bar("bytes")?;
    let shown = bar.clone();
    let options = BackupOptions::new().progress(move |done| show(&shown, done));
    let report = session.backup_with(dir, &options)?;
    bar.finish_and_clear();
    let (files, bytes) = (report.files, HumanBytes(report.bytes));
    writeln!(out, "{files} files, {bytes}, in {}", dir.display())?;
    Ok(())
}
