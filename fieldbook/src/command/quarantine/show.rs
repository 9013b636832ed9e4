//! One message that could not be used, with its payload.

use anyhow::Context as _;
use entity::Scope;
use entity::quarantine::{self, QuarantineFilter};
use entity::query::page::{PageAt, PageRequest};

use super::{id, open, place, state, time, unknown};
use crate::cli::DatabaseArgs;
use crate::command::answer;

pub(super) async fn run(message: &str, database: &DatabaseArgs) -> anyhow::Result<()> {
    let db = open(database).await?;
    let place = place(&db, message).await?;
    let filter = QuarantineFilter {
        place: Some(place),
        ..QuarantineFilter::default()
    };
    let request = PageRequest {
        limit: 1,
        at: PageAt::First(None),
    };
    let page = quarantine::page(&db, &Scope::Everything, &filter, &request)
        .await
        .context("read the message")?;
    let found = page.rows.first().with_context(|| unknown(message))?;
    let payloads = quarantine::payloads(&db, &Scope::Everything, &[place])
        .await
        .context("read its payload")?;
    let kept = payloads.get(&place).map(Vec::as_slice).unwrap_or_default();
    let size = if found.is_cut() {
        format!(
            "{} bytes, of which the first {} are kept here; the whole message lies in the object store",
            found.payload_size, found.payload_kept
        )
    } else {
        format!("{} bytes", found.payload_size)
    };
    for (name, value) in [
        ("message", id(found)),
        ("received", time(found.received_at)),
        ("source", found.source.clone()),
        ("topic", found.topic.clone()),
        (
            "sensor",
            found
                .sensor
                .clone()
                .unwrap_or_else(|| "(none could be read)".to_owned()),
        ),
        ("reason", format!("{}: {}", found.code, found.reason)),
        ("state", state(found)),
        ("payload", size),
    ] {
        answer::line(format_args!("{name:<9} {}", on_one_line(&value)))?;
    }
    answer::line(format_args!("\n{}", shown(kept)))
}

fn on_one_line(text: &str) -> String {
    text.chars()
        .map(|char| if char.is_control() { '\u{fffd}' } else { char })
        .collect()
}

/// Text as it is, but for what would steer a terminal; other bytes in escapes.
fn shown(payload: &[u8]) -> String {
    match std::str::from_utf8(payload) {
        Ok(text) => text
            .chars()
            .map(|char| match char {
                '\n' | '\t' => char,
                char if char.is_control() => '\u{fffd}',
                char => char,
            })
            .collect(),
        Err(_) => payload.escape_ascii().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_payload_steers_the_terminal() {
        assert_eq!(shown("{\n\t\"ü\"\u{1b}[2J".as_bytes()), "{\n\t\"ü\"\u{fffd}[2J");
        assert_eq!(shown(b"\xff\x1b[2J"), r"\xff\x1b[2J");
        assert_eq!(on_one_line("a\nb"), "a\u{fffd}b");
    }
}
