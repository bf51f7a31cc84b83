//! Real sockets on loopback; the boards are served by the test's own thread.

use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::sync::mpsc::{Sender, channel};

use super::*;
use crate::testing::NoCircuit;
use crate::{Part, Time};

struct Chips {
    mcus: Vec<Mcu>,
    awaited: Vec<usize>,
}

impl Boards for Chips {
    fn with_board(&mut self, index: usize, access: &mut dyn FnMut(&mut Mcu, &mut dyn Circuit)) {
        access(&mut self.mcus[index], &mut NoCircuit);
    }
    fn core_awaited(&mut self, index: usize) {
        self.awaited.push(index);
    }
}

/// Runs `client` in a thread against `count` boards and serves them until it is done.
fn with_server(count: usize, client: impl FnOnce(Vec<SocketAddr>) + Send) -> Chips {
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut server = ProbeServer::bind(&vec![any_port; count]).unwrap();
    let mut chips = Chips {
        mcus: vec![Mcu::new(Part::default()); count],
        awaited: Vec::new(),
    };
    for mcu in &mut chips.mcus {
        mcu.power_on(Time::ZERO, &mut NoCircuit);
    }
    let addresses = server.addresses();
    thread::scope(|scope| {
        let client = scope.spawn(move || client(addresses));
        while !client.is_finished() {
            server.serve(&mut chips, Duration::from_millis(1));
        }
    });
    chips
}

struct Connection {
    writer: TcpStream,
    reader: BufReader<TcpStream>,
}

impl Connection {
    fn open(address: SocketAddr) -> Self {
        let writer = TcpStream::connect(address).unwrap();
        let reader = BufReader::new(writer.try_clone().unwrap());
        Self { writer, reader }
    }

    /// The answer, or an empty text when the connection is closed.
    fn ask(&mut self, packet: &str) -> String {
        let mut answer = Vec::new();
        if self.writer.write_all(packet.as_bytes()).is_ok() {
            // A reset connection reads as a closed one.
            let _ = self.reader.read_until(b'#', &mut answer);
        }
        String::from_utf8(answer).unwrap()
    }
}

#[test]
fn every_board_has_its_own_port() {
    with_server(2, |ports| {
        assert_ne!(ports[0], ports[1]);
        let mut first = Connection::open(ports[0]);
        let mut second = Connection::open(ports[1]);
        assert_eq!(first.ask("!GZ1#"), "&K0#");
        assert_eq!(first.ask("!Gz#"), "&K1#");
        assert_eq!(second.ask("!Gz#"), "&K0#");
    });
}

#[test]
fn malformed_packets_are_answered_too() {
    with_server(1, |ports| {
        let mut client = Connection::open(ports[0]);
        assert_eq!(client.ask("!XY#"), "&N0#");
        assert_eq!(client.ask("!HM00#"), "&P0#");
        assert_eq!(client.ask(&format!("!{}#", "0".repeat(5000))), "&P0#");
        assert_eq!(client.ask("noise!HC#"), "&K1#");
    });
}

#[test]
fn a_second_client_is_refused_and_the_first_goes_on() {
    with_server(1, |ports| {
        let mut first = Connection::open(ports[0]);
        assert_eq!(first.ask("!HC#"), "&K1#");
        let mut second = Connection::open(ports[0]);
        assert_eq!(second.ask("!HC#"), "");
        assert_eq!(first.ask("!HC#"), "&K1#");
    });
}

#[test]
fn a_client_may_leave_and_return_at_once() {
    with_server(1, |ports| {
        for _ in 0..20 {
            let mut client = Connection::open(ports[0]);
            assert_eq!(client.ask("!Gz#"), "&K0#", "reset is free again");
            assert_eq!(client.ask("!GZ1#"), "&K0#");
        }
    });
}

#[test]
fn polling_a_running_core_lets_the_rig_move_its_time() {
    let chips = with_server(2, |ports| {
        let mut client = Connection::open(ports[1]);
        client.ask("!HL0000000450000000#");
        let dhcsr = client.ask("!HM000003000040e000edf000000004#");
        assert!(dhcsr.starts_with("&K"), "{dhcsr}");
        client.ask("!HM000003000040e000edfc00000004#");
    });
    assert_eq!(chips.awaited, [1]);
}

#[test]
fn dropping_the_server_ends_waiting_clients() {
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = ProbeServer::bind(&[any_port]).unwrap();
    let address = server.addresses()[0];
    let (connected, is_connected): (Sender<()>, _) = channel();
    let client = thread::spawn(move || {
        let mut client = Connection::open(address);
        connected.send(()).unwrap();
        client.ask("!HC#")
    });
    is_connected.recv().unwrap();
    drop(server);
    assert_eq!(client.join().unwrap(), "");
}

#[test]
fn an_address_in_use_is_named() {
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = ProbeServer::bind(&[any_port]).unwrap();
    let taken = server.addresses()[0];
    let error = ProbeServer::bind(&[any_port, taken]).err().unwrap();
    assert_eq!(error.board, 2);
    assert!(error.to_string().contains(&taken.to_string()));
}
