//! What happens in the ingest, told once: a metric, and where a person should know, a line in the log.
//!
//! | metric | meaning |
//! |---|---|
//! | `fieldbook_ingest_connected{source}` | 1 while the connection to the source's broker is up |
//! | `fieldbook_ingest_connections_lost_total{source}` | connections that ended by themselves |
//! | `fieldbook_ingest_sessions_lost_total{source}` | times that the broker had not kept our session, and with it what it had received for us |
//! | `fieldbook_ingest_messages_received_total{qos}` | messages delivered by the broker |
//! | `fieldbook_ingest_messages_acknowledged_total` | QoS 1 messages on disk and acknowledged |
//! | `fieldbook_ingest_messages_lost_total` | QoS 0 messages that found no room |
//! | `fieldbook_ingest_messages_loaded_total` | messages and sensor lists whose effects are committed to the database |
//! | `fieldbook_ingest_messages_decoded_total` | of those, the ones that were understood |
//! | `fieldbook_ingest_messages_quarantined_total{reason}` | of those, the ones kept aside, by reason; and, as `refused_by_database`, readings of understood ones |
//! | `fieldbook_ingest_readings_total{result}` | readings: new, duplicate, conflicting, refused |
//! | `fieldbook_ingest_unbalanced_total{item}` | messages and readings of which it is not known what became of them; other than 0 is a bug |
//! | `fieldbook_ingest_sensors_registered_total` | sensors that messages registered |
//! | `fieldbook_ingest_loaded_seq` | the last position committed to the database |
//! | `fieldbook_ingest_durable_seq` | the last position on disk |
//! | `fieldbook_ingest_archived_seq` | the last position verified on S3 |
//! | `fieldbook_ingest_journal_bytes` | the journal's size on disk |
//! | `fieldbook_ingest_journal_full` | 1 while the journal takes nothing |
//! | `fieldbook_ingest_read_back_total` | messages that the loader has read back from S3, for the journal had let them go |
//! | `fieldbook_ingest_archived_bytes_total` | bytes of objects written to S3 |
//! | `fieldbook_ingest_messages_archived_total` | messages and sensor lists in them |
//! | `fieldbook_ingest_retries_total{part}` | times a part had to try again: loader, archiver, manifest, refresher, replayer, sweeper |
//! | `fieldbook_quarantine_replayed_total{result}` | messages that were set aside and tried again: used, failed |
//! | `fieldbook_retention_deleted_total` | rows, and chunks of hypertables, deleted because they are no longer kept |
//! | `fieldbook_rollup_buckets_computed_total{width}` | buckets of sensors computed: minute, hour, day |
//! | `fieldbook_rollup_behind` | 1 while the refresher has more to do than a step takes |
//!
//! The mass balance, of one process since its start (docs/reference/lineage.md has that of everything, from the database):
//! *loaded = decoded + quarantined* but for the reason `refused_by_database`, and *decoded = new + duplicate + conflicting +
//! refused* but for the sensor lists, where messages hold one reading each. `loaded_seq`, `archived_seq` and `durable_seq` are the same when all is done.

use metrics::{counter, gauge};

pub(crate) fn connected(source: &str, session_present: bool) {
    gauge!("fieldbook_ingest_connected", "source" => source.to_owned()).set(1.0);
    let session = if session_present {
        "its session goes on"
    } else {
        "with a new session"
    };
    tracing::info!(source, "connected to the broker, {session}");
}

pub(crate) fn session_lost(source: &str) {
    counter!("fieldbook_ingest_sessions_lost_total", "source" => source.to_owned()).increment(1);
    tracing::warn!(
        source,
        "the broker has not kept our session: what it received for us since we were connected last is lost; have it keep \
         sessions on its disk, and for longer than Fieldbook is ever away"
    );
}

pub(crate) fn connection_lost(source: &str, reason: &str) {
    gauge!("fieldbook_ingest_connected", "source" => source.to_owned()).set(0.0);
    counter!("fieldbook_ingest_connections_lost_total", "source" => source.to_owned()).increment(1);
    tracing::warn!(source, "lost the broker, connecting again: {reason}");
}

pub(crate) fn granted_qos0(topic: &str) {
    tracing::warn!(
        "the broker grants only QoS 0 on {topic:?}: what it delivers while Fieldbook is away is lost"
    );
}

pub(crate) fn received(qos: u8) {
    let qos = if qos == 0 { "0" } else { "1" };
    counter!("fieldbook_ingest_messages_received_total", "qos" => qos).increment(1);
}

pub(crate) fn acknowledged() {
    counter!("fieldbook_ingest_messages_acknowledged_total").increment(1);
}

pub(crate) fn qos0_lost() {
    counter!("fieldbook_ingest_messages_lost_total").increment(1);
}

pub(crate) fn quarantined(reason: &'static str) {
    counter!("fieldbook_ingest_messages_quarantined_total", "reason" => reason).increment(1);
}

/// Makes the counters of the balance known before anything is counted: an absent one is no zero.
pub(crate) fn loading() {
    loaded(0, &entity::load::Counts::default(), 0);
    for item in ["messages", "readings"] {
        counter!("fieldbook_ingest_unbalanced_total", "item" => item).increment(0);
    }
}

/// What of a batch did not come out of it again, or came out of nothing.
pub(crate) fn unbalanced(item: &'static str, difference: i64, seq: u64) {
    if difference != 0 {
        counter!("fieldbook_ingest_unbalanced_total", "item" => item).increment(difference.unsigned_abs());
        tracing::error!(
            journal.seq = seq,
            "the books of a batch up to position {seq} don't balance by {difference} {item}: please report it"
        );
    }
}

/// What a committed batch amounted to.
pub(crate) fn loaded(messages: i64, counts: &entity::load::Counts, sensors_registered: usize) {
    let add = |result: &'static str, count: i64| {
        counter!("fieldbook_ingest_readings_total", "result" => result)
            .increment(u64::try_from(count).unwrap_or(0));
    };
    add("new", counts.readings_new);
    add("duplicate", counts.readings_duplicate);
    add("conflicting", counts.readings_conflicting);
    add("refused", counts.readings_refused);
    counter!("fieldbook_ingest_messages_loaded_total").increment(u64::try_from(messages).unwrap_or(0));
    counter!("fieldbook_ingest_messages_decoded_total").increment(u64::try_from(counts.decoded).unwrap_or(0));
    counter!("fieldbook_ingest_sensors_registered_total").increment(sensors_registered as u64);
}

#[expect(
    clippy::cast_precision_loss,
    reason = "positions stay below 2^53 for centuries"
)]
pub(crate) fn loaded_to(seq: u64) {
    gauge!("fieldbook_ingest_loaded_seq").set(seq as f64);
}

pub(crate) fn archived(key: &str, messages: u64, bytes: u64, seq: u64) {
    counter!("fieldbook_ingest_archived_bytes_total").increment(bytes);
    counter!("fieldbook_ingest_messages_archived_total").increment(messages);
    archived_to(seq);
    tracing::info!(messages, bytes, "archived {key}");
}

/// Messages that came back from S3.
pub(crate) fn read_back(messages: usize) {
    counter!("fieldbook_ingest_read_back_total").increment(messages as u64);
}

#[expect(
    clippy::cast_precision_loss,
    reason = "positions stay below 2^53 for centuries"
)]
pub(crate) fn archived_to(seq: u64) {
    gauge!("fieldbook_ingest_archived_seq").set(seq as f64);
}

#[expect(
    clippy::cast_precision_loss,
    reason = "positions and sizes stay below 2^53 for centuries"
)]
pub(crate) fn journal(durable_seq: u64, bytes: u64) {
    gauge!("fieldbook_ingest_durable_seq").set(durable_seq as f64);
    gauge!("fieldbook_ingest_journal_bytes").set(bytes as f64);
}

pub(crate) fn journal_full(what: Option<&journal::Full>) {
    gauge!("fieldbook_ingest_journal_full").set(if what.is_some() { 1.0 } else { 0.0 });
    if let Some(what) = what {
        tracing::error!("the journal takes nothing more, and messages are no longer acknowledged: {what}");
    } else {
        tracing::info!("the journal has room again");
    }
}

/// What a step of the refresher computed.
pub(crate) fn refreshed(step: &entity::rollup::Refreshed) {
    for (width, count) in [("minute", step.minutes), ("hour", step.hours), ("day", step.days)] {
        counter!("fieldbook_rollup_buckets_computed_total", "width" => width).increment(count);
    }
    gauge!("fieldbook_rollup_behind").set(if step.more { 1.0 } else { 0.0 });
}

/// What is no longer kept was deleted.
pub(crate) fn swept(deleted: u64) {
    counter!("fieldbook_retention_deleted_total").increment(deleted);
    if deleted > 0 {
        tracing::info!(deleted, "deleted what is no longer kept");
    }
}

/// What became of messages that were tried again.
pub(crate) fn replayed(used: u64, failed: u64) {
    for (result, count) in [("used", used), ("failed", failed)] {
        counter!("fieldbook_quarantine_replayed_total", "result" => result).increment(count);
    }
}

/// Payloads that must be read from the object store are not there now.
pub(crate) fn replay_without_store(error: &archive::StoreError) {
    tracing::warn!(
        "messages that were set aside wait for their payloads: {}",
        crate::chain(error)
    );
}

/// A part could not go on and will try again after `delay`.
pub(crate) fn retry(part: &'static str, error: &dyn std::error::Error, delay: std::time::Duration) {
    counter!("fieldbook_ingest_retries_total", "part" => part).increment(1);
    tracing::warn!(
        "the {part} tries again in {} ms: {}",
        delay.as_millis(),
        crate::chain(error)
    );
}
