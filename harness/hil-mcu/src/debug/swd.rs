//! Serial Wire Debug bit by bit: line reset, requests, acknowledges, data and parity
//! (ADIv5.2 §B4), as the SW-DP sees them on its two pins.
//!
//! It knows the line, not the registers behind it: those are a [`Port`].

/// Consecutive ones that reset the line (ADIv5.2 §B4.3.3).
const LINE_RESET_ONES: u32 = 50;

/// The acknowledge of a transfer, as sent least significant bit first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ack {
    /// Done.
    Ok = 0b001,
    /// A sticky error must be cleared first.
    Fault = 0b100,
}

/// What is behind the line.
pub(crate) trait Port {
    /// Whether a transfer is taken. Decides the acknowledge before any data moves.
    fn acknowledge(&mut self, access_port: bool, read: bool, register: u8) -> Ack;
    /// Reads; called after an [`Ack::Ok`]. Access-port reads are posted: the value is that of the
    /// read before.
    fn read(&mut self, access_port: bool, register: u8) -> u32;
    /// Writes; called after an [`Ack::Ok`] and data with a right parity.
    fn write(&mut self, access_port: bool, register: u8, value: u32);
    /// The data of a write had a wrong parity.
    fn write_parity_error(&mut self);
    /// Whether a data phase follows a [`Ack::Fault`] (overrun detection).
    fn data_after_fault(&self) -> bool;
}

/// A request: which register, which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Request {
    access_port: bool,
    read: bool,
    register: u8,
}

impl Request {
    /// Parses start, APnDP, RnW, A2, A3, parity, stop and park, received least significant first.
    fn parse(byte: u8) -> Option<Self> {
        let bit = |n: u8| byte >> n & 1 == 1;
        let parity = (byte >> 1 & 0xF).count_ones() % 2 == 1;
        (bit(0) && bit(5) == parity && !bit(6) && bit(7)).then_some(Self {
            access_port: bit(1),
            read: bit(2),
            register: (byte >> 3 & 3) << 2,
        })
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Out of step (power-on or protocol error): only a line reset helps.
    #[default]
    Lost,
    /// Line reset seen, waiting for the first low bit.
    Reset,
    /// Between transfers.
    Idle,
    /// Receiving a request.
    Request { bits: u8, count: u8 },
    /// The target drives `left` more bits, then goes on to `then`.
    Driving {
        bits: u64,
        left: u8,
        then: Afterwards,
    },
    /// Receiving 32 data bits and parity.
    Data {
        request: Request,
        bits: u64,
        count: u8,
        discard: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Afterwards {
    Idle,
    Data { request: Request, discard: bool },
}

/// The state of one line.
#[derive(Clone, Debug, Default)]
pub(crate) struct SwdLine {
    state: State,
    ones: u32,
    /// Only DPIDR may be read after a line reset until it has been.
    identified: bool,
}

impl SwdLine {
    /// One clock. `driven` is what the probe drives, `None` when it listens. Returns the level of
    /// the line: what the target drives, or high by the pull-up.
    pub(crate) fn clock(&mut self, driven: Option<bool>, port: &mut impl Port) -> bool {
        self.ones = if driven == Some(true) {
            self.ones.saturating_add(1)
        } else {
            0
        };
        if self.ones >= LINE_RESET_ONES {
            self.state = State::Reset;
            self.identified = false;
            return true;
        }
        let level = driven.unwrap_or(true);
        match self.state {
            State::Lost => {}
            State::Reset if level => {}
            State::Reset => self.state = State::Idle,
            State::Idle if !level => {}
            State::Idle => self.state = State::Request { bits: 1, count: 1 },
            State::Request { bits, count } => self.request_bit(bits, count, level, port),
            State::Driving { bits, left, then } => return self.drive(bits, left, then),
            State::Data {
                request,
                bits,
                count,
                discard,
            } => {
                let bits = bits | u64::from(level) << count;
                self.state = if count < 32 {
                    State::Data {
                        request,
                        bits,
                        count: count + 1,
                        discard,
                    }
                } else {
                    if !discard {
                        deliver(request, bits, port);
                    }
                    State::Idle
                };
            }
        }
        level
    }

    fn request_bit(&mut self, bits: u8, count: u8, level: bool, port: &mut impl Port) {
        let bits = bits | u8::from(level) << count;
        if count < 7 {
            self.state = State::Request {
                bits,
                count: count + 1,
            };
            return;
        }
        let identify = Request {
            access_port: false,
            read: true,
            register: 0,
        };
        self.state = match Request::parse(bits) {
            Some(request) if self.identified || request == identify => {
                self.identified = true;
                respond(request, port)
            }
            _ => State::Lost,
        };
    }

    fn drive(&mut self, bits: u64, left: u8, then: Afterwards) -> bool {
        self.state = match (left, then) {
            (1, Afterwards::Idle) => State::Idle,
            (1, Afterwards::Data { request, discard }) => State::Data {
                request,
                bits: 0,
                count: 0,
                discard,
            },
            _ => State::Driving {
                bits: bits >> 1,
                left: left - 1,
                then,
            },
        };
        bits & 1 == 1
    }
}

/// Turnaround, acknowledge, data of a read with parity, turnaround. A turnaround reads high.
fn respond(request: Request, port: &mut impl Port) -> State {
    let ack = port.acknowledge(request.access_port, request.read, request.register);
    let data_phase = ack == Ack::Ok || port.data_after_fault();
    let head = 1 | (ack as u64) << 1;
    if request.read && data_phase {
        let value = match ack {
            Ack::Ok => port.read(request.access_port, request.register),
            Ack::Fault => 0,
        };
        let parity = u64::from(value.count_ones() % 2);
        return State::Driving {
            bits: head | u64::from(value) << 4 | parity << 36 | 1 << 37,
            left: 38,
            then: Afterwards::Idle,
        };
    }
    State::Driving {
        bits: head | 1 << 4,
        left: 5,
        then: if data_phase {
            Afterwards::Data {
                request,
                discard: ack != Ack::Ok,
            }
        } else {
            Afterwards::Idle
        },
    }
}

fn deliver(request: Request, bits: u64, port: &mut impl Port) {
    let value = bits as u32;
    if u64::from(value.count_ones() % 2) == bits >> 32 {
        port.write(request.access_port, request.register, value);
    } else {
        port.write_parity_error();
    }
}

#[cfg(test)]
mod tests;
