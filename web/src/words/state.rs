//! States in a word, a sign and a colour: never by colour alone.

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct State {
    /// The word.
    pub(crate) word: &'static str,
    /// The sign before it.
    pub(crate) sign: &'static str,
    /// The class of style: `ok`, `warn`, `bad` or `none`.
    pub(crate) class: &'static str,
    /// What it means, in a sentence.
    pub(crate) meaning: &'static str,
}

const fn state(word: &'static str, sign: &'static str, class: &'static str, meaning: &'static str) -> State {
    State {
        word,
        sign,
        class,
        meaning,
    }
}

impl State {
    /// Of freshness, in the words of GraphQL.
    pub(crate) fn freshness(word: &str) -> Self {
        match word {
            "FRESH" => state(
                "Fresh",
                "●",
                "ok",
                "The newest item is as young as it is expected to be, and enough sensors are fresh.",
            ),
            "LATE" => state(
                "Late",
                "▲",
                "warn",
                "The newest item, or that of too many sensors, is older than expected, but not yet stale.",
            ),
            "STALE" => state(
                "Stale",
                "■",
                "bad",
                "The newest item, or that of too many sensors, is older than is promised or can be expected.",
            ),
            "NO_DATA" => state("No data", "○", "bad", "Data is expected, and none ever came."),
            "NO_EXPECTATION" => state(
                "No expectation",
                "–",
                "none",
                "Nobody said, and the data does not tell, how often it comes.",
            ),
            _ => state("Unknown", "?", "none", "It could not be found out."),
        }
    }

    /// Of quality, in the words of GraphQL.
    pub(crate) fn quality(word: &str) -> Self {
        match word {
            "PASS" => state("Good", "●", "ok", "No figure is below its thresholds."),
            "WARN" => state(
                "Doubtful",
                "▲",
                "warn",
                "A figure is below the threshold of warning.",
            ),
            "FAIL" => state(
                "Failing",
                "■",
                "bad",
                "A figure is below the threshold of failure.",
            ),
            _ => state(
                "Not applicable",
                "–",
                "none",
                "Nothing is expected, so nothing can be held against it.",
            ),
        }
    }

    /// Of a reading's flag, in the words of QARTOD.
    pub(crate) fn flag(word: &str) -> Self {
        match word {
            "PASS" => state("Pass", "●", "ok", "It passed the tests that ran."),
            "SUSPECT" => state("Suspect", "▲", "warn", "A test doubts it."),
            "FAIL" => state(
                "Fail",
                "✕",
                "bad",
                "It lies outside of what its sensor can report.",
            ),
            "MISSING" => state("Missing", "○", "bad", "It was expected, and did not come."),
            _ => state(
                "Not evaluated",
                "–",
                "none",
                "No test could run: the sensor declares no range.",
            ),
        }
    }

    /// Of an incident.
    pub(crate) fn incident(is_open: bool) -> Self {
        if is_open {
            state("Open", "■", "bad", "It is not over.")
        } else {
            state("Over", "●", "ok", "It is over.")
        }
    }

    /// Of a key.
    pub(crate) fn key(is_good: bool, is_revoked: bool) -> Self {
        match (is_good, is_revoked) {
            (true, _) => state("Good", "●", "ok", "It is taken."),
            (false, true) => state("Revoked", "✕", "bad", "It was revoked."),
            (false, false) => state(
                "Over",
                "○",
                "none",
                "Its time is over, or that of what it was made with.",
            ),
        }
    }

    /// Of a request for access.
    pub(crate) fn request(word: &str) -> Self {
        match word {
            "PENDING" => state("Waits", "▲", "warn", "A steward has yet to decide."),
            "GRANTED" => state("Granted", "●", "ok", "The dataset is open to who asked."),
            "DENIED" => state("Denied", "✕", "bad", "The dataset stays closed."),
            _ => state("Withdrawn", "○", "none", "Who asked took it back."),
        }
    }

    /// Of a message that was set aside.
    pub(crate) fn quarantine(word: &str) -> Self {
        match word {
            "WAITING" => state("Waits", "▲", "warn", "It is about to be tried again."),
            "FAILED" => state(
                "Failed again",
                "✕",
                "bad",
                "It was tried again, and could not be used.",
            ),
            _ => state("Kept", "○", "none", "It was not tried again yet."),
        }
    }

    /// Of a request to try messages again.
    pub(crate) fn replay(word: &str) -> Self {
        match word {
            "DONE" => state("Done", "●", "ok", "Every message was tried."),
            "RUNNING" => state("Runs", "▲", "warn", "Messages are being tried."),
            _ => state("Waits", "○", "none", "No ingestor has taken it up yet."),
        }
    }

    /// Of a balance.
    pub(crate) fn balance(is_balanced: Option<bool>) -> Self {
        match is_balanced {
            Some(true) => state(
                "Balanced",
                "●",
                "ok",
                "Everything that went in came out, or is known to wait.",
            ),
            Some(false) => state("Unbalanced", "■", "bad", "Some records are missing, or too many."),
            None => state("Not counted", "–", "none", "There is nothing to hold it against."),
        }
    }
}
