//! Which source the imagined plant sends to, and a sensor list of the command line is about.

use ingestor::decode::Format;

use crate::sources::Configured;

/// A source that reads plain messages from the broker of this `up`.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) source: String,
    pub(super) topic: String,
}

impl Stage {
    /// The first such source; where something is published to it, its first topic must be one and not a filter.
    pub(super) fn find(sources: &[Configured], publishes: bool) -> anyhow::Result<Self> {
        let found = sources.iter().find(|configured| {
            configured.at_home && matches!(configured.source.manner.format, Format::Plain)
        });
        let Some(configured) = found else {
            anyhow::bail!(
                "the simulator's messages, or the sensors of --sensors, are of no source: none of the file reads plain messages \
                 from the broker of fieldbook up; add one without broker and message, or give --no-simulator and name \
                 sensor lists in the file"
            );
        };
        let topic = configured.source.topics.first().cloned().unwrap_or_default();
        anyhow::ensure!(
            !publishes || !topic.contains(['+', '#', '$']),
            "the simulator can't publish on the filter {topic:?}: give a plain --topic first, or --no-simulator"
        );
        Ok(Self {
            source: configured.source.name.clone(),
            topic,
        })
    }
}
