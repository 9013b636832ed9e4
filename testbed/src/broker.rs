//! A Mosquitto of a test's own.

use std::ops::Deref;

use parts::Broker;
use parts::broker::Options;

use crate::OrGiveUp;
use crate::room::Room;

/// A fresh broker; it ends with this value.
#[derive(Debug)]
pub struct TestBroker {
    broker: Broker,
    // Dropped last: its watchdog ends the server.
    _room: Room,
}

impl Deref for TestBroker {
    type Target = Broker;

    fn deref(&self) -> &Broker {
        &self.broker
    }
}

/// Starts a Mosquitto with nothing in it, on a free port.
pub async fn broker() -> TestBroker {
    let room = Room::new("broker");
    let options = Options::new(room.path().join("broker"));
    let broker = Broker::start(&options)
        .await
        .or_give_up("start the test's Mosquitto");
    TestBroker { broker, _room: room }
}
