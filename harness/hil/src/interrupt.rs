//! Ctrl-C and SIGTERM: a flag that benches look at, so that a run ends in its safe state.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};

/// A flag that is set by the first signal; a second one ends the process at once.
///
/// # Errors
/// When the handler cannot be installed.
pub fn on_signals() -> Result<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&flag);
    ctrlc::set_handler(move || {
        if seen.swap(true, Ordering::SeqCst) {
            std::process::exit(4);
        }
    })
    .context("cannot listen for Ctrl-C")?;
    Ok(flag)
}
