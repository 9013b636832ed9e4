//! What was found, told as it is found.

use crate::command::answer;

/// Something that was looked at.
#[derive(Debug)]
pub(super) struct Finding {
    what: String,
    state: State,
    said: String,
    hint: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Well,
    /// It works, and somebody should know.
    Warning,
    /// An ingestor would not work.
    Broken,
}

impl Finding {
    pub(super) fn well(what: impl Into<String>, said: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            state: State::Well,
            said: said.into(),
            hint: None,
        }
    }

    pub(super) fn warning(what: impl Into<String>, said: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            state: State::Warning,
            said: said.into(),
            hint: Some(hint.into()),
        }
    }

    pub(super) fn broken(what: impl Into<String>, said: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            state: State::Broken,
            said: said.into(),
            hint: Some(hint.into()),
        }
    }
}

/// All that was told.
#[derive(Debug, Default)]
pub(super) struct Findings {
    broken: Vec<String>,
}

impl Findings {
    /// Tells a finding: a line, and a line below it that says what to do.
    pub(super) fn tell(&mut self, finding: Finding) -> anyhow::Result<()> {
        let state = match finding.state {
            State::Well => "ok    ",
            State::Warning => "warn  ",
            State::Broken => "BROKEN",
        };
        answer::line(format_args!("{state}  {}: {}", finding.what, finding.said))?;
        if let Some(hint) = &finding.hint {
            answer::line(format_args!("        → {hint}"))?;
        }
        if finding.state == State::Broken {
            self.broken.push(finding.what);
        }
        Ok(())
    }

    /// An error names what is broken, and so makes the exit code.
    pub(super) fn outcome(self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.broken.is_empty(),
            "an ingestor would not work: {}",
            self.broken.join(", ")
        );
        Ok(())
    }
}
