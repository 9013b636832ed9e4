//! `fieldbook sensors`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::parts::{DataArgs, DatabaseArgs};

#[derive(Debug, Args)]
pub(crate) struct SensorsArgs {
    #[command(subcommand)]
    pub(crate) action: SensorsAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SensorsAction {
    /// Declare the sensors of a list: {"Sensor 1": {"lat": 10, "lng": 10, "unit": "C", "type": "temperature", "range": [0, 45], "description": "Main Entrance"}}
    Import {
        /// The list; - reads standard input
        file: PathBuf,
        /// The source whose messages name these sensors
        #[arg(long, env = "FIELDBOOK_SOURCE", value_name = "NAME", default_value = "mqtt")]
        source: String,
        #[command(flatten)]
        data: DataArgs,
    },
    /// Show the sensors as a table
    List(SensorsFrom),
    /// Write the sensors as a list that can be imported
    Export(SensorsFrom),
}

#[derive(Debug, Args)]
pub(crate) struct SensorsFrom {
    /// Only those of this source
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
}
