//! The one private PostgreSQL of a test process, and a database in it for each test.

use std::sync::atomic::{AtomicU32, Ordering};

use parts::database::{Database, Durability, NAME, Options, SUPERUSER};
use sqlx::{Connection, PgConnection};
use tokio::sync::OnceCell;

use crate::OrGiveUp;
use crate::database::TestDatabase;
use crate::room::Room;

/// Tests run side by side, each with a pool or two.
const SERVER_CONNECTIONS_MAX: u32 = 400;

/// What a test's own pool may open.
const POOL_CONNECTIONS_MAX: u32 = 8;

static SERVER: OnceCell<Server> = OnceCell::const_new();
static TEMPLATE: OnceCell<String> = OnceCell::const_new();
static COUNT: AtomicU32 = AtomicU32::new(1);

struct Server {
    database: Database,
    _room: Room,
}

/// A fresh PostgreSQL database with Fieldbook's schema.
pub async fn postgres() -> TestDatabase {
    let template = TEMPLATE.get_or_init(make_template).await;
    create(next_name("test"), template).await
}

/// A fresh PostgreSQL database with nothing in it.
pub async fn postgres_empty() -> TestDatabase {
    create(next_name("empty"), "template1").await
}

async fn server() -> &'static Server {
    SERVER.get_or_init(start).await
}

async fn start() -> Server {
    let room = Room::new("postgres");
    let mut options = Options::new(room.path().join("postgres"));
    options.shared_buffers_mb = 32;
    options.connections_max = SERVER_CONNECTIONS_MAX;
    options.durability = Durability::None;
    let database = Database::start(&options)
        .await
        .or_give_up("start the tests' PostgreSQL");
    Server {
        database,
        _room: room,
    }
}

async fn make_template() -> String {
    let name = "template_migrated".to_owned();
    let database = create(name.clone(), "template1").await;
    crate::schema::apply(&database).await;
    name
}

fn next_name(prefix: &str) -> String {
    format!("{prefix}_{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Names are made here, so they need no quotes.
async fn create(name: String, template: &str) -> TestDatabase {
    let server = server().await;
    let mut admin = PgConnection::connect(&server.database.url_of(SUPERUSER, "postgres"))
        .await
        .or_give_up("connect to the tests' PostgreSQL");
    let statement = format!("CREATE DATABASE {name} OWNER {NAME} TEMPLATE {template}");
    let create = sqlx::raw_sql(sqlx::AssertSqlSafe(statement));
    create
        .execute(&mut admin)
        .await
        .or_give_up("create the test's database");
    admin
        .close()
        .await
        .or_give_up("disconnect from the tests' PostgreSQL");
    TestDatabase::new(server.database.url_of(NAME, &name), POOL_CONNECTIONS_MAX)
}
