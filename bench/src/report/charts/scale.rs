//! From values to places.

/// How long bars are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    /// From zero, in each panel to its largest value.
    PerPanel,
    /// From zero, the same in all panels.
    FromZero,
    /// By orders of magnitude, the same in all panels.
    Log,
    /// Times as much to the right of 1, the same times less to the left of it.
    AroundOne,
}

impl Scale {
    pub(super) fn is_shared(self) -> bool {
        self != Self::PerPanel
    }
}

/// An axis: what is at its two ends.
pub(super) struct Span {
    scale: Scale,
    low: f64,
    high: f64,
}

impl Span {
    /// With room for bars that have these values and these ends.
    pub(super) fn of(scale: Scale, bars: impl Iterator<Item = (f64, f64)>) -> Self {
        let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
        for (value, end) in bars {
            high = high.max(value).max(end);
            // No logarithm tells where zero is.
            if value > 0.0 {
                low = low.min(value);
            }
        }
        if high <= 0.0 || low.is_infinite() {
            (low, high) = (1.0, 1.0);
        }
        let (low, high) = match scale {
            Scale::PerPanel => (0.0, high),
            Scale::FromZero => (0.0, high.max(1.0)),
            // The smallest one has to be seen, too.
            Scale::Log => (10_f64.powf((low / 1.5).log10().floor()), high),
            // Both ends have a mark.
            Scale::AroundOne => (
                2_f64.powf(low.log2().floor().min(-1.0)),
                2_f64.powf(high.log2().ceil().max(1.0)),
            ),
        };
        // A single value is no range.
        let high = if high > low { high } else { low * 10.0 };
        Self { scale, low, high }
    }

    /// How many of `plot` pixels lie to the left of `value`.
    #[allow(clippy::cast_possible_truncation, reason = "between 0 and `plot`")]
    pub(super) fn place(&self, value: f64, plot: i32) -> i32 {
        let share = match self.scale {
            Scale::PerPanel | Scale::FromZero => value / self.high,
            Scale::Log | Scale::AroundOne => {
                (value.max(self.low) / self.low).log10() / (self.high / self.low).log10()
            }
        };
        (share.clamp(0.0, 1.0) * f64::from(plot)).round() as i32
    }

    /// Where bars begin.
    pub(super) fn origin(&self, plot: i32) -> i32 {
        match self.scale {
            Scale::AroundOne => self.place(1.0, plot),
            _ => 0,
        }
    }

    /// As many round values as there is room for, each as wide as `width` says.
    pub(super) fn ticks(&self, plot: i32, width: impl Fn(&f64) -> i32) -> Vec<f64> {
        let mut all = match self.scale {
            Scale::PerPanel => Vec::new(),
            Scale::FromZero => {
                let step = round_step(self.high);
                (0..=10)
                    .map(|number| step * f64::from(number))
                    .filter(|value| *value <= self.high * 1.001)
                    .collect()
            }
            Scale::Log => powers(10.0, self.low, self.high),
            Scale::AroundOne => powers(2.0, self.low, self.high),
        };
        let crowded = |ticks: &[f64]| {
            ticks.windows(2).any(|pair| {
                let apart = self.place(pair[1], plot) - self.place(pair[0], plot);
                apart < i32::midpoint(width(&pair[0]), width(&pair[1]))
            })
        };
        while crowded(&all) {
            all = thinner(self.scale, &all);
        }
        all
    }
}

/// Every second one, with 1 among them where that is the middle.
fn thinner(scale: Scale, ticks: &[f64]) -> Vec<f64> {
    let one = ticks.iter().position(|tick| *tick == 1.0);
    let first = match (scale, one) {
        (Scale::AroundOne, Some(one)) => one % 2,
        _ => 0,
    };
    ticks.iter().skip(first).step_by(2).copied().collect()
}

fn powers(base: f64, low: f64, high: f64) -> Vec<f64> {
    (-40..=40)
        .map(|power| base.powi(power))
        .filter(|value| *value >= low * 0.999 && *value <= high * 1.001)
        .collect()
}

/// A step of 1, 2 or 5 times a power of ten, of which three to seven reach `high`.
pub(super) fn round_step(high: f64) -> f64 {
    let rough = high / 3.0;
    let unit = 10_f64.powf(rough.log10().floor());
    let times = [5.0, 2.0, 1.0];
    let step = times.into_iter().find(|times| times * unit <= rough);
    step.unwrap_or(1.0) * unit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(scale: Scale, values: &[f64]) -> Span {
        Span::of(scale, values.iter().map(|value| (*value, *value)))
    }

    #[test]
    fn places_are_in_proportion() {
        let linear = span(Scale::PerPanel, &[50.0, 200.0]);
        assert_eq!((linear.place(50.0, 100), linear.origin(100)), (25, 0));
        let log = span(Scale::Log, &[100.0, 10_000.0]);
        assert_eq!(log.place(1000.0, 90), 60);
        let around = span(Scale::AroundOne, &[0.25, 4.0]);
        assert_eq!((around.place(2.0, 100), around.origin(100)), (75, 50));
        assert_eq!(around.ticks(100, |_| 20), [0.25, 0.5, 1.0, 2.0, 4.0]);
        assert_eq!(around.ticks(100, |_| 40), [0.25, 1.0, 4.0]);
    }

    #[test]
    fn odd_values_have_places() {
        for scale in [
            Scale::PerPanel,
            Scale::FromZero,
            Scale::Log,
            Scale::AroundOne,
        ] {
            for values in [&[] as &[f64], &[0.0], &[7.0], &[0.0, 1e12]] {
                let span = span(scale, values);
                for value in values {
                    assert!((0..=100).contains(&span.place(*value, 100)));
                }
                assert!(span.ticks(100, |_| 30).len() < 12);
            }
        }
    }

    #[test]
    fn steps_are_round() {
        assert_eq!(round_step(1.0), 0.2);
        assert_eq!(round_step(7.0e6), 2.0e6);
        assert_eq!(round_step(16.0), 5.0);
    }
}
