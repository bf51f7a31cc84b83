//! Drawing traces as SVG with plotters: geometry only, stretched to any width. Everything that is
//! read (ticks, names, values) is HTML beside it, so it stays sharp on a phone, follows the colour
//! scheme, and a later zoom only has to move a view box.

pub mod chart;
pub mod palette;
pub mod scale;
pub mod strip;
pub mod traces;

use hil_core::Time;
use plotters::drawing::IntoDrawingArea;
use plotters::prelude::{DrawingArea, SVGBackend};

/// Columns of every drawing: as fine as a wide screen.
pub const COLUMNS: u32 = 1600;

/// A drawing area over a text that becomes an SVG document.
pub(crate) type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

/// Draws into an SVG of [`COLUMNS`] × `height` units that stretches to the box it is put in.
///
/// plotters can only fail here by formatting into memory, so a failed drawing is left out.
pub(crate) fn svg(height: u32, draw: impl FnOnce(&Area<'_>) -> Option<()>) -> String {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (COLUMNS, height)).into_drawing_area();
        let drawn = draw(&area).and_then(|()| area.present().ok());
        if drawn.is_none() {
            return String::new();
        }
    }
    let head = format!(
        "<svg viewBox=\"0 0 {COLUMNS} {height}\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
    );
    let body = text.split_once('>').map_or("", |(_, body)| body);
    head + &body.replace(" opacity=\"1\"", "").replace(" \"", "\"")
}

/// The time axis that all panels of a page share: 0 to the end of the case.
#[derive(Clone, Copy, Debug)]
pub struct TimeAxis {
    /// The right end; never 0.
    pub end: Time,
}

impl TimeAxis {
    /// An axis up to `end`, or a second for a case in which no time passed.
    #[must_use]
    pub fn to(end: Time) -> Self {
        let end = if end == Time::ZERO {
            Time(1_000_000)
        } else {
            end
        };
        Self { end }
    }

    /// A moment in percent of the width, clamped to it.
    #[must_use]
    pub fn percent(self, at: Time) -> f64 {
        (100.0 * at.as_secs() / self.end.as_secs()).min(100.0)
    }

    /// Round moments to label, with their labels.
    #[must_use]
    pub fn ticks(self) -> Vec<(Time, String)> {
        const STEPS: [f64; 21] = [
            0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0,
            60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0,
        ];
        let seconds = self.end.as_secs();
        let fits = |step: &f64| seconds / step <= 10.0;
        let longest = (seconds / 10.0 / 3600.0).ceil().max(1.0) * 3600.0;
        let step = STEPS.into_iter().find(fits).unwrap_or(longest);
        let count = (seconds / step + 1e-9) as u32;
        (0..=count)
            .map(|i| {
                let at = f64::from(i) * step;
                (Time((at * 1e6).round() as u64), moment(at, step))
            })
            .collect()
    }
}

/// A moment as precise as its tick step asks for.
fn moment(seconds: f64, step: f64) -> String {
    let whole = seconds.round() as u64;
    match step {
        _ if seconds == 0.0 => "0".to_owned(),
        ..0.01 => format!("{seconds:.3} s"),
        0.01..0.1 => format!("{seconds:.2} s"),
        0.1..1.0 => format!("{seconds:.1} s"),
        1.0..60.0 => format!("{whole} s"),
        60.0..3600.0 if whole < 3600 => format!("{} min", whole / 60),
        _ => format!("{}:{:02} h", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_a_few_round_ticks_at_every_length() {
        for seconds in [0.004, 0.9, 46.2, 99.0, 700.0, 3600.0, 90_000.0] {
            let axis = TimeAxis::to(Time((seconds * 1e6) as u64));
            let ticks = axis.ticks();
            assert!((4..=11).contains(&ticks.len()), "{seconds}: {ticks:?}");
        }
        let labels = |s: u64| {
            let ticks = TimeAxis::to(Time(s * 1_000_000)).ticks();
            ticks.into_iter().map(|t| t.1).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(labels(46), "0 5 s 10 s 15 s 20 s 25 s 30 s 35 s 40 s 45 s");
        assert_eq!(labels(3600), "0 10 min 20 min 30 min 40 min 50 min 1:00 h");
    }
}
