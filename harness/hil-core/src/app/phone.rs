//! The phone: staged settings, one command at a time, its answer or silence, and what its screen
//! shows of the streams.

use std::collections::BTreeSet;

use super::Command;
use super::line::{Piece, Splitter};
use super::settings::{self, SETTINGS, Setting};
use super::text::{Answer, Line, parse};
use crate::channel::{Channel, Signal};
use crate::ext_out::{Frame, decode};
use crate::plan::TemperatureScale;
use crate::ports::Sample;
use crate::time::{Span, Time};

/// Silence after which an answer is no longer waited for, from the sending of the command or, with
/// no connection to send it over, from the order to send it.
pub const PATIENCE: Span = Span::from_millis(2000);
/// How long after a connection was made the phone sends its first byte: the board has seen by then
/// that somebody is there.
pub const SETTLE: Span = Span::from_millis(50);

/// Bit 2 of status byte 1: communication error.
const COMM_ERROR: u8 = 2;

/// Values of `app.answer`.
const NONE: f64 = 0.0;
const ACCEPTED: f64 = 1.0;
const REFUSED: f64 = 2.0;
const SILENT: f64 = 3.0;

/// A command that was not answered yet.
#[derive(Clone, Debug)]
struct Talk {
    command: Command,
    /// What is still to be sent.
    unsent: Option<String>,
    deadline: Time,
}

/// The app of one bank.
///
/// Whoever owns the wire calls [`Self::to_send`] and [`Self::pass`] as time goes on and hands over
/// every byte that comes.
#[derive(Clone, Debug)]
pub struct Phone {
    bank: u8,
    scale: TemperatureScale,
    pin: u16,
    staged: [Option<f64>; SETTINGS.len()],
    talk: Option<Talk>,
    splitter: Splitter,
    frames: u32,
    packets: u32,
    /// Cells whose values are on the screen.
    cells: BTreeSet<u16>,
}

impl Phone {
    /// A phone with the factory's PIN and nothing staged.
    #[must_use]
    pub fn new(bank: u8, scale: TemperatureScale) -> Self {
        Self {
            bank,
            scale,
            pin: 1234,
            staged: [None; SETTINGS.len()],
            talk: None,
            splitter: Splitter::default(),
            frames: 0,
            packets: 0,
            cells: BTreeSet::new(),
        }
    }

    /// The PIN of the next log-in or change, four digits.
    #[must_use]
    pub const fn pin(&self) -> u16 {
        self.pin
    }

    /// Sets the PIN of the next log-in or change.
    pub const fn set_pin(&mut self, pin: u16) {
        self.pin = pin;
    }

    /// Stages a setting for the next settings command; ignored when the channel is none.
    pub fn stage(&mut self, signal: Signal, value: f64) {
        if let Some(place) = Setting::place(signal) {
            self.staged[place] = Some(value);
        }
    }

    /// Orders a command at `now`; one that is not answered yet is forgotten. What was staged goes
    /// out with the settings command and is not staged any more, whatever comes of it.
    pub fn order(&mut self, now: Time, command: Command, out: &mut Vec<Sample>) {
        let line = match command {
            Command::LogIn => format!("P{:04}", self.pin),
            Command::ChangePin => format!("N{:04}", self.pin),
            Command::ApplySettings => {
                let staged = std::mem::replace(&mut self.staged, [None; SETTINGS.len()]);
                settings::command(&staged)
            }
            Command::ReadSettings => "R".to_owned(),
            Command::CellsOn | Command::CellsOff | Command::Text | Command::Frames => {
                command.echoed().unwrap_or_default().to_owned()
            }
        };
        self.talk = Some(Talk {
            command,
            unsent: Some(line + "\r"),
            deadline: now + PATIENCE,
        });
        self.show(now, Signal::AppAnswer, 0, NONE, out);
    }

    /// Whether a command waits for its answer.
    #[must_use]
    pub const fn is_busy(&self) -> bool {
        self.talk.is_some()
    }

    /// What to send now, given since when there is a connection.
    pub fn to_send(&mut self, now: Time, connected: Option<Time>) -> Option<Vec<u8>> {
        let talk = self.talk.as_mut()?;
        connected.filter(|since| now >= *since + SETTLE)?;
        let line = talk.unsent.take()?;
        talk.deadline = now + PATIENCE;
        Some(line.into_bytes())
    }

    /// Time has come to `now`: gives up what was not answered in time.
    pub fn pass(&mut self, now: Time, out: &mut Vec<Sample>) {
        if let Some(talk) = self.talk.take_if(|talk| now >= talk.deadline) {
            self.show(talk.deadline, Signal::AppAnswer, 0, SILENT, out);
        }
    }

    /// Takes a byte, whose stop bit ended at `at`, and appends the samples it completes.
    pub fn receive(&mut self, at: Time, byte: u8, out: &mut Vec<Sample>) {
        for piece in self.splitter.push(at, byte) {
            match piece {
                Piece::Frame(bytes) => match decode(&bytes, self.scale) {
                    Ok(frame) => self.frame(at, &frame, out),
                    Err(_) => self.show(at, Signal::AppChecksum, 0, 0.0, out),
                },
                Piece::Text(text) => match parse(&text) {
                    Some(line) => self.line(at, line, out),
                    None => self.show(at, Signal::AppChecksum, 0, 0.0, out),
                },
                Piece::Bad(_) => self.show(at, Signal::AppChecksum, 0, 0.0, out),
            }
        }
    }

    fn frame(&mut self, at: Time, frame: &Frame, out: &mut Vec<Sample>) {
        self.frames += 1;
        self.show(at, Signal::AppFrame, 0, self.frames.into(), out);
        self.show(at, Signal::AppChecksum, 0, 1.0, out);
        let current = frame.pack_current_a.unwrap_or(f64::NAN);
        self.show(at, Signal::AppPackVoltage, 0, frame.pack_voltage_v, out);
        self.show(at, Signal::AppPackCurrent, 0, current, out);
        self.show(at, Signal::AppSoc, 0, frame.soc_percent, out);
        if frame.status.bit(COMM_ERROR) {
            return self.no_cells(at, out);
        }
        let cell = u16::from(frame.cell_number);
        let (low, high) = (frame.lowest_voltage.value, frame.highest_voltage.value);
        self.show(at, Signal::AppCells, 0, frame.cells.into(), out);
        self.show(at, Signal::AppLowestVoltage, 0, low, out);
        self.show(at, Signal::AppHighestVoltage, 0, high, out);
        if cell > 0 {
            let (volts, celsius) = (frame.cell_voltage_v, frame.cell_temperature_c);
            self.show(at, Signal::AppCellVoltage, cell, volts, out);
            self.show(at, Signal::AppCellTemperature, cell, celsius, out);
        }
    }

    fn line(&mut self, at: Time, line: Line, out: &mut Vec<Sample>) {
        match line {
            Line::Packet(shown) => {
                self.packets += 1;
                self.show(at, Signal::AppPacket, 0, self.packets.into(), out);
                match shown {
                    None => self.no_cells(at, out),
                    Some(shown) => {
                        for (signal, cell, value) in shown {
                            self.show(at, signal, cell, value, out);
                        }
                    }
                }
            }
            Line::Answer(answer) => {
                let fits = |command: Command| answer == Answer::Refused || command.is_judged();
                self.answer(at, answer, fits, out);
            }
            Line::Echo(echo) => {
                let own = |command: Command| command.echoed() == Some(echo.as_str());
                self.answer(at, Answer::Accepted, own, out);
            }
            Line::Report(settings) => {
                for (signal, _, value) in settings {
                    self.show(at, signal, 0, value, out);
                }
                let own = |command| command == Command::ReadSettings;
                self.answer(at, Answer::Accepted, own, out);
            }
        }
    }

    /// An answer came; it counts when it can be one to the command that waits.
    fn answer(
        &mut self,
        at: Time,
        answer: Answer,
        fits: impl Fn(Command) -> bool,
        out: &mut Vec<Sample>,
    ) {
        let waits = |talk: &mut Talk| talk.unsent.is_none() && fits(talk.command);
        if self.talk.take_if(waits).is_some() {
            let value = match answer {
                Answer::Accepted => ACCEPTED,
                Answer::Refused => REFUSED,
            };
            self.show(at, Signal::AppAnswer, 0, value, out);
        }
    }

    /// The app shows "E" at Cells and no cell data (`APP-4`).
    fn no_cells(&mut self, at: Time, out: &mut Vec<Sample>) {
        for cell in std::mem::take(&mut self.cells) {
            for signal in [Signal::AppCellVoltage, Signal::AppCellTemperature] {
                out.push(self.sample(at, signal, cell, f64::NAN));
            }
        }
        for signal in [
            Signal::AppCells,
            Signal::AppLowestVoltage,
            Signal::AppHighestVoltage,
        ] {
            self.show(at, signal, 0, f64::NAN, out);
        }
    }

    fn show(&mut self, at: Time, signal: Signal, cell: u16, value: f64, out: &mut Vec<Sample>) {
        if cell > 0 {
            self.cells.insert(cell);
        }
        out.push(self.sample(at, signal, cell, value));
    }

    const fn sample(&self, at: Time, signal: Signal, index: u16, value: f64) -> Sample {
        let bank = self.bank;
        let channel = Channel {
            bank,
            signal,
            index,
        };
        Sample { channel, at, value }
    }
}
