//! A session: locked until the right PIN, then commands and a stream.

use super::command::{Command, Pin};
use super::{Due, Line, Message};
use crate::settings::{KEYS, Settings};

/// One phone's session; locked at its begin.
#[derive(Debug)]
pub struct Session {
    open: bool,
    text: bool,
    cells: bool,
}

/// What a command asks to be stored. It holds only once that has been done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// `N…`
    Pin(Pin),
    /// `S…`
    Settings(Settings),
}

/// What is to be done about a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Send an answer.
    Answer(Answer),
    /// Store, then answer whether that went well.
    Store(Change),
}

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// `+`
    Accepted,
    /// `-`
    Refused,
    /// `=` and all settings.
    Report,
    /// The command again: a letter and `!`.
    Echo(u8),
}

/// What the board knows when a command comes.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The PIN that holds.
    pub pin: Pin,
    /// The settings that hold.
    pub settings: &'a Settings,
    /// V-balance as last heard from the Begin board, in millivolts.
    pub v_balance_mv: Option<u16>,
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

impl Session {
    /// A locked session.
    pub const fn new() -> Self {
        Self {
            open: false,
            text: false,
            cells: false,
        }
    }

    /// What is due each second.
    pub fn due(&self) -> Due {
        match (self.open, self.text, self.cells) {
            (false, ..) => Due::NOTHING,
            (true, false, _) => Due::FRAME,
            (true, true, false) => Due::TEXT,
            (true, true, true) => Due::TEXT_AND_CELL,
        }
    }

    /// Judges a line. A locked session understands the log-in only (`APP-1`).
    #[inline(never)]
    pub fn on_line(&mut self, line: Line<'_>, known: &Known<'_>) -> Reply {
        let command = match line {
            Line::Whole(bytes) => Command::parse(bytes),
            Line::Spoilt => None,
        };
        let answer = match (command, self.open) {
            (Some(Command::LogIn(pin)), _) => self.log_in(pin == Some(known.pin)),
            (None, _) | (_, false) => Answer::Refused,
            (Some(Command::NewPin(pin)), _) => return Reply::Store(Change::Pin(pin)),
            (Some(Command::Change(assignments)), _) => {
                match known.settings.changed(assignments, known.v_balance_mv) {
                    Some(settings) => return Reply::Store(Change::Settings(settings)),
                    None => Answer::Refused,
                }
            }
            (Some(Command::Report), _) => Answer::Report,
            (Some(Command::Cells(on)), _) => {
                self.cells = on;
                Answer::Echo(if on { b'E' } else { b'D' })
            }
            (Some(Command::Text(on)), _) => {
                self.text = on;
                Answer::Echo(if on { b'T' } else { b'B' })
            }
        };
        Reply::Answer(answer)
    }

    /// A wrong PIN locks an open session; every log-in begins with frames.
    fn log_in(&mut self, right: bool) -> Answer {
        *self = Self {
            open: right,
            ..Self::new()
        };
        if right {
            Answer::Accepted
        } else {
            Answer::Refused
        }
    }
}

impl Answer {
    /// The bytes of this answer.
    #[inline(never)]
    pub fn encode(self, settings: &Settings) -> Message {
        let mut message = Message::new();
        match self {
            Self::Accepted => message.put(b"+"),
            Self::Refused => message.put(b"-"),
            Self::Echo(letter) => message.put(&[letter, b'!']),
            Self::Report => {
                for (key, joint) in KEYS.iter().zip(b"=,,,,,,,,,,,") {
                    message.put(&[*joint]);
                    message.put(key.name.as_bytes());
                    message.put(b"=");
                    message.put_decimal(key.value(settings).into());
                }
            }
        }
        message.put(b"\r");
        message
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
