//! What `up` shows: steps while it starts, a bar for long work, and where everything is.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::neighbours::Neighbours;
use crate::command::answer;

/// Lines on standard error; a terminal sees them move, a file gets the finished ones.
#[derive(Debug, Clone)]
pub(super) struct Screen {
    bars: MultiProgress,
}

/// A step under way.
#[derive(Debug)]
pub(super) struct Step {
    bar: ProgressBar,
    screen: Screen,
    what: &'static str,
    since: std::time::Instant,
}

impl Screen {
    pub(super) fn new() -> Self {
        Self {
            bars: MultiProgress::new(),
        }
    }

    /// Shows that something is being done, until [`Step::done`].
    pub(super) fn step(&self, what: &'static str) -> Step {
        let bar = self.bars.add(ProgressBar::new_spinner().with_message(what));
        bar.enable_steady_tick(Duration::from_millis(100));
        Step {
            bar,
            screen: self.clone(),
            what,
            since: std::time::Instant::now(),
        }
    }

    /// A bar for `total` messages.
    pub(super) fn bar(&self, what: &'static str, total: u64) -> ProgressBar {
        let style = ProgressStyle::with_template("{msg} {wide_bar} {human_pos}/{human_len} {eta}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        self.bars
            .add(ProgressBar::new(total).with_style(style).with_message(what))
    }

    /// Where everything is, and what to ask first.
    pub(super) fn addresses(&self, http: SocketAddr, data_dir: &Path, neighbours: &Neighbours) {
        let ask = format!(
            "curl -s http://{http}/graphql -H 'content-type: application/json' \\\n    -d '{{\"query\": \"{{ latest {{ sensor {{ name unit {{ symbol }} }} time value flag }} }}\"}}'"
        );
        let rows = [
            ("Playground", format!("http://{http}/graphql")),
            ("Sensors", format!("http://{http}/sensors/")),
            ("Broker", neighbours.brokers.clone()),
            ("Raw messages", neighbours.store_place.clone()),
            ("Database", neighbours.database_place.clone()),
            ("Data", data_dir.display().to_string()),
        ];
        let table = rows
            .map(|(what, place)| format!("  {what:<13} {place}\n"))
            .concat();
        self.line(&format!(
            "\nFieldbook is up.\n\n{table}\nAsk for the latest readings:\n\n  {ask}\n\nCtrl-C stops it; the data stays.\n"
        ));
    }

    pub(super) fn finish(&self) {
        self.line("Stopped.");
    }

    fn line(&self, text: &str) {
        self.bars.suspend(|| answer::beside(text));
    }
}

impl Step {
    /// Leaves a line that says how long it took.
    pub(super) fn done(self) {
        self.done_with("");
    }

    /// The same, with a remark.
    pub(super) fn done_with(self, remark: &str) {
        self.bar.finish_and_clear();
        let remark = if remark.is_empty() {
            String::new()
        } else {
            format!(": {remark}")
        };
        self.screen.line(&format!(
            "  {}{remark} ({:.1} s)",
            self.what,
            self.since.elapsed().as_secs_f64()
        ));
    }
}
