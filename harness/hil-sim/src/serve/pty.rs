//! A pseudo-terminal that stands for the serial cable on EXT OUT.
//!
//! A reader who comes late gets the present, not the past: what nobody read is dropped.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::pty::OpenptFlags;
use rustix::termios::{self, OptionalActions, QueueSelector};

/// Unread bytes above which the reader is taken to be gone: two frames.
const STALE: u64 = 2 * 58;

/// Both ends of a pseudo-terminal.
pub(super) struct PseudoTerminal {
    master: OwnedFd,
    /// Held open, so that the line lives on between two readers.
    slave: OwnedFd,
    path: PathBuf,
    unsent: Vec<u8>,
}

impl PseudoTerminal {
    pub(super) fn open() -> io::Result<Self> {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
        let master = rustix::pty::openpt(flags)?;
        rustix::pty::grantpt(&master)?;
        rustix::pty::unlockpt(&master)?;
        let name = rustix::pty::ptsname(&master, Vec::new())?;
        let path = PathBuf::from(OsStr::from_bytes(name.as_bytes()));
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let slave = rustix::fs::open(&path, flags, Mode::empty())?;
        let mut attributes = termios::tcgetattr(&slave)?;
        attributes.make_raw();
        termios::tcsetattr(&slave, OptionalActions::Now, &attributes)?;
        let master_flags = rustix::fs::fcntl_getfl(&master)?;
        rustix::fs::fcntl_setfl(&master, master_flags | OFlags::NONBLOCK)?;
        Ok(Self {
            master,
            slave,
            path,
            unsent: Vec::new(),
        })
    }

    /// The device a reader opens.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Takes a byte for the next [`Self::send`].
    pub(super) fn push(&mut self, byte: u8) {
        self.unsent.push(byte);
    }

    /// Sends what was pushed. A terminal that does not take it has no reader: that is not an error.
    pub(super) fn send(&mut self) {
        if self.unsent.is_empty() {
            return;
        }
        if rustix::io::ioctl_fionread(&self.slave).is_ok_and(|unread| unread > STALE) {
            let _ = termios::tcflush(&self.slave, QueueSelector::IFlush);
        }
        let _ = rustix::io::write(&self.master, &self.unsent);
        self.unsent.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn every_byte_arrives_as_it_was_sent() {
        let mut terminal = PseudoTerminal::open().expect("this machine has pseudo-terminals");
        let mut reader = std::fs::File::open(terminal.path()).expect("the device exists");
        for first in [0, 64, 128, 192] {
            let sent: Vec<u8> = (first..=first + 63).collect();
            sent.iter().for_each(|byte| terminal.push(*byte));
            terminal.send();
            let mut arrived = [0; 64];
            reader.read_exact(&mut arrived).expect("they were sent");
            assert_eq!(arrived[..], sent);
        }
    }
}
