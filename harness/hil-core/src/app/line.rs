//! Pieces of the byte stream that comes back: 58-byte frames and lines of text, told apart by
//! their first byte and separated by pauses.

use thiserror::Error;

use crate::ext_out::FRAME_BYTES;
use crate::time::{Span, Time};

/// Idle line that ends a piece; inside one there is no gap.
pub const PAUSE: Span = Span::from_millis(3);
/// One character, 10 bits at 9600 baud, in microseconds: what lies between the times of two bytes
/// that follow each other without a gap.
const CHARACTER: Span = Span(1_042);
/// No packet or answer is longer; the longest is the report of all settings.
const LONGEST_LINE: usize = 256;

/// What a [`Splitter`] found in the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// 58 bytes that may be a frame; its check is the decoder's business.
    Frame([u8; FRAME_BYTES]),
    /// A line of printable characters, without its CR; not empty.
    Text(String),
    /// Bytes that are neither.
    Bad(Bad),
}

/// Why a stretch of the stream is neither frame nor text. Everything up to the next pause is
/// dropped with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Bad {
    /// The line fell silent in the middle.
    #[error("the line fell silent after {bytes} bytes")]
    Short {
        /// How many came.
        bytes: usize,
    },
    /// A line that began as text holds another character.
    #[error("byte {byte:#04x} in a line of text")]
    NotText {
        /// Which.
        byte: u8,
    },
    /// A line of text that does not end.
    #[error("a line of text longer than {LONGEST_LINE} characters")]
    Long,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Idle,
    Frame,
    Text,
    /// Nothing is taken before the next pause.
    Dropping,
}

/// Cuts the stream into pieces.
///
/// A frame begins with the highest byte of the pack voltage, which is below any printable
/// character up to 10 kV, so the first byte of a piece says what it is.
#[derive(Clone, Debug, Default)]
pub struct Splitter {
    state: State,
    bytes: Vec<u8>,
    last: Time,
}

impl Splitter {
    /// Takes the next byte, whose stop bit ended at `at`; gives what a pause before it cut short,
    /// and what it completes.
    pub fn push(&mut self, at: Time, byte: u8) -> impl Iterator<Item = Piece> + use<> {
        let paused = at.since(self.last) > PAUSE + CHARACTER;
        self.last = at;
        let cut = paused.then(|| self.cut()).flatten();
        let complete = self.take(byte);
        cut.into_iter().chain(complete)
    }

    /// A pause: forgets what was gathered.
    fn cut(&mut self) -> Option<Piece> {
        let bytes = self.bytes.len();
        self.bytes.clear();
        self.state = State::Idle;
        (bytes > 0).then_some(Piece::Bad(Bad::Short { bytes }))
    }

    fn take(&mut self, byte: u8) -> Option<Piece> {
        match (self.state, byte) {
            (State::Dropping, _) | (State::Idle | State::Text, b'\n') => None,
            (State::Idle, b'\r') => None,
            (State::Idle | State::Text, b' '..=b'~') => {
                self.state = State::Text;
                self.bytes.push(byte);
                (self.bytes.len() > LONGEST_LINE).then(|| self.drop_rest(Bad::Long))
            }
            (State::Text, b'\r') => {
                self.state = State::Idle;
                let line = self.bytes.drain(..).map(char::from).collect();
                Some(Piece::Text(line))
            }
            (State::Text, _) => Some(self.drop_rest(Bad::NotText { byte })),
            (State::Idle | State::Frame, _) => {
                self.state = State::Frame;
                self.bytes.push(byte);
                let frame = self.bytes.as_slice().try_into().ok()?;
                self.state = State::Idle;
                self.bytes.clear();
                Some(Piece::Frame(frame))
            }
        }
    }

    fn drop_rest(&mut self, why: Bad) -> Piece {
        self.state = State::Dropping;
        self.bytes.clear();
        Piece::Bad(why)
    }
}
