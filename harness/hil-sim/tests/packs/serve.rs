//! A pack in real time: its probes answer and its EXT OUT speaks.

use std::fs::File;
use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;

use hil_core::ext_out::{FRAME_BYTES, decode};
use hil_core::plan::{Pack, TemperatureScale};
use hil_sim::{Setup, serve};

use crate::FLASHED;
use crate::common;

#[test]
fn a_served_pack_sends_frames_and_its_probes_answer() {
    let pack = Pack::of(2, "lifepo4");
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let stop = AtomicBool::new(false);
    let (announce, announced) = channel();
    std::thread::scope(|scope| {
        let server = scope.spawn(|| {
            serve(
                &FLASHED,
                Setup::new(&pack, Some(3.4)),
                1,
                &[any, any],
                &stop,
                |served| announce.send(served.clone()).expect("the test waits"),
            )
        });
        let served = announced.recv().expect("the pack opens");
        let mut frame = [0; FRAME_BYTES];
        let mut line = File::open(&served.ext_out[0]).expect("the device exists");
        line.read_exact(&mut frame).expect("the End board sends");
        let frame = decode(&frame, TemperatureScale::Offset276).expect("a whole frame");
        assert_eq!(frame.cells, 2);
        common::Probe::open(served.probes[1]);
        stop.store(true, Ordering::Relaxed);
        server.join().expect("no panic").expect("ports were free");
    });
}
