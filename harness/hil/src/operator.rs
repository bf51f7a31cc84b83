//! The operator of an attended rig, at this terminal: Enter when it is done, `n` when it is not.

use std::io::BufRead;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use hil_core::Span;
use hil_core::ports::{Answer, Operator};

/// How often it is looked whether the run is to be stopped.
const LOOK: Duration = Duration::from_millis(200);

/// Lines typed at this process. A thread of its own reads them, since a read has no deadline.
fn typed() -> &'static Mutex<Receiver<String>> {
    static TYPED: OnceLock<Mutex<Receiver<String>>> = OnceLock::new();
    TYPED.get_or_init(|| {
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Mutex::new(receiver)
    })
}

/// Asks on stderr and reads stdin. Cases that run side by side ask one after the other.
#[derive(Debug)]
pub struct Terminal {
    /// Set by whoever wants the run to stop.
    pub interrupt: Arc<AtomicBool>,
}

impl Operator for Terminal {
    fn ask(&mut self, prompt: &str, within: Span) -> Answer {
        let typed = typed().lock().unwrap_or_else(PoisonError::into_inner);
        // What was typed before the question is no answer to it.
        while typed.try_recv().is_ok() {}
        eprintln!("\n▶ {prompt}\n  Enter when it is done, n and Enter when it is not");
        let deadline = Instant::now() + Duration::from_micros(within.0);
        while !self.interrupt.load(Ordering::Relaxed) {
            if Instant::now() >= deadline {
                return Answer::Silent;
            }
            match typed.recv_timeout(LOOK) {
                Ok(line) => return answer(&line),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Answer::Silent,
            }
        }
        Answer::Stopped
    }
}

fn answer(line: &str) -> Answer {
    let by = std::env::var("USER").unwrap_or_else(|_| "operator".to_owned());
    match line.trim() {
        "" | "y" | "yes" => Answer::Done { by },
        _ => Answer::Refused { by },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enter_is_yes_and_anything_else_is_no() {
        assert!(matches!(answer(""), Answer::Done { .. }));
        assert!(matches!(answer("n"), Answer::Refused { .. }));
        assert!(matches!(
            answer("the plug is broken"),
            Answer::Refused { .. }
        ));
    }
}
