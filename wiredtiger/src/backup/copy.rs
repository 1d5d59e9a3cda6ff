//! Copying the files of a backup. Only those that the engine lists: opening its lock file would give
//! the lock up (rule 6).

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use super::{BackupReport, Piece};
use crate::error::{Error, ErrorKind, Result};
use crate::progress::Watcher;

const OPERATION: &str = "backup";

/// The file by which the engine knows that a folder is a backup. Opening the folder removes it.
const MARK: &str = "WiredTiger.backup";

/// How much is copied at a time.
const BLOCK: usize = 256 << 10;

/// Makes the folder of a new backup, or finds it empty.
pub(super) fn claim_new(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).map_err(|why| failed(dir, &why))?;
    let mut entries = fs::read_dir(dir).map_err(|why| failed(dir, &why))?;
    if entries.next().is_none() {
        return Ok(());
    }
    let why = format!("{} is not empty", dir.display());
    Err(Error::new(ErrorKind::AlreadyExists, OPERATION, why))
}

/// Finds the folder of an earlier backup as that has left it.
pub(super) fn check_begun(dir: &Path) -> Result<()> {
    if dir.join(MARK).is_file() {
        return Ok(());
    }
    let why = format!(
        "{} is no backup that can be gone on with: it holds none, or was opened since",
        dir.display()
    );
    Err(Error::new(ErrorKind::InvalidArgument, OPERATION, why))
}

/// The engine's names are relative to the home, those of log files too; anything else is refused.
pub(super) fn check_file_name(name: &str) -> Result<()> {
    let path = Path::new(name);
    let plain = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    let lock = path
        .file_name()
        .is_some_and(|file| file == "WiredTiger.lock");
    if plain && !lock && !name.is_empty() {
        return Ok(());
    }
    let why = format!("the file {name:?} is outside of the home: copy it by Session::backup");
    Err(Error::new(ErrorKind::NotSupported, OPERATION, why))
}

/// Copies file by file.
pub(super) struct Copier<'b> {
    home: &'b Path,
    dir: &'b Path,
    watcher: Option<&'b Watcher>,
    report: BackupReport,
    names: HashSet<PathBuf>,
}

impl<'b> Copier<'b> {
    pub(super) fn new(home: &'b Path, dir: &'b Path, watcher: Option<&'b Watcher>) -> Self {
        Self {
            home,
            dir,
            watcher,
            report: BackupReport::default(),
            names: HashSet::new(),
        }
    }

    /// Copies a file as a whole.
    pub(super) fn file(&mut self, name: &str) -> Result<()> {
        let (from, to) = self.begin(name)?;
        let mut source = File::open(&from).map_err(|why| failed(&from, &why))?;
        let size = source.metadata().map_err(|why| failed(&from, &why))?.len();
        let mut copy = File::create(&to).map_err(|why| failed(&to, &why))?;
        copy.set_len(size)
            .and_then(|()| self.range(&mut source, &mut copy, 0..size, true))
            .and_then(|()| copy.sync_all())
            .map_err(|why| failed(&to, &why))
    }

    /// Copies what has changed of a file. One that the folder does not have is copied as a whole.
    pub(super) fn pieces(&mut self, name: &str, pieces: &[Piece]) -> Result<()> {
        let whole = |piece: &Piece| matches!(piece, Piece::File { .. });
        if pieces.iter().any(whole) || !self.dir.join(name).is_file() {
            return self.file(name);
        }
        let (from, to) = self.begin(name)?;
        let mut source = File::open(&from).map_err(|why| failed(&from, &why))?;
        let mut copy = OpenOptions::new()
            .write(true)
            .open(&to)
            .map_err(|why| failed(&to, &why))?;
        for piece in pieces {
            if let Piece::Range { offset, size } = piece {
                let part = *offset..offset.saturating_add(*size);
                self.range(&mut source, &mut copy, part, false)
                    .map_err(|why| failed(&to, &why))?;
            }
        }
        copy.sync_all().map_err(|why| failed(&to, &why))
    }

    fn begin(&mut self, name: &str) -> Result<(PathBuf, PathBuf)> {
        self.report.files += 1;
        self.names.insert(name.into());
        let (from, to) = (self.home.join(name), self.dir.join(name));
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(|why| failed(parent, &why))?;
        }
        Ok((from, to))
    }

    /// Copies a part. What is nothing but zeros in a `new` file is left out: log files are made in
    /// their full size, and most of that is empty.
    fn range(
        &mut self,
        source: &mut File,
        copy: &mut File,
        part: Range<u64>,
        new: bool,
    ) -> io::Result<()> {
        source.seek(SeekFrom::Start(part.start))?;
        let mut at = part.start;
        let mut block = vec![0; BLOCK];
        while at < part.end {
            let wanted = usize::try_from(part.end - at).map_or(BLOCK, |left| left.min(BLOCK));
            let read = source.read(&mut block[..wanted])?;
            if read == 0 {
                // The file ends within its last piece.
                break;
            }
            let bytes = &block[..read];
            if !new || bytes.iter().any(|byte| *byte != 0) {
                copy.seek(SeekFrom::Start(at))?;
                copy.write_all(bytes)?;
                self.report.bytes += read as u64;
                if let Some(watcher) = self.watcher {
                    watcher.tell(OPERATION, self.report.bytes);
                }
            }
            at += read as u64;
        }
        Ok(())
    }

    /// Makes sure that the copy is on the disk. Files that are no part of the backup any more, as
    /// the log's, are removed from a folder that was gone on with.
    pub(super) fn finish(self, remove_others: bool) -> Result<BackupReport> {
        if remove_others {
            for entry in fs::read_dir(self.dir).map_err(|why| failed(self.dir, &why))? {
                let entry = entry.map_err(|why| failed(self.dir, &why))?;
                let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
                if is_file && !self.names.contains(Path::new(&entry.file_name())) {
                    fs::remove_file(entry.path()).map_err(|why| failed(&entry.path(), &why))?;
                }
            }
        }
        File::open(self.dir)
            .and_then(|dir| dir.sync_all())
            .map_err(|why| failed(self.dir, &why))?;
        Ok(self.report)
    }
}

#[cold]
fn failed(path: &Path, why: &io::Error) -> Error {
    Error::io(OPERATION, path.display(), why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_home_are_copied() {
        for name in ["WiredTiger.wt", "t.wt", "logs/WiredTigerLog.0000000001"] {
            assert!(check_file_name(name).is_ok(), "{name}");
        }
        for name in [
            "",
            "/etc/passwd",
            "../x",
            "a/../../x",
            "WiredTiger.lock",
            "a/WiredTiger.lock",
        ] {
            assert!(check_file_name(name).is_err(), "{name}");
        }
    }
}
