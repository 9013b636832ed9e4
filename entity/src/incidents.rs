//! Incidents: what was wrong with a dataset or one of its sensors, from when to when.
//!
//! Of a kind and subject at most one is open, which the database sees to.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Value};
use uuid::Uuid;

use crate::Scope;
use crate::keeping::Keeping;
use crate::query::{Page, PageRequest};
use crate::scope::Reach;
use crate::sql::{self, Row};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IncidentKind {
    /// Older than expected.
    Late,
    /// So old that it should not be relied on.
    Stale,
    /// Quality below what is acceptable.
    QualityFailing,
    /// In a window that is over, what was received, stored and archived does not add up.
    UnbalancedWindow,
}

/// No kind of incident.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an incident is late, stale, quality_failing or unbalanced_window, not {0:?}")]
pub struct UnknownIncidentKind(String);

impl IncidentKind {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Late,
        Self::Stale,
        Self::QualityFailing,
        Self::UnbalancedWindow,
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::Stale => "stale",
            Self::QualityFailing => "quality_failing",
            Self::UnbalancedWindow => "unbalanced_window",
        }
    }
}

impl std::str::FromStr for IncidentKind {
    type Err = UnknownIncidentKind;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == word);
        found.ok_or_else(|| UnknownIncidentKind(word.to_owned()))
    }
}

/// What an incident is about: of these, one at a time is open.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IncidentOf {
    /// What is wrong.
    pub kind: IncidentKind,
    /// The dataset, by slug.
    pub dataset: String,
    /// Its sensor, by internal key; `None` for the dataset as a whole.
    pub sensor_id: Option<i32>,
}

/// An incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// Its lasting identity.
    pub id: Uuid,
    /// What it is about.
    pub of: IncidentOf,
    /// Since when it has been wrong.
    pub started_at: DateTime<Utc>,
    /// When it was found to be over; `None` while it is not.
    pub ended_at: Option<DateTime<Utc>>,
    /// What was found when it began, as a sentence for people.
    pub detail: String,
}

impl Incident {
    /// Where a page after it, or before it, starts.
    pub fn key(&self) -> IncidentKey {
        IncidentKey {
            started_at: self.started_at,
            id: self.id,
        }
    }

    fn read(row: &Row<'_>) -> Result<Self, DbErr> {
        let kind: String = row.get(1)?;
        let kind = kind
            .parse()
            .map_err(|error: UnknownIncidentKind| DbErr::Type(error.to_string()))?;
        Ok(Self {
            id: row.get(0)?,
            of: IncidentOf {
                kind,
                dataset: row.get(2)?,
                sensor_id: row.get(3)?,
            },
            started_at: row.get(4)?,
            ended_at: row.get(5)?,
            detail: row.get(6)?,
        })
    }
}

/// Where a page of incidents starts. Made by [`Incident::key`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IncidentKey {
    /// When the last one seen began.
    pub started_at: DateTime<Utc>,
    /// Its identity.
    pub id: Uuid,
}

/// Which incidents; `None` does not restrict, and all that is given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IncidentFilter {
    /// Of these datasets, by slug.
    pub datasets: Option<Vec<String>>,
    /// Of these sensors, by internal key; those of datasets as a whole are then left out.
    pub sensors: Option<Vec<i32>>,
    /// Of these kinds.
    pub kinds: Option<Vec<IncidentKind>>,
    /// Open ones, or those that are over.
    pub open: Option<bool>,
    /// Not over before this.
    pub from: Option<DateTime<Utc>>,
    /// Begun before this.
    pub to: Option<DateTime<Utc>>,
}

/// A page of the incidents that match, the newest first.
///
/// Whoever may see some sensors only sees the incidents of those: that a dataset as a whole is late may be another one's doing.
pub async fn page(
    db: &DatabaseConnection,
    scope: &Scope,
    filter: &IncidentFilter,
    request: &PageRequest<IncidentKey>,
) -> Result<Page<Incident>, DbErr> {
    let sensors: Option<Vec<i32>> = match scope.reach(filter.sensors.as_deref()) {
        Reach::Nothing => return Ok(Page::empty()),
        Reach::Everything => None,
        Reach::Sensors(sensors) => Some(sensors),
    };
    let datasets: Option<Vec<String>> = filter.datasets.as_ref().map(|slugs| {
        let storable = slugs.iter().filter(|slug| sql::is_storable(slug));
        storable.cloned().collect()
    });
    let kinds: Option<Vec<String>> = filter
        .kinds
        .as_ref()
        .map(|kinds| kinds.iter().map(|kind| kind.as_str().to_owned()).collect());
    let key = request.key();
    let values: [Value; 9] = [
        datasets.into(),
        sensors.into(),
        kinds.into(),
        filter.open.into(),
        filter.from.into(),
        filter.to.into(),
        key.map(|key| key.started_at).into(),
        key.map(|key| key.id).into(),
        i64::try_from(request.rows_to_read()).unwrap_or(i64::MAX).into(),
    ];
    let select = if request.is_from_end() {
        include_str!("incidents/select_page_from_end.sql")
    } else {
        include_str!("incidents/select_page.sql")
    };
    let rows = sql::query(db, select, values, Incident::read).await?;
    Ok(request.page(rows))
}

/// The newest incidents of each of these datasets, at most `limit` of one, with the names of the sensors that they are about;
/// `open` as in [`IncidentFilter`]. For whoever may see some sensors only, as in [`page`].
pub async fn newest_of_each(
    db: &DatabaseConnection,
    scope: &Scope,
    datasets: &[String],
    open: Option<bool>,
    limit: u32,
) -> Result<Vec<(Incident, Option<String>)>, DbErr> {
    let sensors: Option<Vec<i32>> = match scope.reach(None) {
        Reach::Nothing => return Ok(Vec::new()),
        Reach::Everything => None,
        Reach::Sensors(sensors) => Some(sensors),
    };
    let values: [Value; 4] = [
        datasets.to_vec().into(),
        sensors.into(),
        open.into(),
        i64::from(limit).into(),
    ];
    let select = include_str!("incidents/select_newest_of_each.sql");
    sql::query(db, select, values, |row| Ok((Incident::read(row)?, row.get(7)?))).await
}

/// Every open incident, for whoever keeps them.
pub async fn open<C: ConnectionTrait>(db: &C) -> Result<Vec<Incident>, DbErr> {
    sql::query(db, include_str!("incidents/select_open.sql"), [], Incident::read).await
}

/// Begins incidents; those whose kind and subject have an open one already are left out. Gives those that began.
pub async fn start(keeping: &Keeping, incidents: &[Incident]) -> Result<Vec<Incident>, DbErr> {
    if incidents.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = incidents.iter().map(|one| one.id).collect();
    let kinds: Vec<String> = incidents
        .iter()
        .map(|one| one.of.kind.as_str().to_owned())
        .collect();
    let datasets: Vec<String> = incidents.iter().map(|one| one.of.dataset.clone()).collect();
    let sensors: Vec<i32> = incidents
        .iter()
        .map(|one| one.of.sensor_id.unwrap_or(0))
        .collect();
    let details: Vec<String> = incidents.iter().map(|one| one.detail.clone()).collect();
    let values: [Value; 6] = [
        ids.into(),
        kinds.into(),
        datasets.into(),
        sensors.into(),
        sql::times(incidents.iter().map(|one| one.started_at)),
        details.into(),
    ];
    sql::query(
        &keeping.transaction,
        include_str!("incidents/insert_incidents.sql"),
        values,
        Incident::read,
    )
    .await
}

/// Ends open incidents, none before it began. Gives those that ended.
pub async fn end(keeping: &Keeping, ends: &[(Uuid, DateTime<Utc>)]) -> Result<Vec<Incident>, DbErr> {
    if ends.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = ends.iter().map(|(id, _)| *id).collect();
    let values: [Value; 2] = [ids.into(), sql::times(ends.iter().map(|(_, at)| *at))];
    sql::query(
        &keeping.transaction,
        include_str!("incidents/update_ended.sql"),
        values,
        Incident::read,
    )
    .await
}

/// Forgets incidents that ended before `before`, and of those that are over all but the last `max`.
pub async fn prune(keeping: &Keeping, before: DateTime<Utc>, max: u32) -> Result<u64, DbErr> {
    let values: [Value; 2] = [before.into(), i64::from(max).into()];
    sql::execute(
        &keeping.transaction,
        include_str!("incidents/prune_incidents.sql"),
        values,
    )
    .await
}
