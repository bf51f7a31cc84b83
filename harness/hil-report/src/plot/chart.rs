//! One panel of quantities over time: lines, thresholds, limit bands.

use hil_core::Time;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::{
    Cartesian2d, ChartBuilder, ChartContext, Color, LineSeries, PathElement, RGBColor, Rectangle,
    SVGBackend,
};

use super::palette::{GRID, THRESHOLD};
use super::scale::Scale;
use super::traces::{Point, decimate};
use super::{TimeAxis, svg};

/// Units of height per pixel of the panel, so that lines stay smooth.
const FINENESS: u32 = 4;
/// Opacity of a line that would fill an area.
const DENSE: f64 = 0.45;
/// A line that crosses the panel more often than this fills it.
const CROSSINGS: f64 = 150.0;

/// A line.
pub struct Series<'a> {
    /// What was measured.
    pub points: &'a [Point],
    /// Its colour.
    pub color: RGBColor,
    /// Whether a value holds until the next one, as decoded values do.
    pub steps: bool,
}

/// Limits over a window.
pub struct Band {
    /// When they applied.
    pub window: (Time, Time),
    /// Lower limit, if any.
    pub low: Option<f64>,
    /// Upper limit, if any.
    pub high: Option<f64>,
    /// Their colour.
    pub color: RGBColor,
}

/// What is drawn in one panel.
pub struct Chart<'a> {
    /// The time axis.
    pub axis: TimeAxis,
    /// The value axis.
    pub scale: &'a Scale,
    /// Height in pixels.
    pub height: u32,
    /// Lines, the later ones on top.
    pub series: Vec<Series<'a>>,
    /// Values of threshold lines.
    pub thresholds: Vec<f64>,
    /// Limit bands, below the lines.
    pub bands: Vec<Band>,
}

type Context<'a, 'b> =
    ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

impl Chart<'_> {
    /// The drawing.
    #[must_use]
    pub fn svg(&self) -> String {
        svg(self.height * FINENESS, |area| {
            let mut chart = ChartBuilder::on(area)
                .build_cartesian_2d(
                    0.0..self.axis.end.as_secs(),
                    self.scale.low..self.scale.high,
                )
                .ok()?;
            self.grid(&mut chart)?;
            for band in &self.bands {
                self.band(&mut chart, band)?;
            }
            for value in &self.thresholds {
                self.level(&mut chart, *value, THRESHOLD)?;
            }
            for series in &self.series {
                self.line(&mut chart, series)?;
            }
            Some(())
        })
    }

    fn grid(&self, chart: &mut Context<'_, '_>) -> Option<()> {
        for (value, _) in &self.scale.ticks {
            self.level(chart, *value, GRID)?;
        }
        let lines = self.axis.ticks().into_iter().map(|(at, _)| {
            let x = at.as_secs();
            PathElement::new(vec![(x, self.scale.low), (x, self.scale.high)], GRID)
        });
        chart.draw_series(lines).ok()?;
        Some(())
    }

    fn level(&self, chart: &mut Context<'_, '_>, value: f64, color: RGBColor) -> Option<()> {
        let end = self.axis.end.as_secs();
        let line = PathElement::new(vec![(0.0, value), (end, value)], color);
        chart.draw_series([line]).ok()?;
        Some(())
    }

    fn band(&self, chart: &mut Context<'_, '_>, band: &Band) -> Option<()> {
        let (from, to) = (band.window.0.as_secs(), band.window.1.as_secs());
        let low = band.low.unwrap_or(self.scale.low).max(self.scale.low);
        let high = band.high.unwrap_or(self.scale.high).min(self.scale.high);
        if from >= to || low > high {
            return Some(());
        }
        let area = Rectangle::new([(from, low), (to, high)], band.color.mix(0.14).filled());
        chart.draw_series([area]).ok()?;
        let edges = [band.low, band.high].into_iter().flatten();
        let edges = edges
            .filter(|v| self.scale.shows(*v))
            .map(|v| PathElement::new(vec![(from, v), (to, v)], band.color));
        chart.draw_series(edges).ok()?;
        Some(())
    }

    fn is_dense(&self, points: &[Point]) -> bool {
        let travel: f64 = points.windows(2).map(|p| (p[1].1 - p[0].1).abs()).sum();
        travel > CROSSINGS * (self.scale.high - self.scale.low)
    }

    fn line(&self, chart: &mut Context<'_, '_>, series: &Series<'_>) -> Option<()> {
        for line in decimate(series.points, self.axis) {
            let points = if series.steps {
                stairs(&line, self.axis.end)
            } else {
                line
            };
            let opacity = if self.is_dense(&points) { DENSE } else { 1.0 };
            let points = points.into_iter().map(|(at, v)| (at.as_secs(), v));
            chart
                .draw_series(LineSeries::new(points, series.color.mix(opacity)))
                .ok()?;
        }
        Some(())
    }
}

/// Each value held until the next one, the last one to the end.
fn stairs(line: &[Point], end: Time) -> Vec<Point> {
    let nexts = line.iter().skip(1).map(|p| p.0).chain([end]);
    let steps = line.iter().zip(nexts);
    steps
        .flat_map(|(p, next)| [*p, (next.max(p.0), p.1)])
        .collect()
}

#[cfg(test)]
mod tests {
    use hil_core::Dimension;

    use super::*;
    use crate::plot::palette::{LIMITS, SERIES};

    #[test]
    fn a_small_panel() {
        let seconds = |s: u64| Time(s * 1_000_000);
        let points = [(seconds(0), 3.3), (seconds(2), 3.3), (seconds(4), 3.8)];
        let scale = Scale::around([3.3, 3.8], Dimension::Voltage);
        let series = |steps| Series {
            points: &points,
            color: SERIES[usize::from(steps)],
            steps,
        };
        let chart = Chart {
            axis: TimeAxis::to(seconds(4)),
            scale: &scale,
            height: 100,
            series: vec![series(false), series(true)],
            thresholds: vec![3.7],
            bands: vec![Band {
                window: (seconds(1), seconds(3)),
                low: Some(3.68),
                high: Some(3.72),
                color: LIMITS,
            }],
        };
        insta::assert_snapshot!(chart.svg());
    }
}
