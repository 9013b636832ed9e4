//! Fieldbook's schema in a test's database.

use crate::OrGiveUp;
use crate::database::TestDatabase;

/// Brings the database to the newest schema, and leaves no connection behind: a template must have none.
pub(crate) async fn apply(database: &TestDatabase) {
    let connection = database.connect().await;
    migration::up(&connection)
        .await
        .or_give_up("bring the test's database to Fieldbook's schema");
    connection
        .close()
        .await
        .or_give_up("disconnect from the test's database");
}
