//! A target's log, read live through its probe: up channel 0 of SEGGER's Real-Time Transfer.
//!
//! It moves bytes; decoding them is somebody else's. For real-time rigs only: opening a session
//! halts the core for a moment.

use std::time::Duration;

use hil_core::ports::{FlashPhase, FlashTrouble};
use probe_rs::Session;
use probe_rs::rtt::{Rtt, ScanRegion};

use super::session::attach;
use super::watched::WatchedPort;
use super::{Chip, flasher};

/// Bytes read at a time.
const CHUNK: usize = 1024;

/// An open log.
pub struct TargetLog {
    // Closed in this order: the session ends with a few last packets through the port.
    session: Session,
    _port: Option<WatchedPort>,
    rtt: Option<Rtt>,
    scan: ScanRegion,
}

impl TargetLog {
    /// Opens the probe and attaches to the running board; see [`super::ProbeRsFlasher::new`] for
    /// how a probe is named.
    ///
    /// # Errors
    /// When the probe does not answer within `patience` or the chip does not attach.
    pub fn open(selector: &str, chip: &Chip, patience: Duration) -> Result<Self, FlashTrouble> {
        let (selector, port) = flasher::open(selector, patience)?;
        Ok(Self {
            session: attach(&selector, chip)?,
            _port: port,
            rtt: None,
            scan: ScanRegion::range(chip.ram.start.into()..chip.ram.end.into()),
        })
    }

    /// What the firmware has written since the last call. Empty while it has not set up its log.
    ///
    /// # Errors
    /// When the probe or the target's memory does not answer.
    pub fn read(&mut self) -> Result<Vec<u8>, FlashTrouble> {
        let failed = |cause: String| FlashTrouble::Failed {
            phase: FlashPhase::Identify,
            cause: format!("reading the target's log: {cause}"),
        };
        let mut core = self.session.core(0).map_err(|e| failed(e.to_string()))?;
        if self.rtt.is_none() {
            self.rtt = match Rtt::attach_region(&mut core, &self.scan) {
                Ok(rtt) => Some(rtt),
                Err(probe_rs::rtt::Error::ControlBlockNotFound) => return Ok(Vec::new()),
                Err(error) => return Err(failed(error.to_string())),
            };
        }
        let mut bytes = Vec::new();
        if let Some(channel) = self.rtt.as_mut().and_then(|rtt| rtt.up_channel(0)) {
            let mut chunk = [0; CHUNK];
            loop {
                let count = channel
                    .read(&mut core, &mut chunk)
                    .map_err(|e| failed(e.to_string()))?;
                if count == 0 {
                    break;
                }
                bytes.extend_from_slice(&chunk[..count]);
            }
        }
        Ok(bytes)
    }
}
