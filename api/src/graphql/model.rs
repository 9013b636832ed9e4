//! The types of the schema, a file for each noun.

mod access_request;
pub(crate) mod aggregate;
mod announcement;
pub(crate) mod bucket_row;
mod changes;
pub(crate) mod count;
mod dataset;
pub(crate) mod direction;
pub(crate) mod filter;
pub(crate) mod flag;
mod freshness;
mod incident;
mod known_unit;
mod lineage;
pub(crate) mod live;
mod own_key;
pub(crate) mod page;
mod quality;
mod quality_rules;
mod quarantine;
pub(crate) mod raw;
pub(crate) mod reading;
pub(crate) mod reading_row;
mod search;
mod segment;
pub(crate) mod sensor;
pub(crate) mod series;
pub(crate) mod service;

pub(crate) use access_request::{AccessRequest, AccessRequestConnection, AccessRequestState};
pub(crate) use aggregate::{AggregateSeries, Buckets};
pub(crate) use announcement::{Announcement, AnnouncementKind};
pub(crate) use bucket_row::{BucketRow, BucketRowConnection, BucketRows};
pub(crate) use changes::{CatalogueChangeKind, CatalogueChanges};
pub(crate) use count::{Count, Total};
pub(crate) use dataset::{Dataset, DatasetFacets, DatasetField, DatasetFilter};
pub(crate) use direction::Direction;
pub(crate) use filter::{ReadingFilter, SensorFilter, SensorOrder};
pub(crate) use flag::QualityFlag;
pub(crate) use freshness::Freshness;
pub(crate) use incident::{Incident, IncidentConnection, IncidentKind};
pub(crate) use known_unit::KnownUnit;
pub(crate) use lineage::Lineage;
pub(crate) use live::ReadingBatch;
pub(crate) use own_key::{CreateKeyInput, CreatedKey, KeyRole, LabelInput, OwnKey};
pub(crate) use page::PageInfo;
pub(crate) use quality::{DatasetFigure, QualityReport, QualityStatus};
pub(crate) use quality_rules::{QualityRules, QualityRulesInput};
pub(crate) use quarantine::{
    QuarantineReason, QuarantineReplay, QuarantineReplayConnection, QuarantinedMessageConnection,
    SLUG as QUARANTINE,
};
pub(crate) use raw::RawMessage;
pub(crate) use reading::{Reading, ReadingConnection, ReadingNodes};
pub(crate) use reading_row::{ReadingRow, ReadingRowConnection, ReadingRows};
pub(crate) use search::SearchHit;
pub(crate) use segment::Segment;
pub(crate) use sensor::{Range, Sensor, SensorConnection};
pub(crate) use series::Series;
pub(crate) use service::Service;
