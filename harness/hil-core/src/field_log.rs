//! Logs from the field: what a pack did and what its BMS said of it, to be played to a DUT.
//!
//! A log is a CSV of channels or a capture of EXT OUT; either becomes tracks of channels over the
//! time of the log. What is done with them is the business of a case. Nothing here touches a file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::diagnostic::{Diagnostic, Source};
use crate::plan::TemperatureScale;
use crate::time::Span;

mod capture;
mod csv;

/// More values than this are no log to be carried in a plan.
const MOST_VALUES: usize = 200_000;

/// A channel over the time of a log: each value holds until the next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Track {
    /// The channel.
    pub channel: Channel,
    /// Times since the start of the log, rising, with values in the channel's unit.
    pub points: Vec<Point>,
}

/// A value of a track.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Since the start of the log.
    pub at: Span,
    /// In the channel's unit; NaN = unknown.
    #[serde(with = "crate::unknown")]
    pub value: f64,
}

/// Everything a log says, by channel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FieldLog(BTreeMap<Channel, Vec<Point>>);

impl FieldLog {
    /// Reads a log: a CSV when its name ends so, otherwise a capture of EXT OUT.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and column.
    pub fn parse(path: &str, text: &str, scale: TemperatureScale) -> Result<Self, Box<Diagnostic>> {
        let source = Source::new(path, text);
        if path.ends_with(".csv") {
            csv::read(&source)
        } else {
            capture::read(&source, scale)
        }
    }

    /// What it says of a channel.
    #[must_use]
    pub fn track(&self, channel: Channel) -> Option<Track> {
        let points = self.0.get(&channel)?.clone();
        Some(Track { channel, points })
    }

    /// The channels it speaks of.
    pub fn channels(&self) -> impl Iterator<Item = Channel> + '_ {
        self.0.keys().copied()
    }

    /// How long it goes on.
    #[must_use]
    pub fn length(&self) -> Span {
        let ends = self.0.values().filter_map(|points| points.last());
        ends.map(|point| point.at).max().unwrap_or_default()
    }

    /// Adds a value unless it repeats the one before; whether there was room for it.
    fn push(&mut self, channel: Channel, at: Span, value: f64) -> bool {
        let points = self.0.entry(channel).or_default();
        points.push(Point { at, value });
        points.len() <= MOST_VALUES
    }
}
