//! Tables for people: a line a row, columns as wide as they must be.

use super::answer;

/// Answers with a head and its rows.
pub(super) fn answer<const COLUMNS: usize>(
    head: [&str; COLUMNS],
    rows: &[[String; COLUMNS]],
) -> anyhow::Result<()> {
    answer::line(lines(head, rows).join("\n"))
}

fn lines<const COLUMNS: usize>(head: [&str; COLUMNS], rows: &[[String; COLUMNS]]) -> Vec<String> {
    let rows: Vec<[String; COLUMNS]> = std::iter::once(head.map(str::to_owned))
        .chain(
            rows.iter()
                .map(|row| row.each_ref().map(|cell| on_one_line(cell))),
        )
        .collect();
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..COLUMNS).map(width).collect();
    let line = |row: &[String; COLUMNS]| {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}", width = *width))
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// A name may hold a line break; a row is a line.
fn on_one_line(cell: &str) -> String {
    cell.chars()
        .map(|char| if char.is_control() { '\u{fffd}' } else { char })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_a_line_and_columns_stand_below_each_other() {
        let rows = [
            ["a".to_owned(), "1\n2".to_owned()],
            ["long name".to_owned(), String::new()],
        ];
        assert_eq!(
            lines(["NAME", "X"], &rows),
            ["NAME       X", "a          1\u{fffd}2", "long name"]
        );
    }
}
