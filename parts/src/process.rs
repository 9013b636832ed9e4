//! A server process: started in its own group with a log file, adopted when it is still there, ended by its own id.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tokio::time::Instant;

use crate::files;
use crate::place::Account;

/// How often a state that nothing announces is looked at again.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Why a server process does not run, or does not end.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The program could not be executed, or its log not be opened.
    #[error("start {program}")]
    Start {
        /// The program.
        program: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// It ended before it was ready.
    #[error("start {name}: it ended at once; the last line of {log}: {last_line}")]
    Ended {
        /// The server's name.
        name: &'static str,
        /// Where it writes what it does.
        log: PathBuf,
        /// What it wrote last.
        last_line: String,
    },
    /// It runs, but does not answer.
    #[error("start {name}: no answer within {} s; the last line of {log}: {last_line}", waited.as_secs())]
    Silent {
        /// The server's name.
        name: &'static str,
        /// How long it was waited for.
        waited: Duration,
        /// Where it writes what it does.
        log: PathBuf,
        /// What it wrote last.
        last_line: String,
    },
    /// It belongs to another user.
    #[error("end {name} (process {pid})")]
    Signal {
        /// The server's name.
        name: &'static str,
        /// Its process id.
        pid: i32,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// It was asked to end, and has not.
    #[error("end {name}: process {pid} still runs after {} s; the last line of {log}: {last_line}", waited.as_secs())]
    Lingers {
        /// The server's name.
        name: &'static str,
        /// Its process id.
        pid: i32,
        /// How long it was waited for.
        waited: Duration,
        /// Where it writes what it does.
        log: PathBuf,
        /// What it wrote last.
        last_line: String,
    },
}

/// A running server, ours by birth or by adoption. Dropping it leaves the server running.
#[derive(Debug)]
pub(crate) struct Server {
    name: &'static str,
    pid: Pid,
    /// Absent when it was adopted: then it is not our child, and cannot be waited for.
    child: Option<Child>,
    log: PathBuf,
    /// How long the log was before this start.
    log_from: u64,
}

impl Server {
    /// Starts `command` as `account`, in its own process group, with its output at the end of `log`.
    pub(crate) fn start(
        name: &'static str,
        mut command: Command,
        account: &Account,
        log: &Path,
    ) -> Result<Self, ProcessError> {
        let program = PathBuf::from(command.get_program());
        let start_error = |source| ProcessError::Start {
            program: program.clone(),
            source,
        };
        let out = files::open_log(log).map_err(start_error)?;
        let log_from = out.metadata().map_err(start_error)?.len();
        let err = out.try_clone().map_err(start_error)?;
        account.apply(&mut command);
        let child = command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .process_group(0)
            .spawn()
            .map_err(start_error)?;
        let pid = Pid::from_child(&child);
        Ok(Self {
            name,
            pid,
            child: Some(child),
            log: log.to_owned(),
            log_from,
        })
    }

    /// Takes over the running process `pid`.
    pub(crate) fn adopt(name: &'static str, pid: Pid, log: &Path) -> Self {
        let log_from = log.metadata().map_or(0, |metadata| metadata.len());
        Self {
            name,
            pid,
            child: None,
            log: log.to_owned(),
            log_from,
        }
    }

    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    pub(crate) fn is_adopted(&self) -> bool {
        self.child.is_none()
    }

    pub(crate) fn is_running(&mut self) -> bool {
        match &mut self.child {
            // An error here can only mean that somebody else has waited for it: it is gone.
            Some(child) => matches!(child.try_wait(), Ok(None)),
            None => is_alive(self.pid),
        }
    }

    /// Waits until `ready` says yes. A server that ends or stays silent is an error; a silent one is ended.
    pub(crate) async fn wait_ready<R: Future<Output = bool>>(
        &mut self,
        deadline: Duration,
        ready: impl Fn(Pid) -> R,
    ) -> Result<(), ProcessError> {
        let until = Instant::now() + deadline;
        loop {
            let running = self.is_running();
            if !running {
                return Err(ProcessError::Ended {
                    name: self.name,
                    log: self.log.clone(),
                    last_line: self.last_line(),
                });
            }
            if ready(self.pid).await {
                return Ok(());
            }
            if Instant::now() >= until {
                let last_line = self.last_line();
                // The cause of the failure is worth more than whether its process could be ended.
                let _ = rustix::process::kill_process(self.pid, Signal::TERM);
                return Err(ProcessError::Silent {
                    name: self.name,
                    waited: deadline,
                    log: self.log.clone(),
                    last_line,
                });
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Waits until the server has ended, for whatever reason.
    pub(crate) async fn ended(&mut self) {
        while self.is_running() {
            tokio::time::sleep(10 * LOOK_AGAIN).await;
        }
    }

    /// Asks the server to end, and waits until it has.
    pub(crate) async fn stop(&mut self, signal: Signal, deadline: Duration) -> Result<(), ProcessError> {
        if !self.is_running() {
            return Ok(());
        }
        match rustix::process::kill_process(self.pid, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => {}
            Err(errno) => {
                let pid = self.pid.as_raw_nonzero().get();
                return Err(ProcessError::Signal {
                    name: self.name,
                    pid,
                    source: errno.into(),
                });
            }
        }
        let until = Instant::now() + deadline;
        while self.is_running() {
            if Instant::now() >= until {
                return Err(ProcessError::Lingers {
                    name: self.name,
                    pid: self.pid.as_raw_nonzero().get(),
                    waited: deadline,
                    log: self.log.clone(),
                    last_line: self.last_line(),
                });
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    fn last_line(&self) -> String {
        files::last_line(&self.log, self.log_from).unwrap_or_else(|| "(nothing)".to_owned())
    }
}

/// Whether a process with this id exists and is more than a dead child nobody has waited for.
pub(crate) fn is_alive(pid: Pid) -> bool {
    match rustix::process::test_kill_process(pid) {
        // Another user's process.
        Ok(()) | Err(rustix::io::Errno::PERM) => !is_zombie(pid),
        Err(_) => false,
    }
}

/// Field 3 of `/proc/PID/stat` (proc(5)) is the state; field 2 is a name in brackets that may hold any character.
fn is_zombie(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    stat.rsplit_once(')')
        .is_some_and(|(_, rest)| rest.trim_start().starts_with('Z'))
}

/// Whether the process runs with `argument` among its arguments. `None` where the system does not say.
pub(crate) fn has_argument(pid: Pid, argument: &OsStr) -> Option<bool> {
    let pid = pid.as_raw_nonzero();
    if Path::new("/proc/self/cmdline").exists() {
        let command_line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        return Some(
            command_line
                .split(|&byte| byte == 0)
                .any(|each| each == argument.as_bytes()),
        );
    }
    // Systems without Linux' /proc: the arguments joined by spaces.
    let output = Command::new("ps")
        .args(["-ww", "-o", "args=", "-p", &pid.to_string()])
        .output()
        .ok()?;
    let needle = argument.as_bytes();
    Some(!needle.is_empty() && output.stdout.windows(needle.len()).any(|window| window == needle))
}

/// Reads a process id from the first line of a file.
pub(crate) fn read_pid(path: &Path) -> Option<Pid> {
    let text = fs::read_to_string(path).ok()?;
    Pid::from_raw(text.lines().next()?.trim().parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_alive_and_has_its_own_arguments() {
        let me = rustix::process::getpid();
        assert!(is_alive(me));
        let program = std::env::args_os().next().unwrap();
        assert_eq!(has_argument(me, &program), Some(true));
        assert_eq!(has_argument(me, OsStr::new("/another/directory")), Some(false));
    }

    #[test]
    fn a_dead_child_is_not_alive_before_it_is_waited_for() {
        let mut child = Command::new("true").stdin(Stdio::null()).spawn().unwrap();
        let pid = Pid::from_child(&child);
        // Blocks until it has ended, and leaves it to be waited for.
        let options = rustix::process::WaitIdOptions::EXITED | rustix::process::WaitIdOptions::NOWAIT;
        rustix::process::waitid(rustix::process::WaitId::Pid(pid), options).unwrap();
        assert!(!is_alive(pid));
        child.wait().unwrap();
        assert!(!is_alive(pid));
    }
}
