//! PostgreSQL.

use std::path::Path;

use parts::Database;
use parts::database::{Durability, Options};
use sqlx::{Connection, PgConnection};

fn options(directory: &Path) -> Options {
    let mut options = Options::new(directory);
    options.shared_buffers_mb = 16;
    options.durability = Durability::None;
    options
}

async fn text(url: &str, query: &'static str) -> String {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let text = sqlx::query_scalar(query)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    text
}

#[tokio::test]
async fn it_keeps_its_data_from_one_start_to_the_next() {
    let room = super::room();
    let options = options(&room.path().join("postgres"));
    let first = Database::start(&options).await.unwrap();
    assert_eq!(
        text(&first.url(), "SELECT current_user || ' ' || current_database()").await,
        "fieldbook fieldbook"
    );
    assert_eq!(
        text(&first.url(), "SELECT current_setting('server_encoding')").await,
        "UTF8"
    );
    assert_eq!(
        text(&first.url(), "SELECT current_setting('data_checksums')").await,
        "on"
    );
    assert_eq!(
        text(&first.url(), "SELECT current_setting('listen_addresses')").await,
        ""
    );
    assert_eq!(
        text(&first.url(), "SELECT current_setting('shared_buffers')").await,
        "16MB"
    );
    text(&first.url(), "SELECT set_config('a.b', 'c', false)").await;
    let mut connection = PgConnection::connect(&first.url()).await.unwrap();
    sqlx::raw_sql("CREATE TABLE kept (id int4); INSERT INTO kept VALUES (1)")
        .execute(&mut connection)
        .await
        .unwrap();
    // A session that is open does not hold up the end.
    first.stop().await.unwrap();

    let second = Database::start(&options).await.unwrap();
    assert!(!second.is_adopted());
    assert_eq!(text(&second.url(), "SELECT count(*)::text FROM kept").await, "1");
    second.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_that_still_runs_is_adopted() {
    let room = super::room();
    let options = options(&room.path().join("postgres"));
    let forgotten = Database::start(&options).await.unwrap();
    let pid = forgotten.pid();
    drop(forgotten);
    let adopted = Database::start(&options).await.unwrap();
    assert!(adopted.is_adopted());
    assert_eq!(adopted.pid(), pid);
    assert_eq!(text(&adopted.url(), "SELECT 'answers'").await, "answers");
    adopted.stop().await.unwrap();
    let again = Database::start(&options).await.unwrap();
    assert_ne!(again.pid(), pid);
    again.stop().await.unwrap();
}

#[tokio::test]
async fn a_killed_server_is_started_anew() {
    let room = super::room();
    let mut options = options(&room.path().join("postgres"));
    options.durability = Durability::Full;
    let mut killed = Database::start(&options).await.unwrap();
    text(&killed.url(), "SELECT 'answers'").await;
    let pid = rustix::process::Pid::from_raw(killed.pid()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    killed.ended().await;
    let next = Database::start(&options).await.unwrap();
    assert_eq!(text(&next.url(), "SELECT 'answers'").await, "answers");
    next.stop().await.unwrap();
}

#[tokio::test]
async fn a_half_made_cluster_is_made_again() {
    let room = super::room();
    let options = options(&room.path().join("postgres"));
    let database = Database::start(&options).await.unwrap();
    let data = database.directory().join("data");
    database.stop().await.unwrap();
    // What a power cut in the middle of initdb leaves.
    std::fs::rename(&data, data.with_extension("partial")).unwrap();
    std::fs::remove_file(data.with_extension("partial").join("PG_VERSION")).unwrap();
    let database = Database::start(&options).await.unwrap();
    assert_eq!(text(&database.url(), "SELECT 'answers'").await, "answers");
    assert!(!database.directory().join("data.partial").exists());
    database.stop().await.unwrap();
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_works() {
    let room = super::room();
    let options = options(&room.path().join("long".repeat(25)).join("postgres"));
    std::fs::create_dir(options.directory.parent().unwrap()).unwrap();
    let database = Database::start(&options).await.unwrap();
    assert_eq!(text(&database.url(), "SELECT 'answers'").await, "answers");
    database.stop().await.unwrap();
}

#[tokio::test]
async fn the_operators_settings_come_above_fieldbooks() {
    let room = super::room();
    let options = options(&room.path().join("postgres"));
    let database = Database::start(&options).await.unwrap();
    let superuser = database.url_of("postgres", "postgres");
    let mut connection = PgConnection::connect(&superuser).await.unwrap();
    sqlx::raw_sql("ALTER SYSTEM SET shared_buffers = '24MB'")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    database.stop().await.unwrap();
    let database = Database::start(&options).await.unwrap();
    assert_eq!(
        text(&database.url(), "SELECT current_setting('shared_buffers')").await,
        "24MB"
    );
    database.stop().await.unwrap();
}

#[tokio::test]
async fn a_missing_program_says_how_to_install_it() {
    let room = super::room();
    let mut options = options(&room.path().join("postgres"));
    options.search = Vec::new();
    let error = super::chain(&Database::start(&options).await.unwrap_err());
    assert!(error.contains("apt-get install postgresql"), "{error}");
}

#[tokio::test]
async fn a_server_that_cannot_start_shows_its_last_words() {
    let room = super::room();
    let options = options(&room.path().join("postgres"));
    let database = Database::start(&options).await.unwrap();
    let configuration = database.directory().join("data/postgresql.conf");
    database.stop().await.unwrap();
    let mut text = std::fs::read_to_string(&configuration).unwrap();
    text.push_str("no_such_setting = 1\n");
    std::fs::write(&configuration, text).unwrap();
    let error = super::chain(&Database::start(&options).await.unwrap_err());
    assert!(
        error.contains("postgres.log") && error.contains("configuration file"),
        "{error}"
    );
}
