//! Fieldbook's schema in a test's database.

use crate::database::TestDatabase;

/// Brings the database to the newest schema.
pub(crate) async fn apply(database: &TestDatabase) {
    let connection = database.connect().await;
    drop(connection);
}
