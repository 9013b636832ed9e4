//! A running API over a database of the test's own.

use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use api::{Anonymous, ApiKey, ApiState, Limits, Options, Parts, ReadyCheck};
use chrono::{DateTime, Utc};
use entity::DatabaseConnection;
use entity::keys::{self, NewKey, Role, SensorLimit};
use entity::load::{
    DeclaredSensor, KnownSensor, LoadTransaction, NewSensor, NewSensorList, UnitMeaning, journal_id,
};
use entity::rollup::{RefreshOptions, Refreshed, refresh};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use serde_json::{Value, json};
use testbed::TestDatabase;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// The source of the tests' sensors.
pub(crate) const SOURCE: &str = "plant";

/// A running API, and how to fill its database.
pub(crate) struct World {
    pub(crate) base: String,
    pub(crate) db: DatabaseConnection,
    pub(crate) client: reqwest::Client,
    state: ApiState,
    database: Option<TestDatabase>,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<Result<(), api::ServeError>>>,
}

/// Options that show data, as `up` has them.
pub(crate) fn open() -> Options {
    Options {
        anonymous: Anonymous::Data,
        ..Options::default()
    }
}

/// The same with other limits.
pub(crate) fn with_limits(limits: Limits) -> Options {
    Options { limits, ..open() }
}

impl World {
    /// An open API over an empty, migrated database.
    pub(crate) async fn new() -> Self {
        Self::with(open()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        Self::on(testbed::postgres().await, options).await
    }

    /// An API over this database.
    pub(crate) async fn on(database: TestDatabase, options: Options) -> Self {
        let db = database.connect().await;
        Self {
            database: Some(database),
            ..Self::over(db, options, Vec::new()).await
        }
    }

    /// An API whose database is not there.
    pub(crate) async fn without_database(options: Options) -> Self {
        // Nothing listens on port 1.
        let mut nowhere = sea_orm::ConnectOptions::new("postgres://fieldbook@127.0.0.1:1/fieldbook");
        nowhere
            .connect_lazy(true)
            .acquire_timeout(Duration::from_millis(100))
            .sqlx_logging(false);
        #[expect(clippy::disallowed_methods, reason = "a pool that does not connect at once")]
        let db = sea_orm::Database::connect(nowhere).await.unwrap();
        Self::over(db, options, Vec::new()).await
    }

    pub(crate) async fn over(
        db: DatabaseConnection,
        options: Options,
        ready: Vec<Arc<dyn ReadyCheck>>,
    ) -> Self {
        Self::of(
            options,
            Parts {
                db,
                archive: None,
                metrics: metrics(),
                ready,
                pages: None,
            },
        )
        .await
    }

    /// An API with the raw archive beside its database.
    pub(crate) async fn with_archive(archive: archive::Store, options: Options) -> Self {
        let database = testbed::postgres().await;
        let db = database.connect().await;
        Self {
            database: Some(database),
            ..Self::over_archive(db, archive, options).await
        }
    }

    /// The same over this database.
    pub(crate) async fn over_archive(
        db: DatabaseConnection,
        archive: archive::Store,
        options: Options,
    ) -> Self {
        let parts = Parts {
            db,
            archive: Some(archive),
            metrics: metrics(),
            ready: Vec::new(),
            pages: None,
        };
        Self::of(options, parts).await
    }

    async fn of(options: Options, parts: Parts) -> Self {
        let db = parts.db.clone();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let state = ApiState::new(options, parts);
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(api::serve(listener, state.clone(), async {
            let _ = stopped.await;
        }));
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            base,
            db,
            client,
            state,
            database: None,
            stop: Some(stop),
            server: Some(server),
        }
    }

    /// Has the catalogue see what has changed.
    pub(crate) async fn renew_catalogue(&self) {
        self.try_renew_catalogue().await.unwrap();
    }

    /// The same, where it may fail.
    pub(crate) async fn try_renew_catalogue(&self) -> Result<(), sea_orm::DbErr> {
        self.state.catalogue().renew().await.map(drop)
    }

    /// Tells the server to stop.
    pub(crate) fn stop(&mut self) -> JoinHandle<Result<(), api::ServeError>> {
        self.stop.take().unwrap().send(()).unwrap();
        self.server.take().unwrap()
    }

    /// For pools of the test's own making.
    pub(crate) fn database_url(&self) -> &str {
        self.database.as_ref().expect("this world has a database").url()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// The data that a query gives; errors are none of it.
    #[track_caller]
    pub(crate) fn data(&self, query: &str) -> impl Future<Output = Value> {
        let caller = std::panic::Location::caller();
        let asked = self.post(json!({ "query": query }));
        async move {
            let (status, mut body) = asked.await;
            assert!(
                status == StatusCode::OK && body.get("errors").is_none(),
                "{status} {body:#} at {caller}"
            );
            body["data"].take()
        }
    }

    /// The only error that a query gives.
    pub(crate) async fn error(&self, query: &str) -> Value {
        let (_, mut body) = self.post(json!({ "query": query })).await;
        assert_eq!(body["errors"].as_array().map(Vec::len), Some(1), "{body:#}");
        body["errors"][0].take()
    }

    /// The status and the body that a request gives, but for what it cost.
    pub(crate) fn post(&self, body: Value) -> impl Future<Output = (StatusCode, Value)> + use<> {
        let asked = self.post_whole(body);
        async move {
            let (status, mut body) = asked.await;
            without_cost(&mut body);
            (status, body)
        }
    }

    /// The same with all of it.
    #[expect(clippy::needless_pass_by_value, reason = "callers build it on the spot")]
    pub(crate) fn post_whole(&self, body: Value) -> impl Future<Output = (StatusCode, Value)> + use<> {
        let request = self.client.post(self.url("/graphql")).json(&body);
        async move {
            let response = request.send().await.unwrap();
            (response.status(), response.json().await.unwrap())
        }
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
        let response = self.client.get(self.url(path)).send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        let mut body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        without_cost(&mut body);
        (status, body)
    }

    /// A new key: a reader's of everything, but for what `change` says.
    pub(crate) async fn key(&self, change: impl FnOnce(&mut NewKey)) -> ApiKey {
        let key = ApiKey::generate().unwrap();
        let mut new = NewKey {
            hash: key.hash(),
            prefix: key.prefix().to_owned(),
            name: "test".to_owned(),
            role: Role::Reader,
            datasets: None,
            sensors: SensorLimit::default(),
            requests_per_minute: None,
            created_at: Utc::now(),
            expires_at: None,
        };
        change(&mut new);
        keys::insert(&self.db, new).await.unwrap();
        key
    }

    /// The status, the headers and the body that a request with a credential gives: a query for `/graphql`, or a path.
    pub(crate) async fn ask_with(
        &self,
        (name, value): (&str, &str),
        what: &str,
    ) -> (StatusCode, HeaderMap, Value) {
        let request = if what.starts_with('/') {
            self.client.get(self.url(what))
        } else {
            self.client
                .post(self.url("/graphql"))
                .json(&json!({ "query": what }))
        };
        let response = request.header(name, value).send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        (status, headers, body)
    }

    /// The same with a key or token as Bearer.
    pub(crate) async fn ask_as(&self, secret: &str, what: &str) -> (StatusCode, HeaderMap, Value) {
        self.ask_with(("authorization", &format!("Bearer {secret}")), what)
            .await
    }

    /// Sensors that their messages registered; their internal keys in the same order.
    pub(crate) async fn sensors(&self, names: &[&str]) -> Vec<i32> {
        self.sensors_of(SOURCE, names).await
    }

    pub(crate) async fn sensors_of(&self, source: &str, names: &[&str]) -> Vec<i32> {
        let new: Vec<NewSensor> = names
            .iter()
            .map(|name| NewSensor {
                source: source.into(),
                name: (*name).into(),
                registered_at: at("2026-01-01"),
            })
            .collect();
        let mut load = self.load().await;
        let known = load.register_sensors(&new).await.unwrap();
        load.commit().await.unwrap();
        ids(&known)
    }

    /// Sensors that a list declares; their internal keys.
    pub(crate) async fn declare(&self, sensors: Vec<DeclaredSensor>) -> Vec<i32> {
        self.declare_at("2026-01-01", 1, sensors).await
    }

    /// The same by a list that came at that time, at this position of the journal.
    pub(crate) async fn declare_at(
        &self,
        received_at: &str,
        seq: i64,
        sensors: Vec<DeclaredSensor>,
    ) -> Vec<i32> {
        let names: Vec<String> = sensors.iter().map(|sensor| sensor.name.clone()).collect();
        let list = NewSensorList {
            source: SOURCE.into(),
            received_at: at(received_at),
            seq,
            sha256: [0; 32],
            sensors,
        };
        let mut load = self.load().await;
        let mut known = load.apply_sensor_list(&list).await.unwrap();
        load.commit().await.unwrap();
        known.sort_by_key(|sensor| names.iter().position(|name| *name == sensor.name));
        ids(&known)
    }

    async fn load(&self) -> LoadTransaction {
        let journal = journal_id(&self.db, Uuid::from_u128(1), at("2026-01-01"))
            .await
            .unwrap();
        LoadTransaction::begin(&self.db, journal).await.unwrap()
    }

    /// `count` readings of a sensor, `step` apart, with the values 0, 1, 2, …
    pub(crate) async fn readings(&self, sensor: i32, from: &str, step: &str, count: u32) {
        self.insert_readings(&format!(
            "SELECT time, i, time + INTERVAL '1 second', i, {sensor}, 1, 1 \
             FROM generate_series(0, {count} - 1) AS i, \
                  LATERAL (SELECT TIMESTAMPTZ '{from}' + i * INTERVAL '{step}' AS time) AS at"
        ))
        .await;
    }

    /// The readings that a statement gives as `time, value, received_at, seq, sensor_id, flag, journal_id`; their minutes
    /// are noted with them, as the loader does it.
    pub(crate) async fn insert_readings(&self, rows: &str) {
        self.run(&format!(
            "WITH added AS ( \
                 INSERT INTO reading (time, value, received_at, seq, sensor_id, flag, journal_id) {rows} \
                 RETURNING date_bin('1 minute', time, '2000-01-01 00:00:00+00') AS bucket, sensor_id \
             ) \
             INSERT INTO rollup_dirty (bucket, wide, sensor_ids) \
             SELECT bucket, sensors > 400, array_agg(sensor_id ORDER BY sensor_id) \
             FROM (SELECT bucket, sensor_id, (row_number() OVER (PARTITION BY bucket ORDER BY sensor_id) - 1) / 400 AS part, \
                          count(*) OVER (PARTITION BY bucket) AS sensors \
                   FROM (SELECT DISTINCT bucket, sensor_id FROM added) AS touched) AS cut \
             GROUP BY bucket, part, sensors"
        ))
        .await;
    }

    /// Computes all rollups that are noted and over.
    pub(crate) async fn refresh(&self) {
        let options = RefreshOptions {
            minute_patience: Duration::ZERO,
            hour_patience: Duration::ZERO,
            day_patience: Duration::ZERO,
            ..RefreshOptions::default()
        };
        while refresh(&self.db, &options).await.unwrap() != Some(Refreshed::default()) {}
    }

    /// How many minutes answers may take from their rollups: all or, while any is noted, none.
    pub(crate) async fn settled_minutes(&self) -> i64 {
        let statement = "SELECT CASE WHEN EXISTS (SELECT FROM rollup_dirty) OR EXISTS (SELECT FROM rollup_due) THEN 0 \
             ELSE (SELECT count(*) FROM reading_1m) END";
        let row = self
            .db
            .query_one_raw(Statement::from_string(DbBackend::Postgres, statement))
            .await
            .unwrap();
        row.unwrap().try_get_by_index(0).unwrap()
    }

    pub(crate) async fn run(&self, statement: &str) {
        self.db.execute_unprepared(statement).await.unwrap();
    }
}

/// Takes what an answer cost out of it: a test about something else compares answers whole.
pub(crate) fn without_cost(body: &mut Value) {
    let Some(body) = body.as_object_mut() else { return };
    let Some(Value::Object(extensions)) = body.get_mut("extensions") else {
        return;
    };
    extensions.remove("cost");
    if extensions.is_empty() {
        body.remove("extensions");
    }
}

/// A thermometer with everything that a list can say of it.
pub(crate) fn thermometer(name: &str) -> DeclaredSensor {
    DeclaredSensor {
        name: name.into(),
        kind: Some("temperature".into()),
        unit: Some("C".into()),
        unit_meaning: Some(UnitMeaning {
            ucum: "Cel",
            qudt: "http://qudt.org/vocab/unit/DEG_C",
            quantity_kind: "Temperature",
            symbol: "°C",
        }),
        description: Some("Main entrance".into()),
        lat: Some(10.0),
        lng: Some(20.0),
        range_min: Some(0.0),
        range_max: Some(45.0),
        labels: [("site".to_owned(), "Harbour".to_owned())].into(),
        expected_interval_seconds: Some(60.0),
    }
}

/// A time.
pub(crate) fn at(text: &str) -> DateTime<Utc> {
    let text = if text.contains('T') {
        text.to_owned()
    } else {
        format!("{text}T00:00:00Z")
    };
    text.parse().unwrap()
}

/// A query for each of many names, as aliases.
pub(crate) fn aliases(count: usize, field: &str) -> String {
    let mut query = String::new();
    for i in 0..count {
        write!(query, "a{i}: {field} ").unwrap();
    }
    format!("{{ {query} }}")
}

fn ids(known: &[KnownSensor]) -> Vec<i32> {
    known.iter().map(|sensor| sensor.id).collect()
}

/// The parts of an API over a database.
pub(crate) fn parts(db: &DatabaseConnection) -> Parts {
    Parts {
        db: db.clone(),
        archive: None,
        metrics: metrics(),
        ready: Vec::new(),
        pages: None,
    }
}

fn metrics() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE
        .get_or_init(|| PrometheusBuilder::new().install_recorder().unwrap())
        .clone()
}
