//! Date and time as the RTC counts them: 2000 to 2099, every fourth year a leap year, 24 hours.

/// Seconds of a day.
pub(super) const DAY: u64 = 86_400;

/// A point of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Calendar {
    /// Seconds since 2000-01-01 00:00:00.
    pub seconds: u64,
    /// Day of the week of 2000-01-01 that makes today's right, 0 to 6 (Monday is 1 in DR).
    pub weekday_offset: u64,
}

const MONTH_DAYS: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

fn month_days(year: u64, month: usize) -> u64 {
    MONTH_DAYS[month] + u64::from(month == 1 && year.is_multiple_of(4))
}

fn year_days(year: u64) -> u64 {
    365 + u64::from(year.is_multiple_of(4))
}

/// Binary-coded decimal to number.
pub(super) fn from_bcd(bcd: u32) -> u64 {
    u64::from(bcd >> 4) * 10 + u64::from(bcd & 0xF)
}

/// Number below 100 to binary-coded decimal.
pub(super) fn to_bcd(value: u64) -> u32 {
    (((value / 10) << 4) | (value % 10)) as u32
}

impl Calendar {
    /// From TR and DR; values no calendar has are brought into range.
    pub fn from_registers(tr: u32, dr: u32) -> Self {
        let year = from_bcd(dr >> 16 & 0xFF).min(99);
        let month = (from_bcd(dr >> 8 & 0x1F).clamp(1, 12) - 1) as usize;
        let day = from_bcd(dr & 0x3F).clamp(1, month_days(year, month)) - 1;
        let days = (0..year).map(year_days).sum::<u64>()
            + (0..month).map(|month| month_days(year, month)).sum::<u64>()
            + day;
        let weekday = u64::from(dr >> 13 & 7).max(1) - 1;
        let clock = from_bcd(tr >> 16 & 0x3F).min(23) * 3600
            + from_bcd(tr >> 8 & 0x7F).min(59) * 60
            + from_bcd(tr & 0x7F).min(59);
        Self {
            seconds: days * DAY + clock,
            weekday_offset: (weekday + 7 - days % 7) % 7,
        }
    }

    /// Later by whole seconds; the calendar ends in 2099 and starts over.
    pub fn after(self, seconds: u64) -> Self {
        const CENTURY_DAYS: u64 = 36_525;
        Self {
            seconds: (self.seconds + seconds) % (CENTURY_DAYS * DAY),
            ..self
        }
    }

    /// TR.
    pub fn time_register(self) -> u32 {
        let clock = self.seconds % DAY;
        to_bcd(clock / 3600) << 16 | to_bcd(clock / 60 % 60) << 8 | to_bcd(clock % 60)
    }

    /// DR.
    pub fn date_register(self) -> u32 {
        let mut days = self.seconds / DAY;
        let mut year = 0;
        while days >= year_days(year) {
            days -= year_days(year);
            year += 1;
        }
        let mut month = 0;
        while days >= month_days(year, month) {
            days -= month_days(year, month);
            month += 1;
        }
        to_bcd(year) << 16
            | (self.weekday() as u32) << 13
            | to_bcd(month as u64 + 1) << 8
            | to_bcd(days + 1)
    }

    /// 1 (Monday) to 7.
    fn weekday(self) -> u64 {
        (self.seconds / DAY + self.weekday_offset) % 7 + 1
    }

    /// The seconds from here to the next second, at least 1, that ALRMAR matches; `None` if no
    /// day within a year does.
    pub fn seconds_to_alarm(self, alarm: u32) -> Option<u64> {
        let from = self.after(1);
        let mut day_start = self.seconds + 1;
        day_start -= day_start % DAY;
        let mut clock = (self.seconds + 1) % DAY;
        for day in 0..366 {
            let date = Self {
                seconds: day_start + day * DAY,
                ..from
            };
            if date.day_matches(alarm)
                && let Some(at) = clock_from(clock, alarm)
            {
                return Some(date.seconds + at - self.seconds);
            }
            clock = 0;
        }
        None
    }

    fn day_matches(self, alarm: u32) -> bool {
        if alarm >> 31 & 1 == 1 {
            return true;
        }
        let dr = self.date_register();
        if alarm >> 30 & 1 == 1 {
            alarm >> 24 & 0xF == dr >> 13 & 7
        } else {
            alarm >> 24 & 0x3F == dr & 0x3F
        }
    }
}

/// The first second of a day, not before `from`, that the unmasked fields of ALRMAR match.
fn clock_from(from: u64, alarm: u32) -> Option<u64> {
    let field = |mask_bit: u32, bcd: u32| (alarm >> mask_bit & 1 == 0).then(|| from_bcd(bcd));
    let second = field(7, alarm & 0x7F);
    let minute = field(15, alarm >> 8 & 0x7F);
    let hour = field(23, alarm >> 16 & 0x3F);
    let matches = |wanted: Option<u64>, value: u64| wanted.is_none_or(|wanted| wanted == value);
    let mut at = from;
    while at < DAY {
        if !matches(hour, at / 3600) {
            at = (at / 3600 + 1) * 3600;
        } else if !matches(minute, at / 60 % 60) {
            at = (at / 60 + 1) * 60;
        } else if !matches(second, at % 60) {
            at += 1;
        } else {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_go_there_and_back() {
        for (tr, dr) in [
            (0x0023_5959, 0x0099_F231),
            (0x0000_0000, 0x0000_2101),
            (0x0012_3456, 0x0024_8229),
        ] {
            let calendar = Calendar::from_registers(tr, dr);
            assert_eq!(
                (calendar.time_register(), calendar.date_register()),
                (tr, dr)
            );
        }
    }

    #[test]
    fn the_day_after_28_february_depends_on_the_year() {
        for (dr, next) in [(0x0023_4228, 0x0023_6301), (0x0024_6228, 0x0024_8229)] {
            let calendar = Calendar::from_registers(0x0023_5959, dr).after(1);
            assert_eq!(
                (calendar.time_register(), calendar.date_register()),
                (0, next)
            );
        }
    }

    #[test]
    fn alarms_respect_their_masks() {
        let calendar = Calendar::from_registers(0x0010_2030, 0x0024_8229);
        for (alarm, seconds) in [
            (0x8080_8080, Some(1)),
            (0x8080_8031, Some(1)),
            (0x8080_8030, Some(60)),
            (0x8080_2100, Some(30)),
            (0x8010_2030, Some(DAY)),
            (0x0110_2030, Some(DAY)),
            (0x2910_2030, Some(29 * DAY)),
            (0x4410_2030, Some(7 * DAY)),
            (0x3910_2030, None),
        ] {
            assert_eq!(calendar.seconds_to_alarm(alarm), seconds, "{alarm:#x}");
        }
    }
}
