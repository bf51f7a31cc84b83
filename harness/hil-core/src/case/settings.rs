//! Settings of the app: the verb `setting`, and the profile's settings that a DUT gets before the
//! case says anything.
//!
//! Whether a DUT takes them is not decided here: the answer is on `app.answer`.

use crate::channel::{APP_ANSWER, APP_COMMAND, APP_LINK, Channel, Signal};
use crate::diagnostic::Rule;
use crate::document::{Entries, Node};
use crate::plan::{Await, BoardRole, Condition, Op, PlannedStep, Stimulus};
use crate::profile::settings;
use crate::time::Span;

use super::context::Context;

/// The PIN of a new board (`APP-1`).
const PIN: f64 = 1234.0;

/// The answer is known when the command is acknowledged; this is for it to be observed.
const ANSWERED: Span = Span::from_millis(1000);

/// What the app says so that a DUT takes these settings, in every bank.
pub fn of_step(entries: &Entries<Node>, context: &mut Context) -> Vec<Stimulus> {
    let mut values = Vec::new();
    for (key, node) in &entries.0 {
        let Some(name) = context.word(key) else {
            continue;
        };
        let found = settings().find(|(known, _)| *known == name.text);
        let Some((_, family)) = found else {
            let message = format!("no setting is called `{}`", name.text);
            let known: Vec<_> = settings().map(|(known, _)| known).collect();
            let complaint = context
                .reader
                .at(Rule::UnknownChannel, name.span, message)
                .expected(format!("one of {}", known.join(", ")))
                .nearest(&name.text, known);
            context.reader.complain(complaint);
            continue;
        };
        let piece = context.piece(node);
        let value = piece.and_then(|piece| context.value(&piece, family.kind));
        values.extend(value.map(|value| (family.signal, value)));
    }
    sessions(&values, context)
}

/// The step before the case's own: after `woken`, what the case wakes the boards up to, the app
/// sends every setting of the profile that a new board does not have. `None` when there is none to
/// be sent, or nobody to take it.
pub fn of_profile(woken: &mut Vec<Stimulus>, context: &mut Context) -> Option<PlannedStep> {
    let instance = context.inputs.instance;
    if instance.keeps_factory
        || matches!(instance.board, Some(BoardRole::Begin | BoardRole::Between))
    {
        return None;
    }
    let profile = context.inputs.profile;
    let beside: Vec<_> = profile.settings_beside(context.inputs.factory).collect();
    if beside.is_empty() {
        return None;
    }
    for (name, _, _) in &beside {
        context.uses(name);
    }
    let values: Vec<_> = beside
        .iter()
        .map(|(_, signal, value)| (*signal, *value))
        .collect();
    let mut stimuli = std::mem::take(woken);
    stimuli.extend(sessions(&values, context));
    let accepted = |bank| Condition::Compare {
        channel: Channel {
            bank,
            ..Channel::plain(Signal::AppAnswer)
        },
        op: Op::Eq,
        value: index(APP_ANSWER, "accepted"),
    };
    let all = (1..=context.extent.banks).map(accepted).collect();
    let (line, _) = context
        .reader
        .source
        .position(context.inputs.case.pack.profile.span().start);
    Some(PlannedStep {
        name: format!("the boards take the settings of profile `{}`", profile.name),
        line,
        stimuli,
        wait: Some(Await {
            condition: Condition::All(all),
            within: ANSWERED,
        }),
        prepares: true,
        ..PlannedStep::default()
    })
}

/// In each bank a phone connects, logs in, sends these settings in one command, and disconnects.
fn sessions(values: &[(Signal, f64)], context: &mut Context) -> Vec<Stimulus> {
    let mut stimuli = Vec::new();
    if values.is_empty() {
        return stimuli;
    }
    for bank in 1..=context.extent.banks {
        let channel = |signal| Channel {
            bank,
            ..Channel::plain(signal)
        };
        context.observe.insert(channel(Signal::AppAnswer));
        let mut say = |signal, value| {
            let channel = channel(signal);
            stimuli.push(Stimulus::Set { channel, value });
        };
        say(Signal::AppLink, index(APP_LINK, "connected"));
        say(Signal::AppPin, PIN);
        say(Signal::AppCommand, index(APP_COMMAND, "log-in"));
        for (signal, value) in values {
            say(*signal, *value);
        }
        say(Signal::AppCommand, index(APP_COMMAND, "apply-settings"));
        say(Signal::AppLink, index(APP_LINK, "disconnected"));
    }
    stimuli
}

/// The value of a word of a state channel.
fn index(words: &[&str], word: &str) -> f64 {
    let at = words.iter().position(|known| *known == word);
    at.expect("the words of a channel do not go away") as f64
}
