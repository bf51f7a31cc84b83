//! What quantities must read as, and that no text makes the reader panic.

use proptest::prelude::*;

use super::*;

fn constants(name: &str) -> Option<Quantity> {
    let (value, dimension) = match name {
        "vmax" => (3.7, Dimension::Voltage),
        "v_accuracy" => (0.022, Dimension::Voltage),
        "reaction" => (2.04, Dimension::Time),
        "tolerance" => (10.0, Dimension::Percent),
        _ => return None,
    };
    Some(Quantity { value, dimension })
}

fn value(text: &str) -> Result<Quantity, ExpressionError> {
    evaluate(text, &mut |name| constants(name))
}

#[track_caller]
fn check(text: &str, expected: f64, dimension: Dimension) {
    let found = value(text).expect(text);
    assert_eq!(found.dimension, dimension, "{text}");
    assert!((found.value - expected).abs() < 1e-9, "{text}: {found:?}");
}

#[track_caller]
fn check_limits(text: &str, low: Option<f64>, high: Option<f64>) {
    let found = limits(text, &mut |name| constants(name)).expect(text);
    let near = |a: Option<f64>, b: Option<f64>| match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-9,
        (a, b) => a == b,
    };
    assert!(
        near(found.low, low) && near(found.high, high),
        "{text}: {found:?}"
    );
}

#[test]
fn quantities_read_in_their_dimensions_own_unit() {
    check("3.30 V", 3.3, Dimension::Voltage);
    check("20 mV", 0.02, Dimension::Voltage);
    check("20mV", 0.02, Dimension::Voltage);
    check("5 mV/s", 0.005, Dimension::VoltageRate);
    check("-20 °C", -20.0, Dimension::Temperature);
    check("1 h", 3600.0, Dimension::Time);
    check("95 %", 95.0, Dimension::Percent);
    check("8", 8.0, Dimension::Count);
}

#[test]
fn expressions_follow_the_usual_order_and_dimensions() {
    check("$vmax + 20 mV", 3.72, Dimension::Voltage);
    check("$vmax - $v_accuracy - 8 mV", 3.67, Dimension::Voltage);
    check("2 * ($vmax - 3.5 V)", 0.4, Dimension::Voltage);
    check("$vmax + $reaction * 5 mV/s", 3.7102, Dimension::Voltage);
    check("5 % * 1320 Wh / 1 h", 66.0, Dimension::Power);
    check("66 W / (4 * 3.3 V)", 5.0, Dimension::Current);
    check("3.3 V/3.3 Ω", 1.0, Dimension::Current);
    check("100 mV / 5 mV/s", 20.0, Dimension::Time);
    check("20 A * 1 h", 20.0, Dimension::Charge);
}

#[test]
fn limits_are_two_sided_or_one_sided() {
    check_limits("0.9 A .. 1.1 A", Some(0.9), Some(1.1));
    check_limits("1 s ± 10 %", Some(0.9), Some(1.1));
    check_limits("1 s ± $tolerance", Some(0.9), Some(1.1));
    check_limits("50 % ± 1 %", Some(49.0), Some(51.0));
    check_limits("-20 °C ± 4 K", Some(-24.0), Some(-16.0));
    check_limits("<= $vmax", None, Some(3.7));
    check_limits("> 0 A", Some(0.0), None);
}

#[test]
fn errors_say_what_and_where() {
    let problem = |text: &str| value(text).expect_err(text);
    assert_eq!(
        problem("$vmaks + 1 V"),
        ExpressionError {
            at: 0..6,
            problem: Problem::UnknownConstant("vmaks".into())
        }
    );
    assert_eq!(
        problem("1 V + 2 mw"),
        ExpressionError {
            at: 8..10,
            problem: Problem::UnknownUnit("mw".into())
        }
    );
    assert_eq!(
        problem("$vmax + 20").problem,
        Problem::Mixed(Dimension::Voltage, Dimension::Count)
    );
    assert_eq!(
        problem("1 V * 1 V").problem,
        Problem::Meaningless(Dimension::Voltage, Dimension::Voltage)
    );
    assert_eq!(problem("1 V / 0").problem, Problem::NotFinite);
    for text in ["", "V", "1 V +", "(1 V", "1 V 2 V", "1 V)"] {
        assert!(
            matches!(problem(text).problem, Problem::Expected(_)),
            "{text}"
        );
    }
    let deep = "(".repeat(100_000);
    assert!(value(&deep).is_err());
}

proptest! {
    #[test]
    fn no_text_panics(text in ".{0,60}") {
        let _ = value(&text);
        let _ = limits(&text, &mut |name| constants(name));
    }

    #[test]
    fn nearly_right_texts_do_not_panic(text in "[$0-9.µ±°VmA%/s+*() -]{0,40}") {
        let _ = value(&text);
        let _ = limits(&text, &mut |name| constants(name));
    }

    #[test]
    fn errors_lie_within_the_text(text in "[$a-z0-9.±°VmA%/s+*() -]{0,40}") {
        if let Err(error) = value(&text) {
            prop_assert!(text.get(error.at.clone()).is_some(), "{error:?}");
        }
    }

    #[test]
    fn what_is_shown_reads_back(millivolts in -5_000_i32..5_000) {
        let volts = f64::from(millivolts) / 1000.0;
        let read = value(&show(volts, Dimension::Voltage)).expect("shown quantities are quantities");
        prop_assert!((read.value - volts).abs() < 1e-9);
    }

    #[test]
    fn adding_and_taking_away_cancel(a in 0_u32..10_000, b in 0_u32..10_000) {
        let read = value(&format!("{a} mV + {b} mV - {b} mV")).expect("an expression");
        prop_assert!((read.value - f64::from(a) / 1000.0).abs() < 1e-9);
    }
}
