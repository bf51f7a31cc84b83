//! The stack of plots of a case: everything on one time axis, with steps above, violated intervals
//! through all panels, and a numbered pin where each expectation was decided.

use hil_core::event::Judgement;
use hil_core::{Channel, Time};
use maud::{Markup, PreEscaped, html};

use super::arrangement::Arrangement;
use super::class;
use super::words::moment;
use crate::plot::TimeAxis;
use crate::plot::strip::{Word, strip};
use crate::plot::traces::Traces;
use crate::view::{CaseView, ExpectationView, Outcome};

/// Pins closer than this share of the width stand side by side.
const NEAR: f64 = 7.0;
/// About how much of the width a pin takes on a desktop screen.
const PIN: f64 = 4.5;
/// The same of a letter of a strip's word.
const LETTER: f64 = 1.15;

/// An expectation with what it came to.
type Decided<'a> = (&'a ExpectationView<'a>, &'a Judgement);

/// What the drawing of one case needs everywhere.
pub(super) struct Stage<'a> {
    pub case: &'a CaseView<'a>,
    pub traces: &'a Traces,
    pub axis: TimeAxis,
    pub arrangement: Arrangement,
}

/// The stack.
pub(super) fn plots(case: &CaseView<'_>, traces: &Traces) -> Markup {
    let Some(plan) = case.plan else {
        return html! { p.muted { "Nothing was recorded." } };
    };
    let last = traces.channels().filter_map(|c| traces.of(c).last());
    let last = last.map(|p| p.0).max().unwrap_or(Time::ZERO);
    let stage = Stage {
        case,
        traces,
        axis: TimeAxis::to(case.record.end().max(last)),
        arrangement: Arrangement::new(plan, traces),
    };
    let panels = &stage.arrangement.panels;
    let (first, more) = panels.split_at(panels.partition_point(|p| p.matters));
    html! {
        div.plots data-end=(stage.axis.end.as_secs()) {
            (stage.overlay())
            (stage.step_lane())
            @for panel in first { (stage.panel(panel)) }
            (stage.strips(&stage.arrangement.strips))
            (stage.log_lane())
            (stage.time_labels())
            @if !more.is_empty() || !stage.arrangement.more_strips.is_empty() {
                details.more {
                    summary {
                        "More channels "
                        span.muted { (more.iter().map(|p| p.channels.len()).sum::<usize>() + stage.arrangement.more_strips.len()) }
                    }
                    @for panel in more { (stage.panel(panel)) }
                    (stage.strips(&stage.arrangement.more_strips))
                    (stage.time_labels())
                }
            }
        }
    }
}

impl Stage<'_> {
    pub(super) fn x(&self, at: Time) -> String {
        format!("{:.3}%", self.axis.percent(at))
    }

    fn span(&self, (from, to): (Time, Time)) -> String {
        let (from, to) = (self.axis.percent(from), self.axis.percent(to));
        format!("left:{from:.3}%;width:{:.3}%", (to - from).max(0.0))
    }

    /// What runs through all panels.
    fn overlay(&self) -> Markup {
        let judgements = self.case.expectations.iter().filter_map(|e| e.judgement);
        let mut violated: Vec<_> = judgements.filter_map(|j| j.violated).collect();
        violated.sort();
        violated.dedup();
        html! {
            div.over aria-hidden="true" {
                @for times in &self.case.steps {
                    @if let Some(start) = times.start.filter(|t| *t > Time::ZERO) {
                        i.border style=(format!("left:{}", self.x(start))) {}
                    }
                }
                @for interval in violated { i.violated style=(self.span(interval)) {} }
                i.window hidden {}
                i.cursor hidden { b {} }
            }
        }
    }

    fn step_lane(&self) -> Markup {
        let planned = self.case.plan.map_or(&[][..], |p| &p.steps);
        let steps = planned.iter().zip(&self.case.steps).enumerate();
        html! {
            div.lane.step-lane {
                div.label { "step" }
                div.track {
                    @for (index, (step, times)) in steps {
                        @if let Some(start) = times.start {
                            a href=(format!("#step-{index}")) title=(step.name)
                                style=(self.span((start, times.end.unwrap_or(self.axis.end)))) {
                                b { (index + 1) } " " (step.name)
                            }
                        }
                    }
                }
            }
        }
    }

    fn time_labels(&self) -> Markup {
        html! {
            div.lane.time aria-hidden="true" {
                div.label {}
                div.track {
                    @for (at, text) in self.axis.ticks() {
                        span.last[self.axis.percent(at) > 97.0] style=(format!("left:{}", self.x(at))) { (text) }
                    }
                }
            }
        }
    }

    fn log_lane(&self) -> Markup {
        html! {
            @if !self.case.logs.is_empty() {
                div.lane.log-lane {
                    div.label { "target log" }
                    div.track {
                        @for (i, line) in self.case.logs.iter().enumerate() {
                            a class=(format!("level-{}", line.level)) href=(format!("#log-{i}"))
                                title=(format!("{} board {}: {}", moment(line.at), line.board, line.text))
                                style=(format!("left:{}", self.x(line.at))) {
                                span.hidden { (line.text) }
                            }
                        }
                    }
                }
            }
        }
    }

    /// The expectations about some channels.
    pub(super) fn of<'b, 'c>(
        &'b self,
        channels: &'c [Channel],
    ) -> impl Iterator<Item = &'b ExpectationView<'b>> + use<'b, 'c> {
        let all = self.case.expectations.iter();
        all.filter(|e| channels.contains(&e.planned.signal))
    }

    fn strips(&self, channels: &[Channel]) -> Markup {
        html! {
            @if !channels.is_empty() {
                div.strips {
                    @for channel in channels {
                        @let (drawing, words) = strip(*channel, self.traces.of(*channel), self.axis);
                        @let words = words.into_iter().filter_map(|w| self.beside_pins(w, *channel));
                        div.lane.strip {
                            div.label title=(channel) { (short(*channel)) }
                            div.track {
                                (PreEscaped(drawing))
                                @for word in words {
                                    span class=(if word.filled { "word filled" } else { "word" })
                                        style=(format!("left:{:.3}%;width:{:.3}%", word.left, word.width)) { b { (word.text) } }
                                }
                                (self.pins(std::slice::from_ref(channel)))
                            }
                        }
                    }
                }
            }
        }
    }

    /// The expectations about some channels that were decided, in groups that stand side by side.
    fn decided<'b>(&'b self, channels: &[Channel]) -> Vec<Vec<Decided<'b>>> {
        let mut decided: Vec<_> = self
            .of(channels)
            .filter_map(|e| Some((e, e.judgement?)))
            .collect();
        decided.sort_by_key(|(_, j)| j.at);
        let near = |a: &(_, &Judgement), b: &(_, &Judgement)| {
            self.axis.percent(b.1.at) - self.axis.percent(a.1.at) < NEAR
        };
        decided.chunk_by(near).map(<[_]>::to_vec).collect()
    }

    /// A word of a strip moved behind the pins that would cover it, or `None` without room.
    fn beside_pins(&self, mut word: Word, channel: Channel) -> Option<Word> {
        let end = word.left + word.width;
        for group in self.decided(&[channel]) {
            let at = self.axis.percent(group.last()?.1.at);
            let wide = PIN * group.len() as f64;
            let (from, to) = if at > 50.0 {
                (at - wide, at)
            } else {
                (at, at + wide)
            };
            let text = word.left + LETTER * word.text.len() as f64;
            if from < text && to > word.left && from < end {
                word.left = to;
                word.width = end - to;
            }
        }
        (word.width > LETTER * word.text.len() as f64).then_some(word)
    }

    /// Numbered pins where the expectations about some channels were decided.
    pub(super) fn pins(&self, channels: &[Channel]) -> Markup {
        html! {
            @for group in self.decided(channels) {
                @let at = self.axis.percent(group[group.len() - 1].1.at);
                span class=(if at > 50.0 { "pins left" } else { "pins" })
                    style=(format!("left:{at:.3}%")) {
                    @for (e, j) in &group {
                        a class=(format!("pin {}", class(Outcome::Ended(j.verdict))))
                            id=(format!("p-{}-{}", e.step, e.index))
                            href=(format!("#e-{}-{}", e.step, e.index))
                            title=(e.planned.text)
                            data-window=(self.span(j.window)) {
                            (e.step + 1) "." (e.index + 1)
                        }
                    }
                }
            }
        }
    }
}

/// A name that fits beside a strip; the whole one is its tool tip.
fn short(channel: Channel) -> String {
    channel.to_string().replacen("ext.status.", "", 1)
}
