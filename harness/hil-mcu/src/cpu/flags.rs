//! N, Z, C and V in the form that costs least to compute, and the arithmetic that sets them
//! (ARMv6-M ARM §A2.2.1).

/// The condition flags, each in the word it falls out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flags {
    /// Bit 31 is N.
    pub(crate) n: u32,
    /// Z is set if this is zero.
    pub(crate) z: u32,
    /// C, 0 or 1.
    pub(crate) c: u32,
    /// Bit 31 is V.
    pub(crate) v: u32,
}

impl Flags {
    /// From bits 31 to 28 of a program status register.
    pub(crate) const fn from_psr(psr: u32) -> Self {
        Self {
            n: psr,
            z: !psr & 1 << 30,
            c: psr >> 29 & 1,
            v: psr << 3,
        }
    }

    /// As bits 31 to 28 of a program status register, the rest zero.
    pub(crate) const fn psr(self) -> u32 {
        let z = if self.z == 0 { 1 << 30 } else { 0 };
        self.n & 1 << 31 | z | self.c << 29 | self.v >> 31 << 28
    }

    /// N and Z from a result.
    #[inline(always)]
    pub(crate) fn set_nz(&mut self, result: u32) {
        self.n = result;
        self.z = result;
    }

    /// `x + y`, with all flags.
    #[inline(always)]
    pub(crate) fn add(&mut self, x: u32, y: u32) -> u32 {
        let (result, carry) = x.overflowing_add(y);
        self.set_nz(result);
        self.c = u32::from(carry);
        self.v = (x ^ result) & (y ^ result);
        result
    }

    /// `x - y`, with all flags; C means "no borrow".
    #[inline(always)]
    pub(crate) fn subtract(&mut self, x: u32, y: u32) -> u32 {
        let result = x.wrapping_sub(y);
        self.set_nz(result);
        self.c = u32::from(x >= y);
        self.v = (x ^ y) & (x ^ result);
        result
    }

    /// `x + y + C`, with all flags; a subtraction passes `!y`.
    #[inline(always)]
    pub(crate) fn add_with_carry(&mut self, x: u32, y: u32) -> u32 {
        let sum = u64::from(x) + u64::from(y) + u64::from(self.c);
        let result = sum as u32;
        self.set_nz(result);
        self.c = (sum >> 32) as u32;
        self.v = (x ^ result) & (y ^ result);
        result
    }

    /// `x << (y & 0xFF)`; C is the last bit shifted out, unchanged for a shift by zero.
    #[inline(always)]
    pub(crate) fn shift_left(&mut self, x: u32, y: u32) -> u32 {
        let amount = y & 0xFF;
        let wide = if amount > 32 {
            0
        } else {
            u64::from(x) << amount
        };
        if amount != 0 {
            self.c = (wide >> 32) as u32 & 1;
        }
        self.set_nz(wide as u32);
        wide as u32
    }

    /// `x >> (y & 0xFF)`, logical.
    #[inline(always)]
    pub(crate) fn shift_right(&mut self, x: u32, y: u32) -> u32 {
        let amount = y & 0xFF;
        let wide = if amount > 32 {
            0
        } else {
            u64::from(x) << 32 >> amount
        };
        if amount != 0 {
            self.c = (wide >> 31) as u32 & 1;
        }
        let result = (wide >> 32) as u32;
        self.set_nz(result);
        result
    }

    /// `x >> (y & 0xFF)`, arithmetic.
    #[inline(always)]
    pub(crate) fn shift_right_signed(&mut self, x: u32, y: u32) -> u32 {
        let amount = (y & 0xFF).min(32);
        let wide = i64::from(x as i32) << 32 >> amount;
        if amount != 0 {
            self.c = (wide >> 31) as u32 & 1;
        }
        let result = (wide >> 32) as u32;
        self.set_nz(result);
        result
    }

    /// `x` rotated right by `y & 0xFF`; C is the new top bit, unchanged for a rotation by zero.
    #[inline(always)]
    pub(crate) fn rotate_right(&mut self, x: u32, y: u32) -> u32 {
        let result = x.rotate_right(y & 31);
        if y & 0xFF != 0 {
            self.c = result >> 31;
        }
        self.set_nz(result);
        result
    }
}
