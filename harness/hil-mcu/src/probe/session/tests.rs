//! A session as text, against a chip that nobody runs.

use super::super::packet::parse;
use super::*;
use crate::testing::{NoCircuit, START, chip};
use crate::{Mcu, Part, Time};
use proptest::prelude::*;

struct Bench {
    mcu: Mcu,
    session: Session,
}

impl Bench {
    fn new() -> Self {
        let mut mcu = Mcu::new(Part::default());
        mcu.power_on(Time::ZERO, &mut NoCircuit);
        Self {
            mcu,
            session: Session::default(),
        }
    }

    /// A bench whose debug port is powered up, with the core held at the reset vector.
    fn attached() -> Self {
        let mut bench = Self::new();
        bench.ask("HL0000000450000000");
        bench.write_word(DEMCR, 1);
        bench.write_word(DHCSR, 0xA05F_0003);
        bench
    }

    fn ask(&mut self, packet: &str) -> String {
        let packet = parse(packet.as_bytes()).expect("a well-formed packet");
        let mut link = Link {
            mcu: &mut self.mcu,
            circuit: &mut NoCircuit,
        };
        String::from_utf8(self.session.serve(&packet, &mut link).encode()).unwrap()
    }

    fn word(&mut self, address: u32) -> u32 {
        let reply = self.ask(&format!("HM000003000040{address:08x}00000004"));
        let digits = reply.trim_start_matches("&K").trim_end_matches('#');
        u32::from_str_radix(digits, 16)
            .unwrap_or_else(|_| panic!("{address:#x}: {reply}"))
            .swap_bytes()
    }

    /// A register of the halted core.
    fn register(&mut self, number: u32) -> u32 {
        self.write_word(DCRSR, number);
        self.word(DCRDR)
    }

    fn write_word(&mut self, address: u32, value: u32) {
        let bytes = value.swap_bytes();
        let packet = format!("Hm00000300004002{address:08x}00000004{bytes:08x}");
        assert_eq!(self.ask(&packet), "&K0#", "{address:#x}");
    }
}

const DFSR: u32 = 0xE000_ED30;
const DHCSR: u32 = 0xE000_EDF0;
const DCRSR: u32 = 0xE000_EDF4;
const DCRDR: u32 = 0xE000_EDF8;
const DEMCR: u32 = 0xE000_EDFC;
const S_HALT: u32 = 1 << 17;
const S_SLEEP: u32 = 1 << 18;
const RAM: u32 = 0x2000_0000;

#[test]
fn the_probe_introduces_itself() {
    let mut bench = Bench::new();
    assert_eq!(bench.ask("GA"), format!("&K{IDENTITY}#"));
    assert_eq!(bench.ask("HC"), "&K1#");
    assert_eq!(bench.ask("GF003d0900"), "&K0#");
    assert_eq!(bench.ask("Gf"), "&Kfa0#");
}

#[test]
fn the_port_is_found_bit_by_bit() {
    let mut bench = Bench::new();
    for packet in ["So20ffffffff", "So167ffff"] {
        assert_eq!(bench.ask(packet), "&K0#");
    }
    bench.ask("So08a5");
    // Acknowledge 001, then 32 data bits and parity, least significant bit first.
    let low = bench.ask("Si20");
    let high = bench.ask("Si04");
    assert_eq!(low, format!("&K{:x}#", (0x0BC1_1477_u32 << 3) | 0b001));
    assert_eq!(high, "&K0#", "the upper three data bits and the parity");
}

#[test]
fn registers_of_port_and_access_port() {
    let mut bench = Bench::new();
    assert_eq!(bench.ask("Hd00ff0000"), "&K7714c10b#");
    assert_eq!(bench.ask("Ha0d0001fc"), "&E1#", "no power, no access port");
    bench.ask("HL0000000450000000");
    assert_eq!(bench.ask("Hd00ff0004"), "&K000000f0#", "both acknowledged");
    assert_eq!(bench.ask("Ha0d0001fc"), "&K31007704#");
    assert_eq!(bench.ask("Ha0d000100"), "&K42000003#");
    assert_eq!(bench.ask("Ha0d0101fc"), "&K00000000#", "there is one only");
}

#[test]
fn the_rom_tables_lead_to_the_breakpoint_unit() {
    let mut bench = Bench::attached();
    assert_eq!(bench.word(0xF000_0FE0), 0x66, "the part number of the G031");
    let core_table = 0xF000_0000_u32.wrapping_add(bench.word(0xF000_0000) & !0xFFF);
    assert_eq!(core_table, 0xE00F_F000);
    let units: Vec<u32> = (0..4)
        .map(|n| bench.word(core_table + 4 * n))
        .take_while(|&entry| entry != 0)
        .map(|entry| core_table.wrapping_add(entry & !0xFFF))
        .collect();
    assert_eq!(units, [0xE000_E000, 0xE000_1000, 0xE000_2000]);
    assert_eq!(bench.word(0xE000_2000), 0x40, "four comparators");
    for unit in units {
        assert_eq!(bench.word(unit + 0xFF4), 0xE0, "a generic component");
        assert_eq!(bench.word(unit + 0xFBC), 0, "without an architecture id");
    }
}

#[test]
fn a_halted_core_lends_its_registers() {
    let mut bench = Bench::attached();
    assert_eq!(bench.word(DHCSR) & 0x0003_0003, 0x0003_0003);
    assert_eq!(bench.word(DFSR), 1);
    bench.write_word(DCRDR, 0x1234_5678);
    bench.write_word(DCRSR, 0x1_0003);
    bench.write_word(DCRDR, 0);
    assert_eq!(bench.register(3), 0x1234_5678);
}

#[test]
fn a_halt_ends_sleep_and_the_core_goes_on_behind_it() {
    let wfi_then_count = [0xBF30, 0x3001, 0xE7FC];
    let mut bench = Bench {
        mcu: chip(&wfi_then_count, &[]),
        session: Session::default(),
    };
    bench.ask("HL0000000450000000");
    bench.mcu.run_until(Time::from_us(300), &mut NoCircuit);
    assert_ne!(bench.word(DHCSR) & S_SLEEP, 0);
    bench.write_word(DHCSR, 0xA05F_0003);
    assert_eq!(bench.word(DHCSR) & (S_SLEEP | S_HALT), S_HALT);
    assert_eq!(bench.register(15), START + 2);
    let before = bench.register(0);
    bench.write_word(DHCSR, 0xA05F_000D);
    assert_eq!(bench.register(15), START + 4);
    assert_eq!(bench.register(0), before + 1);
}

#[test]
fn memory_in_every_width_and_across_the_increment_span() {
    let mut bench = Bench::attached();
    bench.write_word(RAM, 0x0302_0100);
    assert_eq!(bench.ask("HM0000030000402000000100000003"), "&K010203#");
    assert_eq!(
        bench.ask("Hm0000030000400020000001000000015a"),
        "&K0#",
        "one byte"
    );
    assert_eq!(
        bench.ask("Hm000003000040012000000200000002beef"),
        "&K0#",
        "a half-word"
    );
    assert_eq!(bench.ask("HM0000030000402000000000000004"), "&K005abeef#");
    let data: String = (0..64).map(|n| format!("{n:02x}")).collect();
    bench.ask(&format!("Hm00000300004002200003e000000040{data}"));
    assert_eq!(
        bench.ask("HM000003000040200003e000000040"),
        format!("&K{data}#"),
        "1 KiB is crossed"
    );
}

#[test]
fn a_bus_fault_is_an_error_and_the_session_goes_on() {
    let mut bench = Bench::attached();
    assert_eq!(bench.ask("HM0000030000406000000000000004"), "&E1#");
    assert_eq!(
        bench.ask("Hm00000300004002600000000000000400000000"),
        "&E1#"
    );
    assert_eq!(bench.word(DHCSR) & 2, 2);
}

#[test]
fn flash_has_no_back_door() {
    let mut bench = Bench::attached();
    bench.ask("Hm00000300004002080000000000000800000000deadbeef");
    assert!(bench.mcu.flash().iter().all(|&byte| byte == 0xFF));
}

#[test]
fn a_board_without_supply_does_not_answer() {
    let mut bench = Bench::attached();
    bench.mcu.power_off(Time::ZERO, &mut NoCircuit);
    assert_eq!(bench.ask("GV"), "&K0.0V#");
    assert_eq!(bench.ask("Hd00ff0000"), "&E7#");
    assert_eq!(bench.ask("HM000003000040e000edf000000004"), "&E7#");
    bench.ask("So08a5");
    assert_eq!(bench.ask("Si04"), "&Kf#", "nobody drives the line");
}

#[test]
fn what_the_debugger_touches_is_not_a_finding_about_the_program() {
    let mut bench = Bench::attached();
    bench.word(0x4001_5804);
    bench.word(0x4002_0000);
    assert_eq!(bench.mcu.findings(), []);
}

#[test]
fn a_client_that_leaves_lets_go_of_reset() {
    let mut bench = Bench::new();
    bench.ask("GZ1");
    assert_eq!(bench.ask("Gz"), "&K1#");
    let mut link = Link {
        mcu: &mut bench.mcu,
        circuit: &mut NoCircuit,
    };
    bench.session.close(&mut link);
    assert_eq!(bench.ask("Gz"), "&K0#");
}

proptest! {
    #[test]
    fn any_packet_is_served(packets in prop::collection::vec(packet(), 1..40)) {
        let mut bench = Bench::attached();
        for packet in packets {
            let mut link = Link { mcu: &mut bench.mcu, circuit: &mut NoCircuit };
            let reply = bench.session.serve(&packet, &mut link).encode();
            prop_assert!(reply.starts_with(b"&") && reply.ends_with(b"#"));
        }
    }
}

fn packet() -> impl Strategy<Value = Packet> {
    let register = (0_u8..64).prop_map(|n| n * 4);
    let address = prop_oneof![
        any::<u32>(),
        0xE000_E000..0xE000_F000_u32,
        0xE000_2000..0xE000_2020_u32,
        0x2000_0000..0x2000_3000_u32,
        0x4000_0000..0x4003_0000_u32,
    ];
    prop_oneof![
        any::<bool>().prop_map(Packet::AssertReset),
        (1_u8..=32, any::<u32>(), any::<bool>()).prop_map(|(count, bits, parity)| Packet::Drive {
            count,
            bits,
            parity
        }),
        (1_u8..=32, any::<bool>()).prop_map(|(count, parity)| Packet::Sample { count, parity }),
        (0_u8..2, register.clone(), any::<u32>()).prop_map(|(ap, register, value)| {
            Packet::WriteAp {
                ap,
                register,
                value,
            }
        }),
        (0_u8..2, register).prop_map(|(ap, register)| Packet::ReadAp { ap, register }),
        (address.clone(), 0..64_u32).prop_map(|(address, length)| Packet::ReadMemory {
            ap: 0,
            csw: 0x0300_0040,
            address,
            length
        }),
        (address, 0..4_u8, prop::collection::vec(any::<u8>(), 0..32)).prop_map(
            |(address, align, data)| Packet::WriteMemory {
                ap: 0,
                csw: 0x0300_0040,
                align,
                address,
                data
            }
        ),
    ]
}
