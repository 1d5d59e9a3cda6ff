//! The memory of processes.

use anyhow::{Context, Result};

/// Resident memory of this process in kibibytes, as the kernel counts it.
pub(crate) fn resident_kib() -> Result<u64> {
    told("self", "VmRSS:")
}

/// Resident memory of another process in bytes.
pub(crate) fn resident_of(process: u32) -> Result<u64> {
    Ok(told(&process.to_string(), "VmRSS:")? * 1024)
}

/// The most of this process's memory that was resident at a time since [`forget_peak`], in bytes.
pub(crate) fn peak() -> Result<u64> {
    Ok(told("self", "VmHWM:")? * 1024)
}

/// Starts a new peak at what is resident now.
pub(crate) fn forget_peak() -> Result<()> {
    // Where the kernel may not be told to, an earlier height could count: then there is no figure.
    std::fs::write("/proc/self/clear_refs", "5").context("the highest resident memory")
}

/// What this process adds to its resident memory at the most.
pub(crate) struct Growth {
    before: u64,
}

impl Growth {
    pub(crate) fn begin() -> Result<Self> {
        forget_peak()?;
        let before = resident_kib()?;
        Ok(Self { before })
    }

    /// In bytes, since it began.
    pub(crate) fn most(&self) -> Result<u64> {
        Ok(peak()?.saturating_sub(self.before * 1024))
    }
}

fn told(process: &str, name: &str) -> Result<u64> {
    let file = format!("/proc/{process}/status");
    let status = std::fs::read_to_string(&file).with_context(|| file.clone())?;
    status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.trim().strip_suffix(" kB")?.trim().parse().ok())
        .with_context(|| format!("the kernel does not tell {name} in {file}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory() {
        assert!(resident_kib().unwrap() > 0);
        assert!(resident_of(std::process::id()).unwrap() > 0);
    }

    #[test]
    fn growth_counts_what_is_touched() {
        let growth = Growth::begin().unwrap();
        let touched = std::hint::black_box(vec![1_u8; 64 << 20]);
        assert!(growth.most().unwrap() > 32 << 20);
        drop(touched);
    }
}
