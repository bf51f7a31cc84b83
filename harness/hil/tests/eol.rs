//! The end-of-line cases can fail: a board with a production defect that its fixture can see does
//! not pass, and a good one does on several seeds.

use std::sync::{Arc, LazyLock};

use hil::cli::Select;
use hil::flash;
use hil::home::Home;
use hil::images::Images;
use hil::library;
use hil_core::event::Event;
use hil_core::plan::PlannedCase;
use hil_core::ports::{RecordSink, Sample, SinkError};
use hil_core::runner::{CaseOutcome, Options, run_case};
use hil_core::{Time, Verdict};
use hil_sim::{Defect, Flashed, Setup, VirtualBench};

static BOARDS: LazyLock<Flashed> = LazyLock::new(|| {
    let home = Home::find(None).expect("the project");
    let images = Images::shipped(&home).expect("shipped");
    let flashing = flash::virtual_rig(&images, 4, &[], &Arc::default(), &mut |_| ());
    let boards = flashing.expect("a virtual rig starts").boards;
    boards.expect("virtual boards can be flashed")
});

struct Unrecorded;

impl RecordSink for Unrecorded {
    fn event(&mut self, _: Time, _: &Event) -> Result<(), SinkError> {
        Ok(())
    }

    fn samples(&mut self, _: &[Sample]) -> Result<(), SinkError> {
        Ok(())
    }
}

/// The case of a fixture, planned for the fixture's rig.
fn planned(name: &str) -> PlannedCase {
    let home = Home::find(None).expect("the project");
    let rig = library::rig(&home, name).expect("a valid rig").rig;
    let select = Select {
        filter: Some(name.to_owned()),
        ..Select::default()
    };
    let cases = library::cases(&home).expect("valid cases");
    let mut plan = library::plan(&cases, &rig, &select, None).expect("it selects one");
    assert!(plan.skipped.is_empty(), "{:?}", plan.skipped);
    plan.cases.remove(0)
}

fn outcome(case: &PlannedCase, defect: Option<Defect>, seed: u64) -> CaseOutcome {
    let setup = Setup {
        defect,
        ..Setup::new(&case.pack, Some(case.constants["vbalance"].value))
    };
    let mut bench = VirtualBench::open(&BOARDS, setup, seed);
    let options = Options::default();
    let (sink, progress) = (&mut Unrecorded, &mut |_: hil_core::runner::Progress<'_>| ());
    run_case(case, seed, &options, &mut bench, sink, progress)
}

#[test]
fn good_boards_pass_within_a_minute() {
    for name in ["eol-begin", "eol-between", "eol-end"] {
        let case = planned(name);
        for seed in 1..=5 {
            let verdict = outcome(&case, None, seed).verdict;
            assert!(
                verdict <= Verdict::Marginal,
                "{name}, seed {seed}: {verdict:?}"
            );
        }
    }
}

#[test]
fn a_board_with_a_defect_fails_in_its_fixture() {
    let cases = ["eol-begin", "eol-between", "eol-end"].map(planned);
    let caught = |defect: Defect| {
        // A relay that does not fall leaves the rig unsafe besides.
        let mut outcomes = cases.iter().map(|case| outcome(case, Some(defect), 1));
        outcomes.any(|outcome| outcome.verdicts().any(|verdict| verdict == Verdict::Fail))
    };
    let missed: Vec<Defect> = Defect::ALL
        .iter()
        .copied()
        .filter(|d| !caught(*d))
        .collect();
    assert!(missed.is_empty(), "{missed:?}");
}
