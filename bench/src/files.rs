//! What lies in folders, and what of it the system has in memory.

use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Context, Result};
use rustix::fs::{Advice, fadvise};

/// What the files below a folder take on the disk, in bytes; places that were never written take
/// nothing.
pub(crate) fn bytes_on_disk(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for_each(folder, |_, metadata| {
        bytes += metadata.blocks() * 512;
        Ok(())
    })?;
    Ok(bytes)
}

/// Lets the system forget the contents of the files below a folder: the next reads come from the disk.
pub(crate) fn forget(folder: &Path) -> Result<()> {
    for_each(folder, |path, _| {
        let file = File::open(path)?;
        // What is not written yet cannot be forgotten.
        file.sync_data()?;
        Ok(fadvise(&file, 0, None, Advice::DontNeed)?)
    })
}

fn for_each(folder: &Path, mut each: impl FnMut(&Path, &Metadata) -> Result<()>) -> Result<()> {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            match path.metadata() {
                Ok(metadata) if metadata.is_file() => each(&path, &metadata)?,
                Ok(metadata) if metadata.is_dir() => folders.push(path),
                // Engines remove files in the background.
                _ => {}
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_counted_and_can_be_read_after_they_were_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        std::fs::write(&file, vec![7; 100_000]).unwrap();
        forget(folder.path()).unwrap();
        assert!(bytes_on_disk(folder.path()).unwrap() >= 100_000);
        assert_eq!(std::fs::read(&file).unwrap(), vec![7; 100_000]);
    }
}
