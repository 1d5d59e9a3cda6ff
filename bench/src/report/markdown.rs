//! Markdown that is readable as plain text, too.

use std::fmt::Write as _;

/// A paragraph.
pub(super) fn section(page: &mut String, text: &str) {
    page.push_str(text);
    page.push_str("\n\n");
}

/// A table that is one as plain text, too; the columns `numbers` are aligned to the right.
pub(super) fn table(
    page: &mut String,
    headings: &[&str],
    numbers: &[usize],
    rows: Vec<Vec<String>>,
) {
    let headings: Vec<String> = headings.iter().map(|one| (*one).to_owned()).collect();
    let mut lines = vec![headings];
    lines.extend(rows);
    for cell in lines.iter_mut().flatten() {
        *cell = cell.replace('|', "\\|");
    }
    let widths: Vec<usize> = (0..lines[0].len())
        .map(|column| {
            let width =
                |line: &Vec<String>| line.get(column).map_or(0, |cell| cell.chars().count());
            lines.iter().map(width).max().unwrap_or(0).max(3)
        })
        .collect();
    for (number, line) in lines.iter().enumerate() {
        for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
            let _ = if numbers.contains(&column) {
                write!(page, "| {cell:>width$} ")
            } else {
                write!(page, "| {cell:<width$} ")
            };
        }
        page.push_str("|\n");
        if number == 0 {
            for (column, width) in widths.iter().enumerate() {
                let line = "-".repeat(width - 1);
                let _ = if numbers.contains(&column) {
                    write!(page, "| {line}: ")
                } else {
                    write!(page, "| {line}- ")
                };
            }
            page.push_str("|\n");
        }
    }
    page.push('\n');
}
