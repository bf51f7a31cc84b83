//! `hil sim serve`: a virtual rig alive in real time, until Ctrl-C.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use hil_core::plan::Pack;
use hil_core::rig::RigKind;
use hil_sim::{Flashed, Setup};

use crate::exit::bad_input;
use crate::home::Home;
use crate::images::Images;
use crate::{flash, interrupt, library, output};

/// What to serve.
pub struct Serve {
    /// Rig name or path.
    pub rig: String,
    /// Cells in series, 2 to 255.
    pub cells: u16,
    /// First probe port, 0 = any free ones.
    pub port: u16,
    /// Leave the boards blank.
    pub blank: bool,
    /// Seed of tolerances and noise.
    pub seed: u64,
}

/// Serves until interrupted.
///
/// # Errors
/// Bad input, or a port or pseudo-terminal that cannot be had.
pub fn serve(home: &Home, what: &Serve) -> Result<ExitCode> {
    let rig = library::rig(home, &what.rig)?.rig;
    if rig.kind != RigKind::Virtual {
        return Err(bad_input(format!("rig {} is not a virtual one", rig.name)));
    }
    if !rig.cells.contains(&what.cells) {
        let (low, high) = (rig.cells.start(), rig.cells.end());
        return Err(bad_input(format!(
            "rig {} has {low} to {high} cells, not {}",
            rig.name, what.cells
        )));
    }
    let stop = interrupt::on_signals()?;
    let boards = if what.blank {
        Flashed::erased()
    } else {
        flash::virtual_rig(&Images::shipped(home)?, what.cells, &[], &stop, &mut |_| ())?.boards?
    };
    let pack = Pack::of(what.cells, "lifepo4");
    let mut setup = Setup::new(&pack, Some(3.4));
    setup.interrupt = Arc::clone(&stop);
    let port = |k: u16| {
        if what.port == 0 {
            0
        } else {
            what.port.saturating_add(k)
        }
    };
    let addresses: Vec<_> = (0..what.cells)
        .map(|k| SocketAddr::from((Ipv4Addr::LOCALHOST, port(k))))
        .collect();
    hil_sim::serve(&boards, setup, what.seed, &addresses, &stop, |served| {
        let mut text = String::new();
        for (board, address) in (1..).zip(&served.probes) {
            text += &format!("board {board:>3}  probe 1d50:6018:{address}\n");
        }
        for (bank, device) in (1..).zip(&served.ext_out) {
            text += &format!("EXT OUT of bank {bank}  {}\n", device.display());
        }
        text += "alive until Ctrl-C; chip STM32G031K8Tx, protocol SWD\n";
        // A reader that is gone is no reason to stop serving.
        let _ = output::print(&text);
    })?;
    Ok(ExitCode::SUCCESS)
}
