//! Samples by channel, and how many of them are enough for a drawing.

use std::collections::{BTreeMap, HashMap};

use hil_core::ports::Sample;
use hil_core::{Channel, Time};

use super::{COLUMNS, TimeAxis};

/// A moment and a value.
pub type Point = (Time, f64);

/// The samples of a case, by channel, each in time order.
#[derive(Clone, Debug, Default)]
pub struct Traces {
    by_channel: BTreeMap<Channel, Vec<Point>>,
}

impl Traces {
    /// Sorts samples by channel.
    #[must_use]
    pub fn new(samples: &[Sample]) -> Self {
        let mut by_channel: HashMap<Channel, Vec<Point>> = HashMap::new();
        let mut last: Option<(Channel, Vec<Point>)> = None;
        for sample in samples {
            // Samples often come in runs of one channel; those need no look-up.
            match &mut last {
                Some((channel, points)) if *channel == sample.channel => {
                    points.push((sample.at, sample.value));
                }
                _ => {
                    if let Some((channel, points)) = last.take() {
                        by_channel.insert(channel, points);
                    }
                    let mut points = by_channel.remove(&sample.channel).unwrap_or_default();
                    points.push((sample.at, sample.value));
                    last = Some((sample.channel, points));
                }
            }
        }
        by_channel.extend(last);
        Self {
            by_channel: by_channel.into_iter().collect(),
        }
    }

    /// The channels that have samples, in channel order.
    pub fn channels(&self) -> impl Iterator<Item = Channel> {
        self.by_channel.keys().copied()
    }

    /// The samples of a channel in time order.
    #[must_use]
    pub fn of(&self, channel: Channel) -> &[Point] {
        self.by_channel.get(&channel).map_or(&[], Vec::as_slice)
    }

    /// The last value at or before a moment.
    #[must_use]
    pub fn at(&self, channel: Channel, at: Time) -> Option<f64> {
        let points = self.of(channel);
        let after = points.partition_point(|p| p.0 <= at);
        points.get(after.checked_sub(1)?).map(|p| p.1)
    }

    /// Whether the channel ever changes by more than its noise: for states, at all.
    #[must_use]
    pub fn changes(&self, channel: Channel) -> bool {
        let points = self.of(channel);
        points.windows(2).any(|pair| pair[0].1 != pair[1].1)
    }
}

/// The column of a drawing in which a moment lies.
#[must_use]
pub fn column(axis: TimeAxis, at: Time) -> u32 {
    let column = u128::from(at.0) * u128::from(COLUMNS) / u128::from(axis.end.0);
    (column as u32).min(COLUMNS - 1)
}

/// As few points as draw the same picture: of each column the first, the lowest, the highest and
/// the last, in their order. Unknown values break the line.
#[must_use]
pub fn decimate(points: &[Point], axis: TimeAxis) -> Vec<Vec<Point>> {
    let mut lines = Vec::new();
    for run in points.split(|p| p.1.is_nan()).filter(|r| !r.is_empty()) {
        let mut line = Vec::new();
        let mut rest = run;
        while let Some(first) = rest.first() {
            let current = column(axis, first.0);
            let count = match rest.iter().position(|p| column(axis, p.0) != current) {
                Some(count) => count,
                None => rest.len(),
            };
            extremes(&rest[..count], &mut line);
            rest = &rest[count..];
        }
        lines.push(line);
    }
    lines
}

fn extremes(points: &[Point], line: &mut Vec<Point>) {
    let (mut low, mut high) = (0, 0);
    for (i, point) in points.iter().enumerate() {
        if point.1 < points[low].1 {
            low = i;
        }
        if point.1 > points[high].1 {
            high = i;
        }
    }
    let mut wanted = [0, low.min(high), low.max(high), points.len() - 1];
    wanted.sort_unstable();
    let mut previous = None;
    for index in wanted {
        if previous != Some(index) {
            push(line, points[index]);
            previous = Some(index);
        }
    }
}

/// Appends a point; the middle one of three equal values is not needed.
fn push(line: &mut Vec<Point>, point: Point) {
    if let [.., before, last] = line.as_mut_slice()
        && before.1 == point.1
        && last.1 == point.1
    {
        *last = point;
        return;
    }
    line.push(point);
}

#[cfg(test)]
mod tests {
    use hil_core::Signal;
    use proptest::prelude::*;

    use super::*;

    fn axis() -> TimeAxis {
        TimeAxis::to(Time(16_000_000))
    }

    proptest! {
        #[test]
        fn no_peak_is_lost_and_few_points_stay(values in prop::collection::vec(-5i32..5, 1..20_000)) {
            let step = 16_000_000 / values.len() as u64;
            let points: Vec<Point> = (0u64..)
                .zip(&values)
                .map(|(i, v)| (Time(i * step), f64::from(*v)))
                .collect();
            let kept: Vec<Point> = decimate(&points, axis()).concat();
            prop_assert!(kept.len() <= 4 * COLUMNS as usize);
            prop_assert!(kept.windows(2).all(|pair| pair[0].0 <= pair[1].0));
            for (name, pick) in [("low", f64::min as fn(f64, f64) -> f64), ("high", f64::max)] {
                let of = |points: &[Point]| points.iter().map(|p| p.1).reduce(pick);
                prop_assert_eq!(of(&kept), of(&points), "{}", name);
            }
            prop_assert_eq!(kept.last().map(|p| p.1), points.last().map(|p| p.1));
        }
    }

    #[test]
    fn an_unknown_value_breaks_the_line_and_a_flat_one_is_two_points() {
        let points: Vec<Point> = (0..1000u64)
            .map(|i| (Time(i * 16_000), if i == 500 { f64::NAN } else { 3.3 }))
            .collect();
        let lines = decimate(&points, axis());
        assert_eq!(lines.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
    }

    #[test]
    fn samples_of_mixed_channels_keep_their_order() {
        let channels = [Signal::RelayCharge, Signal::RelayLoad].map(Channel::plain);
        let samples: Vec<Sample> = [0, 0, 1, 0, 1, 1]
            .into_iter()
            .zip(0u64..)
            .map(|(c, i)| Sample {
                channel: channels[c],
                at: Time(i),
                value: i as f64,
            })
            .collect();
        let traces = Traces::new(&samples);
        let values = |c: usize| {
            traces
                .of(channels[c])
                .iter()
                .map(|p| p.1)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            (values(0), values(1)),
            (vec![0.0, 1.0, 3.0], vec![2.0, 4.0, 5.0])
        );
        assert_eq!(traces.at(channels[1], Time(3)), Some(2.0));
        assert_eq!(traces.at(channels[1], Time(1)), None);
    }
}
