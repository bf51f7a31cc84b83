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
        ("U", [voltage, input, pack, output]) => {
            current(input)?;
            current(output)?;
            Some(vec![
                (Signal::AppPackVoltage, 0, volts(voltage)?),
                (Signal::AppPackCurrent, 0, current(pack)?),
            ])
        }
        ("V", [lowest, at, highest, on, balance]) => {
            all_hex(&[at, on, balance])?;
            Some(vec![
                (Signal::AppLowestVoltage, 0, volts(lowest)?),
                (Signal::AppHighestVoltage, 0, volts(highest)?),
            ])
        }
        ("T", fields @ [_, _, _, _]) => {
            all_hex(fields)?;
            Some(Vec::new())
        }
        ("C", [number, cells, voltage, temperature, flags]) => {
            hex(flags)?;
            let number = u16::try_from(hex(number)?).ok().filter(|k| *k > 0)?;
            Some(vec![
                (Signal::AppCells, 0, hex(cells)?.into()),
                (Signal::AppCellVoltage, number, volts(voltage)?),
                (Signal::AppCellTemperature, number, celsius(temperature)?),
            ])
        }
        ("E", [input, pack, output, soc]) => {
            all_hex(&[input, pack, output])?;
            Some(vec![(Signal::AppSoc, 0, hex(soc)?.into())])
        }
        ("M", [input, output, clock]) => {
            let (hours, minutes) = clock.split_once(':')?;
            all_hex(&[input, output, hours, minutes])?;
            Some(Vec::new())
        }
        _ => None,
    }
}

fn hex(field: &str) -> Option<u32> {
    let digits = field.bytes().all(|byte| byte.is_ascii_hexdigit());
    digits.then(|| u32::from_str_radix(field, 16).ok())?
}

fn all_hex(fields: &[&str]) -> Option<()> {
    fields
        .iter()
        .all(|field| hex(field).is_some())
        .then_some(())
}

/// 5 mV per bit; divided so that 3.7 V reads as exactly 3.7.
fn volts(field: &str) -> Option<f64> {
    Some(f64::from(hex(field)?) / 200.0)
}

/// 0.05 A per bit behind an optional sign; `X` first means unknown.
fn current(field: &str) -> Option<f64> {
    match field.as_bytes().first()? {
        b'X' => Some(f64::NAN),
        b'-' => Some(-f64::from(hex(&field[1..])?) / 20.0),
        b'+' => Some(f64::from(hex(&field[1..])?) / 20.0),
        _ => Some(f64::from(hex(field)?) / 20.0),
    }
}

fn celsius(field: &str) -> Option<f64> {
    Some(f64::from(hex(field)?) * 0.857 - 232.1)
}
