//! The memory of this process.

use anyhow::{Context, Result};

/// Resident memory in kibibytes, as the kernel counts it.
pub(crate) fn resident_kib() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("resident memory")?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.trim().strip_suffix(" kB")?.trim().parse().ok())
        .context("the kernel does not tell the resident memory")
}
