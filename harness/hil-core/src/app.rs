//! The app link: what a phone says to the End board, and what it understands of what comes back
//! (`firmware/APP.md`, `U`; `APP-1`, `APP-2`, `APP-4`, `SET-2`).
//!
//! The harness's own encoder and decoder, written from the protocol's page and not from the
//! firmware. Bytes in, bytes out: it knows neither a serial port nor a radio, so the same phone
//! talks to a simulated bridge and to a real one. It judges nothing.

mod line;
mod phone;
mod settings;
mod text;

pub use line::{Bad, PAUSE, Piece, Splitter};
pub use phone::{PATIENCE, Phone, SETTLE};
pub use settings::{SETTINGS, Setting};
pub use text::{Answer, Line, Shown, parse};

/// What the app is told to send: the words of `app.command`, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// `P` with the PIN.
    LogIn = 1,
    /// `N` with the PIN.
    ChangePin,
    /// `S` with the staged settings.
    ApplySettings,
    /// `R`.
    ReadSettings,
    /// `E!`.
    CellsOn,
    /// `D!`.
    CellsOff,
    /// `T!`.
    Text,
    /// `B!`.
    Frames,
}

impl Command {
    const ALL: [Self; 8] = [
        Self::LogIn,
        Self::ChangePin,
        Self::ApplySettings,
        Self::ReadSettings,
        Self::CellsOn,
        Self::CellsOff,
        Self::Text,
        Self::Frames,
    ];

    /// The command of a value of `app.command`; `None` for "none" and for what is no word.
    #[must_use]
    pub fn from_value(value: f64) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|command| f64::from(*command as u8) == value)
    }

    /// The commands that the board answers with `+` or `-`; any may be refused.
    const fn is_judged(self) -> bool {
        matches!(self, Self::LogIn | Self::ChangePin | Self::ApplySettings)
    }

    /// The four commands that the board repeats as their answer.
    const fn echoed(self) -> Option<&'static str> {
        match self {
            Self::CellsOn => Some("E!"),
            Self::CellsOff => Some("D!"),
            Self::Text => Some("T!"),
            Self::Frames => Some("B!"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::APP_COMMAND;

    #[test]
    fn commands_are_the_words_of_their_channel() {
        assert_eq!(Command::from_value(0.0), None);
        assert_eq!(Command::from_value(f64::NAN), None);
        assert_eq!(APP_COMMAND.len(), 1 + Command::ALL.len());
        for (word, command) in APP_COMMAND[1..].iter().zip(Command::ALL) {
            let spelled: String = format!("{command:?}")
                .chars()
                .flat_map(|c| c.is_uppercase().then_some('-').into_iter().chain([c]))
                .collect();
            assert_eq!(spelled.trim_start_matches('-').to_lowercase(), *word);
            let index = APP_COMMAND.iter().position(|known| known == word);
            let value = index.expect("it comes from there") as f64;
            assert_eq!(Command::from_value(value), Some(command));
        }
    }
}
