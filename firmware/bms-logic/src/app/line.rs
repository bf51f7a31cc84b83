//! Commands out of bytes: collects a line up to its CR, never more than one.

/// The longest command, without its CR: all settings fit.
pub const MOST_LEN: usize = 160;

const CR: u8 = b'\r';
const LF: u8 = b'\n';

/// What a CR has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'a> {
    /// A whole command.
    Whole(&'a [u8]),
    /// Too long, damaged on the line, or come while another waited: to be refused unread.
    Spoilt,
}

/// Collects bytes. A line that is complete waits until it is taken; what comes meanwhile is dropped and counts as spoilt.
#[derive(Debug)]
pub struct LineReader {
    bytes: [u8; MOST_LEN],
    len: u8,
    /// The line coming in is not to be used.
    spoilt: bool,
    /// The bytes are a command that waits.
    waits: bool,
    /// Spoilt lines that ended and were not taken.
    spoilt_lines: u8,
}

impl Default for LineReader {
    fn default() -> Self {
        Self::new()
    }
}

impl LineReader {
    /// Nothing has come.
    pub const fn new() -> Self {
        Self {
            bytes: [0; MOST_LEN],
            len: 0,
            spoilt: false,
            waits: false,
            spoilt_lines: 0,
        }
    }

    /// Forgets everything: a session begins.
    pub fn clear(&mut self) {
        *self = Self::new();
    }

    /// A byte came; true when a line is complete.
    pub fn push(&mut self, byte: u8) -> bool {
        match byte {
            LF => return false,
            CR => self.end_line(),
            _ if self.waits => self.spoilt = true,
            _ => match self.bytes.get_mut(usize::from(self.len)) {
                Some(place) => {
                    *place = byte;
                    self.len += 1;
                }
                None => self.spoilt = true,
            },
        }
        byte == CR
    }

    /// The receiver lost or damaged a byte.
    pub fn on_error(&mut self) {
        self.spoilt = true;
    }

    fn end_line(&mut self) {
        if self.waits || self.spoilt {
            self.spoilt_lines = self.spoilt_lines.saturating_add(1);
            self.spoilt = false;
            if !self.waits {
                self.len = 0;
            }
        } else {
            self.waits = true;
        }
    }

    /// Whether a line waits.
    pub const fn is_waiting(&self) -> bool {
        self.waits || self.spoilt_lines > 0
    }

    /// Gives the line that waits to `f`. A whole one has come before the spoilt ones.
    pub fn take<R>(&mut self, f: impl FnOnce(Line<'_>) -> R) -> Option<R> {
        if self.waits {
            self.waits = false;
            let len = usize::from(core::mem::take(&mut self.len));
            Some(f(Line::Whole(&self.bytes[..len])))
        } else {
            self.spoilt_lines = self.spoilt_lines.checked_sub(1)?;
            Some(f(Line::Spoilt))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn push_all(reader: &mut LineReader, bytes: &[u8]) {
        for &byte in bytes {
            reader.push(byte);
        }
    }

    /// The line that waits; `None` inside is a spoilt one.
    fn taken(reader: &mut LineReader) -> Option<Option<Vec<u8>>> {
        reader.take(|line| match line {
            Line::Whole(bytes) => Some(bytes.to_vec()),
            Line::Spoilt => None,
        })
    }

    #[test]
    fn a_line_ends_with_cr_and_line_feeds_are_ignored() {
        let mut reader = LineReader::new();
        push_all(&mut reader, b"P12\n34");
        assert!(!reader.is_waiting());
        assert_eq!(taken(&mut reader), None);
        assert!(reader.push(CR));
        assert!(!reader.push(LF));
        assert_eq!(taken(&mut reader), Some(Some(b"P1234".to_vec())));
        assert_eq!(taken(&mut reader), None);
    }

    #[test]
    fn a_line_that_is_too_long_is_spoilt_whole_and_the_next_one_is_not() {
        let mut reader = LineReader::new();
        push_all(&mut reader, &[b'x'; MOST_LEN]);
        push_all(&mut reader, b"\rR\r");
        assert_eq!(taken(&mut reader), Some(Some(vec![b'x'; MOST_LEN])));
        assert_eq!(
            taken(&mut reader),
            Some(None),
            "it came while another waited"
        );
        push_all(&mut reader, &[b'x'; MOST_LEN + 1]);
        push_all(&mut reader, b"\rR\r");
        assert_eq!(taken(&mut reader), Some(Some(b"R".to_vec())));
        assert_eq!(taken(&mut reader), Some(None));
    }

    #[test]
    fn a_line_the_receiver_damaged_is_spoilt() {
        let mut reader = LineReader::new();
        push_all(&mut reader, b"P12");
        reader.on_error();
        push_all(&mut reader, b"34\r");
        assert_eq!(taken(&mut reader), Some(None));
        push_all(&mut reader, b"R\r");
        assert_eq!(taken(&mut reader), Some(Some(b"R".to_vec())));
    }

    proptest! {
        #[test]
        fn every_line_is_taken_once_whatever_comes(bytes: Vec<u8>) {
            let mut reader = LineReader::new();
            let mut lines = 0;
            for &byte in &bytes {
                let ended = reader.push(byte);
                prop_assert_eq!(ended, byte == CR);
                lines += usize::from(ended);
                prop_assert_eq!(reader.is_waiting(), ended);
                let line = taken(&mut reader);
                prop_assert_eq!(line.is_some(), ended);
            }
            prop_assert_eq!(lines, bytes.iter().filter(|&&byte| byte == CR).count());
        }
    }
}
