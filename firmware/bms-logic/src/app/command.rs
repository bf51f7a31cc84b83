//! What a line says, by its form alone.

/// The four digits that open a session (`APP-1`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pin(u16);

impl Pin {
    /// 1234, of a new board and after the blue button (`APP-3`).
    pub const FACTORY: Self = Self(1234);

    /// Reads exactly four digits.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let digits: &[u8; 4] = text.try_into().ok()?;
        let mut value = 0;
        for digit in digits {
            if !digit.is_ascii_digit() {
                return None;
            }
            value = value * 10 + u16::from(digit - b'0');
        }
        Some(Self(value))
    }

    /// The number, as it is stored.
    pub const fn to_stored(self) -> u16 {
        self.0
    }

    /// Reads a stored number.
    pub fn from_stored(value: u16) -> Option<Self> {
        (value <= 9999).then_some(Self(value))
    }
}

/// A command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command<'a> {
    /// `P1234`: log in. No PIN if what follows is none: as wrong as a wrong one.
    LogIn(Option<Pin>),
    /// `N5678`: a new PIN.
    NewPin(Pin),
    /// `S…`: assignments of settings, not looked at yet.
    Change(&'a [u8]),
    /// `R`: report all settings.
    Report,
    /// `E!` and `D!`: cell packets on or off.
    Cells(bool),
    /// `T!` and `B!`: text stream or frames.
    Text(bool),
}

impl<'a> Command<'a> {
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        match line {
            [b'P', pin @ ..] => Some(Self::LogIn(Pin::parse(pin))),
            [b'N', pin @ ..] => Pin::parse(pin).map(Self::NewPin),
            [b'S', assignments @ ..] => Some(Self::Change(assignments)),
            b"R" => Some(Self::Report),
            b"E!" => Some(Self::Cells(true)),
            b"D!" => Some(Self::Cells(false)),
            b"T!" => Some(Self::Text(true)),
            b"B!" => Some(Self::Text(false)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_exactly_four_digits() {
        assert_eq!(Pin::parse(b"1234"), Some(Pin::FACTORY));
        assert_eq!(Pin::parse(b"0007"), Some(Pin(7)));
        for wrong in ["", "123", "12345", "12 4", "-123", "12a4"] {
            assert_eq!(Pin::parse(wrong.as_bytes()), None, "{wrong}");
        }
        for value in [0, 1234, 9999] {
            assert_eq!(Pin::from_stored(value).map(Pin::to_stored), Some(value));
        }
        assert_eq!(Pin::from_stored(10_000), None);
    }

    #[test]
    fn a_command_is_known_by_its_whole_form() {
        assert_eq!(Command::parse(b"P12345"), Some(Command::LogIn(None)));
        assert_eq!(Command::parse(b"E!"), Some(Command::Cells(true)));
        for unknown in ["", "p1234", "N123", "N", "R1", "E", "e!", "!", "X", " R"] {
            assert_eq!(Command::parse(unknown.as_bytes()), None, "{unknown}");
        }
    }
}
