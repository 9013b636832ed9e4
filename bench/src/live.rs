//! Subscriptions: how long after its commit a reading is with its subscriber, and what that costs.
//!
//! A loader commits 2,000 readings a second of 1,000 sensors, in a batch every 50 ms, through the loader's transaction. The
//! clients are WebSockets of this process; the service runs on threads of its own, whose processor time is counted.
//! The delay begins before the commit is sent, so it holds the commit, too.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use chrono::Utc;
use entity::QualityFlag;
use entity::load::{Counts, LoadTransaction, NewReading, OnConflict};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::report::median;
use crate::server::{self, Server};

const SENSORS: usize = 1_000;
const BATCH: usize = 100;
const PAUSE: Duration = Duration::from_millis(50);
const BATCHES: usize = 400;
/// The name of the service's threads; the system keeps 15 characters of it.
const THREADS: &str = "fieldbook-live";

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

struct Shape {
    name: &'static str,
    /// The subscriptions of each connection; `None` is everything.
    connections: Vec<Vec<Option<usize>>>,
}

pub(crate) async fn run(runs: usize) -> anyhow::Result<()> {
    let shapes = [
        Shape {
            name: "1,000 subscribers of one sensor each, each at 2 readings/s",
            connections: (0..SENSORS)
                .map(Some)
                .collect::<Vec<_>>()
                .chunks(100)
                .map(<[_]>::to_vec)
                .collect(),
        },
        Shape {
            name: "50 subscribers of everything, at 2,000 readings/s",
            connections: vec![vec![None]; 50],
        },
    ];
    for shape in shapes {
        let (mut middles, mut p99s, mut cores) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..runs {
            let measured = measure(&shape).await?;
            middles.push(measured.middle);
            p99s.push(measured.p99);
            cores.push(measured.cores);
        }
        println!(
            "{}: {} ms from before the commit to receipt, p99 {} ms; the service takes {:.2} cores",
            shape.name,
            median(middles),
            median(p99s),
            median(cores).middle,
        );
    }
    Ok(())
}

struct Measured {
    middle: f64,
    p99: f64,
    cores: f64,
}

async fn measure(shape: &Shape) -> anyhow::Result<Measured> {
    let server = Server::start().await?;
    let (journal_id, sensors) = server::sensors(&server.db, SENSORS).await?;
    let (service, address) = serve(&server.url)?;
    // When each batch was about to be committed: readings have the number of their batch as their value.
    let committed: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let (stop, stopped) = watch::channel(false);
    let mut clients = Vec::new();
    for subscriptions in &shape.connections {
        let socket = subscribe(address, subscriptions).await?;
        clients.push(tokio::spawn(listen(
            socket,
            Arc::clone(&committed),
            stopped.clone(),
        )));
    }
    let (before, began) = (processor_seconds()?, Instant::now());
    load(&server, journal_id, &sensors, &committed).await?;
    let cores = (processor_seconds()? - before) / began.elapsed().as_secs_f64();
    tokio::time::sleep(Duration::from_secs(1)).await;
    stop.send_replace(true);
    let mut delays = Vec::new();
    for client in clients {
        delays.extend(client.await??);
    }
    let expected = BATCH
        * BATCHES
        * if shape.connections[0][0].is_none() {
            shape.connections.len()
        } else {
            1
        };
    anyhow::ensure!(
        delays.len() == expected,
        "{} readings arrived instead of {expected}",
        delays.len()
    );
    service.shutdown_background();
    server.stop().await?;
    delays.sort_unstable();
    let at = |share: f64| delays[((delays.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    Ok(Measured {
        middle: at(0.5),
        p99: at(0.99),
        cores,
    })
}

/// The service on threads of its own.
fn serve(url: &str) -> anyhow::Result<(tokio::runtime::Runtime, std::net::SocketAddr)> {
    let service = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name(THREADS)
        .enable_all()
        .build()
        .context("start the service's threads")?;
    let sockets = std::net::TcpListener::bind("127.0.0.1:0")?;
    sockets.set_nonblocking(true)?;
    let address = sockets.local_addr()?;
    let url = url.to_owned();
    service.spawn(async move {
        let sockets = tokio::net::TcpListener::from_std(sockets)?;
        let options = api::Options {
            anonymous: api::Anonymous::Data,
            ..api::Options::default()
        };
        let parts = api::Parts {
            db: server::connect(&url).await?,
            archive: None,
            metrics: metrics_exporter_prometheus::PrometheusBuilder::new()
                .build_recorder()
                .handle(),
            ready: Vec::new(),
            pages: None,
        };
        api::serve(
            sockets,
            api::ApiState::new(options, parts),
            std::future::pending(),
        )
        .await?;
        anyhow::Ok(())
    });
    Ok((service, address))
}

async fn load(
    server: &Server,
    journal_id: i16,
    sensors: &[i32],
    committed: &Mutex<Vec<Instant>>,
) -> anyhow::Result<()> {
    let mut ticks = tokio::time::interval(PAUSE);
    for batch in 0..BATCHES {
        ticks.tick().await;
        let now = Utc::now();
        let readings: Vec<NewReading> = (0..BATCH)
            .map(|index| NewReading {
                sensor_id: sensors[(batch * BATCH + index) % sensors.len()],
                time: now,
                value: batch as f64,
                flag: QualityFlag::Pass,
                received_at: now,
                seq: (batch * BATCH + index + 1) as i64,
                on_conflict: OnConflict::First,
            })
            .collect();
        let mut transaction = LoadTransaction::begin(&server.db, journal_id).await?;
        transaction.write_readings(&readings).await?;
        let counts = Counts {
            readings_new: BATCH as i64,
            time_min_us: Some(now.timestamp_micros()),
            time_max_us: Some(now.timestamp_micros()),
            ..Counts::default()
        };
        transaction.add_counts(1, counts).await?;
        let before = (batch * BATCH) as i64;
        transaction.move_checkpoint(before, before + BATCH as i64).await?;
        committed.lock().expect("no panic").push(Instant::now());
        transaction.commit().await?;
    }
    Ok(())
}

async fn subscribe(address: std::net::SocketAddr, subscriptions: &[Option<usize>]) -> anyhow::Result<Socket> {
    let mut request = format!("ws://{address}/graphql").into_client_request()?;
    request
        .headers_mut()
        .insert("sec-websocket-protocol", "graphql-transport-ws".parse()?);
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await?;
    say(&mut socket, &json!({ "type": "connection_init" })).await?;
    socket.next().await.context("an acknowledgement")??;
    for (id, sensor) in subscriptions.iter().enumerate() {
        let sensors = sensor.map(|sensor| [format!("Sensor {sensor}")]);
        let query = "subscription ($sensors: [String!]) {
            readingStream(sensors: $sensors) { readings { sensor { name } time value flag } }
        }";
        let payload = json!({ "query": query, "variables": { "sensors": sensors } });
        say(
            &mut socket,
            &json!({ "id": id.to_string(), "type": "subscribe", "payload": payload }),
        )
        .await?;
        socket.next().await.context("where the stream begins")??;
    }
    Ok(socket)
}

async fn say(socket: &mut Socket, message: &Value) -> anyhow::Result<()> {
    Ok(socket.send(Message::Text(message.to_string().into())).await?)
}

/// The delay of each reading that arrives.
async fn listen(
    mut socket: Socket,
    committed: Arc<Mutex<Vec<Instant>>>,
    mut stopped: watch::Receiver<bool>,
) -> anyhow::Result<Vec<Duration>> {
    let mut delays = Vec::new();
    loop {
        let message = tokio::select! {
            message = socket.next() => message.context("the service closed")??,
            _ = stopped.wait_for(|stopped| *stopped) => return Ok(delays),
        };
        let received = Instant::now();
        let Message::Text(text) = message else { continue };
        let event: Value = serde_json::from_str(&text)?;
        let readings = event["payload"]["data"]["readingStream"]["readings"].as_array();
        for reading in readings.context("readings")? {
            let batch = reading["value"].as_f64().context("a value")? as usize;
            delays.push(received - committed.lock().expect("no panic")[batch]);
        }
    }
}

/// What the service's threads have taken of the processor, by the system's books.
fn processor_seconds() -> anyhow::Result<f64> {
    // Ticks of a hundredth of a second, on every Linux that there is.
    const TICK: f64 = 0.01;
    let mut ticks = 0.0;
    for thread in std::fs::read_dir("/proc/self/task").context("find the threads")? {
        let folder = thread?.path();
        let (Ok(name), Ok(stat)) = (
            std::fs::read_to_string(folder.join("comm")),
            std::fs::read_to_string(folder.join("stat")),
        ) else {
            // A thread that has just ended.
            continue;
        };
        if name.trim() == THREADS {
            // Behind the name, which ends with the last bracket: user and system time are the 12th and 13th fields.
            let fields = stat
                .rsplit_once(')')
                .map_or("", |(_, rest)| rest)
                .split_whitespace();
            ticks += fields
                .skip(11)
                .take(2)
                .filter_map(|field| field.parse::<f64>().ok())
                .sum::<f64>();
        }
    }
    Ok(ticks * TICK)
}
