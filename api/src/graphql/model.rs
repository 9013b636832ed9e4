//! The types of the schema, a file for each noun.

pub(crate) mod aggregate;
pub(crate) mod bucket_row;
pub(crate) mod count;
mod dataset;
pub(crate) mod direction;
pub(crate) mod filter;
pub(crate) mod flag;
mod freshness;
mod lineage;
pub(crate) mod live;
pub(crate) mod page;
pub(crate) mod raw;
pub(crate) mod reading;
pub(crate) mod reading_row;
pub(crate) mod sensor;
pub(crate) mod series;
pub(crate) mod service;

pub(crate) use aggregate::{AggregateSeries, Buckets};
pub(crate) use bucket_row::{BucketRow, BucketRowConnection, BucketRows};
pub(crate) use count::{Count, Total};
pub(crate) use dataset::{Dataset, DatasetFilter};
pub(crate) use direction::Direction;
pub(crate) use filter::{ReadingFilter, SensorFilter, SensorOrder};
pub(crate) use flag::QualityFlag;
pub(crate) use freshness::Freshness;
pub(crate) use lineage::Lineage;
pub(crate) use live::ReadingBatch;
pub(crate) use page::PageInfo;
pub(crate) use raw::RawMessage;
pub(crate) use reading::{Reading, ReadingConnection, ReadingNodes};
pub(crate) use reading_row::{ReadingRow, ReadingRowConnection, ReadingRows};
pub(crate) use sensor::{Range, Sensor, SensorConnection};
pub(crate) use series::Series;
pub(crate) use service::Service;
