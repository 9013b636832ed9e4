//! An S3 of a test's own.

use std::ops::Deref;

use parts::ObjectStore;
use parts::object_store::Options;

use crate::OrGiveUp;
use crate::room::Room;

/// The bucket that a test's store has.
const BUCKET: &str = "fieldbook";

/// A fresh object store, served by the test's own runtime; it ends with this value.
#[derive(Debug)]
pub struct TestObjectStore {
    store: ObjectStore,
    _room: Room,
}

impl Deref for TestObjectStore {
    type Target = ObjectStore;

    fn deref(&self) -> &ObjectStore {
        &self.store
    }
}

/// Starts a store with an empty bucket, on a free port.
pub async fn object_store() -> TestObjectStore {
    let room = Room::new("objects");
    let options = Options::new(room.path().join("objects"), BUCKET);
    let store = ObjectStore::start(&options)
        .await
        .or_give_up("start the test's object store");
    TestObjectStore { store, _room: room }
}
