//! Where `run_until` stops on its way changes nothing: boards in lock step and a board alone
//! execute the same, and a copy goes on as the original does.

use proptest::prelude::*;

use crate::testing::{NoCircuit, flashed};
use crate::{Mcu, Time};

const WORKLOAD: &[u8] = include_bytes!("../../../programs/workload.bin");
const START: Time = Time::from_us(250);
const END: Time = Time::from_us(4_250);

fn run(mcu: &mut Mcu, slices_ns: &[u64]) {
    let mut stops = slices_ns.iter().cycle();
    while mcu.now() < END {
        let slice = stops.next().copied().unwrap_or(1_000_000);
        let stop = (mcu.now() + Time::from_ns(slice)).min(END);
        mcu.run_until(stop, &mut NoCircuit);
        assert_eq!(mcu.now(), stop);
    }
}

fn same(a: &Mcu, b: &Mcu) -> bool {
    a.cpu.r == b.cpu.r && a.chip.ram == b.chip.ram && a.stats() == b.stats()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn stops_on_the_way_change_nothing(
        slices_ns in prop::collection::vec(1_u64..200_000, 1..40),
        copied_after_us in 0_u64..3_000,
    ) {
        let mut whole = flashed(WORKLOAD);
        prop_assert_eq!(whole.now(), START);
        let mut sliced = whole.clone();
        whole.run_until(START + Time::from_us(copied_after_us), &mut NoCircuit);
        let mut copy = whole.clone();
        whole.run_until(END, &mut NoCircuit);
        run(&mut sliced, &slices_ns);
        run(&mut copy, &slices_ns);
        prop_assert!(same(&whole, &sliced));
        prop_assert!(same(&whole, &copy));
        prop_assert!(whole.stats().instructions > 40_000);
    }
}
