//! Channels: one quantity each on one instrument, named the same in cases, rigs and records.
//!
//! One table says what exists; everything that needs to know a channel's kind, access or name asks
//! it. Values are `f64` everywhere: quantities in their dimension's unit, states as the index into
//! their list of words, NaN for "unknown".

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::units::Dimension;

mod words;

pub use words::{
    APP_ANSWER, APP_COMMAND, APP_LINK, BRIDGE, BUTTON, CHECK, CONTACTS, FLAG, LED, MODE, NTC,
    PLACE, PLUG, POWER, RELAY, SENSOR_TYPE, SHUNT, SWITCH, WIRE,
};

/// Pages of a board's flash: `board[k].update` of so many is a whole update (RM0444 §3.3.1).
pub const FLASH_PAGES: u16 = 32;

/// What the number on a channel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A physical quantity.
    Quantity(Dimension),
    /// One of these words; the value is the index.
    State(&'static [&'static str]),
}

/// What may be in the brackets of a channel's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexKind {
    /// No brackets.
    None,
    /// A cell or board, 1 to n.
    Cell,
    /// A chain link, 1 to n − 1: from board k to board k + 1.
    Link,
    /// A current sensor, 1 or 2.
    Sensor,
    /// A key of EXT OUT bytes 48/49, 0 to 18.
    Key,
}

/// Who may use a channel and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The rig applies it and reads back what it measured.
    Stimulus,
    /// The rig only observes it.
    Observed,
    /// A case sets it in the plant; no instrument is asked.
    Modelled,
    /// The plant computes it; no instrument is asked.
    Computed,
}

/// A row of the channel table.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// The signal of this row.
    pub signal: Signal,
    /// The name with `k` (cell, link), `s` (sensor) or `n` (key) in the brackets.
    pub pattern: &'static str,
    /// What the brackets hold.
    pub index: IndexKind,
    /// What the value is.
    pub kind: Kind,
    /// Who may use it.
    pub access: Access,
    /// One line for people.
    pub help: &'static str,
}

use Access::{Computed, Modelled, Observed, Stimulus};
use Dimension::{
    Charge, Count, Current, Energy, Percent, Power, Resistance, Temperature, Time, Voltage,
};
use IndexKind::{Cell, Key, Link, None as NoIndex, Sensor};
use Kind::{Quantity as Q, State};

/// Makes the signals and their table from one list.
macro_rules! families {
    ($($signal:ident, $pattern:literal, $index:expr, $kind:expr, $access:expr, $help:literal;)*) => {
        /// What a channel carries, without bank and index.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Signal {
            $(#[doc = concat!("`", $pattern, "`: ", $help, ".")] $signal,)*
        }

        /// Every channel there is, in the order of [`Signal`].
        pub const FAMILIES: &[Family] = &[
            $(Family {
                signal: Signal::$signal,
                pattern: $pattern,
                index: $index,
                kind: $kind,
                access: $access,
                help: $help,
            },)*
        ];
    };
}

families! {
    CellVoltage,                "cell[k].voltage",                 Cell,    Q(Voltage),     Stimulus, "cell voltage at the cell end of the lead, read by the independent ADC";
    CellTemperature,            "cell[k].temperature",             Cell,    Q(Temperature), Stimulus, "temperature the thermistor of board k is given";
    PackCurrent,                "pack.current",                    NoIndex, Q(Current),     Stimulus, "above 0 drives sensor 1, below 0 sensor 2; the other stays 0";
    SensorCurrent,              "sensor[s].current",               Sensor,  Q(Current),     Stimulus, "current through one sensor, in its own direction";
    SensorPlug,                 "sensor[s].plug",                  Sensor,  State(PLUG),    Stimulus, "the sensor and its plug";
    DipCells,                   "dip.cells",                       NoIndex, Q(Count),       Stimulus, "code of DIP switches 1 to 3, read at power-up";
    DipBalance,                 "dip.balance",                     NoIndex, Q(Count),       Stimulus, "code of DIP switches 4 to 8, read at power-up";
    BoardPower,                 "board[k].power",                  Cell,    State(POWER),   Stimulus, "whether board k is connected to its cell";
    Link,                       "link[k]",                         Link,    State(WIRE),    Stimulus, "the chain wire from board k to board k + 1";
    ButtonBegin,                "button.begin",                    NoIndex, State(BUTTON),  Stimulus, "calibration button of the Begin board";
    ButtonEnd,                  "button.end",                      NoIndex, State(BUTTON),  Stimulus, "blue button of the End board";
    BoardPlace,                 "board[k].place",                  Cell,    State(PLACE),   Stimulus, "where board k sits in the chain";
    BoardNtc,                   "board[k].ntc",                    Cell,    State(NTC),     Stimulus, "the thermistor of board k";
    BoardUpdate,                "board[k].update",                 Cell,    Q(Count),       Stimulus, "pages of the next firmware that are programmed through the probe before power is cut; 32 = all, and no cut";
    ContactsCharge,             "contacts.charge",                 NoIndex, State(CONTACTS), Stimulus, "condition of the CHARGE relay's contacts";
    ContactsLoad,               "contacts.load",                   NoIndex, State(CONTACTS), Stimulus, "condition of the LOAD relay's contacts";
    AppLink,                    "app.link",                        NoIndex, State(APP_LINK), Stimulus, "whether a phone is connected to the Bluetooth bridge";
    AppPin,                     "app.pin",                         NoIndex, Q(Count),       Stimulus, "the four digits of the app's next log-in or change of PIN";
    AppCommand,                 "app.command",                     NoIndex, State(APP_COMMAND), Stimulus, "what the app sends; acknowledged with the answer, or after 2 s of silence";
    SettingVnom,                "setting.vnom",                    NoIndex, Q(Voltage),     Stimulus, "Vnom of the app's next settings command; read back: what the DUT reported last";
    SettingVmin,                "setting.vmin",                    NoIndex, Q(Voltage),     Stimulus, "Vmin, same";
    SettingVmax,                "setting.vmax",                    NoIndex, Q(Voltage),     Stimulus, "Vmax, same";
    SettingVfull,               "setting.vfull",                   NoIndex, Q(Voltage),     Stimulus, "Vfull, same";
    SettingCapacity,            "setting.capacity",                NoIndex, Q(Charge),      Stimulus, "capacity, same";
    SettingChargeRestart,       "setting.charge-restart",          NoIndex, Q(Percent),     Stimulus, "charge restart, same";
    SettingDischargeRestart,    "setting.discharge-restart",       NoIndex, Q(Percent),     Stimulus, "discharge restart, same";
    SettingTminCharge,          "setting.tmin-charge",             NoIndex, Q(Temperature), Stimulus, "T-min charge, same";
    SettingTminDischarge,       "setting.tmin-discharge",          NoIndex, Q(Temperature), Stimulus, "T-min discharge, same";
    SettingTmax,                "setting.tmax",                    NoIndex, Q(Temperature), Stimulus, "T-max, same";
    SettingMode,                "setting.mode",                    NoIndex, State(MODE),    Stimulus, "normal or critical mode, same";
    SettingSensor,              "setting.sensor",                  NoIndex, State(SENSOR_TYPE), Stimulus, "type of the current sensors, same";
    BoardTerminal,              "board[k].terminal",               Cell,    Q(Voltage),     Observed, "voltage at the board's own terminal";
    BoardBalancing,             "board[k].balancing",              Cell,    Q(Current),     Observed, "balancing current of board k";
    BoardShunt,                 "board[k].shunt",                  Cell,    State(SHUNT),   Observed, "whether balancing current flows on board k, edge by edge";
    BoardSupply,                "board[k].supply",                 Cell,    Q(Current),     Observed, "supply current of board k without balancing";
    BoardLog,                   "board[k].log",                    Cell,    Q(Count),       Observed, "lines of board k's log; expected with `log`, not as a signal";
    RelayCharge,                "relay.charge",                    NoIndex, State(RELAY),   Observed, "contacts of the CHARGE signal relay";
    RelayLoad,                  "relay.load",                      NoIndex, State(RELAY),   Observed, "contacts of the LOAD signal relay";
    LedInfo,                    "led.info[k]",                     Cell,    State(LED),     Observed, "Info LED of board k";
    LedCharge,                  "led.charge",                      NoIndex, State(LED),     Observed, "CHARGE status LED";
    LedLoad,                    "led.load",                        NoIndex, State(LED),     Observed, "LOAD status LED";
    ExtFrame,                   "ext.frame",                       NoIndex, Q(Count),       Observed, "frames received on EXT OUT, counted";
    ExtChecksum,                "ext.checksum",                    NoIndex, State(CHECK),   Observed, "check of the last frame, byte 58";
    ExtGap,                     "ext.gap",                         NoIndex, Q(Time),        Observed, "longest pause between two bytes of the last frame";
    ExtPackVoltage,             "ext.pack.voltage",                NoIndex, Q(Voltage),     Observed, "bytes 1-3";
    ExtPackCurrent,             "ext.pack.current",                NoIndex, Q(Current),     Observed, "bytes 10-12; unknown when X";
    ExtSensorCurrent,           "ext.sensor[s].current",           Sensor,  Q(Current),     Observed, "bytes 4-6 and 7-9; unknown when X";
    ExtLowestVoltage,           "ext.lowest.voltage",              NoIndex, Q(Voltage),     Observed, "bytes 13-14";
    ExtLowestVoltageCell,       "ext.lowest.voltage-cell",         NoIndex, Q(Count),       Observed, "byte 15";
    ExtHighestVoltage,          "ext.highest.voltage",             NoIndex, Q(Voltage),     Observed, "bytes 16-17";
    ExtHighestVoltageCell,      "ext.highest.voltage-cell",        NoIndex, Q(Count),       Observed, "byte 18";
    ExtLowestTemperature,       "ext.lowest.temperature",          NoIndex, Q(Temperature), Observed, "bytes 19-20";
    ExtLowestTemperatureCell,   "ext.lowest.temperature-cell",     NoIndex, Q(Count),       Observed, "byte 21";
    ExtHighestTemperature,      "ext.highest.temperature",         NoIndex, Q(Temperature), Observed, "bytes 22-23";
    ExtHighestTemperatureCell,  "ext.highest.temperature-cell",    NoIndex, Q(Count),       Observed, "byte 24";
    ExtCellNumber,              "ext.cell-number",                 NoIndex, Q(Count),       Observed, "byte 25";
    ExtCells,                   "ext.cells",                       NoIndex, Q(Count),       Observed, "byte 26";
    ExtCellVoltage,             "ext.cell[k].voltage",             Cell,    Q(Voltage),     Observed, "bytes 27-28 of the frames whose byte 25 is k";
    ExtCellTemperature,         "ext.cell[k].temperature",         Cell,    Q(Temperature), Observed, "bytes 29-30 of the frames whose byte 25 is k";
    ExtStatusNotCalibrated,     "ext.status.not-calibrated",       NoIndex, State(FLAG),    Observed, "byte 31 bit 7";
    ExtStatusAboveTmax,         "ext.status.above-tmax",           NoIndex, State(FLAG),    Observed, "byte 31 bit 6";
    ExtStatusBelowTmin,         "ext.status.below-tmin",           NoIndex, State(FLAG),    Observed, "byte 31 bit 5";
    ExtStatusAboveVmax,         "ext.status.above-vmax",           NoIndex, State(FLAG),    Observed, "byte 31 bit 4";
    ExtStatusBelowVmin,         "ext.status.below-vmin",           NoIndex, State(FLAG),    Observed, "byte 31 bit 3";
    ExtStatusCommError,         "ext.status.comm-error",           NoIndex, State(FLAG),    Observed, "byte 31 bit 2";
    ExtStatusDischarge,         "ext.status.discharge",            NoIndex, State(FLAG),    Observed, "byte 31 bit 1: allowed to discharge";
    ExtStatusCharge,            "ext.status.charge",               NoIndex, State(FLAG),    Observed, "byte 31 bit 0: allowed to charge";
    ExtEnergyCollectedToday,    "ext.energy.collected-today",      NoIndex, Q(Energy),      Observed, "bytes 32-34";
    ExtEnergyStored,            "ext.energy.stored",               NoIndex, Q(Energy),      Observed, "bytes 35-37";
    ExtEnergyConsumedToday,     "ext.energy.consumed-today",       NoIndex, Q(Energy),      Observed, "bytes 38-40";
    ExtSoc,                     "ext.soc",                         NoIndex, Q(Percent),     Observed, "byte 41";
    ExtEnergyCollected,         "ext.energy.collected",            NoIndex, Q(Energy),      Observed, "bytes 42-44";
    ExtEnergyConsumed,          "ext.energy.consumed",             NoIndex, Q(Energy),      Observed, "bytes 45-47";
    ExtCapacity,                "ext.capacity",                    NoIndex, Q(Energy),      Observed, "bytes 50-51";
    ExtVmin,                    "ext.vmin",                        NoIndex, Q(Voltage),     Observed, "bytes 52-53";
    ExtVmax,                    "ext.vmax",                        NoIndex, Q(Voltage),     Observed, "bytes 54-55";
    ExtVbalance,                "ext.vbalance",                    NoIndex, Q(Voltage),     Observed, "bytes 56-57";
    ExtKeyNumber,               "ext.key-number",                  NoIndex, Q(Count),       Observed, "byte 48, counted from 0";
    ExtKey,                     "ext.key[n]",                      Key,     Q(Count),       Observed, "byte 49 of the frames whose byte 48 is key n";
    AppAnswer,                  "app.answer",                      NoIndex, State(APP_ANSWER), Observed, "answer to the app's last command";
    AppBridge,                  "app.bridge",                      NoIndex, State(BRIDGE),  Observed, "whether the End board holds the Bluetooth bridge in reset";
    AppFrame,                   "app.frame",                       NoIndex, Q(Count),       Observed, "58-byte frames the app received, counted";
    AppChecksum,                "app.checksum",                    NoIndex, State(CHECK),   Observed, "check of the app's last frame";
    AppPacket,                  "app.packet",                      NoIndex, Q(Count),       Observed, "packets of the text stream the app received, counted";
    AppCells,                   "app.cells",                       NoIndex, Q(Count),       Observed, "number of cells the app shows; unknown when it shows E";
    AppPackVoltage,             "app.pack.voltage",                NoIndex, Q(Voltage),     Observed, "pack voltage in the app, of either stream";
    AppPackCurrent,             "app.pack.current",                NoIndex, Q(Current),     Observed, "pack current in the app; unknown when X";
    AppLowestVoltage,           "app.lowest.voltage",              NoIndex, Q(Voltage),     Observed, "lowest cell voltage in the app";
    AppHighestVoltage,          "app.highest.voltage",             NoIndex, Q(Voltage),     Observed, "highest cell voltage in the app";
    AppSoc,                     "app.soc",                         NoIndex, Q(Percent),     Observed, "state of charge in the app";
    AppCellVoltage,             "app.cell[k].voltage",             Cell,    Q(Voltage),     Observed, "voltage of cell k in the app";
    AppCellTemperature,         "app.cell[k].temperature",         Cell,    Q(Temperature), Observed, "temperature of cell k in the app";
    ChainFrame,                 "chain.frame",                     NoIndex, Q(Count),       Observed, "frames at the OUT of a single board, counted";
    ChainCheck,                 "chain.check",                     NoIndex, State(CHECK),   Observed, "check of the last of them; bad as well when it does not hold what the board was given to pass on";
    ChainCells,                 "chain.cells",                     NoIndex, Q(Count),       Observed, "its number of cells";
    ChainVbalance,              "chain.vbalance",                  NoIndex, Q(Voltage),     Observed, "its V-balance; 0 = balancing not active";
    ChainDip,                   "chain.dip",                       NoIndex, Q(Count),       Observed, "its DIP switches: bit 0 = switch 1, 1 = ON";
    ChainSensorCurrent,         "chain.sensor[s].current",         Sensor,  Q(Current),     Observed, "its currents; unknown when the sensor is not plugged in";
    ChainCellVoltage,           "chain.cell[k].voltage",           Cell,    Q(Voltage),     Observed, "its voltage of cell k";
    ChainCellTemperature,       "chain.cell[k].temperature",       Cell,    Q(Temperature), Observed, "its temperature of cell k";
    ChainCellBalancing,         "chain.cell[k].balancing",         Cell,    State(FLAG),    Observed, "whether cell k says it balances";
    PlantCellSoc,               "plant.cell[k].soc",               Cell,    Q(Percent),     Modelled, "state of charge of the modelled cell";
    PlantAmbient,               "plant.ambient",                   NoIndex, Q(Temperature), Modelled, "temperature around the cells";
    PlantWeld,                  "plant.weld",                      NoIndex, State(FLAG),    Modelled, "whether the contacts of the bank's power relay are welded";
    PlantRelay,                 "plant.relay",                     NoIndex, State(SWITCH),  Computed, "power relay between the bank and the bus";
    PlantVoltage,               "plant.voltage",                   NoIndex, Q(Voltage),     Computed, "voltage of all cells of the bank";
    PlantCurrent,               "plant.current",                   NoIndex, Q(Current),     Computed, "current of the bank, positive when charging";
    ChargerVoltage,             "charger.voltage",                 NoIndex, Q(Voltage),     Modelled, "voltage the charger holds when its current no longer is the limit";
    ChargerLimit,               "charger.limit",                   NoIndex, Q(Current),     Modelled, "the charger's greatest current";
    ChargerWeld,                "charger.weld",                    NoIndex, State(FLAG),    Modelled, "whether the contacts of its power relay are welded";
    ChargerRelay,               "charger.relay",                   NoIndex, State(SWITCH),  Computed, "power relay of the charger";
    ChargerCurrent,             "charger.current",                 NoIndex, Q(Current),     Computed, "current out of the charger";
    LoadDemand,                 "load.demand",                     NoIndex, Q(Current),     Modelled, "constant current the load asks for";
    LoadPower,                  "load.power",                      NoIndex, Q(Power),       Modelled, "constant power the load asks for";
    LoadResistance,             "load.resistance",                 NoIndex, Q(Resistance),  Modelled, "resistor in the load; 0 = none";
    LoadWeld,                   "load.weld",                       NoIndex, State(FLAG),    Modelled, "whether the contacts of its power relay are welded";
    LoadRelay,                  "load.relay",                      NoIndex, State(SWITCH),  Computed, "power relay of the load";
    LoadCurrent,                "load.current",                    NoIndex, Q(Current),     Computed, "current into the load";
    InverterVoltage,            "inverter.voltage",                NoIndex, Q(Voltage),     Modelled, "voltage the inverter/charger holds when charging";
    InverterLimit,              "inverter.limit",                  NoIndex, Q(Current),     Modelled, "its greatest charging current";
    InverterPower,              "inverter.power",                  NoIndex, Q(Power),       Modelled, "power the inverter takes from the bus; it charges while this is 0";
    InverterWeld,               "inverter.weld",                   NoIndex, State(FLAG),    Modelled, "whether the contacts of its power relay are welded";
    InverterRelay,              "inverter.relay",                  NoIndex, State(SWITCH),  Computed, "power relay of the inverter/charger";
    InverterCurrent,            "inverter.current",                NoIndex, Q(Current),     Computed, "current out of the inverter/charger, below 0 when it inverts";
}

impl Signal {
    /// The table row of this signal.
    #[must_use]
    pub fn family(self) -> &'static Family {
        &FAMILIES[self as usize]
    }

    /// Whether it is said over the app link, rather than put on a wire.
    #[must_use]
    pub fn is_said(self) -> bool {
        let pattern = self.family().pattern;
        ["app.", "setting."].iter().any(|p| pattern.starts_with(p))
    }

    /// Whether it is a setting, whose read-back the DUT reports only when it is asked.
    #[must_use]
    pub fn is_setting(self) -> bool {
        self.family().pattern.starts_with("setting.")
    }

    /// Whether the DUT states it in its frames, rather than the rig measuring it.
    #[must_use]
    pub fn is_stated(self) -> bool {
        let pattern = self.family().pattern;
        let begins = |prefix: &&str| pattern.starts_with(*prefix);
        self.is_said() || ["ext.", "chain."].iter().any(begins)
    }

    /// Whether it belongs to the plant of a case and not to the rig.
    #[must_use]
    pub fn is_plant(self) -> bool {
        matches!(self.family().access, Modelled | Computed)
    }
}

/// One channel of a rig.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Channel {
    /// The bank, from 1.
    pub bank: u8,
    /// The table row.
    pub signal: Signal,
    /// What stands in the brackets; 0 where the family has none.
    pub index: u16,
}

impl Channel {
    /// A channel of bank 1 without brackets.
    #[must_use]
    pub const fn plain(signal: Signal) -> Self {
        Self {
            bank: 1,
            signal,
            index: 0,
        }
    }

    /// A channel of bank 1 with an index.
    #[must_use]
    pub const fn at(signal: Signal, index: u16) -> Self {
        Self {
            bank: 1,
            signal,
            index,
        }
    }

    /// What its value is.
    #[must_use]
    pub fn kind(self) -> Kind {
        self.signal.family().kind
    }

    /// The words of a state channel, empty for a quantity.
    #[must_use]
    pub fn states(self) -> &'static [&'static str] {
        match self.kind() {
            State(words) => words,
            Q(_) => &[],
        }
    }

    /// Reads a full name such as `cell[3].voltage` or `bank[2].relay.charge`; `None` when no
    /// family has it. Whether the index exists on a rig is the plan's business.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (bank, rest) = match name.strip_prefix("bank[") {
            Some(tail) => {
                let (number, rest) = tail.split_once("].")?;
                (number.parse().ok().filter(|b| *b > 0)?, rest)
            }
            None => (1, name),
        };
        FAMILIES.iter().find_map(|family| {
            let index = match family.pattern.split_once('[') {
                None => (family.pattern == rest).then_some(0)?,
                Some((head, tail)) => {
                    let tail = tail.get(1..)?;
                    let inner = rest
                        .strip_prefix(head)?
                        .strip_prefix('[')?
                        .strip_suffix(tail)?;
                    let digits = !inner.is_empty() && inner.bytes().all(|b| b.is_ascii_digit());
                    digits.then(|| inner.parse().ok())??
                }
            };
            Some(Self {
                bank,
                signal: family.signal,
                index,
            })
        })
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.bank != 1 {
            write!(f, "bank[{}].", self.bank)?;
        }
        match self.signal.family().pattern.split_once('[') {
            None => f.write_str(self.signal.family().pattern),
            Some((head, tail)) => write!(f, "{head}[{}{}", self.index, &tail[1..]),
        }
    }
}

impl Serialize for Channel {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Channel {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name)
            .ok_or_else(|| serde::de::Error::custom(format!("unknown channel {name}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_its_enum_and_names_read_back() {
        for (i, family) in FAMILIES.iter().enumerate() {
            assert_eq!(family.signal as usize, i, "{}", family.pattern);
            let index = if family.index == NoIndex { 0 } else { 2 };
            for bank in [1, 3] {
                let channel = Channel {
                    bank,
                    signal: family.signal,
                    index,
                };
                assert_eq!(Channel::parse(&channel.to_string()), Some(channel));
            }
        }
    }
}
