//! A decoded instruction.

/// One decoded instruction, eight bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Op {}

/// Decodes the instruction whose first half-word is `first`; `second` counts for the 32-bit ones.
pub(crate) fn decode(first: u16, second: u16) -> Op {
    let _ = (first, second);
    Op {}
}
