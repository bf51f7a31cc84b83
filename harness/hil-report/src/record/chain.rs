//! The hash chain of a stream: each line is numbered and ends with a hash over itself and the line
//! before, so a changed, removed or inserted line is found and named.
//!
//! A line is a JSON object `{"n":…,"at":…,"event":…,…,"hash":"…"}`: `n` counts from 1 and equals
//! the line number, `at` is bench time in µs. `hash` is the lower-case hex SHA-256 of the previous
//! line's hash (as its 64 ASCII digits; 64 zeros before the first line) followed by the bytes of
//! the same object without its `hash` member, that is with `,"hash":"…"` cut out.

use std::fmt::Write;

use hil_core::Time;
use hil_core::event::Event;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use thiserror::Error;

/// What stands for the hash before the first line.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

const HASH_MEMBER: &str = ",\"hash\":\"";

/// The SHA-256 of some bytes, as lower-case hex.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex(Sha256::digest(bytes).as_slice())
}

fn hex(digest: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in digest {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn link(previous: &str, content: &[&str]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(previous);
    for part in content {
        hasher.update(part);
    }
    hex(hasher.finalize().as_slice())
}

/// The writing end of a chain.
#[derive(Clone, Debug)]
pub struct Chain {
    n: u64,
    hash: String,
}

impl Default for Chain {
    fn default() -> Self {
        Self {
            n: 0,
            hash: GENESIS.to_owned(),
        }
    }
}

impl Chain {
    /// The next line, with its line feed.
    ///
    /// # Errors
    /// When the event cannot be serialized.
    pub fn line(&mut self, at: Time, event: &Event) -> Result<String, serde_json::Error> {
        let event = serde_json::to_string(event)?;
        let members = event.strip_prefix('{').unwrap_or(&event);
        let mut line = format!("{{\"n\":{},\"at\":{},{members}", self.n + 1, at.0);
        self.hash = link(&self.hash, &[&line]);
        self.n += 1;
        line.pop();
        line.push_str(HASH_MEMBER);
        line.push_str(&self.hash);
        line.push_str("\"}\n");
        Ok(line)
    }

    /// Hash of the last line.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

/// One line of a stream, read back.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Line {
    /// Line number, from 1.
    pub n: u64,
    /// Bench time.
    pub at: Time,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
    /// Its hash, hex.
    pub hash: String,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// The content does not give the hash that stands in the line.
    #[error("its content or the line before does not match its hash")]
    Hash,
    /// The number is not the next one.
    #[error("its number is {found}, expected {expected}")]
    Number {
        /// What stands there.
        found: u64,
        /// What should.
        expected: u64,
    },
    /// It is not an event this version understands.
    #[error("it cannot be read as an event: {0}")]
    Unreadable(String),
    /// The stream ends within the line.
    #[error("the stream ends within it")]
    CutOff,
}

/// A stream as far as it can be read.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    /// The lines that could be read, the ones with a wrong hash among them.
    pub lines: Vec<Line>,
    /// Line numbers (from 1) with what is wrong there, in order.
    pub faults: Vec<(u64, Fault)>,
}

impl Stream {
    /// Reads a stream; never fails, whatever the bytes are.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        let mut stream = Self::default();
        let mut previous = GENESIS.to_owned();
        for (i, raw) in bytes.split_inclusive(|b| *b == b'\n').enumerate() {
            let number = i as u64 + 1;
            let whole = raw.ends_with(b"\n");
            let raw = raw.strip_suffix(b"\n").unwrap_or(raw);
            match check(raw, number, &previous) {
                Ok((line, fault)) => {
                    previous.clone_from(&line.hash);
                    stream.lines.push(line);
                    stream.faults.extend(fault.map(|f| (number, f)));
                }
                Err(_) if !whole => stream.faults.push((number, Fault::CutOff)),
                Err(fault) => {
                    // The next line is still checked against what this one claims to be.
                    if let Some((_, hash)) = split(&String::from_utf8_lossy(raw)) {
                        hash.clone_into(&mut previous);
                    }
                    stream.faults.push((number, fault));
                }
            }
        }
        stream
    }

    /// Hash of the last line that could be read.
    #[must_use]
    pub fn hash(&self) -> &str {
        self.lines.last().map_or(GENESIS, |line| &line.hash)
    }
}

/// The object without its hash member's tail, and the hash.
fn split(text: &str) -> Option<(&str, &str)> {
    let (content, tail) = text.rsplit_once(HASH_MEMBER)?;
    Some((content, tail.strip_suffix("\"}")?))
}

fn check(raw: &[u8], number: u64, previous: &str) -> Result<(Line, Option<Fault>), Fault> {
    let text = std::str::from_utf8(raw).map_err(|e| Fault::Unreadable(e.to_string()))?;
    let (content, hash) =
        split(text).ok_or_else(|| Fault::Unreadable("it does not end with a hash".to_owned()))?;
    let intact = link(previous, &[content, "}"]) == hash;
    let line: Line = match serde_json::from_str(text) {
        Ok(line) => line,
        Err(_) if !intact => return Err(Fault::Hash),
        Err(error) => return Err(Fault::Unreadable(error.to_string())),
    };
    let fault = if !intact {
        Some(Fault::Hash)
    } else if line.n != number {
        let found = line.n;
        Some(Fault::Number {
            found,
            expected: number,
        })
    } else {
        None
    };
    Ok((line, fault))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(count: usize) -> String {
        let mut chain = Chain::default();
        (0..count)
            .map(|step| {
                let event = Event::StepStarted { step };
                chain.line(Time(step as u64 * 1000), &event).unwrap()
            })
            .collect()
    }

    #[test]
    fn the_documented_hash_is_the_one_written() {
        let text = stream(2);
        let second = text.lines().nth(1).unwrap();
        let first_hash = Stream::read(text.as_bytes()).lines[0].hash.clone();
        let content = r#"{"n":2,"at":1000,"event":"step-started","step":1}"#;
        let hash = sha256(format!("{first_hash}{content}").as_bytes());
        let expected = r#"{"n":2,"at":1000,"event":"step-started","step":1,"hash":"HASH"}"#;
        assert_eq!(second, expected.replace("HASH", &hash));
    }

    #[test]
    fn a_changed_a_removed_and_an_inserted_line_are_named() {
        let text = stream(5);
        let lines: Vec<&str> = text.lines().collect();
        let faults = |lines: &[&str]| Stream::read((lines.join("\n") + "\n").as_bytes()).faults;
        assert_eq!(faults(&lines), []);

        let changed = lines[2].replace("\"step\":2", "\"step\":7");
        let with = [lines[0], lines[1], &changed, lines[3], lines[4]];
        assert_eq!(faults(&with), [(3, Fault::Hash)]);

        assert_eq!(faults(&[lines[0], lines[1], lines[3]]), [(3, Fault::Hash)]);
        assert_eq!(faults(&[lines[0], lines[0]]), [(2, Fault::Hash)]);
    }

    #[test]
    fn a_forged_hash_moves_the_fault_to_the_next_line() {
        let text = stream(3);
        let lines: Vec<&str> = text.lines().collect();
        let first = Stream::read(text.as_bytes()).lines[0].hash.clone();
        let content = r#"{"n":2,"at":1000,"event":"step-started","step":9}"#;
        let hash = sha256(format!("{first}{content}").as_bytes());
        let forged = content.replace("9}", &format!("9,\"hash\":\"{hash}\"}}"));
        let read = Stream::read([lines[0], &forged, lines[2]].join("\n").as_bytes());
        assert_eq!(read.faults, [(3, Fault::Hash)]);
    }
}
