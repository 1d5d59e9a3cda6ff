//! Numbers of `INCRBYFLOAT`.
//!
//! Redis reads and adds them in the processor's long format, with 64 binary digits, and prints 17
//! decimals. The same is done here by whole numbers.

use num_bigint::{BigInt, Sign};

/// Binary digits of the long format.
const DIGITS: u64 = 64;

const DECIMALS: usize = 17;

/// The long format ends below this power of two; above, a number is infinite.
const END: i64 = 16384;

/// Its smallest number above zero is this power of two.
const SMALLEST: i64 = -16445;

/// Texts from this length on are no numbers to Redis.
const MAX_TEXT: usize = 5 * 1024;

/// No exponent of a number that is neither zero nor infinite is larger, whatever its digits.
const MAX_POWER: i64 = 100_000;

/// A number of the long format: `mantissa * 2^exponent`.
#[derive(Clone, Debug)]
pub(crate) enum Number {
    Finite { mantissa: BigInt, exponent: i64 },
    Infinite,
}

/// A number, if it is one: decimal, or hexadecimal after `0x` with a power of two after `p`.
pub(crate) fn float(text: &[u8]) -> Option<Number> {
    if text.len() >= MAX_TEXT {
        return None;
    }
    let text = std::str::from_utf8(text).ok()?;
    let (negative, text) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if text.eq_ignore_ascii_case("inf") || text.eq_ignore_ascii_case("infinity") {
        return Some(Number::Infinite);
    }
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (text, radix, marks) = match hexadecimal {
        Some(text) => (text, 16, ['p', 'P']),
        None => (text, 10, ['e', 'E']),
    };
    let (mantissa, power) = match text.split_once(marks) {
        Some((mantissa, power)) => (mantissa, self::power(power)?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    if digits.is_empty() || !digits.chars().all(|one| one.is_digit(radix)) {
        return None;
    }
    let units = BigInt::parse_bytes(digits.as_bytes(), radix)?;
    if units.sign() == Sign::NoSign {
        return Some(Number::zero());
    }
    let units = if negative { -units } else { units };
    let places = i64::try_from(fraction.len()).ok()?;
    let number = if radix == 16 {
        fraction_of(units, 2, power - 4 * places)
    } else {
        fraction_of(units, 10, power - places)
    };
    // What is too large, or so small that it is zero, is no number to Redis.
    match &number {
        Number::Finite { mantissa, .. } if mantissa.sign() != Sign::NoSign => Some(number),
        _ => None,
    }
}

/// A whole number, cut where nothing changes any more.
fn power(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|one| one.is_ascii_digit()) {
        return None;
    }
    let size = digits
        .parse()
        .map_or(MAX_POWER, |size: i64| size.min(MAX_POWER));
    Some(if text.starts_with('-') { -size } else { size })
}

/// `units * base^power`, rounded.
fn fraction_of(units: BigInt, base: u32, power: i64) -> Number {
    let factor = BigInt::from(base).pow(u32::try_from(power.unsigned_abs()).unwrap_or(u32::MAX));
    if power < 0 {
        Number::rounded(units, &factor)
    } else {
        Number::rounded(units * factor, &BigInt::from(1))
    }
}

impl Number {
    pub(crate) fn zero() -> Self {
        Self::Finite {
            mantissa: BigInt::ZERO,
            exponent: 0,
        }
    }

    /// The number of the format that is nearest to a fraction.
    fn rounded(numerator: BigInt, denominator: &BigInt) -> Self {
        if numerator.sign() == Sign::NoSign {
            return Self::zero();
        }
        let signed = |bits: u64| i64::try_from(bits).unwrap_or(i64::MAX);
        let mut shift = signed(DIGITS) + signed(denominator.bits()) - signed(numerator.bits());
        if shifted(&numerator, denominator, shift).bits() > DIGITS {
            shift -= 1;
        }
        // Near zero there are fewer digits.
        shift = shift.min(-SMALLEST);
        let mantissa = shifted(&numerator, denominator, shift);
        if signed(mantissa.bits()) - shift > END {
            return Self::Infinite;
        }
        Self::Finite {
            mantissa,
            exponent: -shift,
        }
    }

    /// The sum as text; `None` when it is infinite.
    pub(crate) fn plus(&self, other: &Self) -> Option<String> {
        let (
            Self::Finite {
                mantissa: a,
                exponent: of_a,
            },
            Self::Finite {
                mantissa: b,
                exponent: of_b,
            },
        ) = (self, other)
        else {
            return None;
        };
        let low = *of_a.min(of_b);
        let sum = (a << (of_a - low)) + (b << (of_b - low));
        let sum = match low {
            0.. => Self::rounded(sum << low, &BigInt::from(1)),
            _ => Self::rounded(sum, &(BigInt::from(1) << -low)),
        };
        sum.text()
    }

    fn text(&self) -> Option<String> {
        let Self::Finite { mantissa, exponent } = self else {
            return None;
        };
        let one = BigInt::from(10).pow(u32::try_from(DECIMALS).ok()?);
        let units = shifted(&(mantissa * one), &BigInt::from(1), *exponent);
        let sign = if units.sign() == Sign::Minus { "-" } else { "" };
        let digits = format!("{:0>width$}", units.magnitude(), width = DECIMALS + 1);
        let (whole, fraction) = digits.split_at(digits.len() - DECIMALS);
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        Some(format!("{sign}{whole}{point}{fraction}"))
    }
}

/// `numerator * 2^shift / denominator`, to the nearest whole number, and to the even one in between.
fn shifted(numerator: &BigInt, denominator: &BigInt, shift: i64) -> BigInt {
    let (numerator, denominator) = match shift {
        0.. => (numerator << shift, denominator.clone()),
        _ => (numerator.clone(), denominator << -shift),
    };
    let negative = numerator.sign() == Sign::Minus;
    let numerator = BigInt::from(numerator.magnitude().clone());
    let quotient: BigInt = &numerator / &denominator;
    let twice = (numerator - &quotient * &denominator) * 2;
    let up = twice > denominator || (twice == denominator && quotient.bit(0));
    let nearest = if up { quotient + 1 } else { quotient };
    if negative { -nearest } else { nearest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_as_redis_prints_them() {
        for (a, b, sum) in [
            ("0", "0.1", "0.1"),
            ("0.1", "0.2", "0.3"),
            ("3.0e3", "200", "3200"),
            ("10.50", "0.1", "10.6"),
            ("5", "-5.0", "0"),
            ("-1.5", "0.25", "-1.25"),
            ("1e-3", "0", "0.001"),
            ("-9223372036854775808", "0.1", "-9223372036854775808"),
            ("9223372036854775807", "0.5", "9223372036854775807.5"),
            ("9223372036854775807", "0.2", "9223372036854775807"),
            ("1e30", "0", "1000000000000000000024696061952"),
            ("1e-4000", "0", "0"),
            ("0x1p3", "-0X.8", "7.5"),
            ("0e99999999999999999999", "1e-4950", "0"),
            ("+.5", "5.", "5.5"),
        ] {
            let sum_of = |a: &str, b: &str| float(a.as_bytes())?.plus(&float(b.as_bytes())?);
            assert_eq!(sum_of(a, b).as_deref(), Some(sum), "{a} + {b}");
        }
    }

    #[test]
    fn what_is_no_number() {
        for text in [
            "",
            " 1",
            "1 ",
            "x",
            "nan",
            "-nan",
            "1.2.3",
            "-",
            ".",
            "1e",
            "1e99999",
            "--1",
            "0x",
            "0x.",
            "0xg",
            "0x1p",
            "1p3",
            "1e+",
            "1e99999999999999999999",
            "1e-4951",
            "9e4932",
            "0x1p16384",
            "0x1p-16446",
            "-1e-99999999999999999999",
        ] {
            assert!(float(text.as_bytes()).is_none(), "{text}");
        }
        let infinite = float(b"-Inf").unwrap();
        assert!(infinite.plus(&Number::zero()).is_none());
        let large = float(b"1e4932").unwrap();
        assert!(large.plus(&Number::zero()).is_some());
        assert!(
            large.plus(&large).is_none(),
            "it is above all numbers of the format"
        );
        assert!(float(&[b'1'; MAX_TEXT]).is_none());
        assert!(float(&[&b"."[..], &[b'1'; MAX_TEXT - 2]].concat()).is_some());
    }
}
