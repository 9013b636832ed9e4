//! What every session is told.

use std::time::Duration;

use entity::{ConnectError, ConnectOptions, connect};
use sea_orm::ConnectionTrait;

use crate::support::{one, postgres};

#[tokio::test]
async fn every_session_speaks_utc_compiles_nothing_and_bears_the_name_and_the_timeout() {
    let server = postgres().await;
    // Even where the database's own default is another.
    server
        .db
        .execute_unprepared(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %1$I SET TimeZone = ''Asia/Tokyo''; \
                                                ALTER DATABASE %1$I SET jit = on', \
                                  current_database()); END $$",
        )
        .await
        .unwrap();
    let options = ConnectOptions {
        url: server.url.clone(),
        application_name: "fieldbook-claim",
        connections_max: 1,
        statement_timeout: Some(Duration::from_millis(1234)),
    };
    let db = connect(&options).await.unwrap();
    let select = "SELECT current_setting('TimeZone') || ' ' || current_setting('application_name') || ' ' \
                  || current_setting('statement_timeout') || ' ' || current_setting('jit')";
    assert_eq!(one::<String>(&db, select).await, "UTC fieldbook-claim 1234ms off");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_without_the_password() {
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let options = ConnectOptions {
        url: format!("postgres://user:hunter2@{free}/fieldbook"),
        application_name: "fieldbook-claim",
        connections_max: 1,
        statement_timeout: None,
    };
    let error = connect(&options).await.unwrap_err();
    assert!(matches!(error, ConnectError::Connect(_)));
    assert!(!format!("{error:?} {error}").contains("hunter2"));
}
