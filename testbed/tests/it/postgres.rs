//! Each test has a database of its own.

use sea_orm::ConnectionTrait;

#[tokio::test]
async fn tests_do_not_see_each_others_tables() {
    let one = testbed::postgres().await;
    let other = testbed::postgres().await;
    one.connect()
        .await
        .execute_unprepared("CREATE TABLE mine (id int4)")
        .await
        .unwrap();
    other
        .connect()
        .await
        .execute_unprepared("CREATE TABLE mine (id int4)")
        .await
        .unwrap();
    assert_ne!(one.url(), other.url());
}

#[tokio::test]
async fn many_databases_are_made_at_once() {
    let databases = (0..8).map(|_| tokio::spawn(testbed::postgres()));
    for database in databases {
        database
            .await
            .unwrap()
            .connect()
            .await
            .execute_unprepared("SELECT 1")
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn the_owner_is_no_superuser() {
    let database = testbed::postgres_empty().await;
    let connection = database.connect().await;
    assert!(
        connection
            .execute_unprepared("CREATE ROLE another")
            .await
            .is_err()
    );
    connection
        .execute_unprepared("CREATE SCHEMA another")
        .await
        .unwrap();
}
