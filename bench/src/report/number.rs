//! Numbers to be read.

/// Three digits and a letter: `412 k`, with `gap` before the letter.
pub(super) fn short(value: f64, gap: &str) -> String {
    let units = [("", 1.0), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12)];
    let (letter, unit) = units
        .into_iter()
        // What would be rounded to 1000 is 1 of the next.
        .find(|(_, unit)| value.abs() < 999.5 * unit)
        .unwrap_or(("T", 1e12));
    if letter.is_empty() {
        digits(value)
    } else {
        format!("{}{gap}{letter}", digits(value / unit))
    }
}

/// Three digits that count, where there are so many, and none behind a number of hundreds.
pub(super) fn digits(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        "0".to_owned()
    } else if size >= 99.95 {
        format!("{value:.0}")
    } else if size >= 9.995 {
        format!("{value:.1}")
    } else if size >= 0.9995 {
        format!("{value:.2}")
    } else {
        format!("{value:.3}")
    }
}

/// How many times as much: `0.94×`.
pub(super) fn times(value: f64) -> String {
    let text = if value.abs() < 1.0 {
        format!("{value:.2}")
    } else {
        digits(value)
    };
    text + "×"
}

/// A time in the unit that suits it: `1.23 ms`.
pub(super) fn duration(nanos: f64) -> String {
    let units = [("ns", 1.0), ("µs", 1e3), ("ms", 1e6)];
    let (name, unit) = units
        .into_iter()
        .find(|(_, unit)| nanos.abs() < 999.5 * unit)
        .unwrap_or(("s", 1e9));
    let number = if unit == 1.0 {
        format!("{nanos:.0}")
    } else {
        digits(nanos / unit)
    };
    format!("{number} {name}")
}

/// `123 MB`, of a million bytes.
pub(super) fn bytes(value: f64) -> String {
    let text = short(value, " ");
    let gap = if text.contains(' ') { "" } else { " " };
    format!("{text}{gap}B")
}

/// A round number, without the digits it does not need: `0.5`, `20k`.
pub(super) fn round(value: f64) -> String {
    let text = short(value, "");
    let (number, letter) = text.split_at(
        text.find(|letter: char| letter.is_ascii_alphabetic())
            .unwrap_or(text.len()),
    );
    format!("{}{letter}", without_zeros(number))
}

/// As `round`, without letters.
pub(super) fn plain(value: f64) -> String {
    without_zeros(&format!("{value:.4}")).to_owned()
}

/// As `round`, of a time.
pub(super) fn round_duration(nanos: f64) -> String {
    round_unit(&duration(nanos))
}

/// As `round`, of bytes.
pub(super) fn round_bytes(value: f64) -> String {
    round_unit(&bytes(value))
}

fn round_unit(text: &str) -> String {
    match text.split_once(' ') {
        Some((number, unit)) => format!("{} {unit}", without_zeros(number)),
        None => text.to_owned(),
    }
}

fn without_zeros(number: &str) -> &str {
    if number.contains('.') {
        number.trim_end_matches('0').trim_end_matches('.')
    } else {
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (0.0, "0"),
            (0.003, "0.003"),
            (0.123, "0.123"),
            (9.999, "10.0"),
            (99.97, "100"),
            (412.0, "412"),
            (999.6, "1.00 k"),
            (412_345.0, "412 k"),
            (999_950.0, "1.00 M"),
            (12_300_000.0, "12.3 M"),
        ] {
            assert_eq!(short(value, " "), text);
        }
        assert_eq!(short(412_345.0, ""), "412k");
    }

    #[test]
    fn units_suit() {
        assert_eq!(times(0.9449), "0.94×");
        assert_eq!(times(12.34), "12.3×");
        assert_eq!(duration(850.0), "850 ns");
        assert_eq!(duration(1_234.0), "1.23 µs");
        assert_eq!(duration(999_999.0), "1.00 ms");
        assert_eq!(duration(2.5e9), "2.50 s");
        assert_eq!(round(20_000.0), "20k");
        assert_eq!(round(2_500_000.0), "2.5M");
        assert_eq!(round(0.0), "0");
        assert_eq!(plain(0.25), "0.25");
        assert_eq!(plain(10.0), "10");
        assert_eq!(round_duration(10_000.0), "10 µs");
        assert_eq!(round_bytes(500_000_000.0), "500 MB");
        assert_eq!(bytes(17.0), "17.0 B");
        assert_eq!(bytes(123_456_789.0), "123 MB");
    }
}
