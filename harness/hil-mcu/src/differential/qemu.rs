//! QEMU's Cortex-M0 (machine `microbit`: code memory at 0, RAM at 0x20000000), driven through its
//! debug stub on standard input and output.

use std::io::{BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::{State, XPSR};
use crate::memory::RAM_BASE;

/// The stub's register number of xPSR on M-profile cores.
const STUB_XPSR: usize = 25;
/// Bytes moved per packet; the stub takes 4096 characters.
const CHUNK: usize = 1024;

/// A running QEMU, its core stopped.
pub(super) struct Qemu {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Qemu {
    pub(super) fn start() -> Self {
        let mut child = Command::new("qemu-system-arm")
            .args(["-M", "microbit", "-S", "-gdb", "stdio"])
            .args(["-display", "none", "-monitor", "none", "-serial", "none"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("qemu-system-arm must be installed for this test");
        let input = child.stdin.take().expect("standard input was piped");
        let output = BufReader::new(child.stdout.take().expect("standard output was piped"));
        let mut qemu = Self {
            child,
            input,
            output,
        };
        qemu.command("qSupported:xmlRegisters=arm");
        // The register description has to be read, or xPSR is not offered.
        qemu.command("qXfer:features:read:target.xml:0,fff");
        qemu
    }

    fn command(&mut self, text: &str) -> String {
        let sum = text.bytes().fold(0_u8, u8::wrapping_add);
        write!(self.input, "${text}#{sum:02x}").expect("QEMU reads");
        let mut reply = Vec::new();
        while self.byte() != b'$' {}
        loop {
            match self.byte() {
                b'#' => break,
                byte => reply.push(byte),
            }
        }
        self.byte();
        self.byte();
        write!(self.input, "+").expect("QEMU reads");
        String::from_utf8(reply).expect("the stub speaks ASCII")
    }

    fn byte(&mut self) -> u8 {
        let mut byte = [0];
        self.output.read_exact(&mut byte).expect("QEMU answers");
        byte[0]
    }

    fn expect_ok(&mut self, text: &str) {
        assert_eq!(self.command(text), "OK", "{text}");
    }

    pub(super) fn write_memory(&mut self, address: u32, bytes: &[u8]) {
        for (index, chunk) in bytes.chunks(CHUNK).enumerate() {
            let at = address as usize + index * CHUNK;
            let hex: String = chunk.iter().map(|byte| format!("{byte:02x}")).collect();
            self.expect_ok(&format!("M{at:x},{:x}:{hex}", chunk.len()));
        }
    }

    fn read_memory(&mut self, address: u32, len: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        while bytes.len() < len {
            let count = CHUNK.min(len - bytes.len());
            let at = address as usize + bytes.len();
            let hex = self.command(&format!("m{at:x},{count:x}"));
            bytes.extend(from_hex(&hex));
        }
        bytes
    }

    /// Sets registers and RAM.
    pub(super) fn set(&mut self, start: &State) {
        self.write_memory(RAM_BASE, &start.ram);
        for (number, value) in start.registers.iter().enumerate() {
            let number = if number == XPSR { STUB_XPSR } else { number };
            let hex: String = value.to_le_bytes().map(|b| format!("{b:02x}")).concat();
            self.expect_ok(&format!("P{number:x}={hex}"));
        }
    }

    /// Executes one instruction.
    pub(super) fn step(&mut self) {
        let stop = self.command("s");
        assert!(stop.starts_with("T05"), "QEMU stopped with {stop}");
    }

    /// Runs from `start` until the instruction at `end`, and returns what is left.
    pub(super) fn run(&mut self, start: &State, end: u32) -> State {
        self.set(start);
        self.expect_ok(&format!("Z0,{end:x},2"));
        let stop = self.command("c");
        assert!(stop.starts_with("T05"), "QEMU stopped with {stop}");
        self.expect_ok(&format!("z0,{end:x},2"));
        self.state(start.ram.len())
    }

    pub(super) fn state(&mut self, ram: usize) -> State {
        let mut registers = [0; 17];
        for (number, value) in registers.iter_mut().enumerate() {
            let number = if number == XPSR { STUB_XPSR } else { number };
            let bytes = from_hex(&self.command(&format!("p{number:x}")));
            *value = u32::from_le_bytes(bytes[..4].try_into().expect("four bytes"));
        }
        State {
            registers,
            ram: self.read_memory(RAM_BASE, ram),
        }
    }
}

fn from_hex(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2)
        .map(|i| u8::from_str_radix(&hex[i * 2..i * 2 + 2], 16).expect("the stub sends hex"))
        .collect()
}

impl Drop for Qemu {
    fn drop(&mut self) {
        // Nothing to save: the process only holds the machine under test.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
