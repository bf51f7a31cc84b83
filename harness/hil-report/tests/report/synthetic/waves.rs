//! What the hand-made case "measured".

use hil_core::ports::Sample;
use hil_core::{Channel, Signal, Span, Time};

const LATENCY: Span = Span(1_100_000);

/// Everything that is traced, in the order of the plan.
pub fn observed() -> Vec<Channel> {
    let per_cell = [
        Signal::CellVoltage,
        Signal::CellTemperature,
        Signal::BoardBalancing,
        Signal::LedInfo,
    ];
    let plain = [
        Signal::PackCurrent,
        Signal::RelayCharge,
        Signal::RelayLoad,
        Signal::LedCharge,
        Signal::LedLoad,
        Signal::ExtPackVoltage,
        Signal::ExtPackCurrent,
        Signal::ExtHighestVoltage,
        Signal::ExtSoc,
        Signal::ExtStatusAboveVmax,
    ];
    let cells = per_cell
        .into_iter()
        .flat_map(|s| (1..=4).map(move |k| Channel::at(s, k)));
    cells.chain(plain.map(Channel::plain)).collect()
}

/// The course of one case.
pub struct Waves {
    cell: u16,
    /// When both relays became allowed.
    pub allowed: Time,
    /// When the ramp began.
    pub ramp: Time,
    /// When the charge relay opened.
    pub opens: Time,
}

impl Waves {
    pub fn new(cell: u16, trip: f64) -> Self {
        let ramp = Time(14_200_000);
        let mut waves = Self {
            cell,
            allowed: Time(14_150_000),
            ramp,
            opens: ramp,
        };
        waves.opens = waves.crosses(trip) + LATENCY;
        waves
    }

    pub fn end(&self) -> Time {
        (self.ramp + Span(32_000_000)).max(self.opens + Span(11_500_000))
    }

    /// When the ramp reaches a voltage.
    pub fn crosses(&self, volts: f64) -> Time {
        self.ramp + Span::from_secs((volts - 3.64) / 0.005)
    }

    /// The voltage of the cell under test without noise.
    pub fn voltage_at(&self, at: Time) -> f64 {
        match at.since(self.ramp).as_secs() {
            _ if at < self.ramp => 3.3,
            s => (3.64 + 0.005 * s).min(3.8),
        }
    }

    /// All samples in time order.
    pub fn samples(&self) -> Vec<Sample> {
        let mut samples = Vec::new();
        for tick in 0..self.end().0 / 100_000 {
            let at = Time(tick * 100_000);
            for channel in observed().into_iter().filter(|c| due(*c, tick)) {
                let value = self.value(channel, at) + noise(channel, tick);
                samples.push(Sample { channel, at, value });
            }
        }
        self.edges(&mut samples);
        samples.retain(|s| s.at <= self.end());
        samples.sort_by_key(|s| (s.at, s.channel));
        samples
    }

    fn value(&self, channel: Channel, at: Time) -> f64 {
        let own = channel.index == self.cell;
        let volts = if own { self.voltage_at(at) } else { 3.3 };
        let open = at >= self.opens;
        match channel.signal {
            Signal::CellVoltage => volts,
            Signal::CellTemperature => 25.0,
            Signal::BoardBalancing if volts > 3.4 => volts / 3.3,
            Signal::PackCurrent => 20.0,
            Signal::ExtPackCurrent => 20.0,
            Signal::ExtPackVoltage => 9.9 + self.voltage_at(at),
            Signal::ExtHighestVoltage => self.voltage_at(at),
            Signal::ExtSoc => (50.0 + at.as_secs() / 20.0).floor(),
            Signal::ExtStatusAboveVmax => f64::from(u8::from(open)),
            _ => 0.0,
        }
    }

    fn edges(&self, samples: &mut Vec<Sample>) {
        let mut edge = |signal, index, at: Time, value| {
            let channel = Channel::at(signal, index);
            samples.push(Sample { channel, at, value });
        };
        for relay in [Signal::RelayCharge, Signal::RelayLoad] {
            edge(relay, 0, Time::ZERO, 0.0);
            edge(relay, 0, self.allowed, 2.0);
            edge(relay, 0, self.allowed + Span(1_500), 1.0);
        }
        edge(Signal::RelayCharge, 0, self.opens, 2.0);
        edge(Signal::RelayCharge, 0, self.opens + Span(1_200), 0.0);
        for board in 1..=4u16 {
            let steady = (board == self.cell).then_some(self.ramp);
            let until = steady.unwrap_or(self.end());
            edge(Signal::LedInfo, board, Time::ZERO, 0.0);
            for second in 1..until.0 / 1_000_000 {
                let lit = Time(second * 1_000_000 + u64::from(board) * 4_000);
                edge(Signal::LedInfo, board, lit, 1.0);
                edge(Signal::LedInfo, board, lit + Span(100_000), 0.0);
            }
            if let Some(at) = steady {
                edge(Signal::LedInfo, board, at + Span(300_000), 1.0);
            }
        }
        for (led, until) in [
            (Signal::LedCharge, self.opens),
            (Signal::LedLoad, self.end()),
        ] {
            edge(led, 0, Time::ZERO, 0.0);
            let mut lit = self.allowed + Span(400_000);
            while lit < until {
                edge(led, 0, lit, 1.0);
                edge(led, 0, lit + Span(200_000), 0.0);
                lit += Span(5_000_000);
            }
        }
    }
}

fn due(channel: Channel, tick: u64) -> bool {
    match channel.signal {
        Signal::CellVoltage | Signal::PackCurrent | Signal::BoardBalancing => true,
        Signal::CellTemperature => tick.is_multiple_of(10),
        signal if signal >= Signal::ExtFrame => tick % 10 == 7,
        _ => false,
    }
}

/// A small, repeatable disturbance: nothing random.
fn noise(channel: Channel, tick: u64) -> f64 {
    let size = match channel.signal {
        Signal::CellVoltage => 0.0015,
        Signal::CellTemperature => 0.2,
        Signal::PackCurrent => 0.03,
        _ => return 0.0,
    };
    let mut x = tick.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ u64::from(channel.index) << 32;
    x = (x ^ x >> 31).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    size * ((x >> 40) as f64 / f64::from(1 << 23) - 1.0)
}
