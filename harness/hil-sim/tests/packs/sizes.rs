//! Packs of unusual size with the reference firmware: the smallest, the largest, two banks.

use hil_core::channel::{Channel, Signal};
use hil_core::plan::Pack;
use hil_core::ports::{Bench, Observations};
use hil_core::time::Time;
use hil_sim::{Setup, VirtualBench};

use crate::FLASHED;
use crate::common;

fn run(bench: &mut VirtualBench, seconds: u64) {
    bench
        .run_until(Time(seconds * 1_000_000), &[], &mut Observations::default())
        .expect("nothing can fail on this bench");
}

fn show(bench: &mut VirtualBench, bank: u8, signal: Signal) -> f64 {
    let index = 0;
    let channel = Channel {
        bank,
        signal,
        index,
    };
    bench.read(channel).expect("exists").value
}

#[test]
fn the_smallest_and_the_largest_pack_have_a_whole_picture() {
    for (cells, seconds) in [(2, 5), (255, 7)] {
        let mut bench = common::open(&FLASHED, cells, 1);
        let last = Channel::at(Signal::CellVoltage, cells);
        bench.write(last, 3.35).expect("inside the envelope");
        run(&mut bench, seconds);
        assert_eq!(show(&mut bench, 1, Signal::ExtCells), f64::from(cells));
        assert_eq!(show(&mut bench, 1, Signal::ExtStatusCommError), 0.0);
        assert_eq!(
            show(&mut bench, 1, Signal::ExtHighestVoltageCell),
            f64::from(cells)
        );
        let nominal = 3.3 * f64::from(cells) + 0.05;
        let pack = show(&mut bench, 1, Signal::ExtPackVoltage);
        assert!((pack - nominal).abs() <= 0.020 * f64::from(cells), "{pack}");
    }
}

#[test]
fn a_fault_in_one_bank_does_not_reach_the_other() {
    let pack = Pack {
        banks: 2,
        ..Pack::of(3, "lifepo4")
    };
    let mut bench = VirtualBench::open(&FLASHED, Setup::new(&pack, Some(3.4)), 1);
    run(&mut bench, 20);
    for bank in [1, 2] {
        assert_eq!(
            show(&mut bench, bank, Signal::RelayCharge),
            1.0,
            "bank {bank}"
        );
    }
    let link = Channel {
        bank: 2,
        signal: Signal::Link,
        index: 1,
    };
    bench.write(link, 1.0).expect("inside the envelope");
    run(&mut bench, 30);
    assert_eq!(show(&mut bench, 1, Signal::RelayCharge), 1.0);
    assert_eq!(show(&mut bench, 2, Signal::RelayCharge), 0.0);
}
