//! The real-time clock (RM0444 §30): calendar, wake-up timer, alarm A, write protection; and the
//! backup registers of TAMP (RM0444 §31.6.9).
//!
//! Alarm B, 12-hour format, time stamps, calibration, shifting and the output are reported when
//! asked for. Reading TR does not lock DR.

mod calendar;

use super::cx::Cx;
use crate::Time;
use calendar::Calendar;

const IRQ: u8 = 2;

const ICSR_WUTWF: u32 = 1 << 2;
const ICSR_INITS: u32 = 1 << 4;
const ICSR_RSF: u32 = 1 << 5;
const ICSR_INITF: u32 = 1 << 6;
const ICSR_INIT: u32 = 1 << 7;
const CR_FMT: u32 = 1 << 6;
const CR_ALRAE: u32 = 1 << 8;
const CR_WUTE: u32 = 1 << 10;
const CR_ALRAIE: u32 = 1 << 12;
const CR_WUTIE: u32 = 1 << 14;
const CR_ADD1H: u32 = 1 << 16;
const CR_SUB1H: u32 = 1 << 17;
/// WUCKSEL, BYPSHAD, ALRAE, WUTE, ALRAIE, WUTIE, BKP: the bits that stay as written.
const CR_KEPT: u32 = 0x0004_5527;
const SR_ALRAF: u32 = 1;
const SR_WUTF: u32 = 1 << 2;
const TR_RESET: u32 = 0;
const DR_RESET: u32 = 0x2101;

/// The backup domain: survives every reset but the loss of the supply.
#[derive(Clone, Debug)]
pub(crate) struct Rtc {
    clock_ps: Option<u32>,
    /// The calendar at `since`; it stands still without a clock and in initialisation mode.
    calendar: Calendar,
    since: Time,
    prer: u32,
    wutr: u32,
    cr: u32,
    alarm: u32,
    alarm_subsecond: u32,
    sr: u32,
    /// Steps of the key sequence done; 2 is open (RM0444 §30.3.9).
    key_step: u8,
    /// Since when INIT has been set.
    init_since: Option<Time>,
    initialised: bool,
    /// When the shadow registers are in step again.
    synchronised_at: Time,
    wake_up_at: Time,
    alarm_at: Time,
    backup: [u32; 5],
}

impl Rtc {
    /// After a backup-domain reset.
    pub fn new() -> Self {
        Self {
            clock_ps: None,
            calendar: Calendar::from_registers(TR_RESET, DR_RESET),
            since: Time::ZERO,
            prer: 0x007F_00FF,
            wutr: 0xFFFF,
            cr: 0,
            alarm: 0,
            alarm_subsecond: 0,
            sr: 0,
            key_step: 0,
            init_since: None,
            initialised: false,
            synchronised_at: Time::ZERO,
            wake_up_at: Time::NEVER,
            alarm_at: Time::NEVER,
            backup: [0; 5],
        }
    }

    /// Backup-domain reset.
    pub fn reset(&mut self, cx: &mut Cx) {
        *self = Self::new();
        self.update_irq(cx);
    }

    /// RTCCLK changed, started or stopped.
    pub fn set_clock(&mut self, cx: &mut Cx, period_ps: Option<u32>) {
        if self.clock_ps != period_ps {
            self.hold(cx.now);
            self.clock_ps = period_ps;
            self.plan(cx.now);
        }
    }

    /// Length of a calendar second and of a sub-second step, while the calendar runs.
    fn lengths(&self) -> Option<(u64, u64)> {
        let clock = self.clock_ps.filter(|_| self.init_since.is_none())?;
        let step = u64::from(clock) * u64::from((self.prer >> 16 & 0x7F) + 1);
        Some((step * u64::from((self.prer & 0x7FFF) + 1), step))
    }

    fn calendar_at(&self, now: Time) -> Calendar {
        match self.lengths() {
            Some((second, _)) => self.calendar.after(now.since(self.since).0 / second),
            None => self.calendar,
        }
    }

    /// SSR counts down from PREDIV_S.
    fn subsecond_at(&self, now: Time) -> u32 {
        match self.lengths() {
            Some((second, step)) => {
                (self.prer & 0x7FFF) - (now.since(self.since).0 % second / step) as u32
            }
            None => 0,
        }
    }

    /// Fixes the calendar at `now`, a started second is lost.
    fn hold(&mut self, now: Time) {
        self.calendar = self.calendar_at(now);
        self.since = now;
    }

    /// Works out when alarm and wake-up come.
    fn plan(&mut self, now: Time) {
        self.plan_alarm(now);
        self.wake_up_at = match self.wake_up_period() {
            Some(_) if self.cr & CR_WUTE != 0 => self.next_wake_up(now),
            _ => Time::NEVER,
        };
    }

    fn plan_alarm(&mut self, now: Time) {
        self.alarm_at = Time::NEVER;
        let Some((second, step)) = self.lengths() else {
            return;
        };
        if self.cr & CR_ALRAE == 0 {
            return;
        }
        let gone = now.since(self.since).0 / second;
        let within = match self.alarm_subsecond >> 24 & 0xF {
            0 => 0,
            _ => {
                let top = self.prer & 0x7FFF;
                u64::from(top.saturating_sub(self.alarm_subsecond & 0x7FFF)) * step
            }
        };
        if let Some(seconds) = self.calendar.after(gone).seconds_to_alarm(self.alarm) {
            self.alarm_at = self.since + Time((gone + seconds) * second + within);
        }
    }

    /// Length of a wake-up tick and the ticks of a period (RM0444 §30.3.6).
    fn wake_up_period(&self) -> Option<(u64, u64)> {
        let ticks = u64::from(self.wutr & 0xFFFF) + 1;
        match self.cr & 7 {
            divider @ 0..=3 => Some((u64::from(self.clock_ps?) << (4 - divider), ticks)),
            4 | 5 => Some((self.lengths()?.0, ticks)),
            _ => Some((self.lengths()?.0, ticks + 0x1_0000)),
        }
    }

    fn next_wake_up(&self, now: Time) -> Time {
        let Some((tick, ticks)) = self.wake_up_period() else {
            return Time::NEVER;
        };
        // Seconds are those of the calendar; the divided clock starts with WUTE.
        let phase = if self.cr & 7 >= 4 {
            now.since(self.since).0 % tick
        } else {
            0
        };
        now + Time(tick * ticks - phase)
    }

    /// The earlier of wake-up and alarm.
    pub fn next_event(&self) -> Time {
        self.wake_up_at.min(self.alarm_at)
    }

    /// What is due at `cx.now`.
    pub fn advance(&mut self, cx: &mut Cx) {
        if self.wake_up_at <= cx.now {
            self.sr |= SR_WUTF;
            self.wake_up_at = self.next_wake_up(self.wake_up_at);
        }
        if self.alarm_at <= cx.now {
            self.sr |= SR_ALRAF;
            self.plan_alarm(cx.now);
        }
        self.update_irq(cx);
    }

    /// The flags whose interrupts are enabled, as MISR shows them.
    fn masked(&self) -> u32 {
        let alarm = if self.cr & CR_ALRAIE != 0 {
            SR_ALRAF
        } else {
            0
        };
        let wake_up = if self.cr & CR_WUTIE != 0 { SR_WUTF } else { 0 };
        self.sr & (alarm | wake_up)
    }

    fn update_irq(&self, cx: &mut Cx) {
        cx.irq.set(IRQ, self.masked() != 0);
    }

    fn icsr(&self, now: Time) -> u32 {
        // ALRAWF and ALRBWF: alarms are always writable on this chip (RM0444 §30.6.4).
        let mut icsr = 3;
        let mut flag = |bit: u32, set: bool| icsr |= if set { bit } else { 0 };
        flag(ICSR_WUTWF, self.cr & CR_WUTE == 0);
        flag(ICSR_INITS, self.initialised);
        flag(
            ICSR_RSF,
            self.clock_ps.is_some() && now >= self.synchronised_at && !self.in_init(now),
        );
        flag(ICSR_INIT, self.init_since.is_some());
        flag(ICSR_INITF, self.in_init(now));
        icsr
    }

    /// Two RTCCLK after INIT the registers may be written.
    fn in_init(&self, now: Time) -> bool {
        match (self.init_since, self.clock_ps) {
            (Some(since), Some(clock)) => now >= since + Time(2 * u64::from(clock)),
            _ => false,
        }
    }

    /// A register, by its offset.
    pub fn read(&self, cx: &Cx, offset: u32) -> Option<u32> {
        let now = cx.now;
        Some(match offset {
            0x00 => self.calendar_at(now).time_register(),
            0x04 => self.calendar_at(now).date_register(),
            0x08 => self.subsecond_at(now),
            0x0C => self.icsr(now),
            0x10 => self.prer,
            0x14 => self.wutr,
            0x18 => self.cr,
            0x24 | 0x5C => 0,
            0x40 => self.alarm,
            0x44 => self.alarm_subsecond,
            0x50 => self.sr,
            0x54 => self.masked(),
            _ => return None,
        })
    }

    /// Writes a register; false if there is none. `backup_open` is PWR_CR1.DBP.
    pub fn write(&mut self, cx: &mut Cx, offset: u32, value: u32, backup_open: bool) -> bool {
        let protected = !matches!(offset, 0x24 | 0x50 | 0x54 | 0x5C);
        match offset {
            0x24 => self.write_key(value & 0xFF),
            0x08 | 0x50 | 0x54 => {}
            0x5C => self.sr &= !value,
            0x00..=0x18 | 0x40 | 0x44 if protected && !(self.key_step == 2 && backup_open) => {
                cx.misuse(
                    "RTC",
                    "written without the keys in WPR and PWR_CR1.DBP: ignored",
                );
            }
            0x00 | 0x04 | 0x10 if !self.in_init(cx.now) => {
                cx.misuse(
                    "RTC",
                    "TR, DR or PRER written outside initialisation mode: ignored",
                );
            }
            0x00 => {
                let dr = self.calendar.date_register();
                self.calendar = Calendar::from_registers(value, dr);
            }
            0x04 => {
                let tr = self.calendar.time_register();
                self.calendar = Calendar::from_registers(tr, value);
                self.initialised = value >> 16 & 0xFF != 0;
            }
            0x0C => self.write_icsr(cx.now, value),
            0x10 => self.prer = value & 0x007F_7FFF,
            0x14 if self.cr & CR_WUTE != 0 => {
                cx.misuse("RTC", "WUTR written while WUTWF = 0: ignored");
            }
            0x14 => self.wutr = value & 0xFFFF,
            0x18 => self.write_cr(cx, value),
            0x40 => {
                self.alarm = value;
                self.plan_alarm(cx.now);
            }
            0x44 => {
                if !matches!(value >> 24 & 0xF, 0 | 15) {
                    cx.unmodelled_mode("RTC", "partial sub-second mask of alarm A (MASKSS)");
                }
                self.alarm_subsecond = value & 0x0F00_7FFF;
                self.plan_alarm(cx.now);
            }
            _ => return false,
        }
        self.update_irq(cx);
        true
    }

    fn write_key(&mut self, key: u32) {
        self.key_step = match (self.key_step, key) {
            (0, 0xCA) => 1,
            (1, 0x53) => 2,
            _ => 0,
        };
    }

    fn write_icsr(&mut self, now: Time, value: u32) {
        if value & ICSR_RSF == 0 {
            self.synchronised_at = now + Time(2 * u64::from(self.clock_ps.unwrap_or(0)));
        }
        match (self.init_since, value & ICSR_INIT != 0) {
            (None, true) => {
                self.hold(now);
                self.init_since = Some(now);
                self.plan(now);
            }
            (Some(_), false) => {
                self.init_since = None;
                self.since = now;
                self.synchronised_at = now + Time(4 * u64::from(self.clock_ps.unwrap_or(0)));
                self.plan(now);
            }
            _ => {}
        }
    }

    fn write_cr(&mut self, cx: &mut Cx, value: u32) {
        for (bits, mode) in [
            (CR_FMT, "12-hour format (FMT)"),
            (0x2200, "alarm B (ALRBE, ALRBIE)"),
            (0x0300_8808, "time stamps (TSE, ITSE, TAMPTS)"),
            (
                0xE4F8_0010,
                "outputs and reference clock (COE, OSEL, REFCKON)",
            ),
        ] {
            if value & bits != 0 {
                cx.unmodelled_mode("RTC", mode);
            }
        }
        for (bit, seconds) in [
            (CR_ADD1H, 3_600),
            (CR_SUB1H, 36_525 * calendar::DAY - 3_600),
        ] {
            if value & bit != 0 {
                self.calendar = self.calendar.after(seconds);
            }
        }
        let changed = (self.cr ^ value) & CR_KEPT;
        self.cr = value & CR_KEPT;
        if changed & (CR_WUTE | 7) != 0 {
            self.wake_up_at = if self.cr & CR_WUTE != 0 {
                self.next_wake_up(cx.now)
            } else {
                Time::NEVER
            };
        }
        self.plan_alarm(cx.now);
    }

    /// A register of TAMP; only the backup registers are modelled.
    pub fn read_tamper(&self, offset: u32) -> Option<u32> {
        matches!(offset, 0x100..0x114).then(|| self.backup[((offset - 0x100) / 4) as usize])
    }

    /// Writes a register of TAMP; false if there is none.
    pub fn write_tamper(
        &mut self,
        cx: &mut Cx,
        offset: u32,
        value: u32,
        backup_open: bool,
    ) -> bool {
        if !matches!(offset, 0x100..0x114) {
            return false;
        }
        if backup_open {
            self.backup[((offset - 0x100) / 4) as usize] = value;
        } else {
            cx.misuse(
                "TAMP",
                "backup register written with PWR_CR1.DBP = 0: ignored",
            );
        }
        true
    }
}
