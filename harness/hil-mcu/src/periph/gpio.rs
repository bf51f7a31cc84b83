//! General-purpose I/O ports (RM0444 §7): mode, output type, pulls, data, alternate functions, lock.
//!
//! Output speed is kept as written and has no effect. The pulls of PWR (APC) are not modelled.

use super::af::{self, Signal};
use super::cx::Cx;
use super::pads::Pads;
use crate::{Drive, Pin, Time};

/// The registers of one port.
#[derive(Clone, Debug)]
struct Port {
    number: u8,
    moder: u32,
    otyper: u32,
    ospeedr: u32,
    pupdr: u32,
    odr: u32,
    lckr: u32,
    afr: [u32; 2],
    /// Steps of the lock key sequence done (RM0444 §7.4.8).
    lock_step: u8,
}

const LOCK_KEY: u32 = 1 << 16;
const INPUT: u32 = 0;
const OUTPUT: u32 = 1;
const ALTERNATE: u32 = 2;

impl Port {
    fn new(number: u8) -> Self {
        let port_a = number == 0;
        Self {
            number,
            moder: if port_a { 0xEBFF_FFFF } else { 0xFFFF_FFFF },
            otyper: 0,
            ospeedr: if port_a { 0x0C00_0000 } else { 0 },
            pupdr: if port_a { 0x2400_0000 } else { 0 },
            odr: 0,
            lckr: 0,
            afr: [0; 2],
            lock_step: 0,
        }
    }

    fn mode(&self, pin: u8) -> u32 {
        self.moder >> (2 * pin) & 3
    }

    fn alternate_function(&self, pin: u8) -> u8 {
        (self.afr[usize::from(pin / 8)] >> (4 * (pin % 8)) & 0xF) as u8
    }

    /// The signal connected to a pin, if it is in alternate-function mode.
    fn signal(&self, number: u8) -> Option<Signal> {
        let pin = Pin {
            port: self.number,
            number,
        };
        (self.mode(number) == ALTERNATE)
            .then(|| af::signal(pin, self.alternate_function(number)))
            .flatten()
    }

    fn pull(&self, pin: u8) -> Drive {
        match self.pupdr >> (2 * pin) & 3 {
            1 => Drive::PullUp,
            2 => Drive::PullDown,
            _ => Drive::HighZ,
        }
    }

    /// What the output stage does with a level.
    fn push(&self, pin: u8, level: bool) -> Drive {
        match (level, self.otyper >> pin & 1) {
            (false, _) => Drive::Low,
            (true, 0) => Drive::High,
            (true, _) => self.pull(pin),
        }
    }

    /// What the chip does to a pin, given the level of the signal it may carry.
    fn drive(&self, pin: u8, signal: Option<bool>) -> Drive {
        match self.mode(pin) {
            INPUT => self.pull(pin),
            OUTPUT => self.push(pin, self.odr >> pin & 1 == 1),
            ALTERNATE => signal.map_or(self.pull(pin), |level| self.push(pin, level)),
            _ => Drive::HighZ,
        }
    }

    /// Bits of a two-bits-a-pin register that are locked.
    fn locked_pairs(&self) -> u32 {
        let mut pairs = 0;
        for pin in 0..16 {
            pairs |= (self.locked() >> pin & 1) * (3 << (2 * pin));
        }
        pairs
    }

    fn locked(&self) -> u32 {
        if self.lckr & LOCK_KEY == 0 {
            0
        } else {
            self.lckr & 0xFFFF
        }
    }

    fn locked_nibbles(&self, half: usize) -> u32 {
        let mut nibbles = 0;
        for pin in 0..8 {
            nibbles |= (self.locked() >> (8 * half + pin) & 1) * (0xF << (4 * pin));
        }
        nibbles
    }

    /// One step of the lock key sequence: write 1, write 0, write 1 with the same bits, read.
    fn write_lock(&mut self, value: u32) {
        if self.lckr & LOCK_KEY != 0 {
            return;
        }
        let bits = value & 0xFFFF;
        let key = value & LOCK_KEY != 0;
        let same = bits == self.lckr & 0xFFFF;
        self.lock_step = match (self.lock_step, key) {
            (1, false) if same => 2,
            (2, true) if same => 3,
            (_, true) => 1,
            _ => 0,
        };
        self.lckr = bits;
        if self.lock_step == 3 {
            self.lckr |= LOCK_KEY;
        }
    }
}

/// All ports.
#[derive(Clone, Debug)]
pub(crate) struct Gpio {
    ports: [Port; 5],
}

impl Gpio {
    /// After reset.
    pub fn new() -> Self {
        Self {
            ports: [
                Port::new(0),
                Port::new(1),
                Port::new(2),
                Port::new(3),
                Port::new(5),
            ],
        }
    }

    /// A register of the port with this index (F = 4).
    pub fn read(&mut self, cx: &Cx, pads: &Pads, index: usize, offset: u32) -> Option<u32> {
        let port = &self.ports[index];
        Some(match offset {
            0x00 => port.moder,
            0x04 => port.otyper,
            0x08 => port.ospeedr,
            0x0C => port.pupdr,
            0x10 => self.input_data(pads, index, cx.now),
            0x14 => port.odr,
            0x18 | 0x28 => 0,
            0x1C => port.lckr,
            0x20 | 0x24 => port.afr[((offset - 0x20) / 4) as usize],
            _ => return None,
        })
    }

    /// IDR: the levels of all pins but the analog ones, which read 0 (RM0444 §7.3.12).
    fn input_data(&self, pads: &Pads, index: usize, now: Time) -> u32 {
        let port = &self.ports[index];
        (0..16)
            .filter(|&pin| port.mode(pin) != 3)
            .map(|number| {
                u32::from(pads.level(
                    Pin {
                        port: port.number,
                        number,
                    },
                    now,
                )) << number
            })
            .sum()
    }

    /// Writes a register; false if there is none. The circuit is told what changed on the pins.
    pub fn write(
        &mut self,
        cx: &mut Cx,
        pads: &mut Pads,
        index: usize,
        offset: u32,
        value: u32,
    ) -> bool {
        let port = &mut self.ports[index];
        let pairs = port.locked_pairs();
        match offset {
            0x00 => {
                let moder = port.moder & pairs | value & !pairs;
                return self.reroute(cx, pads, index, |port| port.moder = moder);
            }
            0x04 => port.otyper = port.otyper & port.locked() | value & 0xFFFF & !port.locked(),
            0x08 => port.ospeedr = port.ospeedr & pairs | value & !pairs,
            0x0C => port.pupdr = port.pupdr & pairs | value & !pairs,
            0x10 => {}
            0x14 => port.odr = value & 0xFFFF,
            // A set bit wins over a reset bit (RM0444 §7.4.7).
            0x18 => port.odr = port.odr & !(value >> 16) | value & 0xFFFF,
            0x1C => port.write_lock(value),
            0x20 | 0x24 => {
                let half = ((offset - 0x20) / 4) as usize;
                let locked = port.locked_nibbles(half);
                let afr = port.afr[half] & locked | value & !locked;
                return self.reroute(cx, pads, index, |port| port.afr[half] = afr);
            }
            0x28 => port.odr &= !value,
            _ => return false,
        }
        self.apply(cx, pads, index);
        true
    }

    /// Resets one port.
    pub fn reset(&mut self, cx: &mut Cx, pads: &mut Pads, index: usize) {
        let number = self.ports[index].number;
        self.reroute(cx, pads, index, |port| *port = Port::new(number));
    }

    /// Changes mode or alternate function, and the routes with it.
    fn reroute(
        &mut self,
        cx: &mut Cx,
        pads: &mut Pads,
        index: usize,
        change: impl FnOnce(&mut Port),
    ) -> bool {
        let before: [Option<Signal>; 16] =
            std::array::from_fn(|number| self.ports[index].signal(number as u8));
        change(&mut self.ports[index]);
        let port = &self.ports[index];
        for number in 0..16 {
            let pin = Pin {
                port: port.number,
                number,
            };
            let signal = port.signal(number);
            if port.mode(number) == ALTERNATE && signal.is_none() {
                cx.unmodelled_mode(
                    ["GPIOA", "GPIOB", "GPIOC", "GPIOD", "GPIOF"][index],
                    "an alternate function of a peripheral that is not modelled",
                );
            }
            if before[usize::from(number)] != signal {
                if let Some(old) = before[usize::from(number)] {
                    pads.route(old, pin, false);
                }
                if let Some(new) = signal {
                    pads.route(new, pin, true);
                }
            }
        }
        self.apply(cx, pads, index);
        true
    }

    /// Tells the pads, and through them the circuit, what every pin of a port now does.
    fn apply(&self, cx: &mut Cx, pads: &mut Pads, index: usize) {
        let port = &self.ports[index];
        for number in 0..16 {
            let pin = Pin {
                port: port.number,
                number,
            };
            let level = port
                .signal(number)
                .filter(|signal| !signal.is_input())
                .and_then(|signal| pads.signal_level(signal));
            let drives = [Some(false), Some(true), None].map(|level| port.drive(number, level));
            pads.set_signal_drives(pin, drives);
            pads.drive(cx, cx.now, pin, port.drive(number, level));
        }
    }
}
