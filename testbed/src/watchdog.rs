//! Ends what a test process leaves behind.
//!
//! A watchdog is a shell in a process group of its own that waits for the end of its input. The other end of that pipe
//! is held by the test process alone, so the system closes it whatever way the process ends. Then the shell ends each
//! server whose pid file lies below the directory and whose arguments name the directory, and removes the directory.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::OrGiveUp;

const SCRIPT: &str = include_str!("watchdog.sh");

/// Lives as long as what it watches over should.
#[derive(Debug)]
pub(crate) struct Watchdog {
    shell: Child,
    /// Taken when the watch ends.
    lifeline: Option<ChildStdin>,
}

impl Watchdog {
    pub(crate) fn over(directory: &Path) -> Self {
        let mut shell = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "fieldbook-test-watchdog"])
            .arg(directory)
            .current_dir("/")
            .stdin(Stdio::piped())
            // Whoever reads a test's output waits for all that hold it.
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .or_give_up("start a watchdog");
        let lifeline = shell.stdin.take();
        Self { shell, lifeline }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        // So that nothing is left when the test goes on.
        let _ = self.shell.wait();
    }
}
