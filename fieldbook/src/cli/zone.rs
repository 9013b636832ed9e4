//! Time zones.

use entity::Zone;
use entity::bucket::UnknownZone;

/// A time zone, or which ones are meant.
pub(super) fn time_zone(name: &str) -> Result<Zone, String> {
    name.parse()
        .map_err(|error: UnknownZone| format!("{error}: give {}", error.accepted()))
}
