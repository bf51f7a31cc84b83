//! The connection to a debug probe on TCP, watched: probe-rs reads it without a time-out, so it
//! talks to a port of ours, and this relay hangs up when the probe is silent for too long.
//!
//! It relays packets and counts answers; it understands none of them except the greeting.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hil_core::ports::FlashTrouble;

/// The greeting of the Black Magic remote protocol: who are you?
const GREETING: &[u8] = b"+#!GA#";
/// The longest identity a probe may give.
const IDENTITY_MAX: usize = 1024;

/// How a watched connection ended before its user was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// No answer in time.
    Silent,
    /// The other side hung up.
    Lost,
}

/// A local port that leads to a probe which has been heard.
pub(super) struct WatchedPort {
    local: SocketAddr,
    shared: Arc<Shared>,
    relay: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    broken: Mutex<Option<Broken>>,
    remote: Mutex<Option<TcpStream>>,
}

/// Nothing panics while these locks are held, so a poisoned one is still consistent.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl WatchedPort {
    /// Connects to `remote`, makes sure that a probe answers, and opens a local port to it for
    /// one client. Every answer may take `patience`.
    pub(super) fn open(remote: SocketAddr, patience: Duration) -> Result<Self, FlashTrouble> {
        let mut stream = TcpStream::connect_timeout(&remote, patience)
            .map_err(|error| FlashTrouble::Unreachable(error.to_string()))?;
        greet(&mut stream, patience)?;
        let io = |error: io::Error| FlashTrouble::Unreachable(error.to_string());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(io)?;
        let local = listener.local_addr().map_err(io)?;
        let shared = Arc::new(Shared::default());
        *lock(&shared.remote) = Some(stream.try_clone().map_err(io)?);
        let relay = thread::Builder::new()
            .name("probe-relay".into())
            .spawn({
                let shared = Arc::clone(&shared);
                move || {
                    if let Ok((mut client, _)) = listener.accept() {
                        // Said before the client's end closes, since it asks as soon as it does.
                        let broken = relay(&mut client, &mut stream);
                        *lock(&shared.broken) = broken;
                    }
                    *lock(&shared.remote) = None;
                }
            })
            .map_err(io)?;
        Ok(Self {
            local,
            shared,
            relay: Some(relay),
        })
    }

    /// Where probe-rs shall connect.
    pub(super) fn local(&self) -> SocketAddr {
        self.local
    }

    /// Whether, and how, the connection broke.
    pub(super) fn broken(&self) -> Option<Broken> {
        *lock(&self.shared.broken)
    }
}

impl Drop for WatchedPort {
    fn drop(&mut self) {
        if let Some(remote) = &*lock(&self.shared.remote) {
            let _ = remote.shutdown(Shutdown::Both);
        }
        // If nobody ever connected, the relay still waits for its client: be that client.
        let _ = TcpStream::connect(self.local);
        if let Some(relay) = self.relay.take() {
            let _ = relay.join();
        }
    }
}

/// Asks who is there. Somebody who accepts connections need not be a probe, and a probe that
/// serves somebody else hangs up.
fn greet(stream: &mut TcpStream, patience: Duration) -> Result<(), FlashTrouble> {
    let trouble = |error: io::Error| match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => FlashTrouble::Silent {
            phase: hil_core::ports::FlashPhase::Identify,
            seconds: patience.as_secs() as u32,
        },
        _ => FlashTrouble::NotAProbe(error.to_string()),
    };
    stream.set_nodelay(true).map_err(trouble)?;
    stream.set_read_timeout(Some(patience)).map_err(trouble)?;
    stream.set_write_timeout(Some(patience)).map_err(trouble)?;
    stream.write_all(GREETING).map_err(trouble)?;
    let mut answer = Vec::new();
    let mut byte = [0];
    while byte != *b"#" {
        if stream.read(&mut byte).map_err(trouble)? == 0 {
            return Err(FlashTrouble::NotAProbe("it hung up".into()));
        }
        answer.push(byte[0]);
        if answer.len() > IDENTITY_MAX {
            return Err(FlashTrouble::NotAProbe("it does not stop talking".into()));
        }
    }
    if answer.starts_with(b"&K") {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&answer[..answer.len().min(40)]).into_owned();
    Err(FlashTrouble::NotAProbe(format!("it said {said:?}")))
}

/// Passes requests on and waits for as many answers, until the client leaves (`None`) or the
/// probe fails.
fn relay(client: &mut TcpStream, probe: &mut TcpStream) -> Option<Broken> {
    let mut buffer = [0; 2048];
    let mut in_packet = false;
    client.set_nodelay(true).ok()?;
    loop {
        let count = client.read(&mut buffer).ok().filter(|&count| count > 0)?;
        let mut awaited = 0;
        for &byte in &buffer[..count] {
            if in_packet && byte == b'#' {
                awaited += 1;
            }
            in_packet = byte == b'!' || in_packet && byte != b'#';
        }
        if probe.write_all(&buffer[..count]).is_err() {
            return Some(Broken::Lost);
        }
        while awaited > 0 {
            let count = match probe.read(&mut buffer) {
                Ok(0) => return Some(Broken::Lost),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => {
                    return Some(match error.kind() {
                        ErrorKind::WouldBlock | ErrorKind::TimedOut => Broken::Silent,
                        _ => Broken::Lost,
                    });
                }
            };
            awaited -= awaited.min(buffer[..count].iter().filter(|&&b| b == b'#').count());
            client.write_all(&buffer[..count]).ok()?;
        }
    }
}
