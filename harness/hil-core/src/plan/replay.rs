//! A replay as planned: what a log of the field says, carried whole, so that a record needs nothing
//! but itself.

use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::field_log::Track;
use crate::time::Span;

/// A part of a field log, played to the DUT while the step goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Replay {
    /// The log, by its path in the project.
    pub file: String,
    /// Where in the log it starts.
    pub from: Span,
    /// How long it goes on.
    pub length: Span,
    /// What is driven, from the start of the part on.
    pub tracks: Vec<Track>,
    /// What the log said and the envelope does not permit.
    pub clamped: Vec<Clamped>,
}

/// Values of a log that were moved into the envelope.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Clamped {
    /// Where.
    pub channel: Channel,
    /// Lowest permitted.
    pub low: f64,
    /// Highest permitted.
    pub high: f64,
    /// How many values of the log lay outside.
    pub values: u32,
}

impl Replay {
    /// Moves the values of a channel into limits, and notes how many were outside.
    pub fn clamp(&mut self, of: Channel, low: f64, high: f64) {
        let tracks = self.tracks.iter_mut().filter(|t| t.channel == of);
        let points = tracks.flat_map(|track| &mut track.points);
        let mut values = 0;
        for point in points.filter(|point| !(low..=high).contains(&point.value)) {
            point.value = point.value.clamp(low, high);
            values += 1;
        }
        if values > 0 {
            self.clamped.push(Clamped {
                channel: of,
                low,
                high,
                values,
            });
        }
    }
}
