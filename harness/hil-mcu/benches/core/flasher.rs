//! Puts a program into a chip the only way there is: through the debug port and the flash
//! controller, as packets to the probe server.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use hil_mcu::probe::{Boards, ProbeServer};
use hil_mcu::{Circuit, Mcu, Part, Time};

use crate::NoCircuit;

const FLASH_KEYR: u32 = 0x4002_2008;
const FLASH_CR: u32 = 0x4002_2014;
const KEYS: [u32; 2] = [0x4567_0123, 0xCDEF_89AB];
const CR_PG: u32 = 1;
const MAIN_FLASH: u32 = 0x0800_0000;
/// Longer than programming a double word takes.
const PROGRAM_TIME: Time = Time::from_us(100);

/// One board whose time moves with every access, so that flash operations end.
struct Board(Mcu);

impl Boards for Board {
    fn with_board(&mut self, _index: usize, access: &mut dyn FnMut(&mut Mcu, &mut dyn Circuit)) {
        access(&mut self.0, &mut NoCircuit);
        let later = self.0.now() + PROGRAM_TIME;
        self.0.run_until(later, &mut NoCircuit);
    }
    fn core_awaited(&mut self, _index: usize) {}
}

/// A chip with this image in flash, not switched on, at time zero.
pub fn flashed(image: &[u8]) -> Mcu {
    let mut board = Board(Mcu::new(Part::default()));
    board.0.power_on(Time::ZERO, &mut NoCircuit);
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut server = ProbeServer::bind(&[any_port]).expect("a free port on loopback");
    let address = server.addresses()[0];
    thread::scope(|scope| {
        let client = scope.spawn(move || program(address, image));
        while !client.is_finished() {
            server.serve(&mut board, Duration::from_millis(1));
        }
    });
    assert_eq!(&board.0.flash()[..image.len()], image, "programmed");
    board.0.with_part(Part::default())
}

fn program(address: SocketAddr, image: &[u8]) {
    let mut probe = Probe::open(address);
    // CTRL/STAT: power the debug port up.
    probe.ask("!HL0000000450000000#");
    for key in KEYS {
        probe.write(FLASH_KEYR, &key.to_le_bytes());
    }
    probe.write(FLASH_CR, &CR_PG.to_le_bytes());
    for (index, bytes) in image.chunks(8).enumerate() {
        let mut double_word = [0xFF; 8];
        double_word[..bytes.len()].copy_from_slice(bytes);
        probe.write(MAIN_FLASH + index as u32 * 8, &double_word);
    }
}

struct Probe {
    writer: TcpStream,
    reader: BufReader<TcpStream>,
}

impl Probe {
    fn open(address: SocketAddr) -> Self {
        let writer = TcpStream::connect(address).expect("the server listens");
        writer.set_nodelay(true).expect("a TCP socket");
        let reader = BufReader::new(writer.try_clone().expect("a second handle"));
        Self { writer, reader }
    }

    fn ask(&mut self, packet: &str) {
        self.writer.write_all(packet.as_bytes()).expect("connected");
        let mut reply = Vec::new();
        self.reader.read_until(b'#', &mut reply).expect("an answer");
        assert_eq!(reply, b"&K0#", "{packet}");
    }

    fn write(&mut self, address: u32, bytes: &[u8]) {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let len = bytes.len();
        self.ask(&format!("!Hm00000300004002{address:08x}{len:08x}{hex}#"));
    }
}
