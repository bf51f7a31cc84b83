//! Lines of text: answers, the report of the settings, and the packets of the text stream (`U`).

use super::settings::SETTINGS;
use crate::channel::Signal;

/// A value a packet gives: channel, cell (0 = none), value; NaN = unknown.
pub type Shown = (Signal, u16, f64);

/// What an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// `+`, an echo, or a report.
    Accepted,
    /// `-`.
    Refused,
}

/// What a line of text is.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// `+` or `-`.
    Answer(Answer),
    /// A command repeated.
    Echo(String),
    /// All settings, by channel.
    Report(Vec<Shown>),
    /// A packet of the stream; `None` when it says that there is no picture of the cells.
    Packet(Option<Vec<Shown>>),
}

/// Understands a line; `None` when it is nothing a board sends.
#[must_use]
pub fn parse(text: &str) -> Option<Line> {
    match text {
        "+" => Some(Line::Answer(Answer::Accepted)),
        "-" => Some(Line::Answer(Answer::Refused)),
        "E!" | "D!" | "T!" | "B!" => Some(Line::Echo(text.to_owned())),
        "C_E" => Some(Line::Packet(None)),
        _ => match text.strip_prefix('=') {
            Some(report) => settings(report).map(Line::Report),
            None => packet(text).map(|shown| Line::Packet(Some(shown))),
        },
    }
}

fn settings(report: &str) -> Option<Vec<Shown>> {
    let one = |text: &str| {
        let (key, number) = text.split_once('=')?;
        let setting = SETTINGS.iter().find(|setting| setting.key == key)?;
        Some((setting.signal, 0, setting.decode(number.parse().ok()?)))
    };
    report.split(',').map(one).collect()
}

fn packet(text: &str) -> Option<Vec<Shown>> {
    let (kind, fields) = text.split_once('_')?;
    let fields: Vec<&str> = fields.split('_').collect();
    match (kind, fields.as_slice()) {
        ("U", [voltage, one, pack, two]) => {
            all_numbers(&[one, two])?;
            Some(vec![
                (Signal::AppPackVoltage, 0, volts(voltage)?),
                (Signal::AppPackCurrent, 0, number(pack)? / 20.0),
            ])
        }
        ("V", [lowest, at, highest, on, balance]) => {
            all_numbers(&[at, on, balance])?;
            Some(vec![
                (Signal::AppLowestVoltage, 0, volts(lowest)?),
                (Signal::AppHighestVoltage, 0, volts(highest)?),
            ])
        }
        ("T", fields @ [_, _, _, _]) => {
            all_numbers(fields)?;
            Some(Vec::new())
        }
        ("E", [collected, stored, consumed, soc]) => {
            all_numbers(&[collected, stored, consumed])?;
            Some(vec![(Signal::AppSoc, 0, number(soc)?)])
        }
        ("M", [one, two, clock]) => {
            let (hours, minutes) = clock.split_once(':')?;
            all_numbers(&[one, two, hours, minutes])?;
            Some(Vec::new())
        }
        ("C", [cell, cells, voltage, temperature, flags]) => {
            number(flags)?;
            let cell = u16::from_str_radix(cell, 16).ok().filter(|k| *k > 0)?;
            Some(vec![
                (Signal::AppCells, 0, number(cells)?),
                (Signal::AppCellVoltage, cell, volts(voltage)?),
                (
                    Signal::AppCellTemperature,
                    cell,
                    number(temperature)? * 0.857 - 232.1,
                ),
            ])
        }
        _ => None,
    }
}

/// A hexadecimal number behind an optional minus; `X` is unknown.
fn number(field: &str) -> Option<f64> {
    let (sign, digits) = match field.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, field),
    };
    if field == "X" {
        return Some(f64::NAN);
    }
    let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let value = plain.then(|| u32::from_str_radix(digits, 16).ok())??;
    Some(sign * f64::from(value))
}

fn all_numbers(fields: &[&str]) -> Option<()> {
    let sound = fields.iter().all(|field| number(field).is_some());
    sound.then_some(())
}

/// 5 mV per bit; divided so that 3.7 V reads as exactly 3.7.
fn volts(field: &str) -> Option<f64> {
    Some(number(field)? / 200.0)
}
