//! Blank boards behind debug probes, waiting for a flasher.
//!
//! Each board lies on its own supply, unconnected to the others, and its time moves on demand: one
//! millisecond whenever its client finds its core still running. So what a board becomes depends on
//! nothing but what its own client does, in whatever order the clients come.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hil_mcu::probe::{Boards, ProbeServer, ServerError};
use hil_mcu::{Circuit, Mcu, Part, Time};
use thiserror::Error;

use crate::board::{Board, BoardCircuit, Parts, Role};
use crate::flashed::Flashed;

/// How far a board's time moves when its client waits for its core.
const STEP: Time = Time::from_us(1_000);
/// How often the thread looks whether it shall end, while no client asks for anything.
const PATIENCE: Duration = Duration::from_millis(5);

/// Trouble with the virtual rig.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RigError {
    /// No port for a probe.
    #[error("cannot open the debug probes of the virtual boards")]
    Probes(#[source] ServerError),
    /// The thread that owns the boards could not be started.
    #[error("cannot start the thread of the virtual boards")]
    Thread(#[source] std::io::Error),
    /// The thread that owns the boards died.
    #[error("the thread of the virtual boards panicked; this is a bug of the harness")]
    Panicked,
    /// Boards of one role hold different firmware, so no pack can be copied from them.
    #[error("board {board} holds other firmware than board {other} of the same role")]
    Differ {
        /// The board that differs.
        board: usize,
        /// The one it was compared with.
        other: usize,
    },
}

/// Blank boards with an open probe port each.
pub struct VirtualRig {
    probes: Vec<SocketAddr>,
    done: Arc<AtomicBool>,
    owner: JoinHandle<Blank>,
}

impl VirtualRig {
    /// Powers `boards` (2 or more) blank boards in chain order, Begin first, End last, each with a
    /// Black Magic Probe on a free port of the loopback interface.
    ///
    /// # Errors
    /// When a port or the thread cannot be had.
    pub fn start(boards: u16) -> Result<Self, RigError> {
        let roles: Vec<Role> = (1..=boards).map(|k| Role::of(k, boards)).collect();
        Self::with_boards(&roles)
    }

    /// Powers blank boards of these roles, each with a probe as above. Roles that are missing come
    /// out erased.
    ///
    /// # Errors
    /// When a port or the thread cannot be had.
    pub fn with_boards(roles: &[Role]) -> Result<Self, RigError> {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let ports = vec![any; roles.len()];
        let mut server = ProbeServer::bind(&ports).map_err(RigError::Probes)?;
        let probes = server.addresses();
        let done = Arc::new(AtomicBool::new(false));
        let finished = Arc::clone(&done);
        let mut blank = Blank::new(roles);
        let serve = move || {
            while !finished.load(Ordering::Acquire) {
                server.serve(&mut blank, PATIENCE);
            }
            blank
        };
        let owner = thread::Builder::new()
            .name("virtual-rig".into())
            .spawn(serve)
            .map_err(RigError::Thread)?;
        Ok(Self {
            probes,
            done,
            owner,
        })
    }

    /// Where the probes listen, in board order.
    #[must_use]
    pub fn probes(&self) -> &[SocketAddr] {
        &self.probes
    }

    /// Closes the probes, takes the boards off their supply and hands out what was flashed.
    ///
    /// # Errors
    /// When boards of one role hold different firmware.
    pub fn finish(self) -> Result<Flashed, RigError> {
        self.done.store(true, Ordering::Release);
        self.owner.join().map_err(|_| RigError::Panicked)?.flashed()
    }
}

/// The boards, owned by the rig's thread.
struct Blank(Vec<Board>);

impl Blank {
    fn new(roles: &[Role]) -> Self {
        let board = |(k, role): (u16, &Role)| {
            let circuit = BoardCircuit::new(*role, Parts::nominal(*role), None, 0, 0, k);
            let mut board = Board::new(Mcu::new(Part::default()), circuit);
            board.connect(Time::ZERO, true);
            board
        };
        Self((1..).zip(roles).map(board).collect())
    }

    fn flashed(mut self) -> Result<Flashed, RigError> {
        for board in &mut self.0 {
            board.connect(board.mcu.now(), false);
        }
        Ok(Flashed::new(
            self.chip(Role::Begin)?,
            self.chip(Role::Between)?,
            self.chip(Role::End)?,
        ))
    }

    /// The chip of a role, of which all boards must be alike.
    fn chip(&self, role: Role) -> Result<Mcu, RigError> {
        let mut of_role = (1..).zip(&self.0).filter(|(_, b)| b.circuit.role == role);
        let Some((other, first)) = of_role.next() else {
            return Ok(Mcu::new(Part::default()));
        };
        match of_role.find(|(_, board)| board.mcu.flash() != first.mcu.flash()) {
            Some((board, _)) => Err(RigError::Differ { board, other }),
            None => Ok(first.mcu.clone()),
        }
    }
}

impl Boards for Blank {
    fn with_board(&mut self, index: usize, access: &mut dyn FnMut(&mut Mcu, &mut dyn Circuit)) {
        let board = &mut self.0[index];
        access(&mut board.mcu, &mut board.circuit);
    }

    fn core_awaited(&mut self, index: usize) {
        let board = &mut self.0[index];
        board.run_until(board.mcu.now() + STEP);
        // Nobody looks at a board that is being flashed.
        board.circuit.forget();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_board_has_its_own_port_and_unflashed_boards_come_out_erased() {
        let rig = VirtualRig::start(4).expect("loopback ports are free");
        let mut ports: Vec<u16> = rig.probes().iter().map(SocketAddr::port).collect();
        ports.dedup();
        assert_eq!(ports.len(), 4);
        let flashed = rig.finish().expect("all boards are alike");
        assert!(
            flashed
                .chip(Role::End)
                .flash()
                .iter()
                .all(|byte| *byte == 0xFF)
        );
    }
}
