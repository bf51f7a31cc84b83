//! One message to the app: bytes that grow at the end and never beyond their room.

use super::line::MOST_LEN;

/// An answer, a packet, or the bytes of a frame.
#[derive(Debug, Clone)]
pub struct Message {
    bytes: [u8; MOST_LEN],
    len: u8,
}

impl Default for Message {
    fn default() -> Self {
        Self::new()
    }
}

impl Message {
    /// No bytes.
    pub const fn new() -> Self {
        Self {
            bytes: [0; MOST_LEN],
            len: 0,
        }
    }

    /// The bytes so far.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Adds bytes; what does not fit is left out.
    #[inline(never)]
    pub fn put(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if let Some(place) = self.bytes.get_mut(usize::from(self.len)) {
                *place = byte;
                self.len += 1;
            }
        }
    }

    /// Adds a decimal number.
    pub fn put_decimal(&mut self, value: i32) {
        self.put_number(value, 10);
    }

    /// Adds a field of the text stream: `_` and a hexadecimal number.
    pub fn put_field(&mut self, value: i32) {
        self.put(b"_");
        self.put_number(value, 16);
    }

    /// Adds a field of the text stream: `_` and `X` if the value is unknown.
    pub fn put_field_or_x(&mut self, value: Option<i32>) {
        match value {
            Some(value) => self.put_field(value),
            None => self.put(b"_X"),
        }
    }

    /// Digits in capitals, without leading zeros, `-` in front where negative.
    #[inline(never)]
    pub fn put_number(&mut self, value: i32, radix: u32) {
        const MOST_DIGITS: usize = 10;
        if value < 0 {
            self.put(b"-");
        }
        let mut digits = [0; MOST_DIGITS];
        let mut rest = value.unsigned_abs();
        let mut first = MOST_DIGITS;
        loop {
            first -= 1;
            digits[first] = b"0123456789ABCDEF"[(rest % radix) as usize];
            rest /= radix;
            if rest == 0 || first == 0 {
                break;
            }
        }
        self.put(&digits[first..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_message_never_grows_beyond_its_room() {
        let mut message = Message::new();
        for _ in 0..100 {
            message.put(b"abc");
        }
        assert_eq!(message.bytes().len(), MOST_LEN);
    }

    proptest! {
        #[test]
        fn numbers_read_back(value: i32) {
            let mut message = Message::new();
            message.put_decimal(value);
            let text = value.to_string();
            prop_assert_eq!(message.bytes(), text.as_bytes());
            let mut message = Message::new();
            message.put_field(value);
            let text = String::from_utf8(message.bytes().to_vec()).expect("ASCII");
            let digits = text.strip_prefix('_').expect("a field");
            prop_assert_eq!(i64::from_str_radix(digits, 16), Ok(i64::from(value)));
            prop_assert_eq!(digits.to_uppercase(), digits);
        }
    }
}
