//! What went wrong with a dataset.

use chrono::{DateTime, Utc};
use entity::incidents::IncidentKind;
use uuid::Uuid;

/// What was wrong with a dataset or one of its sensors, from when to when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// Its lasting identity.
    pub id: Uuid,
    /// What was wrong.
    pub kind: IncidentKind,
    /// The name of the sensor that it is about; `None` for the dataset as a whole.
    pub sensor: Option<String>,
    /// Since when it has been wrong.
    pub started_at: DateTime<Utc>,
    /// When it was found to be over; `None` while it is not.
    pub ended_at: Option<DateTime<Utc>>,
    /// What was found when it began, as a sentence for people.
    pub detail: String,
}
