//! Finding frames in a stream of bytes, and the way from a line to samples.

use thiserror::Error;

use super::{FRAME_BYTES, FrameError, check, decode};
use crate::channel::{Channel, Signal};
use crate::plan::TemperatureScale;
use crate::ports::Sample;
use crate::time::{Span, Time};

/// Silence between two bytes that ends a frame: 0.2 s, as known readers do it.
pub const LONGEST_GAP: Span = Span::from_millis(200);

/// Ten bits at 9600 bps, from the stop bit of one byte to that of the next without a pause.
const BYTE_TIME: Span = Span(1042);

/// What a [`Splitter`] found in the stream.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// 58 bytes that are a frame.
    Frame {
        /// The bytes.
        bytes: [u8; FRAME_BYTES],
        /// The longest pause between two of them, from the stop bit of one to the start bit of the next.
        gap: Span,
    },
    /// Bytes that are none.
    Bad(Bad),
}

/// Why a stretch of the stream is not a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Bad {
    /// 58 bytes came together but are not a frame.
    #[error("not a frame: {0}")]
    Frame(FrameError),
    /// The line fell silent in the middle.
    #[error("the line fell silent after {bytes} of 58 bytes")]
    Short {
        /// How many came.
        bytes: usize,
    },
}

/// Finds frames in a stream of bytes.
///
/// The protocol has no start mark: a frame is any 58 bytes in a row with a right checksum and right
/// sign bytes. After a bad stretch the splitter moves on byte by byte until it finds one again, and
/// reports one [`Bad`] per 58 bytes it had to drop. Silence above [`LONGEST_GAP`] starts anew.
#[derive(Clone, Debug)]
pub struct Splitter {
    window: [u8; FRAME_BYTES],
    /// When each byte of the window ended.
    ends: [Time; FRAME_BYTES],
    filled: usize,
    dropped: usize,
    last: Time,
}

impl Default for Splitter {
    fn default() -> Self {
        Self {
            window: [0; FRAME_BYTES],
            ends: [Time::ZERO; FRAME_BYTES],
            filled: 0,
            dropped: 0,
            last: Time::ZERO,
        }
    }
}

impl Splitter {
    /// Takes the next byte, whose stop bit ended at `at`; at most two things are found with it: a
    /// frame that the silence before it cut short, and what the byte completes.
    pub fn push(&mut self, at: Time, byte: u8) -> impl Iterator<Item = Found> + use<> {
        let cut = (at.since(self.last) > LONGEST_GAP)
            .then(|| self.restart())
            .flatten();
        self.last = at;
        self.window[self.filled] = byte;
        self.ends[self.filled] = at;
        self.filled += 1;
        let complete = (self.filled == FRAME_BYTES)
            .then(|| self.complete())
            .flatten();
        cut.into_iter().chain(complete)
    }

    /// Forgets what was gathered; reports it unless it is the tail of something already reported.
    fn restart(&mut self) -> Option<Found> {
        let bytes = self.filled;
        let reported = self.dropped > 0;
        self.filled = 0;
        self.dropped = 0;
        (bytes > 0 && !reported).then_some(Found::Bad(Bad::Short { bytes }))
    }

    fn complete(&mut self) -> Option<Found> {
        match check(&self.window) {
            Ok(()) => {
                self.filled = 0;
                self.dropped = 0;
                let steps = self.ends.windows(2).map(|pair| pair[1].since(pair[0]));
                let longest = steps.max().unwrap_or_default();
                Some(Found::Frame {
                    bytes: self.window,
                    gap: longest - BYTE_TIME,
                })
            }
            Err(error) => {
                let first = self.dropped.is_multiple_of(FRAME_BYTES);
                self.dropped += 1;
                self.window.copy_within(1.., 0);
                self.ends.copy_within(1.., 0);
                self.filled -= 1;
                first.then_some(Found::Bad(Bad::Frame(error)))
            }
        }
    }
}

/// The whole way from the line of one bank to its samples: splits, decodes, counts.
#[derive(Clone, Debug)]
pub struct Receiver {
    bank: u8,
    scale: TemperatureScale,
    splitter: Splitter,
    frames: u32,
}

impl Receiver {
    /// For the EXT OUT line of a bank.
    #[must_use]
    pub fn new(bank: u8, scale: TemperatureScale) -> Self {
        Self {
            bank,
            scale,
            splitter: Splitter::default(),
            frames: 0,
        }
    }

    /// Good frames so far.
    #[must_use]
    pub const fn frames(&self) -> u32 {
        self.frames
    }

    /// Takes the next byte and appends the samples it completes, all at the time of the byte.
    /// A bad stretch gives one sample of `ext.checksum`, nothing else of it is used (`COMM-6`).
    pub fn push(&mut self, at: Time, byte: u8, out: &mut Vec<Sample>) {
        for found in self.splitter.push(at, byte) {
            let line = |signal, value| Sample {
                channel: Channel {
                    bank: self.bank,
                    signal,
                    index: 0,
                },
                at,
                value,
            };
            match found {
                Found::Frame { bytes, gap } => {
                    if let Ok(frame) = decode(&bytes, self.scale) {
                        self.frames += 1;
                        out.push(line(Signal::ExtFrame, self.frames.into()));
                        out.push(line(Signal::ExtChecksum, 1.0));
                        out.push(line(Signal::ExtGap, gap.as_secs()));
                        out.extend(frame.samples(self.bank, at));
                    }
                }
                Found::Bad(_) => out.push(line(Signal::ExtChecksum, 0.0)),
            }
        }
    }
}
