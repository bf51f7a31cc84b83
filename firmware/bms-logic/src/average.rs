//! The mean of the last eight ADC codes: enough to bring 2 mV of noise to 0.7 mV, short enough (0.5 s) for `REL-2`.

/// Samples in the mean.
pub const LENGTH: usize = 8;

/// A sliding sum of the last [`LENGTH`] ADC codes.
#[derive(Debug)]
pub struct Average {
    codes: [u16; LENGTH],
    at: usize,
    sum: u32,
}

impl Average {
    /// A mean that starts at `code`, as if it had always been there.
    pub const fn starting_at(code: u16) -> Self {
        Self {
            codes: [code; LENGTH],
            at: 0,
            sum: code as u32 * LENGTH as u32,
        }
    }

    /// Takes a sample in and the oldest one out.
    pub fn push(&mut self, code: u16) {
        let oldest = core::mem::replace(&mut self.codes[self.at], code);
        self.sum = self.sum + u32::from(code) - u32::from(oldest);
        self.at = (self.at + 1) % LENGTH;
    }

    /// The sum of the last eight codes, 0 to 32 760.
    pub const fn sum(&self) -> u32 {
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_that_of_the_last_eight() {
        let mut average = Average::starting_at(100);
        assert_eq!(average.sum(), 800);
        for code in 1..=12 {
            average.push(code);
        }
        assert_eq!(average.sum(), (5..=12).sum::<u32>());
    }
}
