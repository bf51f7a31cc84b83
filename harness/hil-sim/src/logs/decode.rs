//! One frame of a target's log to text: rzCOBS, then the format string's arguments, little-endian
//! in the order of their indices.
//!
//! Not supported, and reported as undecodable: bit fields, slices of formatted values, sequences.

use defmt_parser::{DisplayHint, Fragment, ParserMode, Type};

use super::table::Table;

/// A decoded statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    pub level: &'static str,
    pub text: String,
}

/// A decoded argument.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Integer(i128),
    /// Everything that looks the same whatever the display hint.
    Text(String),
}

/// Undoes rzCOBS: read from the end, every control byte tells which of the bytes around it were
/// zero. `frame` is without the zero that ends it; none when the frame is cut short.
pub(super) fn unstuff(frame: &[u8]) -> Option<Vec<u8>> {
    let mut rest = frame.iter().rev().copied();
    let mut reversed = Vec::with_capacity(frame.len() * 2);
    while let Some(control) = rest.next() {
        match control {
            0 => return None,
            0x01..=0x7F => {
                for bit in (0..7).rev() {
                    let zero = control >> bit & 1 == 1;
                    reversed.push(if zero { 0 } else { rest.next()? });
                }
            }
            0x80..=0xFE => {
                reversed.push(0);
                for _ in 0..(control & 0x7F) + 7 {
                    reversed.push(rest.next()?);
                }
            }
            0xFF => {
                for _ in 0..134 {
                    reversed.push(rest.next()?);
                }
            }
        }
    }
    reversed.reverse();
    Some(reversed)
}

/// Decodes the contents of a frame. None when it is not one of this image, or not supported.
pub(super) fn statement(table: &Table, contents: &[u8]) -> Option<Statement> {
    let mut reader = Reader {
        table,
        rest: contents,
    };
    let index = u16::from_le_bytes(reader.take()?);
    let entry = table.entries.get(&index)?;
    if let Some(timestamp) = &table.timestamp {
        reader.render(timestamp)?;
    }
    Some(Statement {
        level: entry.level?,
        text: reader.render(&entry.format)?,
    })
}

/// The arguments that are still to be read.
struct Reader<'a> {
    table: &'a Table,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(bytes)
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    /// Reads the arguments of a format string and fills them in.
    fn render(&mut self, format: &str) -> Option<String> {
        let fragments = defmt_parser::parse(format, ParserMode::ForwardsCompatible).ok()?;
        let mut types: Vec<(usize, Type)> = fragments
            .iter()
            .filter_map(|fragment| match fragment {
                Fragment::Parameter(parameter) => Some((parameter.index, parameter.ty.clone())),
                Fragment::Literal(_) => None,
            })
            .collect();
        types.sort_by_key(|(index, _)| *index);
        types.dedup_by_key(|(index, _)| *index);
        let values = types
            .into_iter()
            .map(|(index, kind)| Some((index, self.value(&kind)?)))
            .collect::<Option<Vec<_>>>()?;
        let mut text = String::new();
        for fragment in &fragments {
            match fragment {
                Fragment::Literal(literal) => text += literal,
                Fragment::Parameter(parameter) => {
                    let (_, value) = values.iter().find(|(index, _)| *index == parameter.index)?;
                    text += &shown(value, parameter.hint.as_ref());
                }
            }
        }
        Some(text)
    }

    fn value(&mut self, kind: &Type) -> Option<Value> {
        Some(match kind {
            Type::U8 => Value::Integer(u8::from_le_bytes(self.take()?).into()),
            Type::U16 => Value::Integer(u16::from_le_bytes(self.take()?).into()),
            Type::U32 | Type::Usize => Value::Integer(u32::from_le_bytes(self.take()?).into()),
            Type::U64 => Value::Integer(u64::from_le_bytes(self.take()?).into()),
            Type::I8 => Value::Integer(i8::from_le_bytes(self.take()?).into()),
            Type::I16 => Value::Integer(i16::from_le_bytes(self.take()?).into()),
            Type::I32 | Type::Isize => Value::Integer(i32::from_le_bytes(self.take()?).into()),
            Type::I64 => Value::Integer(i64::from_le_bytes(self.take()?).into()),
            Type::I128 => Value::Integer(i128::from_le_bytes(self.take()?)),
            Type::U128 => Value::Text(u128::from_le_bytes(self.take()?).to_string()),
            Type::F32 => Value::Text(f32::from_le_bytes(self.take()?).to_string()),
            Type::F64 => Value::Text(f64::from_le_bytes(self.take()?).to_string()),
            Type::Bool => Value::Text((self.take::<1>()? != [0]).to_string()),
            Type::Char => char::from_u32(u32::from_le_bytes(self.take()?))
                .map(|c| Value::Text(c.to_string()))?,
            Type::IStr => Value::Text(self.interned()?.to_owned()),
            Type::Str => {
                let length = u32::from_le_bytes(self.take()?) as usize;
                Value::Text(String::from_utf8_lossy(self.bytes(length)?).into_owned())
            }
            Type::U8Slice => {
                let length = u32::from_le_bytes(self.take()?) as usize;
                Value::Text(format!("{:?}", self.bytes(length)?))
            }
            Type::U8Array(length) => Value::Text(format!("{:?}", self.bytes(*length)?)),
            Type::Debug | Type::Display => {
                let length = self.rest.iter().position(|byte| *byte == 0xFF)?;
                let text = String::from_utf8_lossy(self.bytes(length)?).into_owned();
                self.bytes(1)?;
                Value::Text(text)
            }
            Type::Format => Value::Text(self.nested()?),
            Type::BitField(_) | Type::FormatArray(_) | Type::FormatSlice | Type::FormatSequence => {
                return None;
            }
        })
    }

    fn interned(&mut self) -> Option<&'a str> {
        let index = u16::from_le_bytes(self.take()?);
        Some(&self.table.entries.get(&index)?.format)
    }

    /// A value that brings its own format string; the variants of an enum are parted by bars and
    /// chosen by a byte.
    fn nested(&mut self) -> Option<String> {
        let format = self.interned()?;
        if !format.contains('|') {
            return self.render(format);
        }
        let [variant] = self.take()?;
        self.render(format.split('|').nth(variant.into())?)
    }
}

fn shown(value: &Value, hint: Option<&DisplayHint>) -> String {
    match (value, hint) {
        (Value::Integer(n), Some(DisplayHint::Hexadecimal { .. })) => format!("{n:#x}"),
        (Value::Integer(n), Some(DisplayHint::Binary { .. })) => format!("{n:#b}"),
        (Value::Integer(n), _) => n.to_string(),
        (Value::Text(text), _) => text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::table::Entry;
    use super::*;

    fn table(entries: &[(u16, Option<&'static str>, &str)]) -> Table {
        let entry = |(index, level, format): &(u16, _, &str)| {
            let (level, format) = (*level, (*format).to_owned());
            (*index, Entry { level, format })
        };
        Table {
            entries: entries.iter().map(entry).collect(),
            timestamp: None,
        }
    }

    fn text(table: &Table, contents: &[u8]) -> Option<String> {
        statement(table, contents).map(|statement| statement.text)
    }

    #[test]
    fn stuffed_bytes_come_back() {
        // Seven bytes with zeros at the second and the last place: both bits of the control byte.
        assert_eq!(
            unstuff(&[1, 2, 3, 4, 5, 0b100_0010]),
            Some(vec![1, 0, 2, 3, 4, 5, 0])
        );
        let long: Vec<u8> = (1..=134).collect();
        assert_eq!(unstuff(&[&long[..], &[0xFF]].concat()), Some(long.clone()));
        assert_eq!(
            unstuff(&[&long[..8], &[0x81]].concat()),
            Some([&long[..8], &[0]].concat())
        );
        assert_eq!(unstuff(&[1, 0xFF]), None, "cut short");
    }

    proptest! {
        #[test]
        fn whatever_the_target_sends_is_decoded_or_refused(
            frame in vec(any::<u8>(), 0..300),
            contents in vec(any::<u8>(), 0..40),
        ) {
            unstuff(&frame);
            let table = table(&[
                (0, Some("info"), "{} {=str} {=[u8]}"),
                (1, None, "A|B {=istr}|C {=char}"),
                (2, None, "{} {=__internal_Display}"),
            ]);
            let contents = [&[0, 0][..], &contents].concat();
            statement(&table, &contents);
        }
    }

    #[test]
    fn arguments_are_read_by_type_and_shown_in_any_order() {
        let table = table(&[(7, Some("info"), "{1=u16:#x} of {0=i8}: {2=bool} {3=str}")]);
        let contents = [7, 0, 0xFF, 0x34, 0x12, 1, 2, 0, 0, 0, b'o', b'k'];
        assert_eq!(
            text(&table, &contents).as_deref(),
            Some("0x1234 of -1: true ok")
        );
    }

    #[test]
    fn nested_formats_and_variants_are_followed() {
        let table = table(&[
            (1, Some("warn"), "relay {}"),
            (2, None, "Open|Closed {{ by: {=u8} }}"),
        ]);
        let open = [1, 0, 2, 0, 0];
        let closed = [1, 0, 2, 0, 1, 9];
        assert_eq!(text(&table, &open).as_deref(), Some("relay Open"));
        assert_eq!(
            text(&table, &closed).as_deref(),
            Some("relay Closed { by: 9 }")
        );
    }

    #[test]
    fn unknown_indices_and_missing_bytes_are_not_guessed() {
        let table = table(&[(1, Some("info"), "{=u32}")]);
        assert_eq!(text(&table, &[2, 0]), None);
        assert_eq!(text(&table, &[1, 0, 5, 0]), None);
    }
}
