//! The reference data: 1,000 sensors, and readings of one a minute.

use anyhow::Context as _;
use entity::DatabaseConnection;
use sea_orm::ConnectionTrait as _;

use crate::server;

const SENSORS: usize = 1_000;

/// How readings lie in their table.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Layout {
    /// Those of a sensor together, as after an import.
    BySensor,
    /// In the order in which they came, as the loader writes them.
    ByTime,
}

impl Layout {
    fn order(self) -> &'static str {
        match self {
            Self::BySensor => "sensor.id, minute",
            Self::ByTime => "minute, sensor.id",
        }
    }
}

/// Fills the tables up to so many million readings. More readings of a sensor come behind those that it has, so what was
/// asked of the earlier ones has the same answer.
pub(crate) async fn fill(
    db: &DatabaseConnection,
    layout: Layout,
    from: usize,
    to: usize,
) -> anyhow::Result<()> {
    if from == 0 {
        server::sensors(db, SENSORS).await?;
        // PostGraphile knows relations by foreign keys, and this one has none.
        db.execute_unprepared(
            "COMMENT ON TABLE reading IS E'@foreignKey (sensor_id) references sensor (id)'",
        )
        .await?;
    }
    let of_each = |millions: usize| millions * 1_000_000 / SENSORS;
    let (first, last) = (of_each(from), of_each(to) - 1);
    let insert = format!(
        "INSERT INTO reading (time, value, received_at, seq, sensor_id, flag, journal_id)
         SELECT timestamptz '2026-01-01' + minute * INTERVAL '1 minute' + sensor.id * INTERVAL '57 milliseconds',
                round((20 + 5 * sin(minute / 60.0 + sensor.id))::numeric, 2),
                timestamptz '2026-01-01' + minute * INTERVAL '1 minute' + INTERVAL '1 second', minute, sensor.id, 1, 1
         FROM sensor, generate_series({first}, {last}) AS minute ORDER BY {}",
        layout.order()
    );
    db.execute_unprepared(&insert).await.context("fill the tables")?;
    for table in ["reading", "sensor"] {
        db.execute_unprepared(&format!("VACUUM ANALYZE {table}")).await?;
    }
    Ok(())
}
