//! A trace segment as bytes: the closed form is a Parquet file with the columns `channel`
//! (dictionary string), `t_us` and `value`; the open form can be appended to and cut anywhere.
//!
//! The open form starts with [`MAGIC`] and goes on with rows of 18 bytes, little endian: `u16`
//! channel number, `u64` time in µs, `f64` value. The first row of a channel is preceded by its
//! name: `0xFFFF`, the length as `u16`, and the name; channels are numbered as they appear.

use std::sync::Arc;

use hil_core::ports::Sample;
use hil_core::{Channel, Time};
use parquet::basic::Encoding;
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::{WriterProperties, WriterPropertiesPtr};
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnPath;

/// First bytes of an open segment.
pub const MAGIC: &[u8] = b"hil-trace 1\n";
/// Stands where a channel number would, before a channel's name.
const NAME: u16 = u16::MAX;
const ROW: usize = 18;

const SCHEMA: &str =
    "message trace { required binary channel (UTF8); required int64 t_us; required double value; }";

/// Rows in memory, with the channels numbered as they first appear.
#[derive(Default)]
pub struct Rows {
    channels: Vec<Channel>,
    numbers: std::collections::HashMap<Channel, u16>,
    rows: Vec<(u16, Sample)>,
}

impl Rows {
    /// Adds a sample and appends its open form to `open`.
    pub fn push(&mut self, sample: &Sample, open: &mut Vec<u8>) {
        let number = *self.numbers.entry(sample.channel).or_insert_with(|| {
            let name = sample.channel.to_string();
            open.extend(NAME.to_le_bytes());
            open.extend((name.len() as u16).to_le_bytes());
            open.extend(name.as_bytes());
            self.channels.push(sample.channel);
            self.channels.len() as u16 - 1
        });
        open.extend(number.to_le_bytes());
        open.extend(sample.at.0.to_le_bytes());
        open.extend(sample.value.to_le_bytes());
        self.rows.push((number, *sample));
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// When the first row was.
    pub fn start(&self) -> Option<Time> {
        self.rows.first().map(|(_, s)| s.at)
    }

    /// The closed form.
    pub fn to_parquet(&self) -> Result<Vec<u8>> {
        let schema = Arc::new(parse_message_type(SCHEMA)?);
        let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties())?;
        let mut group = writer.next_row_group()?;
        let names: Vec<ByteArray> = self
            .channels
            .iter()
            .map(|c| ByteArray::from(c.to_string().into_bytes()))
            .collect();
        let channels: Vec<ByteArray> = self
            .rows
            .iter()
            .map(|(n, _)| names[usize::from(*n)].clone())
            .collect();
        let times: Vec<i64> = self.rows.iter().map(|(_, s)| s.at.0 as i64).collect();
        let values: Vec<f64> = self.rows.iter().map(|(_, s)| s.value).collect();
        let missing = || ParquetError::General("the schema has three columns".to_owned());
        let mut column = group.next_column()?.ok_or_else(missing)?;
        column
            .typed::<ByteArrayType>()
            .write_batch(&channels, None, None)?;
        column.close()?;
        let mut column = group.next_column()?.ok_or_else(missing)?;
        column
            .typed::<Int64Type>()
            .write_batch(&times, None, None)?;
        column.close()?;
        let mut column = group.next_column()?.ok_or_else(missing)?;
        column
            .typed::<DoubleType>()
            .write_batch(&values, None, None)?;
        column.close()?;
        group.close()?;
        writer.into_inner()
    }
}

/// Times are delta-packed, channels and values dictionary-coded; nothing depends on the host or
/// the day.
fn properties() -> WriterPropertiesPtr {
    let time = ColumnPath::from("t_us");
    let properties = WriterProperties::builder()
        .set_created_by("hil-report".to_owned())
        .set_offset_index_disabled(true)
        .set_column_dictionary_enabled(time.clone(), false)
        .set_column_encoding(time, Encoding::DELTA_BINARY_PACKED)
        .build();
    Arc::new(properties)
}

/// Reads a closed segment, appending to `samples`.
pub fn read_parquet(bytes: Vec<u8>, samples: &mut Vec<Sample>) -> Result<()> {
    let reader = SerializedFileReader::new(parquet_bytes(bytes))?;
    for index in 0..reader.num_row_groups() {
        read_group(&*reader.get_row_group(index)?, samples)?;
    }
    Ok(())
}

fn parquet_bytes(bytes: Vec<u8>) -> bytes::Bytes {
    bytes.into()
}

fn read_group(group: &dyn RowGroupReader, samples: &mut Vec<Sample>) -> Result<()> {
    use parquet::column::reader::get_typed_column_reader;

    let rows = group.metadata().num_rows().max(0) as usize;
    let (mut channels, mut times, mut values) = (Vec::new(), Vec::new(), Vec::new());
    get_typed_column_reader::<ByteArrayType>(group.get_column_reader(0)?).read_records(
        rows,
        None,
        None,
        &mut channels,
    )?;
    get_typed_column_reader::<Int64Type>(group.get_column_reader(1)?)
        .read_records(rows, None, None, &mut times)?;
    get_typed_column_reader::<DoubleType>(group.get_column_reader(2)?).read_records(
        rows,
        None,
        None,
        &mut values,
    )?;
    let mut known = std::collections::HashMap::new();
    samples.reserve(rows);
    for ((name, time), value) in channels.iter().zip(times).zip(values) {
        let channel = match known.get(name.data()) {
            Some(channel) => *channel,
            None => {
                let channel = parse_channel(name.data())
                    .ok_or_else(|| ParquetError::General("an unknown channel".to_owned()))?;
                known.insert(name.data(), channel);
                channel
            }
        };
        let at = Time(time as u64);
        samples.push(Sample { channel, at, value });
    }
    Ok(())
}

fn parse_channel(name: &[u8]) -> Option<Channel> {
    Channel::parse(std::str::from_utf8(name).ok()?)
}

/// Reads an open segment as far as it goes, appending to `samples`. Returns whether it ends
/// between two rows and holds nothing that cannot be read.
pub fn read_open(bytes: &[u8], samples: &mut Vec<Sample>) -> bool {
    let Some(mut rest) = bytes.strip_prefix(MAGIC) else {
        return bytes.is_empty();
    };
    let mut channels = Vec::new();
    while !rest.is_empty() {
        let Some((number, tail)) = take::<2>(rest).map(|(b, t)| (u16::from_le_bytes(b), t)) else {
            return false;
        };
        if number == NAME {
            let name = take::<2>(tail).and_then(|(length, tail)| {
                tail.split_at_checked(usize::from(u16::from_le_bytes(length)))
            });
            let Some((name, tail)) = name else {
                return false;
            };
            let Some(channel) = parse_channel(name) else {
                return false;
            };
            channels.push(channel);
            rest = tail;
            continue;
        }
        let (Some(channel), true) = (channels.get(usize::from(number)), rest.len() >= ROW) else {
            return false;
        };
        let field = |from: usize| take::<8>(&rest[from..]).map_or([0; 8], |(b, _)| b);
        samples.push(Sample {
            channel: *channel,
            at: Time(u64::from_le_bytes(field(2))),
            value: f64::from_le_bytes(field(10)),
        });
        rest = &rest[ROW..];
    }
    true
}

fn take<const N: usize>(bytes: &[u8]) -> Option<([u8; N], &[u8])> {
    bytes.split_first_chunk().map(|(head, tail)| (*head, tail))
}

#[cfg(test)]
mod tests {
    use hil_core::Signal;
    use proptest::prelude::*;

    use super::*;

    fn rows(samples: &[Sample]) -> (Rows, Vec<u8>) {
        let mut open = MAGIC.to_vec();
        let mut rows = Rows::default();
        for sample in samples {
            rows.push(sample, &mut open);
        }
        (rows, open)
    }

    fn samples() -> impl Strategy<Value = Vec<Sample>> {
        let sample = (0u16..9, 0u64..1 << 62, any::<u64>()).prop_map(|(k, at, bits)| Sample {
            channel: Channel::at(Signal::CellVoltage, k),
            at: Time(at),
            value: f64::from_bits(bits),
        });
        prop::collection::vec(sample, 0..300)
    }

    fn same(a: &[Sample], b: &[Sample]) -> bool {
        let key = |s: &Sample| (s.channel, s.at, s.value.to_bits());
        a.iter().map(key).eq(b.iter().map(key))
    }

    proptest! {
        #[test]
        fn both_forms_give_back_every_bit(samples in samples()) {
            let (rows, open) = rows(&samples);
            let mut back = Vec::new();
            prop_assert!(read_open(&open, &mut back));
            prop_assert!(same(&samples, &back));
            back.clear();
            read_parquet(rows.to_parquet().unwrap(), &mut back).unwrap();
            prop_assert!(same(&samples, &back));
        }

        #[test]
        fn a_cut_open_segment_gives_the_rows_before_the_cut(samples in samples(), cut in 0usize..9000) {
            let (_, mut open) = rows(&samples);
            open.truncate(cut);
            let mut back = Vec::new();
            read_open(&open, &mut back);
            prop_assert!(same(&samples[..back.len()], &back));
            prop_assert!(back.len() * ROW + 200 + ROW > open.len().saturating_sub(MAGIC.len()));
        }

        #[test]
        fn foreign_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            read_open(&bytes, &mut Vec::new());
            read_open(&[MAGIC, &bytes].concat(), &mut Vec::new());
            let _ = read_parquet(bytes, &mut Vec::new());
        }
    }
}
