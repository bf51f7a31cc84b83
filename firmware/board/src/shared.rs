//! State that interrupts share with each other and with main code.
//!
//! The core has no atomic read-modify-write instructions; what is more than a flag is kept in an [`IrqCell`].

use core::cell::UnsafeCell;

/// A value that belongs to the interrupts; main code reaches it with interrupts off.
#[derive(Debug)]
pub struct IrqCell<T>(UnsafeCell<T>);

// SAFETY: the one core runs interrupts of equal priority one after the other, and `borrow`'s contract keeps main code
// out meanwhile.
unsafe impl<T: Send> Sync for IrqCell<T> {}

impl<T> IrqCell<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// Reaches the value from an interrupt.
    ///
    /// # Safety
    /// Only from an interrupt handler, or with interrupts off, and never twice at the same time.
    #[expect(
        clippy::mut_from_ref,
        reason = "exclusive by the contract above; a RefCell would cost the fast path"
    )]
    #[inline(always)]
    pub unsafe fn borrow(&self) -> &mut T {
        // SAFETY: the caller promises exclusive access.
        unsafe { &mut *self.0.get() }
    }

    /// Reaches the value from main code.
    pub fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        // SAFETY: interrupts are off, and main code is not re-entered.
        cortex_m::interrupt::free(|_| f(unsafe { self.borrow() }))
    }
}
