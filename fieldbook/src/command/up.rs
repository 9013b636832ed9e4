//! `fieldbook up`: everything on this machine, started in order and stopped in order.
//!
//! Each part that a URL names is the user's; the others are private ones in the data directory.

mod history;
mod neighbours;
mod screen;
mod stage;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use entity::DatabaseConnection;
use ingestor::Ingestor;
use ingestor::sensor_list::SensorList;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::cli::{AnonymousArg, UpArgs};
use crate::simulator::{self, History, HistoryOptions, PLANT, Plant, Publisher, PublisherOptions};
use crate::sources::{self, Configured};
use crate::{OpenDisk, signals, telemetry, wiring};
use neighbours::Neighbours;
use screen::Screen;
use stage::Stage;

pub(crate) async fn run(args: UpArgs, disk: OpenDisk) -> anyhow::Result<()> {
    let shutdown = signals::shutdown()?;
    let data_dir = prepare_data_dir(&args.data.data_dir)?;
    let _lock = lock(&data_dir)?;
    let home = neighbours::home(&args);
    let sources = sources::configured(&args.source, Some(&home))?;
    let list = sensor_list(&args)?;
    let stage = list
        .as_ref()
        .map(|_| Stage::find(&sources, !args.no_simulator))
        .transpose()?;
    let screen = Screen::new();
    parts::ports::check(args.http, "the API", "--http")?;

    let neighbours = tokio::select! {
        started = Neighbours::start(&args, home, &sources, &data_dir, &screen) => started?,
        () = shutdown.cancelled() => return Ok(()),
    };
    // From here on, what was started is stopped, whatever happens.
    let result = Box::pin(serve(
        &args,
        &data_dir,
        (disk, &sources),
        list.as_ref().zip(stage.as_ref()),
        &neighbours,
        &screen,
        &shutdown,
    ))
    .await;
    let stopped = neighbours.stop(&screen).await;
    screen.finish();
    result.and(stopped)
}

/// The sensors to declare, as text and as read.
struct Declared {
    text: String,
    list: SensorList,
    /// The imagined plant is declared once, and is the user's from then on.
    once: bool,
}

fn sensor_list(args: &UpArgs) -> anyhow::Result<Option<Declared>> {
    if let Some(path) = &args.sensors {
        let (text, list) = super::read_sensor_list(path)?;
        super::warn_of(&list);
        return Ok(Some(Declared {
            text,
            list,
            once: false,
        }));
    }
    if args.no_simulator {
        return Ok(None);
    }
    let list = ingestor::sensor_list::parse(PLANT.as_bytes()).context("read the imagined plant")?;
    Ok(Some(Declared {
        text: PLANT.to_owned(),
        list,
        once: true,
    }))
}

/// Ingestor, API and simulator, until told to stop or one of them fails.
async fn serve(
    args: &UpArgs,
    data_dir: &Path,
    (disk, sources): (OpenDisk, &[Configured]),
    declared: Option<(&Declared, &Stage)>,
    neighbours: &Neighbours,
    screen: &Screen,
    shutdown: &CancellationToken,
) -> anyhow::Result<()> {
    let step = screen.step("Starting ingestor and API");
    let store = wiring::open_store(&neighbours.store).await?;
    let state = api(args, neighbours, store.clone()).await?;
    let options = wiring::ingestor_options(&args.data.journal_dir(), sources, &args.ingest);
    let ingest_db = wiring::ingest_database(&neighbours.database_url).await?;
    let db = ingest_db.clone();
    let mut ingestor = wiring::start_ingestor(options, disk, ingest_db, store)?;

    let api_stop = CancellationToken::new();
    let ended = async {
        tokio::select! {
            declared = declare(data_dir, declared, sources, &ingestor) => declared?,
            // A full journal may keep it waiting.
            () = shutdown.cancelled() => return Ok(None),
        }
        // What is published before the broker knows us would be nobody's.
        let subscribed = ingestor.subscribed();
        tokio::select! {
            () = subscribed => {}
            () = shutdown.cancelled() => return Ok(None),
            error = ingestor.failed() => return Err(error.into()),
        }
        let listener = wiring::bind_api(&state).await?;
        let stop = api_stop.clone().cancelled_owned();
        let mut api = AbortOnDropHandle::new(tokio::spawn(wiring::serve_api(listener, state, stop)));
        step.done();
        let simulation = match declared {
            Some((declared, stage)) if !args.no_simulator => {
                simulate(args, data_dir, (&declared.list, stage), neighbours, screen, db)?
            }
            _ => Vec::new(),
        };
        screen.addresses(args.http, data_dir, neighbours);
        tokio::select! {
            () = shutdown.cancelled() => {}
            error = ingestor.failed() => return Err(error.into()),
            ended = &mut api => {
                ended.context("serve the API")?.context("serve the API")?;
                anyhow::bail!("the API ended by itself");
            }
        }
        drop(simulation);
        anyhow::Ok(Some(api))
    };
    let ended = Box::pin(ended).await;
    let step = screen.step("Stopping: what is under way goes to database and S3");
    let stopped = ingestor.stop().await.context("stop the ingestor");
    api_stop.cancel();
    let ended = match ended {
        Ok(Some(api)) => api.await.context("stop the API")?.context("stop the API"),
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    };
    step.done();
    ended.and(stopped)
}

/// The API, unless it would be open to the world by accident.
async fn api(args: &UpArgs, neighbours: &Neighbours, store: archive::Store) -> anyhow::Result<api::ApiState> {
    let metrics = telemetry::metrics()?;
    // On loopback, whoever asks is the user of this machine.
    let loopback = args.http.ip().is_loopback().then_some(AnonymousArg::Data);
    let options = wiring::api_options(
        args.http,
        args.anonymous.or(loopback),
        &args.access,
        args.time_zone,
        &args.catalogue,
    )?;
    let db = wiring::api_database(&neighbours.database_url).await?;
    let state = wiring::api_state(options, db, Some(store), metrics);
    state.check_exposure(args.http).await?;
    Ok(state)
}

/// Declares the sensors of lists, those of the imagined plant at the first start only.
async fn declare(
    data_dir: &Path,
    declared: Option<(&Declared, &Stage)>,
    sources: &[Configured],
    ingestor: &Ingestor,
) -> anyhow::Result<()> {
    wiring::declare(ingestor, sources).await?;
    let marker = data_dir.join("plant-declared");
    let Some((declared, stage)) = declared.filter(|(declared, _)| !(declared.once && marker.exists())) else {
        return Ok(());
    };
    let imported = ingestor.import_sensors(&stage.source, &declared.text).await;
    imported.context("declare the sensors")?;
    if declared.once {
        std::fs::write(&marker, "").with_context(|| format!("make {}", marker.display()))?;
    }
    Ok(())
}

/// The simulator, live and, at the first start, with its history; both end when this is dropped.
fn simulate(
    args: &UpArgs,
    data_dir: &Path,
    (list, stage): (&SensorList, &Stage),
    neighbours: &Neighbours,
    screen: &Screen,
    db: DatabaseConnection,
) -> anyhow::Result<Vec<AbortOnDropHandle<()>>> {
    let plant = Plant::new(list);
    let publisher = |what: &str| PublisherOptions {
        url: neighbours.mqtt.clone(),
        client_id: format!("fieldbook-{what}-{}", uuid::Uuid::new_v4().simple()),
        topic: stage.topic.clone(),
        qos: 1,
    };
    let mut tasks = Vec::new();
    if !args.no_history {
        let options = HistoryOptions {
            publisher: publisher("history"),
            plant: plant.clone(),
            marker: data_dir.join("history-sent"),
        };
        if let Some(history) = History::unless_sent(options, chrono::Utc::now())? {
            tasks.push(history::send(history, screen, db));
        }
    }
    let live = Publisher::start(publisher("simulator"))?;
    #[expect(clippy::cast_precision_loss, reason = "a list of sensors is short")]
    let rate = plant.models.len() as f64;
    tasks.push(AbortOnDropHandle::new(tokio::spawn(async move {
        simulator::run(&plant, live, rate, None).await;
    })));
    Ok(tasks)
}

/// Below this a new database would not fit, and the journal would take nothing: it leaves 256 MiB to others.
const FREE_MB_MIN: u64 = 512;

/// Made when missing, and ours alone: it holds keys.
fn prepare_data_dir(dir: &Path) -> anyhow::Result<PathBuf> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o711)
        .create(dir)
        .with_context(|| {
            format!(
                "make the data directory {}: choose another with --data-dir",
                dir.display()
            )
        })?;
    let dir = dir
        .canonicalize()
        .with_context(|| format!("find the data directory {}", dir.display()))?;
    let disk = rustix::fs::statvfs(&dir).with_context(|| format!("look at the disk of {}", dir.display()))?;
    let free_mb = disk.f_bavail * disk.f_frsize / 1_000_000;
    anyhow::ensure!(
        free_mb >= FREE_MB_MIN,
        "the disk of {} has {free_mb} MB free, and Fieldbook starts with {FREE_MB_MIN} or more: free some, or choose \
         another place with --data-dir",
        dir.display()
    );
    Ok(dir)
}

/// One `fieldbook up` a directory.
fn lock(data_dir: &Path) -> anyhow::Result<std::fs::File> {
    let path = data_dir.join("lock");
    let file = std::fs::File::create(&path).with_context(|| format!("make {}", path.display()))?;
    file.try_lock().with_context(|| {
        format!(
            "use the data directory {}: another fieldbook up runs on it; stop that one, or choose another with --data-dir",
            data_dir.display()
        )
    })?;
    Ok(file)
}
