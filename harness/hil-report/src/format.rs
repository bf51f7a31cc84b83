//! Numbers as people read them, the same in every report.

use hil_core::Span;

/// Decimals shown for a unit: a little finer than the accuracy the sources state for it.
const fn decimals(unit: &str) -> usize {
    match unit.as_bytes() {
        b"%" | b"Wh" | b"W" => 1,
        b"Ah" => 2,
        // °C in UTF-8.
        [0xC2, 0xB0, b'C'] => 1,
        _ => 3,
    }
}

/// A number without its unit: `3.700`; `0` when it is exactly that or rounds to a negative zero;
/// `unknown` when it is not a number.
pub fn number(value: f64, unit: &str) -> String {
    if value.is_nan() {
        return "unknown".to_owned();
    }
    // Also without the sign of a negative zero.
    if value == 0.0 {
        return "0".to_owned();
    }
    if unit.is_empty() && value.fract() == 0.0 {
        return format!("{value:.0}").replacen('-', "−", 1);
    }
    let text = format!("{value:.*}", decimals(unit));
    // Rounding may leave a minus sign before nothing but zeros.
    match text.strip_prefix('-') {
        Some(zero) if zero.bytes().all(|b| matches!(b, b'0' | b'.')) => "0".to_owned(),
        Some(magnitude) => format!("−{magnitude}"),
        None => text,
    }
}

/// A number with its unit: `3.700 V`.
pub fn quantity(value: f64, unit: &str) -> String {
    with_unit(number(value, unit), unit)
}

/// A number that may be missing: `–`.
pub fn measured(value: Option<f64>, unit: &str) -> String {
    value.map_or_else(|| "–".to_owned(), |v| quantity(v, unit))
}

/// A margin with its sign: `+0.016 V`.
pub fn margin(value: Option<f64>, unit: &str) -> String {
    match value {
        Some(0.0) => quantity(0.0, unit),
        Some(v) if v > 0.0 => format!("+{}", quantity(v, unit)),
        Some(v) => quantity(v, unit),
        None => "–".to_owned(),
    }
}

/// Limits in one of the forms `3.680 … 3.720 V`, `≤ 2.000 s`, `≥ 1 A`, `= 0`, `–`.
pub fn limits(low: Option<f64>, high: Option<f64>, unit: &str) -> String {
    match (low, high) {
        (Some(low), Some(high)) if low == high => format!("= {}", quantity(low, unit)),
        (Some(low), Some(high)) => with_unit(
            format!("{} … {}", number(low, unit), number(high, unit)),
            unit,
        ),
        (Some(low), None) => format!("≥ {}", quantity(low, unit)),
        (None, Some(high)) => format!("≤ {}", quantity(high, unit)),
        (None, None) => "–".to_owned(),
    }
}

fn with_unit(number: String, unit: &str) -> String {
    match unit {
        "" => number,
        "°C" | "%" => format!("{number}\u{202f}{unit}"),
        _ => format!("{number} {unit}"),
    }
}

/// A length of bench time: `350 ms`, `62.4 s`, `12 min 5 s`, `1 h 0 min`.
pub fn duration(span: Span) -> String {
    let seconds = span.as_secs();
    let whole = seconds.round() as u64;
    match whole {
        _ if span.0 == 0 => "0 s".to_owned(),
        _ if seconds < 1.0 => format!("{:.0} ms", seconds * 1000.0),
        _ if seconds < 99.95 => format!("{seconds:.1} s"),
        0..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

/// `1 case`, `2 cases`.
pub fn count(n: usize, what: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_carry_the_digits_their_unit_deserves() {
        assert_eq!(quantity(3.7, "V"), "3.700 V");
        assert_eq!(quantity(24.96, "°C"), "25.0\u{202f}°C");
        assert_eq!(quantity(4.0, ""), "4");
        assert_eq!(quantity(-0.000_01, "A"), "0 A");
        assert_eq!(quantity(f64::NAN, "A"), "unknown A");
        assert_eq!(margin(Some(-0.05), "V"), "−0.050 V");
        assert_eq!(margin(Some(0.05), "V"), "+0.050 V");
    }

    #[test]
    fn limits_say_which_side_they_bound() {
        assert_eq!(limits(Some(3.68), Some(3.72), "V"), "3.680 … 3.720 V");
        assert_eq!(limits(None, Some(2.0), "s"), "≤ 2.000 s");
        assert_eq!(limits(Some(1.0), None, "A"), "≥ 1.000 A");
        assert_eq!(limits(Some(0.0), Some(0.0), ""), "= 0");
        assert_eq!(limits(None, None, "V"), "–");
    }

    #[test]
    fn durations_read_naturally_at_every_length() {
        let texts: Vec<_> = [0, 350_000, 62_400_000, 725_000_000, 3_600_000_000]
            .map(|us| duration(Span(us)))
            .into();
        assert_eq!(
            texts,
            ["0 s", "350 ms", "62.4 s", "12 min 5 s", "1 h 0 min"]
        );
    }
}
