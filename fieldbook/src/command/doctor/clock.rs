//! Whether this machine's clock is right, as far as its neighbours know.

use chrono::TimeDelta;

use super::Finding;

/// Readings from the future are set aside beyond an hour; receipts that jump disturb the order of conflicts long before.
const WARNING: TimeDelta = TimeDelta::seconds(5);
/// S3 refuses signatures of another quarter of an hour.
const BROKEN: TimeDelta = TimeDelta::minutes(15);

/// Holds our clock against those of others; each with the seconds that it is ahead, where it is known.
pub(super) fn look(others: &[(&str, Option<TimeDelta>)]) -> Finding {
    let known: Vec<(&str, TimeDelta)> = others
        .iter()
        .filter_map(|(whose, ahead)| Some((*whose, (*ahead)?)))
        .collect();
    let said = known
        .iter()
        .map(|(whose, ahead)| format!("{} ms from the {whose}'s", ahead.num_milliseconds().abs()))
        .collect::<Vec<_>>()
        .join(", ");
    let most = known.iter().map(|(_, ahead)| ahead.abs()).max();
    let hint = "let the machines' clocks be set by NTP (timedatectl set-ntp true): receipts are dated by this machine's clock";
    match most {
        None => Finding::warning("clock", "nobody to hold it against", "see what is broken above"),
        Some(most) if most >= BROKEN => Finding::broken("clock", said, hint),
        Some(most) if most >= WARNING => Finding::warning("clock", said, hint),
        Some(_) => Finding::well("clock", said),
    }
}
