//! Places as questions name them: boxes and circles on the globe.

use entity::query::sensors::{BoundingBox, Location, Near};

use crate::graphql::error::ApiError;

/// A box, if it is one; `argument` gave it.
pub(crate) fn within(argument: &str, bounds: BoundingBox) -> Result<BoundingBox, ApiError> {
    let BoundingBox {
        south,
        west,
        north,
        east,
    } = bounds;
    let sound = is_latitude(south) && is_latitude(north) && is_longitude(west) && is_longitude(east);
    if sound && south <= north {
        return Ok(bounds);
    }
    Err(ApiError::InvalidArgument {
        argument: argument.to_owned(),
        message: "this is no box on the globe".to_owned(),
        accepted: "south and north from -90 to 90, south not above north; west and east from -180 to 180"
            .to_owned(),
    })
}

/// A circle, if it is one; `argument` gave it.
pub(crate) fn near(argument: &str, circle: Near) -> Result<Near, ApiError> {
    let Near { centre, metres } = circle;
    let Location { lat, lng } = centre;
    if is_latitude(lat) && is_longitude(lng) && metres.is_finite() && metres >= 0.0 {
        return Ok(circle);
    }
    Err(ApiError::InvalidArgument {
        argument: argument.to_owned(),
        message: "this is no circle on the globe".to_owned(),
        accepted: "lat from -90 to 90, lng from -180 to 180, metres not below 0".to_owned(),
    })
}

fn is_latitude(degrees: f64) -> bool {
    (-90.0..=90.0).contains(&degrees)
}

fn is_longitude(degrees: f64) -> bool {
    (-180.0..=180.0).contains(&degrees)
}
