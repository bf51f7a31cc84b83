//! What the client sends in practice, and anything else.

use proptest::prelude::*;

use super::*;

fn framed(text: &[u8]) -> Vec<Result<Packet, PacketError>> {
    let mut framer = Framer::default();
    text.iter().filter_map(|&b| framer.push(b)).collect()
}

#[test]
fn the_opening_of_a_session() {
    assert_eq!(
        framed(b"+#!GA#!HC#!GZ0# !GV#!GF003d0900#!Gf#!SS#"),
        [
            Ok(Packet::Identify),
            Ok(Packet::ProtocolVersion),
            Ok(Packet::AssertReset(false)),
            Ok(Packet::Voltage),
            Ok(Packet::SetFrequency(4_000_000)),
            Ok(Packet::Frequency),
            Ok(Packet::SelectSwd),
        ]
    );
}

#[test]
fn bits_on_the_line() {
    let drive = |count, bits, parity| {
        Ok(Packet::Drive {
            count,
            bits,
            parity,
        })
    };
    assert_eq!(parse(b"So20ffffffff"), drive(32, u32::MAX, false));
    assert_eq!(parse(b"So0b7"), drive(11, 7, false));
    assert_eq!(parse(b"SO2000000001"), drive(32, 1, true));
    let sample = |count, parity| Ok(Packet::Sample { count, parity });
    assert_eq!(parse(b"Si04"), sample(4, false));
    assert_eq!(parse(b"SI20"), sample(32, true));
    assert_eq!(parse(b"Si00"), Err(PacketError::Parameter));
    assert_eq!(parse(b"Si21"), Err(PacketError::Parameter));
}

#[test]
fn registers() {
    assert_eq!(parse(b"Hd00ff0004"), Ok(Packet::ReadDp { register: 4 }));
    assert_eq!(
        parse(b"HL000000080000001e"),
        Ok(Packet::RawAccess {
            read: false,
            access_port: false,
            register: 8,
            value: 0x1E
        })
    );
    assert_eq!(
        parse(b"Ha0d0001fc"),
        Ok(Packet::ReadAp {
            ap: 0,
            register: 0xFC
        })
    );
    assert_eq!(
        parse(b"HA0d00010003000042"),
        Ok(Packet::WriteAp {
            ap: 0,
            register: 0,
            value: 0x0300_0042
        })
    );
    assert_eq!(parse(b"Ha0d000102"), Err(PacketError::Parameter));
}

#[test]
fn memory() {
    assert_eq!(
        parse(b"HM0000a3000040e000edf000000004"),
        Ok(Packet::ReadMemory {
            ap: 0,
            csw: 0xA300_0040,
            address: 0xE000_EDF0,
            length: 4
        })
    );
    assert_eq!(
        parse(b"Hm0000a300004002e000edf000000004030005fa"),
        Ok(Packet::WriteMemory {
            ap: 0,
            csw: 0xA300_0040,
            align: 2,
            address: 0xE000_EDF0,
            data: vec![3, 0, 5, 0xFA]
        })
    );
    let surplus = parse(b"Hm0000a300004002e000edf000000004030005fa00");
    assert_eq!(surplus, Err(PacketError::Parameter));
    let endless = parse(b"Hm0000a300004002e000edf0ffffffff03");
    assert_eq!(endless, Err(PacketError::Parameter));
}

#[test]
fn a_packet_longer_than_the_buffer_is_refused_and_the_next_is_read() {
    let mut text = vec![b'!'];
    text.resize(PACKET_MAX * 3, b'0');
    text.extend(b"#!HC#");
    assert_eq!(
        framed(&text),
        [Err(PacketError::TooLong), Ok(Packet::ProtocolVersion)]
    );
}

#[test]
fn replies() {
    assert_eq!(Reply::Value(0x3D0).encode(), b"&K3d0#");
    assert_eq!(Reply::Register(0x0BC1_1477).encode(), b"&K7714c10b#");
    assert_eq!(Reply::Bytes(vec![1, 0xAB]).encode(), b"&K01ab#");
    assert_eq!(Reply::TargetError(1).encode(), b"&E1#");
    assert_eq!(Reply::Refused(PacketError::Unsupported).encode(), b"&N0#");
    assert_eq!(Reply::Refused(PacketError::TooLong).encode(), b"&P0#");
}

/// Bytes that look like packets more often than chance would have it.
fn nearly_packets() -> impl Strategy<Value = Vec<u8>> {
    let command = prop::sample::select(vec![
        "GA", "GZ", "GF", "So", "SI", "Hd", "HL", "Ha", "HA", "HM", "Hm", "JR", "", "H",
    ]);
    (command, "[0-9a-fg]{0,60}").prop_map(|(command, tail)| format!("{command}{tail}").into_bytes())
}

proptest! {
    #[test]
    fn any_bytes_are_parsed_or_refused(body in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = parse(&body);
    }

    #[test]
    fn every_frame_yields_exactly_one_answer(bodies in prop::collection::vec(nearly_packets(), 1..20)) {
        let mut text = Vec::new();
        for body in &bodies {
            text.push(b'!');
            text.extend(body);
            text.push(b'#');
        }
        prop_assert_eq!(framed(&text).len(), bodies.len());
    }

    #[test]
    fn memory_writes_carry_their_bytes(
        address in any::<u32>(),
        data in prop::collection::vec(any::<u8>(), 0..468),
    ) {
        let mut body = format!("Hm0000a300004000{address:08x}{:08x}", data.len());
        for byte in &data {
            body.push_str(&format!("{byte:02x}"));
        }
        let expected = Packet::WriteMemory { ap: 0, csw: 0xA300_0040, align: 0, address, data };
        prop_assert_eq!(parse(body.as_bytes()), Ok(expected));
    }
}
