//! The judged table and the event time-line of each case family, reviewed: a change of the
//! firmware, the bench or the judge shows as a diff that a person can read. The plans are reviewed
//! in hil-core.

use std::collections::BTreeSet;

use hil_core::timeline::timeline;
use hil_report::{Record, RunView, Style, terminal};

use crate::support::{run_into, scratch};

#[test]
fn every_family_goes_as_reviewed() {
    let run = scratch("families").join("run");
    let outcome = run_into(&run, &["--tag", "smoke", "--tag", "qualification"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stdout);
    let record = Record::open(&run).expect("a record was left");
    let view = RunView::new(&record);
    let mut seen = BTreeSet::new();
    for case in &view.cases {
        let family = &case.plan.expect("every case was started").family;
        if seen.insert(family.clone()) {
            let events = case.record.lines.iter().map(|line| (line.at, &line.event));
            let text = format!(
                "{}\n{}",
                terminal::case_table(case, Style::PLAIN),
                timeline(events)
            );
            insta::assert_snapshot!(family.as_str(), text);
        }
    }
}
