//! The bounds of subscriptions, and what happens at each.

use std::time::Duration;

/// The bounds of subscriptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveLimits {
    /// WebSockets and event streams open at a time; one more is refused. Default: 2,000.
    pub connections_max: usize,
    /// Operations running on one WebSocket at a time; one more ends with `LIMIT_EXCEEDED`. Default: 100.
    pub operations_max: usize,
    /// Subscriptions of all connections together; one more ends with `LIMIT_EXCEEDED`. Default: 5,000.
    pub subscribers_max: usize,
    /// Subscriptions to changes of the catalogue; one more ends with `LIMIT_EXCEEDED`. Each may hold on to a catalogue that
    /// is otherwise forgotten. Default: 1,000.
    pub catalogue_subscribers_max: usize,
    /// Readings that wait for one subscriber; one that falls further behind is told so. Default: 20,000.
    pub queue_readings_max: usize,
    /// Readings that wait for all subscribers together, those that several wait for counted once for all of them. The
    /// readings of one look stay together until nobody waits for any of them. When there are more, everyone whose queue
    /// is not empty has fallen behind. Default: 1,000,000, some 80 MB.
    pub queued_readings_max: usize,
    /// Positions that a subscription catches up with from the database, after a cursor or when it has fallen behind.
    /// A position is a message. Default: 1,000,000.
    pub catch_up_max: u64,
    /// Subscriptions that read from the database at a time; others wait for their turn. Default: 4.
    pub catching_up_max: usize,
    /// The shortest time between two looks at the data. Default: 20 ms.
    pub look_interval: Duration,
    /// How long it takes until the hub looks although nobody notified it. Default: 5 s.
    pub poll_interval: Duration,
    /// How often a stream without readings says how far it has come. Default: 30 s.
    pub cursor_interval: Duration,
    /// How often it is asked again whether somebody may still see what they subscribed to. Default: 60 s.
    pub access_interval: Duration,
    /// How long a WebSocket may take to say who it is. Default: 10 s.
    pub init_timeout: Duration,
    /// How often an idle peer is pinged; one that is silent for twice as long is given up. Default: 20 s.
    pub ping_interval: Duration,
    /// How long a peer may take to take a message; a slower one is given up. Default: 20 s.
    pub send_timeout: Duration,
}

impl Default for LiveLimits {
    fn default() -> Self {
        Self {
            connections_max: 2_000,
            operations_max: 100,
            subscribers_max: 5_000,
            catalogue_subscribers_max: 1_000,
            queue_readings_max: 20_000,
            queued_readings_max: 1_000_000,
            catch_up_max: 1_000_000,
            catching_up_max: 4,
            look_interval: Duration::from_millis(20),
            poll_interval: Duration::from_secs(5),
            cursor_interval: Duration::from_secs(30),
            access_interval: Duration::from_mins(1),
            init_timeout: Duration::from_secs(10),
            ping_interval: Duration::from_secs(20),
            send_timeout: Duration::from_secs(20),
        }
    }
}
