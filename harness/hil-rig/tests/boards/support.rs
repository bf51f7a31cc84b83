//! Emulated boards behind a probe server, for tests that drive probe-rs.
//!
//! Time moves on demand: one millisecond on a board whenever its client polls the running core
//! (no wire joins these boards), and on all of them when a test asks for it.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use hil_mcu::probe::{Boards, ProbeServer};
use hil_mcu::{Circuit, Drive, Mcu, Part, Pin, Time};

/// The image most tests flash.
pub const TICKER: &[u8] = include_bytes!("../target/ticker.elf");

/// Where `ticker.elf` keeps what tests look at; see target/ticker.S.
pub mod ticker {
    /// Counts the ticks.
    pub const COUNTER: u64 = 0x2000_00B0;
    /// First instruction after reset.
    pub const RESET: u64 = 0x0800_0010;
    /// First instruction of every tick.
    pub const TICK: u64 = 0x0800_0024;
}

/// Time that passes when a client polls a running core.
const POLL: Time = Time::from_us(1000);

/// Nothing around the chip but somebody who watches its pins.
#[derive(Clone, Default)]
pub struct Wires {
    /// Pulses seen on NRST.
    pub resets: u32,
    /// Times a pin was driven.
    pub driven: u32,
}

impl Circuit for Wires {
    fn sample(&mut self, _at: Time, _channel: u8) -> f64 {
        0.5
    }
    fn pin_changed(&mut self, _at: Time, _pin: Pin, drive: Drive) {
        self.driven += u32::from(matches!(drive, Drive::Low | Drive::High));
    }
    fn nrst_pulse(&mut self, _at: Time) {
        self.resets += 1;
    }
}

/// The boards, each with its wires.
pub struct Stack {
    /// In board order.
    pub boards: Vec<(Mcu, Wires)>,
}

impl Stack {
    fn new(count: usize) -> Self {
        let mut boards = vec![(Mcu::new(Part::default()), Wires::default()); count];
        for (mcu, wires) in &mut boards {
            mcu.power_on(Time::ZERO, wires);
        }
        Self { boards }
    }

    /// Lets time pass on all boards.
    pub fn advance(&mut self, span: Time) {
        for index in 0..self.boards.len() {
            self.advance_one(index, span);
        }
    }

    fn advance_one(&mut self, index: usize, span: Time) {
        let (mcu, wires) = &mut self.boards[index];
        mcu.run_until(mcu.now() + span, wires);
    }
}

impl Boards for Stack {
    fn with_board(&mut self, index: usize, access: &mut dyn FnMut(&mut Mcu, &mut dyn Circuit)) {
        let (mcu, wires) = &mut self.boards[index];
        access(mcu, wires);
    }

    fn core_awaited(&mut self, index: usize) {
        self.advance_one(index, POLL);
    }
}

/// Boards that a thread of their own serves until the rig is dropped.
pub struct Rig {
    stack: Arc<Mutex<Stack>>,
    ports: Vec<SocketAddr>,
    over: Arc<AtomicBool>,
    server: Option<JoinHandle<()>>,
}

impl Rig {
    /// `count` boards with erased flash, switched on.
    pub fn new(count: usize) -> Self {
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut server = ProbeServer::bind(&vec![any_port; count]).unwrap();
        let ports = server.addresses();
        let stack = Arc::new(Mutex::new(Stack::new(count)));
        let over = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let (stack, over) = (Arc::clone(&stack), Arc::clone(&over));
            move || {
                let mut gate = Gate(stack);
                while !over.load(Ordering::Relaxed) {
                    server.serve(&mut gate, Duration::from_millis(5));
                }
            }
        });
        Self {
            stack,
            ports,
            over,
            server: Some(thread),
        }
    }

    /// The port of board `index` (from 0).
    pub fn port(&self, index: usize) -> SocketAddr {
        self.ports[index]
    }

    /// How probe-rs names the probe of board `index` (from 0).
    pub fn selector(&self, index: usize) -> String {
        selector(self.port(index))
    }

    /// The boards, between two packets.
    pub fn stack(&self) -> MutexGuard<'_, Stack> {
        self.stack.lock().unwrap()
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(server) = self.server.take() {
            let _ = server.join();
        }
    }
}

/// Takes the lock for one packet at a time.
struct Gate(Arc<Mutex<Stack>>);

impl Boards for Gate {
    fn with_board(&mut self, index: usize, access: &mut dyn FnMut(&mut Mcu, &mut dyn Circuit)) {
        self.0.lock().unwrap().with_board(index, access);
    }

    fn core_awaited(&mut self, index: usize) {
        self.0.lock().unwrap().core_awaited(index);
    }
}

/// How probe-rs names a Black Magic Probe on TCP.
pub fn selector(port: SocketAddr) -> String {
    format!("1d50:6018:{port}")
}

/// What a [`Proxy`] does with a request on its way to the probe.
pub enum Fate {
    /// Passes it on, as it is now.
    Pass,
    /// Cuts the connection.
    Cut,
    /// Lets it vanish.
    Swallow,
}

/// A bad cable: sits in front of a probe and meddles with the requests of one client.
pub struct Proxy {
    /// Where the client connects.
    pub port: SocketAddr,
}

impl Proxy {
    /// Calls `meddle` with what the client sends, packet by packet.
    pub fn start(
        probe: SocketAddr,
        mut meddle: impl FnMut(&mut Vec<u8>) -> Fate + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            let mut probe = TcpStream::connect(probe).unwrap();
            let (mut answers, mut asker) =
                (probe.try_clone().unwrap(), client.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut answers, &mut asker));
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = client.read(&mut buffer) {
                let mut request = buffer[..count].to_vec();
                match meddle(&mut request) {
                    Fate::Pass => probe.write_all(&request).unwrap(),
                    Fate::Cut => break,
                    Fate::Swallow => {}
                }
            }
            let _ = client.shutdown(Shutdown::Both);
            let _ = probe.shutdown(Shutdown::Both);
        });
        Self { port }
    }
}

/// Whether a request carries a good part of a page to the target; the flash algorithm does, too,
/// before the first page.
pub fn carries_image(request: &[u8]) -> bool {
    request.starts_with(b"!Hm") && request.len() > 500
}
