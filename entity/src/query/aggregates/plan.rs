//! Which rollup answers which part of a question.

use chrono::{DateTime, TimeDelta, Utc};

use crate::rollup::Level;

/// A part of a question, half-open, answered from one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    /// The rollup, or, where there is none, `reading`.
    pub(super) level: Option<Level>,
    pub(super) start: DateTime<Utc>,
    pub(super) stop: DateTime<Utc>,
}

/// A piece of readings is no longer than this: neighbours in it are always joined ([`GAP_MAX`](super::GAP_MAX)), which spares the statement
/// a look at it.
const READING_MAX: TimeDelta = TimeDelta::days(30);

/// Cuts buckets into pieces, each from the coarsest place that ends where the bucket does:
///
/// ```text
/// bucket           10:17:30 ─────────────────────────────────────────── 14:02
/// pieces   reading ┤10:18├ minutes ┤11:00├ hours ┤14:00├ minutes ┤14:02
/// ```
///
/// Neighbours from the same rollup become one piece, even across buckets: a row of a rollup names its own bucket. What
/// comes from `reading` stays apart, because a piece of it becomes one row; it is cut so that no piece is longer than
/// [`READING_MAX`].
///
/// `edges` ascend; `from` and `to` cut the first and the last bucket.
pub(super) fn plan(
    edges: &[DateTime<Utc>],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    rolled: bool,
) -> Vec<Piece> {
    let mut pieces = Pieces(Vec::new());
    for bucket in edges.windows(2) {
        let (start, stop) = (bucket[0].max(from), bucket[1].min(to));
        if start < stop {
            let level = rolled.then_some(Level::Day);
            pieces.cut(level, start, stop);
        }
    }
    pieces.0
}

struct Pieces(Vec<Piece>);

impl Pieces {
    /// Takes what is possible from `level`, and what is left on both sides from finer ones.
    fn cut(&mut self, level: Option<Level>, start: DateTime<Utc>, stop: DateTime<Utc>) {
        if start >= stop {
            return;
        }
        let Some(coarse) = level else {
            let mut start = start;
            while stop - start > READING_MAX {
                self.push(None, start, start + READING_MAX);
                start += READING_MAX;
            }
            self.push(None, start, stop);
            return;
        };
        let finer = match coarse {
            Level::Day => Some(Level::Hour),
            Level::Hour => Some(Level::Minute),
            Level::Minute => None,
        };
        let (first, last) = (coarse.ceil(start), coarse.floor(stop));
        if first < last {
            self.cut(finer, start, first);
            self.push(level, first, last);
            self.cut(finer, last, stop);
        } else {
            self.cut(finer, start, stop);
        }
    }

    fn push(&mut self, level: Option<Level>, start: DateTime<Utc>, stop: DateTime<Utc>) {
        match self.0.last_mut() {
            Some(last) if level.is_some() && last.level == level && last.stop == start => last.stop = stop,
            _ => self.0.push(Piece { level, start, stop }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn told(edges: &[&str], from: &str, to: &str) -> Vec<String> {
        let edges: Vec<_> = edges.iter().map(|edge| at(edge)).collect();
        let word = |piece: &Piece| {
            let level = piece.level.map_or("reading", |level| match level {
                Level::Minute => "1m",
                Level::Hour => "1h",
                Level::Day => "1d",
            });
            format!(
                "{level} {}..{}",
                piece.start.format("%dT%H:%M:%S"),
                piece.stop.format("%dT%H:%M:%S")
            )
        };
        plan(&edges, at(from), at(to), true).iter().map(word).collect()
    }

    #[test]
    fn hours_come_from_hours_and_cut_ends_from_finer_ones() {
        let edges = [
            "2026-01-01T10:00:00Z",
            "2026-01-01T11:00:00Z",
            "2026-01-01T12:00:00Z",
            "2026-01-01T13:00:00Z",
        ];
        assert_eq!(
            told(&edges, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
            ["1h 01T10:00:00..01T13:00:00"]
        );
        assert_eq!(
            told(&edges, "2026-01-01T10:17:30Z", "2026-01-01T12:02:00Z"),
            [
                "reading 01T10:17:30..01T10:18:00",
                "1m 01T10:18:00..01T11:00:00",
                "1h 01T11:00:00..01T12:00:00",
                "1m 01T12:00:00..01T12:02:00",
            ]
        );
    }

    #[test]
    fn a_month_in_zurich_comes_from_days_and_the_hours_at_its_ends() {
        assert_eq!(
            told(
                &["2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"],
                "2026-01-01T00:00:00Z",
                "2027-01-01T00:00:00Z"
            ),
            [
                "1h 28T23:00:00..01T00:00:00",
                "1d 01T00:00:00..31T00:00:00",
                "1h 31T00:00:00..31T22:00:00",
            ]
        );
    }

    #[test]
    fn seconds_come_from_readings_each_by_itself() {
        let edges = [
            "2026-01-01T10:00:00Z",
            "2026-01-01T10:00:30Z",
            "2026-01-01T10:01:00Z",
        ];
        assert_eq!(
            told(&edges, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
            [
                "reading 01T10:00:00..01T10:00:30",
                "reading 01T10:00:30..01T10:01:00"
            ]
        );
    }

    #[test]
    fn a_piece_of_readings_is_never_longer_than_neighbours_may_be_apart() {
        let edges = [at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z")];
        let pieces = plan(&edges, edges[0], edges[1], false);
        assert_eq!(pieces.len(), 13);
        assert!(pieces.windows(2).all(|pair| pair[0].stop == pair[1].start));
        assert!(
            pieces
                .iter()
                .all(|piece| piece.stop - piece.start < super::super::GAP_MAX)
        );
        assert_eq!(pieces[12].stop, edges[1]);
    }

    proptest! {
        /// Nothing is left out, nothing is taken twice, and no row of a rollup lies across an edge.
        #[test]
        fn pieces_cover_the_question_and_keep_to_its_edges(
            start in 0_i64..200_000,
            widths in prop::collection::vec(1_i64..200_000, 1..20),
            cut in 0_i64..100_000,
        ) {
            let at = |second: i64| DateTime::from_timestamp(1_790_000_000 + second, 0).unwrap();
            let mut edges = vec![at(start)];
            for width in widths {
                edges.push(*edges.last().unwrap() + chrono::TimeDelta::seconds(width));
            }
            let (from, to) = (at(start + cut), *edges.last().unwrap() - chrono::TimeDelta::seconds(cut / 3));
            let pieces = plan(&edges, from, to, true);
            if from < to {
                prop_assert_eq!(pieces[0].start, from);
                prop_assert_eq!(pieces.last().unwrap().stop, to);
            } else {
                prop_assert!(pieces.is_empty());
            }
            for pair in pieces.windows(2) {
                prop_assert_eq!(pair[0].stop, pair[1].start);
            }
            for piece in &pieces {
                prop_assert!(piece.start < piece.stop);
                let inner = edges.iter().filter(|edge| piece.start < **edge && **edge < piece.stop);
                for edge in inner {
                    let level = piece.level.expect("an edge inside of a piece of readings");
                    prop_assert_eq!(level.floor(*edge), *edge);
                }
                if let Some(level) = piece.level {
                    prop_assert_eq!((level.floor(piece.start), level.floor(piece.stop)), (piece.start, piece.stop));
                }
            }
        }
    }
}
