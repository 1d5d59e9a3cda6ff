//! Numbers of `INCRBYFLOAT`.
//!
//! Redis reads and adds them in the processor's long format, with 64 binary digits, and prints 17
//! decimals. The same is done here by whole numbers.

use num_bigint::{BigInt, Sign};

/// Binary digits of the long format.
const DIGITS: u64 = 64;

const DECIMALS: usize = 17;

/// The largest power of ten of the long format; above, a number is infinite.
const LARGEST: i64 = 4932;

/// A number of the long format: `mantissa * 2^exponent`.
#[derive(Clone, Debug)]
pub(crate) enum Number {
    Finite { mantissa: BigInt, exponent: i64 },
    Infinite,
}

/// A number, if it is one.
pub(crate) fn float(text: &[u8]) -> Option<Number> {
    let text = std::str::from_utf8(text).ok()?;
    let (negative, text) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if text.eq_ignore_ascii_case("inf") || text.eq_ignore_ascii_case("infinity") {
        return Some(Number::Infinite);
    }
    let (mantissa, power) = match text.split_once(['e', 'E']) {
        Some((mantissa, power)) => (mantissa, power.parse::<i64>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    if digits.is_empty() || digits.len() > 255 || !digits.bytes().all(|one| one.is_ascii_digit()) {
        return None;
    }
    let units = BigInt::parse_bytes(digits.as_bytes(), 10)?;
    let units = if negative { -units } else { units };
    let power = power.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    if !(-LARGEST - 300..=LARGEST).contains(&power) {
        return None;
    }
    let ten = BigInt::from(10).pow(u32::try_from(power.unsigned_abs()).ok()?);
    Some(if power < 0 {
        Number::rounded(units, &ten)
    } else {
        Number::rounded(units * ten, &BigInt::from(1))
    })
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
        Self::Finite {
            mantissa: shifted(&numerator, denominator, shift),
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
        ] {
            let sum_of = |a: &str, b: &str| float(a.as_bytes())?.plus(&float(b.as_bytes())?);
            assert_eq!(sum_of(a, b).as_deref(), Some(sum), "{a} + {b}");
        }
    }

    #[test]
    fn what_is_no_number() {
        for text in [
            "", " 1", "1 ", "x", "nan", "-nan", "1.2.3", "-", ".", "1e", "1e99999", "--1",
        ] {
            assert!(float(text.as_bytes()).is_none(), "{text}");
        }
        let infinite = float(b"-Inf").unwrap();
        assert!(infinite.plus(&Number::zero()).is_none());
    }
}
