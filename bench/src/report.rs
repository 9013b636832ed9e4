//! Medians, and how they are told.

use std::time::Duration;

use anyhow::Context as _;

/// The machine and the build, for whoever reads the figures.
pub(crate) fn machine() {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    println!(
        "{}, {cores} cores, {profile} profile",
        chrono::Utc::now().format("%Y-%m-%d")
    );
}

/// The middle one, and the spread.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Median {
    pub(crate) middle: f64,
    pub(crate) lowest: f64,
    pub(crate) highest: f64,
}

pub(crate) fn median(figures: impl IntoIterator<Item = f64>) -> Median {
    let mut figures: Vec<f64> = figures.into_iter().collect();
    figures.sort_by(f64::total_cmp);
    Median {
        middle: figures[figures.len() / 2],
        lowest: figures[0],
        highest: figures[figures.len() - 1],
    }
}

pub(crate) fn milliseconds(times: &[Duration]) -> Median {
    median(times.iter().map(|time| time.as_secs_f64() * 1e3))
}

/// A line of a process's memory in `/proc`, in MB: `VmRSS:` is now, `VmHWM:` the most it had so far.
pub(crate) fn megabytes(process: u32, line: &str) -> anyhow::Result<f64> {
    let status =
        std::fs::read_to_string(format!("/proc/{process}/status")).context("read a process's memory")?;
    let kilobytes = status
        .lines()
        .find_map(|found| found.strip_prefix(line)?.trim().strip_suffix(" kB"))
        .context("the system does not tell a process's memory")?;
    Ok(kilobytes.parse::<f64>()? / 1e3)
}

impl std::fmt::Display for Median {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.middle < 1_000.0 {
            write!(
                out,
                "{:.1} ({:.1} to {:.1})",
                self.middle, self.lowest, self.highest
            )
        } else {
            write!(
                out,
                "{:.0} ({:.0} to {:.0})",
                self.middle, self.lowest, self.highest
            )
        }
    }
}
