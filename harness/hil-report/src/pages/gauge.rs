//! Where a measured value lies between its limits, as a small horizontal gauge.

use hil_core::event::Judgement;
use maud::{Markup, html};

use super::class;
use crate::view::{Outcome, span};

/// Where the limits stand on the gauge, in percent of its width.
const LOW: f64 = 18.0;
const HIGH: f64 = 82.0;

/// The gauge of a judgement whose value can be shown between two limits.
pub(super) fn gauge(judgement: &Judgement) -> Option<Markup> {
    let value = judgement.value?;
    let (low, high) = span(judgement)?;
    // Nothing lies below the zero of a time or count, so there is no room for it.
    let from = if low == 0.0 && value >= 0.0 { 0.0 } else { LOW };
    let place = from + (value - low) / (high - low) * (HIGH - from);
    let place = place.clamp(1.5, 98.5);
    let color = class(Outcome::Ended(judgement.verdict));
    Some(html! {
        span class=(format!("gauge {color}")) aria-hidden="true" {
            span.range style=(format!("left:{from:.1}%;right:{:.1}%", 100.0 - HIGH)) {}
            span.dot style=(format!("left:{place:.1}%")) {}
        }
    })
}
