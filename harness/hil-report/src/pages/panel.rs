//! One panel of quantities: its lines, the thresholds that lie on its axis, the limits of its
//! expectations, and their labels.

use hil_core::event::Judgement;
use hil_core::plan::{Claim, Statistic};
use hil_core::{Channel, Dimension, Verdict};
use maud::{Markup, PreEscaped, html};
use plotters::style::RGBColor;

use super::arrangement::Panel;
use super::class;
use super::plots::Stage;
use super::words::constant;
use crate::format::{count, quantity};
use crate::plot::chart::{Band, Chart, Series};
use crate::plot::palette::{self, OTHERS, SERIES};
use crate::plot::scale::Scale;
use crate::plot::traces::Point;
use crate::view::{ExpectationView, Outcome};

const TALL: u32 = 200;
const FLAT: u32 = 96;
/// More background lines than this are drawn as one band.
const OTHER_LINES: usize = 24;

impl Stage<'_> {
    /// The panel with everything in it.
    pub(super) fn panel(&self, panel: &Panel) -> Markup {
        let (named, others) = self.split(panel);
        let scale = self.scale(panel);
        let thresholds = self.thresholds(panel.dimension, &panel.channels, &scale);
        let tall = panel.about && panel.dimension != Dimension::Percent;
        let height = if tall { TALL } else { FLAT };
        let merged = self.merged(&others);
        let chart = Chart {
            axis: self.axis,
            scale: &scale,
            height,
            series: self.series(&named, &others, &merged),
            thresholds: thresholds.iter().map(|t| t.0).collect(),
            bands: self.bands(panel),
        };
        let labels = apart(&thresholds, &scale, height);
        html! {
            figure.panel {
                figcaption {
                    b { (panel.title) } " "
                    @for (channel, color) in &named {
                        span.key { i style=(format!("--c:{}", palette::hex(*color))) data-c=(palette::hex(*color)) {} (channel) }
                    }
                    @if !others.is_empty() {
                        span.key { i data-c=(palette::hex(OTHERS)) {} (count(others.len(), "other")) }
                    }
                }
                div.plot style=(format!("--h:{height}px")) {
                    div.label {
                        @for (value, text) in &scale.ticks {
                            span style=(format!("top:{:.2}%", scale.percent(*value))) { (text) }
                        }
                        em { (panel.dimension.unit()) }
                    }
                    div.track {
                        (PreEscaped(chart.svg()))
                        @for (top, text) in labels {
                            span.threshold style=(format!("top:{top:.1}px")) { (text) }
                        }
                        @for e in self.of(&panel.channels) { (self.dot(e, &scale)) }
                        (self.pins(&panel.channels))
                    }
                }
            }
        }
    }

    /// The channels that get a colour and a name, and the ones in the background.
    fn split(&self, panel: &Panel) -> (Vec<(Channel, RGBColor)>, Vec<Channel>) {
        let focus = &self.arrangement.focus;
        let any = panel.channels.iter().any(|c| focus.contains(c));
        let (mut named, mut others): (Vec<_>, Vec<_>) = panel
            .channels
            .iter()
            .partition(|c| !any || focus.contains(c));
        if named.len() > SERIES.len() {
            others.splice(0..0, named.split_off(SERIES.len()));
        }
        (named.into_iter().zip(SERIES).collect(), others)
    }

    fn merged(&self, others: &[Channel]) -> Vec<Point> {
        if others.len() <= OTHER_LINES {
            return Vec::new();
        }
        let all = others.iter().flat_map(|c| self.traces.of(*c));
        let mut all: Vec<Point> = all.copied().filter(|p| !p.1.is_nan()).collect();
        all.sort_by_key(|p| p.0);
        all
    }

    fn series<'b>(
        &'b self,
        named: &[(Channel, RGBColor)],
        others: &[Channel],
        merged: &'b [Point],
    ) -> Vec<Series<'b>> {
        let line = |channel: Channel, color| Series {
            points: self.traces.of(channel),
            color,
            steps: channel.signal >= hil_core::Signal::ExtFrame,
        };
        let mut series = Vec::new();
        if merged.is_empty() {
            series.extend(others.iter().map(|c| line(*c, OTHERS)));
        } else {
            series.push(Series {
                points: merged,
                color: OTHERS,
                steps: false,
            });
        }
        series.extend(named.iter().rev().map(|(c, color)| line(*c, *color)));
        series
    }

    fn scale(&self, panel: &Panel) -> Scale {
        let values = |channel: &Channel| self.traces.of(*channel).iter().map(|p| p.1);
        let measured = panel.channels.iter().flat_map(values);
        let limits = self.of(&panel.channels).flat_map(|e| {
            let (low, high) = limits(&e.planned.claim);
            [low, high].into_iter().flatten()
        });
        Scale::around(measured.chain(limits), panel.dimension)
    }

    /// Thresholds of the profile that lie on the axis: value and label.
    fn thresholds(
        &self,
        dimension: Dimension,
        channels: &[Channel],
        scale: &Scale,
    ) -> Vec<(f64, String)> {
        let constants = self.case.plan.into_iter().flat_map(|p| &p.constants);
        let mut found: Vec<(f64, String)> = constants
            .filter(|(name, c)| is_threshold(name) && c.dimension == dimension)
            .filter(|(_, c)| scale.shows(c.value))
            .map(|(name, c)| {
                let text = format!("{} {}", constant(name), quantity(c.value, dimension.unit()));
                (c.value, text)
            })
            .collect();
        if channels.iter().all(|c| !per_cell(*c)) {
            found.clear();
        }
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        found
    }

    fn bands(&self, panel: &Panel) -> Vec<Band> {
        let band = |e: &ExpectationView<'_>| {
            let judgement = e.judgement?;
            let (low, high) = limits(&e.planned.claim);
            (low.is_some() || high.is_some()).then_some(Band {
                window: judgement.window,
                low,
                high,
                color: if judgement.verdict > Verdict::Marginal {
                    palette::VIOLATED
                } else {
                    palette::LIMITS
                },
            })
        };
        self.of(&panel.channels).filter_map(band).collect()
    }

    /// The measured threshold as a dot on its line.
    fn dot(&self, e: &ExpectationView<'_>, scale: &Scale) -> Markup {
        let measured = |j: &Judgement| j.value.filter(|v| scale.shows(*v));
        let at = matches!(e.planned.claim, Claim::At { .. });
        let place = e
            .judgement
            .filter(|_| at)
            .and_then(|j| Some((j, measured(j)?)));
        html! {
            @if let Some((j, value)) = place {
                i class=(format!("dot {}", class(Outcome::Ended(j.verdict))))
                    style=(format!("left:{};top:{:.2}%", self.x(j.at), scale.percent(value))) {}
            }
        }
    }
}

/// Limits of a claim as levels of its channel; a change has none.
const fn limits(claim: &Claim) -> (Option<f64>, Option<f64>) {
    match claim {
        Claim::Between {
            of: Statistic::Change,
            ..
        } => (None, None),
        Claim::Between { low, high, .. }
        | Claim::Settles { low, high, .. }
        | Claim::At { low, high, .. } => (*low, *high),
        _ => (None, None),
    }
}

/// Constants that are levels a measured value crosses, not accuracies, steps or times.
fn is_threshold(name: &str) -> bool {
    const LEVELS: [&str; 9] = [
        "vmin",
        "vbalance",
        "vmax",
        "vfull",
        "tmin_charge",
        "tmin_discharge",
        "tmax",
        "charge_restart",
        "discharge_restart",
    ];
    LEVELS.contains(&name)
}

/// Whether thresholds of one cell apply to the channel (they do not to the pack's voltage).
fn per_cell(channel: Channel) -> bool {
    use hil_core::Signal::{ExtPackVoltage, ExtVbalance, ExtVmax, ExtVmin};
    !matches!(
        channel.signal,
        ExtPackVoltage | ExtVbalance | ExtVmax | ExtVmin
    )
}

/// Labels moved apart so that none covers another: pixels from the top, and text.
fn apart(levels: &[(f64, String)], scale: &Scale, height: u32) -> Vec<(f64, String)> {
    const LINE: f64 = 15.0;
    let mut free = 0.0f64;
    let mut labels = Vec::with_capacity(levels.len());
    for (value, text) in levels {
        let wanted = scale.percent(*value) / 100.0 * f64::from(height) - LINE;
        let top = wanted.max(free);
        free = top + LINE;
        labels.push((top, text.clone()));
    }
    labels
}
