//! The log, on standard error. A command waits for whoever reads it. A service doesn't, who may be a terminal after Ctrl-S, or
//! a collector that hangs: a thread of its own writes the lines, and what it can't keep is dropped, counted and told.

use std::io::IsTerminal as _;
use std::sync::mpsc;
use std::time::Duration;

use anyhow::Context as _;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

use crate::cli::{LogArgs, LogFormat};

/// Lines of a service that wait for whoever reads the log; more are dropped.
const WAITING_MAX: usize = 1024;
/// How often a service looks whether lines were dropped.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How long a service that ends waits for whoever reads its last lines.
const LAST_WORDS_MAX: Duration = Duration::from_secs(2);

/// Who logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Logs {
    Command,
    Service,
}

/// The log of this process; it is complete when [`Log::end`] has returned.
#[derive(Debug)]
pub(crate) struct Log {
    writing: Option<(WorkerGuard, ErrorCounter)>,
}

impl Log {
    /// Logs from now on; `default` where nothing else is asked for.
    pub(crate) fn begin(args: &LogArgs, logs: Logs, default: &str) -> anyhow::Result<Self> {
        let filter = args.log.as_deref().unwrap_or(default);
        let filter = EnvFilter::try_new(filter).with_context(|| {
            format!("read --log {filter:?}: info is expected, or a filter such as warn,ingestor=debug")
        })?;
        let (writer, writing) = match logs {
            Logs::Command => (BoxMakeWriter::new(std::io::stderr), None),
            Logs::Service => {
                let (lines, guard) = NonBlockingBuilder::default()
                    .buffered_lines_limit(WAITING_MAX)
                    .thread_name("log")
                    .finish(std::io::stderr());
                let dropped = lines.error_counter();
                (BoxMakeWriter::new(lines), Some((guard, dropped)))
            }
        };
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(writer)
            // It would tell of a line that can't be written by `eprintln!`, which panics when nobody reads standard error.
            .log_internal_errors(false);
        match args.log_format {
            // Colours are for terminals.
            LogFormat::Text => subscriber
                .with_target(false)
                .with_ansi(std::io::stderr().is_terminal())
                .init(),
            LogFormat::Json => subscriber.json().init(),
        }
        Ok(Self { writing })
    }

    /// Tells of dropped lines in metrics and, when it is read again, in the log, for as long as a service runs.
    pub(crate) fn watch(&self) -> impl Future<Output = ()> + Send + 'static {
        let dropped = self.writing.as_ref().map(|(_, dropped)| dropped.clone());
        async move {
            let Some(dropped) = dropped else {
                return;
            };
            let mut told = 0;
            loop {
                tokio::time::sleep(LOOK_EVERY).await;
                let lines = dropped.dropped_lines() as u64;
                metrics::counter!("fieldbook_log_lines_dropped_total").absolute(lines);
                if lines > told {
                    tracing::warn!(
                        lines = lines - told,
                        "lines of this log were dropped: nobody took them in time"
                    );
                    told = lines;
                }
            }
        }
    }

    /// Writes what is left of it, and then the `last` words of the process.
    pub(crate) fn end(self, last: impl FnOnce() + Send + 'static) {
        let Some((guard, _)) = self.writing else {
            return last();
        };
        let (done, ended) = mpsc::channel();
        std::thread::spawn(move || {
            // It waits for the lines.
            drop(guard);
            last();
            let _ = done.send(());
        });
        // Where nobody takes them, the process ends without.
        let _ = ended.recv_timeout(LAST_WORDS_MAX);
    }
}
