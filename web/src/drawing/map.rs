//! Places on an equirectangular map: the same scale at every latitude, so the poles are on it.

use std::collections::BTreeMap;

use crate::model::Location;
use crate::words::State;

/// The land's outline, one unit a degree from 180° west and 90° north (Natural Earth by world-atlas; `assets/land/README.md`).
pub(crate) const LAND: &str = include_str!("../../assets/land.svg.txt");

/// Sides of the grid within whose cells places are shown together.
const CELLS: f64 = 48.0;

/// Degrees that are shown at least, so that one place is not a continent.
pub(crate) const SPAN_MIN: f64 = 4.0;

/// A sensor that says where it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) at: Location,
    pub(crate) state: State,
}

/// A dot, of one sensor or of several.
#[derive(Debug)]
pub(crate) struct Marker {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) radius: f64,
    pub(crate) title: String,
    pub(crate) address: String,
    pub(crate) state: State,
}

/// The part of the world that is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

fn x(at: Location) -> f64 {
    at.lng + 180.0
}

fn y(at: Location) -> f64 {
    90.0 - at.lat
}

impl View {
    /// Wide enough for all places, twice as wide as high, and within the world where that is possible.
    pub(crate) fn around(places: &[Place<'_>]) -> Self {
        let fold = |of: fn(Location) -> f64| {
            let each = || places.iter().map(move |place| of(place.at));
            (
                each().fold(f64::INFINITY, f64::min),
                each().fold(f64::NEG_INFINITY, f64::max),
            )
        };
        let ((west, east), (north, south)) = (fold(x), fold(y));
        if !(west.is_finite() && north.is_finite()) {
            return Self {
                x: 0.0,
                y: 0.0,
                width: 360.0,
                height: 180.0,
            };
        }
        let width = ((east - west) * 1.2)
            .max((south - north) * 2.4)
            .clamp(SPAN_MIN, 360.0);
        let height = width / 2.0;
        let within = |middle: f64, span: f64, world: f64| (middle - span / 2.0).clamp(0.0, world - span);
        Self {
            x: within(f64::midpoint(west, east), width, 360.0),
            y: within(f64::midpoint(north, south), height, 180.0),
            width,
            height,
        }
    }

    pub(crate) fn width(&self) -> f64 {
        self.width
    }

    pub(crate) fn view_box(&self) -> String {
        format!("{:.3} {:.3} {:.3} {:.3}", self.x, self.y, self.width, self.height)
    }
}

/// A part of the world, in degrees.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Area {
    pub(crate) south: f64,
    pub(crate) west: f64,
    pub(crate) north: f64,
    pub(crate) east: f64,
}

/// The number of a cell along a side.
#[expect(clippy::cast_possible_truncation, reason = "a side has some hundred cells")]
fn cell_of(along: f64, cell: f64) -> i64 {
    (along / cell).floor() as i64
}

/// Places as dots, those that would hide each other in one, which leads to `within` the part of the world that it stands for.
pub(crate) fn markers(places: &[Place<'_>], view: &View, within: impl Fn(Area) -> String) -> Vec<Marker> {
    let cell = view.width / CELLS;
    let mut cells: BTreeMap<(i64, i64), Vec<&Place<'_>>> = BTreeMap::new();
    for place in places {
        let row = cell_of(y(place.at), cell);
        let column = cell_of(x(place.at), cell);
        cells.entry((row, column)).or_default().push(place);
    }
    let cells = cells.into_iter();
    cells
        .map(|((row, column), places)| {
            let area = Area {
                south: 90.0 - (row + 1) as f64 * cell,
                west: column as f64 * cell - 180.0,
                north: 90.0 - row as f64 * cell,
                east: (column + 1) as f64 * cell - 180.0,
            };
            marker(&places, cell, &within(area))
        })
        .collect()
}

fn marker(places: &[&Place<'_>], cell: f64, within: &str) -> Marker {
    let count = places.len() as f64;
    let mean = |of: fn(Location) -> f64| places.iter().map(|place| of(place.at)).sum::<f64>() / count;
    let rank = |state: State| {
        ["bad", "warn", "none", "ok"]
            .iter()
            .position(|class| *class == state.class)
    };
    let worst = places
        .iter()
        .map(|place| place.state)
        .min_by_key(|state| rank(*state));
    let state = worst.unwrap_or_else(|| State::freshness("UNKNOWN"));
    let (title, address) = match places {
        [only] => (
            format!("{}: {}", only.name, state.word),
            format!("/sensors/{}", only.id),
        ),
        several => {
            let mut names: Vec<&str> = several.iter().take(5).map(|place| place.name).collect();
            if several.len() > names.len() {
                names.push("…");
            }
            (
                format!(
                    "{} sensors: {}; the worst is {}",
                    several.len(),
                    names.join(", "),
                    state.word
                ),
                within.to_owned(),
            )
        }
    };
    Marker {
        x: mean(x),
        y: mean(y),
        // By area: a hundred sensors are not a hundred times as wide.
        radius: cell * (0.3 + 0.1 * count.log10()),
        title,
        address,
        state,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(lat: f64, lng: f64, status: &str) -> Place<'static> {
        Place {
            id: "1",
            name: "n",
            at: Location { lat, lng },
            state: State::freshness(status),
        }
    }

    #[test]
    fn the_pole_is_on_the_map() {
        let places = [place(90.0, 0.0, "FRESH"), place(-90.0, 180.0, "FRESH")];
        let view = View::around(&places);
        assert_eq!(view.view_box(), "0.000 0.000 360.000 180.000");
        let one = [place(90.0, 180.0, "FRESH")];
        let view = View::around(&one);
        assert_eq!(view.view_box(), "356.000 0.000 4.000 2.000");
        assert_eq!(markers(&one, &view, |_| String::new()).len(), 1);
    }

    #[test]
    fn neighbours_are_one_dot_of_the_worst_state() {
        let places = [
            place(47.0, 8.0, "FRESH"),
            place(47.001, 8.001, "STALE"),
            place(40.0, 0.0, "FRESH"),
        ];
        let markers = markers(&places, &View::around(&places), |area| {
            format!("{:.0}", area.north)
        });
        assert_eq!(markers.len(), 2);
        let near = markers
            .iter()
            .find(|marker| marker.title.starts_with("2 sensors"))
            .unwrap();
        assert_eq!((near.state.class, near.address.as_str()), ("bad", "47"));
    }

    #[test]
    fn no_place_is_the_world() {
        assert_eq!(View::around(&[]).view_box(), "0.000 0.000 360.000 180.000");
    }
}
