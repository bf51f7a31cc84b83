//! Randomness: one independent stream per seed, bank, board and purpose, so that a board added, a
//! channel read once more or a noisier link never moves another board's values.
//!
//! It does not promise anything to cryptography.

use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use rand_pcg::Pcg64Mcg;

/// What a stream is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Component values, drawn once.
    Parts = 1,
    /// Noise on the analog inputs.
    Analog = 2,
    /// Contact bounce.
    Contacts = 3,
    /// Disturbance on the chain wire that leaves the board.
    Link = 4,
    /// The bench's own measurements.
    Meter = 5,
}

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub(crate) struct Stream(Pcg64Mcg);

impl Stream {
    /// The stream of one board (0 = the bench itself) for one purpose.
    pub(crate) fn new(seed: u64, bank: u8, board: u16, purpose: Purpose) -> Self {
        let place = u64::from(bank) << 32 | u64::from(board) << 8 | purpose as u64;
        let high = mix(seed ^ mix(place));
        let low = mix(high ^ place);
        Self(Pcg64Mcg::new(u128::from(high) << 64 | u128::from(low)))
    }

    /// Evenly distributed from `low` (inclusive) to `high`.
    pub(crate) fn within(&mut self, low: f64, high: f64) -> f64 {
        let unit = (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        low + (high - low) * unit
    }

    /// Evenly distributed within ± `limit` of zero.
    pub(crate) fn around_zero(&mut self, limit: f64) -> f64 {
        self.within(-limit, limit)
    }

    /// Normally distributed around zero with standard deviation 1.
    pub(crate) fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.0)
    }

    /// Any 32 bits.
    pub(crate) fn bits(&mut self) -> u32 {
        self.0.next_u32()
    }
}

/// The finaliser of SplitMix64: every input bit reaches every output bit.
const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ value >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ value >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ value >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_place_repeats_and_every_other_place_differs() {
        let first = |seed, bank, board, purpose| Stream::new(seed, bank, board, purpose).bits();
        let here = first(1, 1, 1, Purpose::Parts);
        assert_eq!(here, first(1, 1, 1, Purpose::Parts));
        assert_ne!(here, first(2, 1, 1, Purpose::Parts));
        assert_ne!(here, first(1, 2, 1, Purpose::Parts));
        assert_ne!(here, first(1, 1, 2, Purpose::Parts));
        assert_ne!(here, first(1, 1, 1, Purpose::Analog));
    }

    #[test]
    fn noise_has_the_moments_it_promises() {
        let mut stream = Stream::new(7, 1, 1, Purpose::Analog);
        let values: Vec<f64> = (0..20_000).map(|_| stream.normal()).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64;
        assert!(mean.abs() < 0.03, "{mean}");
        assert!((variance - 1.0).abs() < 0.05, "{variance}");
    }
}
