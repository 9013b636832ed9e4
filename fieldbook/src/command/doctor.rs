//! `fieldbook doctor`: looks at everything that an ingestor needs, and says of each what would mend it.
//!
//! It is given what the ingestor is given, or finds the private neighbours of a running `up`. It changes nothing but one
//! small object in the bucket, and takes no message from anybody. Its exit code says whether an ingestor would work: a
//! warning is none, anything broken is.

mod broker;
mod clock;
mod database;
mod disk;
mod finding;
mod store;

use crate::cli::DoctorArgs;
use crate::{sources, wiring};
use finding::{Finding, Findings};

pub(crate) async fn run(args: DoctorArgs) -> anyhow::Result<()> {
    let mut findings = Findings::default();
    let data = &args.database.data;
    let home = args
        .mqtt_url
        .or_else(|| wiring::private_broker_url(&data.data_dir));
    match sources::configured(&args.source, home.as_ref()) {
        Ok(configured) => {
            for one in &configured {
                findings.tell(broker::look(one).await)?;
            }
        }
        Err(error) => findings.tell(Finding::broken(
            "sources",
            format!("{error:#}"),
            "set MQTT_URL, or mend the file of --sources (docs/reference/sources.md)",
        ))?,
    }
    let (stored, store_clock) = store::look(&args.store, data).await;
    findings.tell(stored)?;
    let (database, database_clock) = database::look(&args.database).await;
    for finding in database {
        findings.tell(finding)?;
    }
    findings.tell(disk::look(&data.journal_dir(), &args.ingest))?;
    findings.tell(clock::look(&[
        ("database", database_clock),
        ("object store", store_clock),
    ]))?;
    findings.outcome()
}
