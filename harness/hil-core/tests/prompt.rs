//! Prompts with an operator who answers from a list.

mod support;

use hil_core::event::Event;
use hil_core::library::{Library, Selection};
use hil_core::ports::{Answer, Operator};
use hil_core::profile::Profile;
use hil_core::requirement::Catalogue;
use hil_core::rig::Rig;
use hil_core::runner::{Options, run_attended_case};
use hil_core::{Span, Verdict};
use support::bench::{Fake, Record, SECOND, plan, set, step};

/// Gives one answer, and keeps what it was asked.
struct Scripted {
    answer: Answer,
    asked: Vec<String>,
}

impl Operator for Scripted {
    fn ask(&mut self, prompt: &str, within: Span) -> Answer {
        assert!(within > Span::ZERO, "every wait has a deadline");
        self.asked.push(prompt.to_owned());
        self.answer.clone()
    }
}

#[test]
fn what_the_operator_answers_decides_how_the_step_goes_on() {
    let by = || "ann".to_owned();
    for (answer, verdict, writes) in [
        (Answer::Done { by: by() }, Verdict::Pass, 2),
        (Answer::Refused { by: by() }, Verdict::Fail, 1),
        (Answer::Silent, Verdict::Aborted, 1),
        (Answer::Stopped, Verdict::Aborted, 1),
    ] {
        let first = step(vec![set(3.3)], &["relay.charge is allowed"]);
        let mut second = step(vec![set(3.4)], &["relay.charge is allowed"]);
        second.prompt = Some("Plug sensor 2 in".to_owned());
        let plan = plan(vec![first, second]);
        let mut bench = Fake::new(3.7, SECOND);
        let (mut record, mut operator) = (
            Record::default(),
            Scripted {
                answer: answer.clone(),
                asked: Vec::new(),
            },
        );
        let options = Options::default();
        let outcome = run_attended_case(
            &plan,
            1,
            &options,
            &mut bench,
            &mut operator,
            &mut record,
            &mut |_| {},
        );
        assert_eq!(outcome.verdict, verdict, "{}", record.timeline());
        assert_eq!(operator.asked, ["Plug sensor 2 in"]);
        assert_eq!(bench.writes.len(), writes, "nothing is applied before");
        assert!(outcome.is_safe());
        assert_eq!(record.judged_again(&plan), outcome.judged, "judged again");
        let event = Event::Answered { answer };
        assert!(record.events.iter().any(|(_, e)| *e == event));
        let text = serde_json::to_string(&event).expect("events serialize");
        let back: Event = serde_json::from_str(&text).expect("events read back");
        assert_eq!(back, event);
    }
}

#[test]
fn a_prompt_needs_an_attended_rig() {
    let case = r#"
id       = "plug"
title    = "Somebody plugs a sensor in"
verifies = ["CUR-5"]
pack     = { cells = 4, profile = "lifepo4" }
[[step]]
name   = "by hand"
prompt = "Plug sensor 2 in"
expect = [{ signal = "relay.load", never = "both" }]
"#;
    let text = include_str!("../../../fixtures/profiles/lifepo4.toml");
    let profile = Profile::parse("lifepo4.toml", text).expect("a good profile");
    let text = include_str!("../../../fixtures/requirements.toml");
    let catalogue = Catalogue::parse("requirements.toml", text).expect("a good catalogue");
    let case = [("plug.toml".to_owned(), case.to_owned())];
    let library = Library::load(case, [profile], [], catalogue).expect("a good case");
    let plan = |rig: &Rig| {
        let plan = library.plan(rig, &Selection::default());
        plan.expect("something to plan")
    };
    let text = include_str!("../../../rigs/virtual.toml");
    let mut rig = Rig::parse("virtual.toml", text).expect("a good rig");
    assert_eq!(
        plan(&rig).skipped[0].reason,
        "step \"by hand\" asks an operator, and rig `virtual` is not attended"
    );
    rig.attended = true;
    let steps = &plan(&rig).cases[0].steps;
    assert_eq!(steps[0].prompt.as_deref(), Some("Plug sensor 2 in"));
}
