//! Broker, object store and database: private ones, or the user's.

use std::path::Path;

use anyhow::Context as _;
use archive::Secret;
use parts::broker::{self, Broker};
use parts::database::{self, Database};
use parts::object_store::{self, ObjectStore};

use super::screen::Screen;
use crate::cli::UpArgs;
use crate::mqtt_url::MqttUrl;
use crate::wiring;

/// What the ingestor and the API work with, and what of it is ours to stop.
#[derive(Debug)]
pub(super) struct Neighbours {
    pub(super) mqtt: MqttUrl,
    /// The topics received from, for people.
    pub(super) topic: String,
    pub(super) store: archive::Config,
    /// Where raw messages lie, for people.
    pub(super) store_place: String,
    pub(super) database_url: String,
    /// How to look at the database, for people.
    pub(super) database_place: String,
    broker: Option<Broker>,
    object_store: Option<ObjectStore>,
    database: Option<Database>,
}
