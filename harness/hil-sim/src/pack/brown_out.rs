//! Supplies that fall away for a moment again and again, as behind a bad contact.

use hil_mcu::Time;

/// How long a board is without its cell …
const GONE: Time = Time::from_us(20_000);
/// … and how often.
const PERIOD: Time = Time::from_us(1_000_000);

/// The boards of a bank whose supply falls away.
#[derive(Clone, Debug, Default)]
pub(super) struct BrownOuts(Vec<BrownOut>);

#[derive(Clone, Copy, Debug)]
struct BrownOut {
    board: u16,
    /// When its supply changes next, and to what.
    at: Time,
    supplied: bool,
}

impl BrownOuts {
    /// The word `brown-out` of `hil_core::channel::POWER`.
    pub(super) const VALUE: f64 = 2.0;

    /// From `at` on the supply of this board falls away once a second.
    pub(super) fn begin(&mut self, board: u16, at: Time) {
        let supplied = false;
        self.0.push(BrownOut {
            board,
            at,
            supplied,
        });
    }

    /// It does not any more.
    pub(super) fn end(&mut self, board: u16) {
        self.0.retain(|other| other.board != board);
    }

    /// The next change up to `until`: when, of which board, and whether it is supplied from then on.
    pub(super) fn next(&mut self, until: Time) -> Option<(Time, u16, bool)> {
        let due = self.0.iter_mut().filter(|change| change.at <= until);
        let change = due.min_by_key(|change| change.at)?;
        let happens = (change.at, change.board, change.supplied);
        change.at += if change.supplied {
            PERIOD.since(GONE)
        } else {
            GONE
        };
        change.supplied = !change.supplied;
        Some(happens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_supply_falls_away_for_20_ms_once_a_second_until_it_ends() {
        let mut brown_outs = BrownOuts::default();
        brown_outs.begin(3, Time::ZERO);
        let mut next = |until| brown_outs.next(Time::from_us(until));
        let at = Time::from_us;
        assert_eq!(next(1_000_000), Some((at(0), 3, false)));
        assert_eq!(next(1_000_000), Some((at(20_000), 3, true)));
        assert_eq!(next(999_999), None);
        assert_eq!(next(1_000_000), Some((at(1_000_000), 3, false)));
        brown_outs.end(3);
        assert_eq!(brown_outs.next(Time::NEVER), None);
    }
}
