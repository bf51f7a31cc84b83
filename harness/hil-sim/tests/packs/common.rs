//! Flashes virtual boards without probe-rs, which only `hil-rig` may name: a minimal client of the
//! Black Magic Probe protocol that drives the flash controller's registers (RM0444 §3.3) through
//! the MEM-AP.

#![expect(clippy::unwrap_used, reason = "test support")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use hil_core::channel::{Channel, Signal};
use hil_core::plan::Pack;
use hil_core::ports::{Bench, Observations, Pause, Sample};
use hil_core::time::Time;
use hil_sim::{Flashed, Role, Setup, VirtualBench, VirtualRig};

const FLASH_KEYR: u32 = 0x4002_2008;
const FLASH_CR: u32 = 0x4002_2014;
const DHCSR: u32 = 0xE000_EDF0;
const CR_PROGRAM: u32 = 1;

/// A client of one board's probe.
pub struct Probe {
    socket: BufReader<TcpStream>,
}

impl Probe {
    pub fn open(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_nodelay(true).unwrap();
        let mut probe = Self {
            socket: BufReader::new(socket),
        };
        // CTRL/STAT: request power for debug and system.
        probe.ask("!HL0d00000450000000#");
        probe
    }

    fn ask(&mut self, packet: &str) {
        self.socket.get_mut().write_all(packet.as_bytes()).unwrap();
        let mut answer = Vec::new();
        self.socket.read_until(b'#', &mut answer).unwrap();
        assert!(
            answer.starts_with(b"&K"),
            "{packet}: {}",
            String::from_utf8_lossy(&answer)
        );
    }

    fn write(&mut self, address: u32, words: &[u32]) {
        let length = words.len() * 4;
        let mut packet = format!("!Hm0d000000000002{address:08x}{length:08x}");
        for byte in words.iter().flat_map(|word| word.to_le_bytes()) {
            packet += &format!("{byte:02x}");
        }
        self.ask(&(packet + "#"));
    }

    /// A look at the running core lets a millisecond pass.
    fn wait(&mut self) {
        self.ask(&format!("!HM0d0000000000{DHCSR:08x}00000004#"));
    }

    /// Programs erased flash, double word by double word.
    pub fn program(&mut self, double_words: &BTreeMap<u32, [u8; 8]>) {
        self.write(FLASH_KEYR, &[0x4567_0123]);
        self.write(FLASH_KEYR, &[0xCDEF_89AB]);
        self.write(FLASH_CR, &[CR_PROGRAM]);
        for (at, bytes) in double_words {
            let words = [&bytes[..4], &bytes[4..]];
            let words = words.map(|half| u32::from_le_bytes(half.try_into().unwrap()));
            self.write(*at, &words);
            self.wait();
        }
    }
}

/// What an image puts into flash, by address.
pub fn double_words(elf: &[u8]) -> BTreeMap<u32, [u8; 8]> {
    let mut double_words = BTreeMap::new();
    for (address, bytes) in segments(elf) {
        for (at, byte) in (address..).zip(bytes) {
            let place = double_words.entry(at & !7).or_insert([0xFF; 8]);
            place[at as usize & 7] = byte;
        }
    }
    double_words
}

/// Physical address and contents of the loadable segments of a 32-bit little-endian ELF file.
fn segments(elf: &[u8]) -> Vec<(u32, Vec<u8>)> {
    let half = |at: usize| usize::from(u16::from_le_bytes([elf[at], elf[at + 1]]));
    let word = |at: usize| u32::from_le_bytes(elf[at..at + 4].try_into().unwrap());
    let (table, entry, count) = (word(28) as usize, half(42), half(44));
    (0..count)
        .map(|n| table + n * entry)
        .filter(|header| word(*header) == 1 && word(header + 16) > 0)
        .map(|header| {
            let (from, size) = (word(header + 4) as usize, word(header + 16) as usize);
            (word(header + 12), elf[from..from + size].to_vec())
        })
        .collect()
}

/// An image of `firmware/images`: the reference image of a role by its name.
pub fn image(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../firmware/images");
    std::fs::read(folder.join(format!("{name}.elf"))).unwrap()
}

/// One board of each role with the reference firmware.
pub fn flashed() -> Flashed {
    let rig = VirtualRig::start(3).unwrap();
    for (k, probe) in (1..).zip(rig.probes()) {
        let image = image(Role::of(k, 3).name());
        Probe::open(*probe).program(&double_words(&image));
    }
    let next = image("update/end").into();
    rig.finish().unwrap().with_next_end(Some(next))
}

/// A LiFePO4 pack on the virtual bench.
pub fn open(flashed: &Flashed, cells: u16, seed: u64) -> VirtualBench {
    let pack = Pack::of(cells, "lifepo4");
    VirtualBench::open(flashed, Setup::new(&pack, Some(3.4)), seed)
}

/// Runs until bench time `until_ms` and gives what was observed.
pub fn run(bench: &mut VirtualBench, until_ms: u64) -> Vec<Sample> {
    let mut out = Observations::default();
    let pause = bench
        .run_until(Time(until_ms * 1000), &[], &mut out)
        .expect("nothing can fail on this bench");
    assert_eq!(pause, Pause::Reached);
    out.samples
}

/// Applies a value.
pub fn set(bench: &mut VirtualBench, signal: Signal, index: u16, value: f64) {
    bench
        .write(Channel::at(signal, index), value)
        .expect("nothing can fail on this bench");
}

/// What a channel shows now.
pub fn show(bench: &mut VirtualBench, signal: Signal, index: u16) -> f64 {
    bench
        .read(Channel::at(signal, index))
        .expect("exists")
        .value
}

/// Times at which a channel became 1, in milliseconds.
pub fn rising(samples: &[Sample], channel: Channel) -> Vec<u64> {
    let of = |sample: &&Sample| sample.channel == channel && sample.value == 1.0;
    samples
        .iter()
        .filter(of)
        .map(|sample| sample.at.0 / 1000)
        .collect()
}
