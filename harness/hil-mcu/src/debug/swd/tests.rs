//! The line against a port that remembers what was done to it.

use proptest::prelude::*;

use super::*;

#[derive(Default)]
struct Remembering {
    written: Vec<(bool, u8, u32)>,
    parity_errors: u32,
    faulty: bool,
    overrun_detection: bool,
}

impl Port for Remembering {
    fn acknowledge(&mut self, access_port: bool, _read: bool, _register: u8) -> Ack {
        if self.faulty && access_port {
            Ack::Fault
        } else {
            Ack::Ok
        }
    }
    fn read(&mut self, _access_port: bool, register: u8) -> u32 {
        0x0BC1_1477 + u32::from(register)
    }
    fn write(&mut self, access_port: bool, register: u8, value: u32) {
        self.written.push((access_port, register, value));
    }
    fn write_parity_error(&mut self) {
        self.parity_errors += 1;
    }
    fn data_after_fault(&self) -> bool {
        self.overrun_detection
    }
}

#[derive(Default)]
struct Wire {
    line: SwdLine,
    port: Remembering,
}

impl Wire {
    fn drive(&mut self, bits: u64, count: u32) {
        for n in 0..count {
            self.line.clock(Some(bits >> n & 1 == 1), &mut self.port);
        }
    }

    fn sample(&mut self, count: u32) -> u64 {
        (0..count).fold(0, |value, n| {
            value | u64::from(self.line.clock(None, &mut self.port)) << n
        })
    }

    fn reset(&mut self) {
        self.drive(0x0007_FFFF_FFFF_FFFF, 54);
    }

    fn read(&mut self, request: u8) -> (u64, u32, u64) {
        self.drive(request.into(), 8);
        self.sample(1);
        let ack = self.sample(3);
        let value = self.sample(32) as u32;
        let parity = self.sample(1);
        self.sample(1);
        (ack, value, parity)
    }

    fn write(&mut self, request: u8, value: u32, parity: u64) -> u64 {
        self.drive(request.into(), 8);
        self.sample(1);
        let ack = self.sample(3);
        self.sample(1);
        self.drive(u64::from(value) | parity << 32, 33);
        ack
    }
}

const READ_DPIDR: u8 = 0xA5;
const READ_CTRL: u8 = 0x8D;
const WRITE_ABORT: u8 = 0x81;
const READ_AP_0: u8 = 0x87;

#[test]
fn the_port_answers_only_after_reset_and_identification() {
    let mut wire = Wire::default();
    assert_eq!(wire.read(READ_DPIDR).0, 0b111, "nobody drives the line");
    wire.reset();
    assert_eq!(wire.read(READ_CTRL).0, 0b111, "DPIDR must come first");
    wire.reset();
    assert_eq!(wire.read(READ_DPIDR), (1, 0x0BC1_1477, 0));
    assert_eq!(wire.read(READ_CTRL).1, 0x0BC1_147B);
}

#[test]
fn the_switch_sequence_between_two_resets_does_no_harm() {
    let mut wire = Wire::default();
    wire.reset();
    wire.drive(0xE79E, 16);
    wire.reset();
    assert_eq!(wire.read(READ_DPIDR).1, 0x0BC1_1477);
}

#[test]
fn a_write_needs_its_parity() {
    let mut wire = Wire::default();
    wire.reset();
    wire.read(READ_DPIDR);
    assert_eq!(wire.write(WRITE_ABORT, 0x1E, 0), 1);
    assert_eq!(wire.write(WRITE_ABORT, 0x1E, 1), 1);
    assert_eq!(wire.port.written, [(false, 0, 0x1E)]);
    assert_eq!(wire.port.parity_errors, 1);
}

#[test]
fn a_fault_has_a_data_phase_only_with_overrun_detection() {
    for overrun_detection in [false, true] {
        let mut wire = Wire::default();
        wire.port.faulty = true;
        wire.port.overrun_detection = overrun_detection;
        wire.reset();
        wire.read(READ_DPIDR);
        if overrun_detection {
            assert_eq!(wire.read(READ_AP_0).0, 0b100);
        } else {
            wire.drive(READ_AP_0.into(), 8);
            assert_eq!(wire.sample(5), 0b1_1001);
        }
        assert_eq!(wire.read(READ_DPIDR).1, 0x0BC1_1477, "still in step");
    }
}

#[test]
fn a_broken_request_locks_the_line_until_a_reset() {
    let mut wire = Wire::default();
    wire.reset();
    wire.read(READ_DPIDR);
    wire.drive(u64::from(READ_DPIDR ^ 0x20), 8);
    wire.sample(38);
    assert_eq!(wire.read(READ_DPIDR).0, 0b111);
    wire.reset();
    assert_eq!(wire.read(READ_DPIDR).0, 1);
}

proptest! {
    #[test]
    fn whatever_was_on_the_line_a_reset_brings_it_back(
        clocks in prop::collection::vec(prop::option::of(any::<bool>()), 0..300),
    ) {
        let mut wire = Wire::default();
        for driven in clocks {
            wire.line.clock(driven, &mut wire.port);
        }
        wire.reset();
        prop_assert_eq!(wire.read(READ_DPIDR), (1, 0x0BC1_1477, 0));
    }
}
