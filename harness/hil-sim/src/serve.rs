//! A virtual pack kept alive in real time for tools outside: a debug probe per board on TCP, and
//! every bank's EXT OUT on a pseudo-terminal. The engine of `hil sim serve`.
//!
//! It prints nothing and installs no signal handler; the caller is told where everything is and
//! says when to stop. When the machine cannot keep up, the pack's time falls behind the wall's.

mod pty;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hil_core::time::{Span, Time};
use hil_mcu::probe::{Boards, ProbeServer, ServerError};
use hil_mcu::{Circuit, Mcu};
use thiserror::Error;

use crate::{Flashed, Setup, VirtualBench};
use pty::PseudoTerminal;

/// How long probes are waited for before the boards live on.
const TICK: Duration = Duration::from_millis(1);
/// Longest stretch the boards live before the probes are served again.
const LONGEST_STRETCH: Span = Span::from_millis(20);
/// A pack further behind than this does not try to catch up.
const LONGEST_DEBT: Duration = Duration::from_millis(500);

/// Where the parts of a served pack are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// Address of the Black Magic Probe of every board, bank by bank.
    pub probes: Vec<SocketAddr>,
    /// Device of EXT OUT of every bank: 9600 baud, not inverted, as behind an isolated cable.
    pub ext_out: Vec<PathBuf>,
}

/// A pack could not be served.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServeError {
    /// No port for a probe.
    #[error("cannot open the debug probes of the virtual boards")]
    Probes(#[source] ServerError),
    /// No pseudo-terminal.
    #[error("cannot open a pseudo-terminal for EXT OUT of bank {bank}")]
    Terminal {
        /// The bank.
        bank: u8,
        /// Why not.
        source: std::io::Error,
    },
}

/// Keeps copies of the flashed boards alive until `stop`; `announce` is called once everything is
/// open. `probes` are the addresses to listen on, one per board, port 0 for any free one.
///
/// # Errors
/// When a port or a pseudo-terminal cannot be had.
pub fn serve(
    flashed: &Flashed,
    setup: Setup,
    seed: u64,
    probes: &[SocketAddr],
    stop: &AtomicBool,
    announce: impl FnOnce(&Served),
) -> Result<(), ServeError> {
    let mut server = ProbeServer::bind(probes).map_err(ServeError::Probes)?;
    let mut terminals = (1..=setup.banks)
        .map(|bank| PseudoTerminal::open().map_err(|source| ServeError::Terminal { bank, source }))
        .collect::<Result<Vec<_>, _>>()?;
    announce(&Served {
        probes: server.addresses(),
        ext_out: terminals.iter().map(|t| t.path().to_owned()).collect(),
    });
    let mut pack = Live(VirtualBench::open(flashed, setup, seed));
    let mut began = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        let wall = began.elapsed();
        let lived = Duration::from_micros(pack.0.lived().0);
        if wall > lived + LONGEST_DEBT {
            began += wall - lived - LONGEST_DEBT;
        }
        let wall = Time(began.elapsed().as_micros() as u64);
        pack.0
            .keep_alive(wall.min(pack.0.lived() + LONGEST_STRETCH));
        for (place, terminal) in terminals.iter_mut().enumerate() {
            pack.0.take_ext_out(place, |byte| terminal.push(byte));
            terminal.send();
        }
        server.serve(&mut pack, TICK);
    }
    Ok(())
}

/// Boards whose time follows the wall clock, whatever their probes ask.
struct Live(VirtualBench);

impl Boards for Live {
    fn with_board(&mut self, index: usize, access: &mut dyn FnMut(&mut Mcu, &mut dyn Circuit)) {
        let board = self.0.board_of_port(index);
        access(&mut board.mcu, &mut board.circuit);
    }

    fn core_awaited(&mut self, _index: usize) {}
}
