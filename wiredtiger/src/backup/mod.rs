//! Copies of a database that is in use.

mod copy;

use std::fmt;
use std::path::Path;

use bytesize::ByteSize;

use crate::config::Config;
use crate::connection::Connection;
use crate::error::{Error, ErrorKind, Result};
use crate::fields::Fields;
use crate::options::check_name;
use crate::progress::{Progress, Watcher};
use crate::raw::LooseCursor;
use crate::session::Session;

/// The name of a backup that a later one can be based on: ASCII letters, digits, `_` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BackupId(String);

impl BackupId {
    /// A name.
    ///
    /// # Errors
    /// [`InvalidArgument`](ErrorKind::InvalidArgument): it has other characters, or none.
    pub fn new(name: impl Into<String>) -> Result<Self> {
        let name = name.into();
        check_name(&name, "backup")?;
        Ok(Self(name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How a backup is made.
///
/// # Examples
/// ```
/// # fn main() -> wiredtiger::Result<()> {
/// # let dir = tempfile::tempdir().expect("a temporary folder");
/// # let connection = wiredtiger::Connection::create(dir.path().join("home"))?;
/// # let copy = dir.path().join("copy");
/// use wiredtiger::{BackupId, BackupOptions};
///
/// let (monday, tuesday) = (BackupId::new("monday")?, BackupId::new("tuesday")?);
/// connection.backup_with(&copy, &BackupOptions::new().id(&monday))?;
/// // A day later only what has changed is copied, into the same folder.
/// connection.backup_with(&copy, &BackupOptions::new().id(&tuesday).since(&monday))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct BackupOptions {
    id: Option<BackupId>,
    since: Option<BackupId>,
    granularity: Option<ByteSize>,
    progress: Option<Watcher>,
}

impl BackupOptions {
    /// A whole copy, that no later one is based on.
    pub fn new() -> Self {
        Self::default()
    }

    /// Remembers this backup under a name, for a later one to be based on it. The engine remembers
    /// two of them, and from the first on which blocks have changed since.
    pub fn id(mut self, id: &BackupId) -> Self {
        self.id = Some(id.clone());
        self
    }

    /// Copies only what has changed since that backup, into the folder that holds it.
    pub fn since(mut self, id: &BackupId) -> Self {
        self.since = Some(id.clone());
        self
    }

    /// How large the pieces are of which the engine remembers whether they have changed, 4 KB to
    /// 2 GB. It is decided by the first backup with a name. Default: 16 MB.
    pub fn granularity(mut self, size: ByteSize) -> Self {
        self.granularity = Some(size);
        self
    }

    /// Who is told how far it is: after each file, and each piece of one.
    pub fn progress(mut self, watch: impl Fn(Progress<'_>) + Send + Sync + 'static) -> Self {
        self.progress = Some(Watcher::new(watch));
        self
    }

    fn config(&self) -> Result<Config> {
        let mut config = Config::new();
        config.group("incremental", |incremental| {
            if self.id.is_some() || self.since.is_some() {
                incremental.set("enabled", true);
                incremental.set_opt("granularity", self.granularity);
            }
            if let Some(BackupId(name)) = &self.since {
                incremental.quoted("src_id", name)?;
            }
            if let Some(BackupId(name)) = &self.id {
                incremental.quoted("this_id", name)?;
            }
            Ok(())
        })?;
        Ok(config)
    }
}

/// What a backup has copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BackupReport {
    /// Files of the backup.
    pub files: u64,
    /// Bytes written: fewer than the files have, where they are empty or the backup is based on an
    /// earlier one.
    pub bytes: u64,
}

/// A backup that is open: as long as it is, the engine keeps the files that it names, and what they
/// held when it began. An iterator over the names of the files, in the home. There is one at a time.
///
/// It is for those who copy the files themselves; [`Session::backup_to`] does it all. Copy the files
/// of the list and no others: opening `WiredTiger.lock` anywhere in this process gives up the lock
/// that keeps other processes out.
pub struct Backup<'s> {
    cursor: LooseCursor<'s>,
    /// Whether it is based on an earlier one.
    based: bool,
}

/// A part of a file that has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Piece {
    /// The file as a whole, with its size.
    File {
        /// In bytes.
        size: u64,
    },
    /// So many bytes from an offset on, less at the end of the file.
    Range {
        /// In bytes from the beginning of the file.
        offset: u64,
        /// In bytes.
        size: u64,
    },
}

impl Session {
    /// Begins a backup, for a program that copies the files itself.
    ///
    /// # Errors
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument): another backup is open, or the one that
    ///   this is based on is not known.
    /// - [`NotFound`](ErrorKind::NotFound): the one that this is based on is not known.
    /// - [`NotSupported`](ErrorKind::NotSupported): the database is in memory.
    pub fn backup(&self, options: &BackupOptions) -> Result<Backup<'_>> {
        let cursor = self
            .raw()
            .open_loose(c"backup:", &options.config()?.finish())?;
        let based = options.since.is_some();
        Ok(Backup { cursor, based })
    }

    /// Copies the database into the folder `dir`, which is made if it is not there, and must be
    /// empty. The copy is a database of its own: open it, or keep it. Work goes on meanwhile; what
    /// is committed when this begins is in the copy.
    ///
    /// # Errors
    /// As for [`backup_with`](Self::backup_with).
    pub fn backup_to(&self, dir: impl AsRef<Path>) -> Result<BackupReport> {
        self.backup_with(dir, &BackupOptions::new())
    }

    /// Copies the database, or what has changed of it, into the folder `dir`.
    ///
    /// A folder that an incremental backup goes on with must not have been opened as a database:
    /// opening changes it. Copy it before. After an error the folder is of no use.
    ///
    /// # Errors
    /// - [`AlreadyExists`](ErrorKind::AlreadyExists): `dir` is not empty.
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument): `dir` holds no backup that could be gone
    ///   on with, or has been opened.
    /// - [`Io`](ErrorKind::Io): a file could not be read or written.
    /// - As for [`backup`](Self::backup).
    pub fn backup_with(
        &self,
        dir: impl AsRef<Path>,
        options: &BackupOptions,
    ) -> Result<BackupReport> {
        let (home, dir) = (self.shared().raw.home().path(), dir.as_ref());
        match options.since {
            None => copy::claim_new(dir)?,
            Some(_) => copy::check_begun(dir)?,
        }
        let mut copier = copy::Copier::new(home, dir, options.progress.as_ref());
        let mut backup = self.backup(options)?;
        while let Some(name) = backup.next_name()? {
            copy::check_file_name(&name)?;
            match options.since {
                None => copier.file(&name)?,
                Some(_) => copier.pieces(&name, &backup.pieces(&name)?)?,
            }
        }
        let report = copier.finish(options.since.is_some())?;
        backup.close()?;
        Ok(report)
    }

    /// The backups that a later one can be based on.
    ///
    /// # Errors
    /// As for [`backup`](Self::backup), and [`InvalidArgument`](ErrorKind::InvalidArgument) when
    /// there has never been one with a name.
    pub fn backup_ids(&self) -> Result<Vec<BackupId>> {
        let cursor = self
            .raw()
            .open_loose(c"backup:query_id", &Config::new().finish())?;
        let mut names = Backup {
            cursor,
            based: false,
        };
        let mut ids = Vec::new();
        while let Some(name) = names.next_name()? {
            ids.push(BackupId(name));
        }
        Ok(ids)
    }

    /// Forgets all named backups, and what has changed since. It takes a checkpoint.
    ///
    /// # Errors
    /// As for [`backup`](Self::backup).
    pub fn forget_backups(&mut self) -> Result<()> {
        let mut config = Config::new();
        config.group("incremental", |incremental| {
            incremental.set("force_stop", true);
            Ok(())
        })?;
        let raw = self.settled()?;
        raw.open_loose(c"backup:", &config.finish())?.close()
    }
}

impl Connection {
    /// Copies the database into an empty or new folder, see [`Session::backup_to`].
    ///
    /// # Errors
    /// As for [`Session::backup_with`] and [`open_session`](Self::open_session).
    pub fn backup_to(&self, dir: impl AsRef<Path>) -> Result<BackupReport> {
        self.open_session()?.backup_to(dir)
    }

    /// Copies the database, or what has changed of it, see [`Session::backup_with`].
    ///
    /// # Errors
    /// As for [`Session::backup_with`] and [`open_session`](Self::open_session).
    pub fn backup_with(
        &self,
        dir: impl AsRef<Path>,
        options: &BackupOptions,
    ) -> Result<BackupReport> {
        self.open_session()?.backup_with(dir, options)
    }
}

impl Backup<'_> {
    fn next_name(&mut self) -> Result<Option<String>> {
        if !self.cursor.next()? {
            return Ok(None);
        }
        Fields::new(self.cursor.key()?).string().map(Some)
    }

    /// What has changed of a file since the backup that this one is based on.
    ///
    /// # Errors
    /// [`InvalidArgument`](ErrorKind::InvalidArgument): this one is based on none, or no file has
    /// such a name.
    pub fn pieces(&self, name: &str) -> Result<Vec<Piece>> {
        if !self.based {
            // The engine would lose some memory over it.
            let why = "the backup is based on none: its files are copied as a whole";
            return Err(Error::new(ErrorKind::InvalidArgument, "backup", why));
        }
        let mut config = Config::new();
        config.group("incremental", |incremental| {
            incremental.quoted("file", name)?;
            Ok(())
        })?;
        let mut cursor = self.cursor.of_backup_file(&config.finish())?;
        let mut pieces = Vec::new();
        while cursor.next()? {
            // qqq
            let mut fields = Fields::new(cursor.key()?);
            let (offset, size, kind) = (fields.signed()?, fields.signed()?, fields.signed()?);
            let (offset, size) = (offset.cast_unsigned(), size.cast_unsigned());
            pieces.push(match u32::try_from(kind) {
                Ok(wiredtiger_sys::WT_BACKUP_FILE) => Piece::File { size },
                Ok(wiredtiger_sys::WT_BACKUP_RANGE) => Piece::Range { offset, size },
                _ => {
                    let why = format!("{name}: a piece of the unknown kind {kind}");
                    return Err(Error::new(ErrorKind::NotSupported, "backup", why));
                }
            });
        }
        cursor.close()?;
        Ok(pieces)
    }

    /// Ends the backup.
    ///
    /// # Errors
    /// What the engine says: the copy may be of no use.
    pub fn close(self) -> Result<()> {
        self.cursor.close()
    }
}

impl Iterator for Backup<'_> {
    type Item = Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_name().transpose()
    }
}

impl fmt::Debug for Backup<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backup").finish_non_exhaustive()
    }
}
