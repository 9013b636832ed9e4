//! `fieldbook simulate`: messages of a plant that does not exist.

use anyhow::Context as _;

use crate::cli::SimulateArgs;
use crate::signals;
use crate::simulator::{self, PLANT, Plant, Publisher, PublisherOptions};

pub(crate) async fn run(args: SimulateArgs) -> anyhow::Result<()> {
    anyhow::ensure!(
        args.rate.is_finite() && args.rate >= 0.0,
        "--rate must be 0 or more messages a second"
    );
    let list = match &args.sensors {
        Some(path) => super::read_sensor_list(path)?.1,
        None => ingestor::sensor_list::parse(PLANT.as_bytes()).context("read the imagined plant")?,
    };
    super::warn_of(&list);
    anyhow::ensure!(!list.sensors.is_empty(), "the sensor list declares no sensor");
    let shutdown = signals::shutdown()?;
    let broker = args.broker();
    tracing::info!("sending to {broker} on topic {:?}", args.topic);
    let publisher = Publisher::start(PublisherOptions {
        url: broker,
        client_id: format!("fieldbook-simulator-{}", uuid::Uuid::new_v4().simple()),
        topic: args.topic,
        qos: args.qos,
    })?;
    let progress = publisher.progress();
    let plant = Plant::new(&list);
    tokio::select! {
        delivered = simulator::run(&plant, publisher, args.rate, args.count) => {
            tracing::info!("delivered {delivered} messages");
        }
        () = shutdown.cancelled() => {
            tracing::info!("stopped after {} messages", progress.borrow().delivered);
        }
    }
    Ok(())
}
