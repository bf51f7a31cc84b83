//! A capture of EXT OUT: lines of a time in seconds and bytes in hex, as a serial logger writes
//! them. Decoded by the harness's own decoder into what the pack did.

use std::sync::Arc;

use super::FieldLog;
use super::csv::lines;
use crate::channel::{Channel, Signal};
use crate::diagnostic::{Diagnostic, Rule, Source};
use crate::ext_out::Receiver;
use crate::plan::TemperatureScale;
use crate::ports::Sample;
use crate::time::{Span, Time};

/// Time of one byte on the line: ten bits at 9600 bit/s.
const BYTE: Span = Span(1042);

pub(super) fn read(
    source: &Arc<Source>,
    scale: TemperatureScale,
) -> Result<FieldLog, Box<Diagnostic>> {
    let mut receiver = Receiver::new(1, scale);
    let mut samples = Vec::new();
    let mut last = None;
    for (line, start) in lines(&source.text) {
        let wrong = |from: usize, text: &str, message: String| {
            let span = start + from..start + from + text.len();
            Box::new(Diagnostic::new(Rule::BadLog, source, span, message))
        };
        let (time, bytes) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let at = time.parse::<f64>().ok();
        let at = at
            .filter(|s| s.is_finite() && *s >= 0.0)
            .map(Span::from_secs);
        let Some(at) = at.filter(|at| last.is_none_or(|last| *at > last)) else {
            let message = format!("`{time}` is no time in seconds after the one before");
            return Err(wrong(0, time, message));
        };
        last = Some(at);
        let mut taken = Time::ZERO + at;
        let digits: Vec<(usize, char)> = bytes
            .char_indices()
            .map(|(place, c)| (time.len() + 1 + place, c))
            .filter(|(_, c)| !c.is_whitespace())
            .collect();
        for pair in digits.chunks(2) {
            let place = pair[0].0;
            let text: String = pair.iter().map(|(_, c)| *c).collect();
            let byte = u8::from_str_radix(&text, 16)
                .ok()
                .filter(|_| pair.len() == 2);
            let Some(byte) = byte.filter(|_| !text.starts_with('+')) else {
                return Err(wrong(place, &text, format!("`{text}` is no byte in hex")));
            };
            receiver.push(taken, byte, &mut samples);
            taken += BYTE;
        }
    }
    let Some(first) = samples.first().map(|sample| sample.at) else {
        let message = "there is no EXT OUT frame in the log".to_owned();
        return Err(Box::new(Diagnostic::new(
            Rule::BadLog,
            source,
            0..0,
            message,
        )));
    };
    Ok(told(&samples, first))
}

/// The samples of EXT OUT as they are, and as what the pack did. While a communication error is
/// stated cells and currents say nothing of the pack (`EXT-6`).
fn told(samples: &[Sample], first: Time) -> FieldLog {
    let mut log = FieldLog::default();
    for frame in samples.chunk_by(|a, b| a.at == b.at) {
        let is_blind = frame
            .iter()
            .any(|s| s.channel.signal == Signal::ExtStatusCommError && s.value == 1.0);
        for sample in frame {
            let at = sample.at.since(first);
            log.push(sample.channel, at, sample.value);
            let pack = pack(sample.channel).filter(|_| !is_blind && !sample.value.is_nan());
            if let Some(channel) = pack {
                log.push(channel, at, sample.value);
            }
        }
    }
    log
}

/// What of the pack a field of EXT OUT speaks of.
fn pack(channel: Channel) -> Option<Channel> {
    let signal = match channel.signal {
        Signal::ExtCellVoltage => Signal::CellVoltage,
        Signal::ExtCellTemperature => Signal::CellTemperature,
        Signal::ExtPackCurrent => Signal::PackCurrent,
        _ => return None,
    };
    Some(Channel { signal, ..channel })
}
