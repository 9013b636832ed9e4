//! Buckets of time: their sizes, the zones in which their days begin, and their edges. Nothing here asks the database.
//!
//! Where buckets begin:
//!
//! | size | begins |
//! |---|---|
//! | `P1M`, `P3M`, `P1Y`, … | at the local midnight that begins a month, counted from January 2000 |
//! | `P1W`, `P2W`, … | at the local midnight of a Monday, counted from 2000-01-03 |
//! | `P1D`, `P3D`, … | at local midnight, counted from 2000-01-01 |
//! | under a day, dividing 24 h (`PT1S`, `PT15M`, `PT6H`, …) | whenever the local clock comes to a multiple of the size since midnight |
//! | any other (`PT7H`, `PT36H`, …) | every so many elapsed hours since the local midnight of 2000-01-01 |
//!
//! A day that begins without a midnight, because the clock skips it, begins with its first instant.
//!
//! Where the clock is put forward over the beginning of a bucket, that bucket begins at the change; where it is put back
//! and comes to one a second time, a bucket begins there too. So an hour is always an hour of elapsed time in zones
//! that change by whole hours, and longer buckets keep to the marks of the local clock. Europe/Zurich on the day on
//! which 03:00 becomes 02:00 again:
//!
//! ```text
//! PT1H   00:00  01:00  02:00  02:00  03:00 …      25 buckets of an hour
//! PT2H   00:00         02:00  02:00         04:00 …   of 2 h, 1 h, 2 h, …
//! PT6H   00:00                              06:00 …   of 7 h, 6 h, 6 h, 6 h
//! ```

mod edges;
mod size;
mod zone;

pub use edges::{BucketError, Bucketing};
pub use size::{BucketSize, BucketSizeError};
pub use zone::{UnknownZone, Zone};
