//! The thermistor: 10 kΩ, B 3950, to ground below a 10 kΩ pull-up to the ADC reference.
//!
//! A table with straight lines between its points, because the core has neither a divider nor floating point. An open
//! thermistor reads as the coldest and a shorted one as the hottest temperature, which forbids charging either way.

/// Coldest reported temperature, −60 °C, in quarter degrees.
pub const COLDEST_QC: i16 = -240;

/// Hottest reported temperature, 125 °C, in quarter degrees.
pub const HOTTEST_QC: i16 = 500;

/// Quarter degrees Celsius at each 1/128 of the ADC range.
#[rustfmt::skip]
const QUARTER_DEGREES: [i16; 129] = [
    500, 500, 500, 500, 500, 480, 451, 427, 406, 389, 373, 359, 346, 335, 324, 314,
    305, 297, 289, 281, 274, 267, 261, 254, 248, 243, 237, 232, 227, 222, 217, 212,
    208, 203, 199, 195, 191, 187, 183, 179, 175, 172, 168, 165, 161, 158, 154, 151,
    148, 145, 141, 138, 135, 132, 129, 126, 123, 120, 117, 114, 111, 109, 106, 103,
    100, 97, 94, 92, 89, 86, 83, 81, 78, 75, 72, 70, 67, 64, 61, 59,
    56, 53, 50, 47, 45, 42, 39, 36, 33, 30, 27, 24, 21, 18, 15, 12,
    9, 5, 2, -1, -5, -8, -12, -15, -19, -23, -27, -31, -35, -39, -43, -48,
    -53, -58, -63, -69, -74, -81, -87, -95, -102, -111, -121, -132, -145, -162, -184, -219,
    -240,
];

/// The temperature in quarter degrees Celsius for the sum of eight ADC codes (0 to 32 760).
pub const fn quarter_degrees(sum_of_eight: u32) -> i16 {
    let index = (sum_of_eight >> 8) as usize;
    if index >= 128 {
        return COLDEST_QC;
    }
    let from = QUARTER_DEGREES[index] as i32;
    let to = QUARTER_DEGREES[index + 1] as i32;
    let part = (sum_of_eight & 0xFF) as i32;
    (from + (((to - from) * part + 128) >> 8)) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum of eight codes that the ideal circuit gives at `celsius`.
    fn sum_at(celsius: f64) -> u32 {
        let ohms = 10e3 * (3950.0 * (1.0 / (celsius + 273.15) - 1.0 / 298.15)).exp();
        (ohms / (ohms + 10e3) * 32768.0).round() as u32
    }

    #[test]
    fn the_table_is_within_half_a_degree_of_the_curve() {
        for quarter in -160..=340 {
            let celsius = f64::from(quarter) / 4.0;
            let read = f64::from(quarter_degrees(sum_at(celsius))) / 4.0;
            assert!((read - celsius).abs() <= 0.5, "{celsius} reads {read}");
        }
    }

    #[test]
    fn around_the_thresholds_it_is_within_a_quarter_degree() {
        for celsius in [-20.0, -18.0, 0.0, 2.0, 20.0, 25.0, 58.0, 60.0] {
            let read = f64::from(quarter_degrees(sum_at(celsius))) / 4.0;
            assert!((read - celsius).abs() <= 0.25, "{celsius} reads {read}");
        }
    }

    #[test]
    fn a_broken_thermistor_reads_as_an_extreme() {
        assert_eq!(quarter_degrees(0), HOTTEST_QC);
        assert!(quarter_degrees(32760) <= COLDEST_QC + 4);
    }

    #[test]
    fn it_falls_all_the_way() {
        for sum in 1..32760 {
            assert!(quarter_degrees(sum) <= quarter_degrees(sum - 1), "{sum}");
        }
    }
}
