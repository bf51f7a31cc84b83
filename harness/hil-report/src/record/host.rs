//! `host.json`: the wall-clock facts of a run, kept apart so that the rest of the record is the
//! same byte for byte whenever and wherever the run is repeated.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use hil_core::ports::{FlashPhase, SinkError};
use serde::{Deserialize, Serialize};

use super::HOST;
use super::trace::failed;

/// The content of `host.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Host {
    /// Name of the machine.
    pub host: String,
    /// Operating system and processor, `linux x86_64`.
    pub platform: String,
    /// When the run folder was opened, RFC 3339 in UTC.
    pub start: String,
    /// When the run ended; `None` while it runs or when it was killed.
    pub end: Option<String>,
    /// Wall-clock seconds of the run.
    pub duration_s: Option<f64>,
    /// Wall-clock seconds from the start of flashing to the end of each phase of each board.
    #[serde(default)]
    pub flash_s: BTreeMap<u16, BTreeMap<FlashPhase, f64>>,
    /// Wall-clock seconds of each case instance.
    #[serde(default)]
    pub cases_s: BTreeMap<String, f64>,
    /// Hash of the last line of the run's stream, hex.
    pub final_hash: Option<String>,
}

impl Host {
    /// The facts known at the start.
    #[must_use]
    pub fn now() -> Self {
        let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        Self {
            host: name.trim().to_owned(),
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            start: utc(SystemTime::now()),
            ..Self::default()
        }
    }

    pub(super) fn finish(&mut self, wall: Duration, final_hash: &str) {
        self.end = Some(utc(SystemTime::now()));
        self.duration_s = Some(wall.as_secs_f64());
        self.final_hash = Some(final_hash.to_owned());
    }

    pub(super) fn write(&self, root: &Path) -> Result<(), SinkError> {
        let path = root.join(HOST);
        let mut text = serde_json::to_string_pretty(self).map_err(|e| failed(&path, e.into()))?;
        text.push('\n');
        fs::write(&path, text).map_err(|e| failed(&path, e))
    }
}

/// A moment as RFC 3339 in UTC, to the millisecond.
#[must_use]
pub fn utc(moment: SystemTime) -> String {
    DateTime::<Utc>::from(moment).to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A name for the folder of a run that starts now: `20260722T144405Z-s1`, UTC and seed.
#[must_use]
pub fn run_name(moment: SystemTime, seed: u64) -> String {
    let stamp = DateTime::<Utc>::from(moment).format("%Y%m%dT%H%M%SZ");
    format!("{stamp}-s{seed}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_utc_and_sort_as_text() {
        let moment = SystemTime::UNIX_EPOCH + Duration::from_millis(1_753_195_445_250);
        assert_eq!(utc(moment), "2025-07-22T14:44:05.250Z");
        assert_eq!(run_name(moment, 42), "20250722T144405Z-s42");
    }
}
