//! The TimescaleDB of tests is the real one.

use sea_orm::{ConnectionTrait, Statement, TransactionTrait};
use sqlx::{Connection, PgConnection};

async fn text(connection: &impl ConnectionTrait, statement: &str) -> String {
    let statement = Statement::from_string(connection.get_database_backend(), statement);
    connection
        .query_one_raw(statement)
        .await
        .unwrap()
        .unwrap()
        .try_get_by_index(0)
        .unwrap()
}

#[tokio::test]
async fn it_has_the_full_licence_and_makes_hypertables() {
    let database = testbed::timescale_empty().await;
    let connection = database.connect().await;
    assert_eq!(text(&connection, "SHOW timescaledb.license").await, "timescale");
    connection
        .execute_unprepared("CREATE TABLE r (time timestamptz NOT NULL, value float8)")
        .await
        .unwrap();
    connection
        .execute_unprepared("SELECT create_hypertable('r', by_range('time', INTERVAL '1 day'))")
        .await
        .unwrap();
    connection
        .execute_unprepared(
            "INSERT INTO r SELECT '2026-11-23'::timestamptz + i * INTERVAL '1 hour', i FROM generate_series(1, 72) i",
        )
        .await
        .unwrap();
    let chunks = text(
        &connection,
        "SELECT count(*)::text FROM timescaledb_information.chunks",
    )
    .await;
    assert_eq!(chunks, "4");
}

#[tokio::test]
async fn connections_keep_their_prepared_statements_apart() {
    let database = testbed::timescale_empty().await;
    let mut one = PgConnection::connect(database.url()).await.unwrap();
    let mut other = PgConnection::connect(database.url()).await.unwrap();
    for round in 0..3_i32 {
        let a: i32 = sqlx::query_scalar("SELECT $1 + 1")
            .bind(round)
            .fetch_one(&mut one)
            .await
            .unwrap();
        let b: i32 = sqlx::query_scalar("SELECT $1 + 2")
            .bind(round)
            .fetch_one(&mut other)
            .await
            .unwrap();
        assert_eq!((a, b), (round + 1, round + 2));
    }
    one.close().await.unwrap();
    let b: i32 = sqlx::query_scalar("SELECT $1 + 2")
        .bind(7_i32)
        .fetch_one(&mut other)
        .await
        .unwrap();
    assert_eq!(b, 9);
}

#[tokio::test]
async fn a_message_larger_than_a_packet_arrives() {
    let database = testbed::timescale_empty().await;
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    let numbers: Vec<i64> = (0..100_000).collect();
    let sum: i64 = sqlx::query_scalar("SELECT sum(n)::int8 FROM unnest($1::int8[]) n")
        .bind(&numbers)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(sum, numbers.iter().sum::<i64>());
}

#[tokio::test]
async fn a_dropped_connection_leaves_no_transaction() {
    let database = testbed::timescale_empty().await;
    let mut one = PgConnection::connect(database.url()).await.unwrap();
    sqlx::raw_sql("BEGIN; CREATE TABLE gone (id int4)")
        .execute(&mut one)
        .await
        .unwrap();
    drop(one);
    let mut other = PgConnection::connect(database.url()).await.unwrap();
    let found: bool = sqlx::query_scalar("SELECT to_regclass('gone') IS NOT NULL")
        .fetch_one(&mut other)
        .await
        .unwrap();
    assert!(!found);
}

#[tokio::test]
async fn an_error_is_an_error_and_the_session_goes_on() {
    let database = testbed::timescale_empty().await;
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    for _ in 0..2 {
        let error = sqlx::query("SELECT 1 / $1")
            .bind(0_i32)
            .execute(&mut connection)
            .await
            .unwrap_err();
        assert_eq!(error.as_database_error().unwrap().code().unwrap(), "22012");
        // What would crash it.
        let copy = sqlx::query("COPY pg_class FROM STDIN");
        let error = copy.execute(&mut connection).await.unwrap_err();
        assert_eq!(error.as_database_error().unwrap().code().unwrap(), "0A000");
        let copy = sqlx::raw_sql("SELECT 1; COPY pg_class FROM STDIN");
        let error = copy.execute(&mut connection).await.unwrap_err();
        assert_eq!(error.as_database_error().unwrap().code().unwrap(), "0A000");
    }
    sqlx::query("SELECT 1").execute(&mut connection).await.unwrap();
}

/// Copies lines into the table `copied`.
async fn copy(connection: &mut PgConnection, lines: &str) -> Result<u64, sqlx::Error> {
    let mut copy = connection.copy_in_raw("COPY copied (id) FROM STDIN").await?;
    copy.send(lines.as_bytes()).await?;
    copy.finish().await
}

testbed::both! {
    async fn a_transaction_is_rolled_back(database: testbed::TestDatabase) {
        let connection = database.connect().await;
        let transaction = connection.begin().await.unwrap();
        transaction.execute_unprepared("CREATE TABLE gone (id int4)").await.unwrap();
        transaction.rollback().await.unwrap();
        assert_eq!(text(&connection, "SELECT (to_regclass('gone') IS NULL)::text").await, "true");
    }

    async fn settings_of_the_url_count(database: testbed::TestDatabase) {
        let url = format!("{}&options=-c%20statement_timeout%3D1234&application_name=me", database.url());
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let timeout: String = sqlx::query_scalar("SHOW statement_timeout").fetch_one(&mut connection).await.unwrap();
        let name: String = sqlx::query_scalar("SHOW application_name").fetch_one(&mut connection).await.unwrap();
        assert_eq!((timeout.as_str(), name.as_str()), ("1234ms", "me"));
    }
}

testbed::both_empty! {
    async fn rows_are_copied_and_none_of_them_when_one_is_refused(database: testbed::TestDatabase) {
        let mut connection = PgConnection::connect(database.url()).await.unwrap();
        let count = "SELECT count(*) FROM copied";
        sqlx::raw_sql("CREATE TABLE copied (id int4 PRIMARY KEY)").execute(&mut connection).await.unwrap();
        assert_eq!(copy(&mut connection, "1\n2\n").await.unwrap(), 2);
        let error = copy(&mut connection, "3\n2\n").await.unwrap_err();
        assert_eq!(error.as_database_error().unwrap().code().unwrap(), "23505");

        let mut given_up = connection.copy_in_raw("COPY copied (id) FROM STDIN").await.unwrap();
        given_up.send(b"4\n".as_slice()).await.unwrap();
        given_up.abort("enough").await.unwrap();

        let mut transaction = connection.begin().await.unwrap();
        assert_eq!(copy(&mut transaction, "5\n").await.unwrap(), 1);
        let inside: i64 = sqlx::query_scalar(count).fetch_one(&mut *transaction).await.unwrap();
        assert_eq!(inside, 3);
        copy(&mut transaction, "nonsense\n").await.unwrap_err();
        let error = sqlx::query(count).execute(&mut *transaction).await.unwrap_err();
        assert_eq!(error.as_database_error().unwrap().code().unwrap(), "25P02");
        transaction.rollback().await.unwrap();
        let after: i64 = sqlx::query_scalar(count).fetch_one(&mut connection).await.unwrap();
        assert_eq!(after, 2);
    }

    async fn an_empty_database_has_no_tables(database: testbed::TestDatabase) {
        let connection = database.connect().await;
        let count = "SELECT count(*)::text FROM pg_tables WHERE schemaname = 'public'";
        assert_eq!(text(&connection, count).await, "0");
    }
}
