//! What the expectations of the hand-made case came to, as the judge would say it.

use hil_core::event::Judgement;
use hil_core::{Span, Time, Verdict};

use super::Waves;

type Limits = (Option<f64>, Option<f64>);

/// A judgement whose margin and verdict follow from its value and limits.
fn judged(value: f64, unit: &str, (low, high): Limits, seen: &str) -> Judgement {
    let margins = [low.map(|l| value - l), high.map(|h| h - value)];
    let margin = margins.into_iter().flatten().min_by(f64::total_cmp);
    let span = low.zip(high).map(|(low, high)| high - low);
    let verdict = match (margin, span) {
        (Some(margin), _) if margin < 0.0 => Verdict::Fail,
        (Some(margin), Some(span)) if margin < 0.1 * span => Verdict::Marginal,
        _ => Verdict::Pass,
    };
    Judgement {
        verdict,
        value: Some(value),
        unit: unit.to_owned(),
        low,
        high,
        margin,
        at: Time::ZERO,
        window: (Time::ZERO, Time::ZERO),
        violated: None,
        seen: seen.to_owned(),
    }
}

/// In the order of the plan's expectations.
pub fn judgements(waves: &Waves) -> Vec<Judgement> {
    let (ramp, end, opens) = (waves.ramp, waves.end(), waves.opens);
    let crossing = waves.crosses(3.72);
    let limit = crossing + Span(2_050_000);
    let late = opens.since(crossing).as_secs();
    let trip = waves.voltage_at(opens);
    let nothing = (None, Some(0.0));
    let violated = (opens > limit).then_some((limit, opens));
    vec![
        Judgement {
            at: opens,
            window: (ramp, opens),
            ..judged(0.0, "s", nothing, "allowed throughout")
        },
        Judgement {
            at: if violated.is_some() { limit } else { opens },
            window: (crossing, opens),
            violated,
            ..judged(
                late,
                "s",
                (None, Some(2.05)),
                &format!("not-allowed after {late:.3} s"),
            )
        },
        Judgement {
            at: opens,
            window: (ramp, end),
            ..judged(
                trip,
                "V",
                (Some(3.68), Some(3.73)),
                &format!("{trip:.3} V when the relay opened"),
            )
        },
        Judgement {
            at: end,
            window: (opens, end),
            ..judged(
                0.4,
                "s",
                (None, Some(11.0)),
                "dark from 0.400 s on for 11 s",
            )
        },
        Judgement {
            at: end,
            window: (ramp, end),
            ..judged(0.0, "s", nothing, "allowed throughout")
        },
    ]
}
