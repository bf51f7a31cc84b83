//! Whether a rig can run a planned case: its channels, its envelope, and whether somebody is there.

use crate::channel::{Channel, Kind};
use crate::plan::{PlannedCase, Stimulus, shows};
use crate::quantity::show;
use crate::rig::Rig;

/// Every channel is offered and every value lies in the rig's envelope, which wins over any case.
pub(super) fn offered(planned: &mut PlannedCase, file: &str, rig: &Rig) -> Result<(), String> {
    let asks = planned.steps.iter().find(|step| step.prompt.is_some());
    if let (Some(step), false) = (asks, rig.attended) {
        let (step, rig) = (&step.name, &rig.name);
        return Err(format!(
            "step \"{step}\" asks an operator, and rig `{rig}` is not attended"
        ));
    }
    for replay in planned.steps.iter_mut().filter_map(|s| s.replay.as_mut()) {
        let channels: Vec<_> = replay.tracks.iter().map(|track| track.channel).collect();
        for channel in channels {
            let offered = rig.channels.get(&channel.signal);
            if let Some(limits) = offered.and_then(|offered| offered.envelope) {
                let low = limits.low.unwrap_or(f64::NEG_INFINITY);
                replay.clamp(channel, low, limits.high.unwrap_or(f64::INFINITY));
            }
        }
    }
    let stimuli = planned.steps.iter().flat_map(|step| &step.stimuli);
    let driven = stimuli.clone().map(Stimulus::channel);
    let searches = planned.steps.iter().filter_map(|step| step.search.as_ref());
    let searched = searches.clone().map(|search| search.drive);
    let used = driven
        .chain(searched)
        .chain(planned.observe.iter().copied());
    for channel in used.filter(|channel| !channel.signal.is_plant()) {
        if let Some(reason) = rig.lacks(channel) {
            return Err(reason);
        }
        if !shows(planned.pack.alone(), planned.pack.cells, channel) {
            return Err(format!(
                "nothing shows {channel} of the boards of this case"
            ));
        }
    }
    let mut applied: Vec<(Channel, f64)> = Vec::new();
    for stimulus in stimuli {
        let values = match *stimulus {
            Stimulus::Set { value, .. } => [value, value],
            Stimulus::Ramp { to, .. } => [to, to],
            Stimulus::Pulse { value, back, .. } => [value, back],
            Stimulus::Square { low, high, .. } => [low, high],
        };
        applied.extend(values.map(|value| (stimulus.channel(), value)));
    }
    for search in searches {
        applied.extend([search.from, search.to].map(|value| (search.drive, value)));
        applied.extend(&search.rearm);
    }
    let outside = applied.iter().find_map(|(c, v)| outside(*c, *v, rig));
    outside.map_or(Ok(()), |reason| Err(format!("{reason} ({})", file)))
}

/// Why the rig must not apply a value, if it must not.
fn outside(channel: Channel, value: f64, rig: &Rig) -> Option<String> {
    let envelope = rig.channels.get(&channel.signal)?.envelope?;
    let Kind::Quantity(dimension) = channel.kind() else {
        return None;
    };
    let low = envelope.low.unwrap_or(f64::NEG_INFINITY);
    let high = envelope.high.unwrap_or(f64::INFINITY);
    (!(low..=high).contains(&value)).then(|| {
        format!(
            "{channel} = {} is outside the envelope {} to {} of rig `{}`",
            show(value, dimension),
            show(low, dimension),
            show(high, dimension),
            rig.name,
        )
    })
}
