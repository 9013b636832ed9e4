//! What the database says of itself: its tables, their columns, and what people wrote about them. About no asker's data,
//! so without a scope.

mod extent;
mod relation;
mod size;

pub use self::extent::{ArchiveExtent, Period, SensorExtent, archive_extent, example, period, sensor_extent};
pub use self::relation::{Column, Relation, RelationKind, relations};
pub use self::size::{Rows, Size, is_small, rows, sizes};
