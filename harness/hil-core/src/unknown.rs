//! How an unknown value (NaN) stands in a record: as `null`, since JSON has no NaN. It reads back
//! as NaN. Infinities are not measured values and are written as unknown too.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::channel::Channel;

/// Writes a value, `null` when it is unknown.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    value.is_finite().then_some(*value).serialize(serializer)
}

/// Reads a value, NaN when it is `null`.
///
/// # Errors
/// Those of the deserializer.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

/// The same for a list of channels with their values.
pub mod per_channel {
    use super::{Channel, Deserialize, Deserializer, Serialize, Serializer};

    /// Writes the list.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(
        values: &[(Channel, f64)],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let known = |v: f64| v.is_finite().then_some(v);
        let values: Vec<_> = values.iter().map(|(c, v)| (*c, known(*v))).collect();
        values.serialize(serializer)
    }

    /// Reads the list.
    ///
    /// # Errors
    /// Those of the deserializer.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<(Channel, f64)>, D::Error> {
        let values: Vec<(Channel, Option<f64>)> = Vec::deserialize(deserializer)?;
        let known = |(c, v): (Channel, Option<f64>)| (c, v.unwrap_or(f64::NAN));
        Ok(values.into_iter().map(known).collect())
    }
}

#[cfg(test)]
mod tests {
    use crate::channel::{Channel, Signal};
    use crate::ports::SafeState;

    #[test]
    fn an_unknown_read_back_survives_the_record() {
        let state = SafeState {
            read_back: vec![
                (Channel::plain(Signal::PackCurrent), f64::NAN),
                (Channel::at(Signal::CellVoltage, 3), 0.1 + 0.2),
            ],
            verified: false,
        };
        let text = serde_json::to_string(&state).unwrap();
        let back: SafeState = serde_json::from_str(&text).unwrap();
        assert!(back.read_back[0].1.is_nan(), "{text}");
        assert_eq!(back.read_back[1], state.read_back[1], "{text}");
    }
}
