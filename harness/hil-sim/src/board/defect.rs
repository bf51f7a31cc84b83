//! What can be wrong with a board as it comes from production: a wrong part, a bad joint, two wires
//! exchanged. A test suite that does not find them proves nothing about electrical requirements.
//!
//! A defect is the whole batch's: every board of a pack that has the part has it wrong. Faults that
//! come and go during a case (a broken wire, a welded contact) are channels, not defects.

use std::fmt;

use hil_mcu::Pin;
use serde::{Deserialize, Serialize};

use super::parts::Parts;
use super::wiring::{APP_CONNECTED, APP_IN, BUTTON, Output, Role, dip};

/// Makes the defects and what is said of them from one list.
macro_rules! defects {
    ($($defect:ident, $name:literal, [$($breaks:literal),+], $help:literal;)*) => {
        /// A production defect of the boards.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Defect {
            $(#[doc = concat!($help, ".")] #[serde(rename = $name)] $defect,)*
        }

        impl Defect {
            /// Every defect there is.
            pub const ALL: &[Self] = &[$(Self::$defect,)*];

            /// Its name in files and reports.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$defect => $name,)* }
            }

            /// One line for people.
            #[must_use]
            pub const fn help(self) -> &'static str {
                match self { $(Self::$defect => $help,)* }
            }

            /// Ids of the requirements that a board with it does not meet.
            #[must_use]
            pub const fn breaks(self) -> &'static [&'static str] {
                match self { $(Self::$defect => &[$($breaks),+],)* }
            }
        }
    };
}

defects! {
    BalanceResistor4R7,     "balance-resistor-4r7",         ["BAL-1"],                 "4.7 Ω instead of 3.3 Ω balancing resistors";
    BalanceResistor2R7,     "balance-resistor-2r7",         ["BAL-1"],                 "2.7 Ω instead of 3.3 Ω balancing resistors";
    BalanceMosfetStuckOn,   "balance-mosfet-stuck-on",      ["BAL-2"],                 "the balancing MOSFET conducts always";
    BalanceMosfetDead,      "balance-mosfet-dead",          ["BAL-1"],                 "the balancing MOSFET never conducts";
    CellJoint1Ohm,          "cell-joint-1-ohm",             ["BAL-1"],                 "a bad joint puts 1 Ω into the lead from the cell";
    CellDivider3Percent,    "cell-divider-3-percent",       ["MEAS-2"],                "the cell divider is 3 % high";
    CellDivider1Percent,    "cell-divider-1-percent",       ["MEAS-2"],                "the cell divider is 1 % low: a part of the wrong tolerance";
    Reference1Percent,      "reference-1-percent",          ["MEAS-2"],                "the 3.0 V supply and reference is 1 % high";
    NtcB3435,               "ntc-b-3435",                   ["MEAS-4"],                "thermistors of B 3435 instead of B 3950";
    NtcPullUp15k,           "ntc-pull-up-15k",              ["MEAS-4"],                "15 kΩ instead of 10 kΩ pull-ups at the thermistor";
    NtcJointOpen,           "ntc-joint-open",               ["MEAS-4"],                "the thermistor is not soldered";
    Sensor1Reversed,        "sensor-1-reversed",            ["CUR-4"],                 "sensor 1 reads against its direction";
    Sensor2Reversed,        "sensor-2-reversed",            ["CUR-4"],                 "sensor 2 reads against its direction";
    SensorsSwapped,         "sensors-swapped",              ["CUR-4", "CUR-5"],        "the inputs of sensors 1 and 2 are exchanged";
    SensorRangesSwapped,    "sensor-ranges-swapped",        ["CUR-1", "CUR-2"],        "the 20 A and 500 A outputs of both sensors are exchanged";
    SensorGain2Percent,     "sensor-gain-2-percent",        ["CUR-1", "CUR-2"],        "both outputs of both sensors read 2 % high";
    SensorHighGain2Percent, "sensor-high-gain-2-percent",   ["CUR-2"],                 "the 500 A outputs read 2 % low";
    SensorZero300mA,        "sensor-zero-300-ma",           ["CUR-3"],                 "the 20 A outputs read 300 mA at no current";
    SupplyLeak1mA,          "supply-leak-1ma",              ["PWR-1", "PWR-2", "PWR-3"], "1 mA leaks from the 3.0 V supply";
    SupplyEfficiency60,     "supply-efficiency-60",         ["PWR-1", "PWR-2", "PWR-3"], "the buck-boost supply has 60 % efficiency instead of 85 %";
    SupplyStartsAt2V,       "supply-starts-at-2v",          ["MEAS-1"],                "the supply does not work below 2 V";
    Oscillator12PercentSlow, "oscillator-12-percent-slow",  ["COMM-1", "EXT-2"],       "the chips' oscillators are 12 % slow";
    RelayChargeSwapped,     "relay-charge-swapped",         ["REL-1"],                 "pins 1 and 3 of the CHARGE relay are exchanged";
    RelayLoadSwapped,       "relay-load-swapped",           ["REL-1"],                 "pins 1 and 3 of the LOAD relay are exchanged";
    RelaysSwapped,          "relays-swapped",               ["CHG-N-DIS-1", "LOAD-N-DIS-1"], "CHARGE and LOAD connectors are exchanged";
    RelayChargeNoReset,     "relay-charge-no-reset-circuit", ["REL-4"],                "the reset circuit does not reach the CHARGE relay";
    RelayLoadNoReset,       "relay-load-no-reset-circuit",  ["REL-4"],                 "the reset circuit does not reach the LOAD relay";
    RelayChargeSetOpen,     "relay-charge-set-coil-open",   ["CHG-N-EN-1"],            "the set coil of the CHARGE relay is open";
    RelayChargeResetOpen,   "relay-charge-reset-coil-open", ["CHG-N-DIS-1"],           "the reset coil of the CHARGE relay is open for the firmware";
    RelayLoadSetOpen,       "relay-load-set-coil-open",     ["LOAD-N-EN-1"],           "the set coil of the LOAD relay is open";
    RelayLoadResetOpen,     "relay-load-reset-coil-open",   ["LOAD-N-DIS-1"],          "the reset coil of the LOAD relay is open for the firmware";
    RelayChargeBouncing,    "relay-charge-bouncing",        ["REL-1"],                 "the contacts of the CHARGE relay take 40 ms to close";
    RelayLoadBothClosed,    "relay-load-both-closed",       ["REL-1"],                 "both contacts of the LOAD relay are closed for 5 ms when it moves";
    LedInfoDark,            "led-info-dark",                ["LED-1"],                 "the Info LED is the wrong way round";
    LedInfoStuckOn,         "led-info-stuck-on",            ["LED-1"],                 "the Info LED is wired to the supply";
    LedChargeDark,          "led-charge-dark",              ["LED-2"],                 "the CHARGE status LED is the wrong way round";
    LedLoadDark,            "led-load-dark",                ["LED-3"],                 "the LOAD status LED is the wrong way round";
    LedsSwapped,            "led-charge-load-swapped",      ["LED-2", "LED-3"],        "CHARGE and LOAD status LED are exchanged";
    Dip1Open,               "dip-1-open",                   ["DIP-1"],                 "DIP switch 1 is not soldered";
    Dip3Shorted,            "dip-3-shorted",                ["DIP-1"],                 "DIP switch 3 is shorted: always ON";
    Dip4Open,               "dip-4-open",                   ["DIP-2"],                 "DIP switch 4 is not soldered";
    Dip7Shorted,            "dip-7-shorted",                ["DIP-2"],                 "DIP switch 7 is shorted: always ON";
    Dip8Open,               "dip-8-open",                   ["DIP-2"],                 "DIP switch 8 is not soldered";
    ChainOutDead,           "chain-out-dead",               ["COMM-1", "COMM-2"],      "chain OUT pin 1 is not soldered";
    ChainOutWeak,           "chain-out-weak",               ["COMM-1", "COMM-2"],      "chain OUT pulls the line down 6 µs late";
    ChainInDead,            "chain-in-dead",                ["COMM-2"],                "chain IN is not soldered";
    ExtOutDead,             "ext-out-dead",                 ["EXT-2"],                 "EXT OUT is not soldered";
    ExtOutUpright,          "ext-out-upright",              ["EXT-1"],                 "a stray inverter makes EXT OUT upright";
    ButtonBeginDead,        "button-begin-dead",            ["CUR-7"],                 "the button of the Begin board does not close";
    ButtonEndDead,          "button-end-dead",              ["APP-3"],                 "the blue button does not close";
    AppInDead,              "app-in-dead",                  ["APP-1"],                 "the wire from the Bluetooth bridge to the chip is open";
    AppConnectedDead,       "app-connected-dead",           ["APP-1"],                 "the bridge's \"connected\" line does not reach the chip";
}

/// How far [`Defect::SupplyLeak1mA`] is above a good board, amperes at 3.0 V.
const LEAK_AMPS: f64 = 1e-3;
/// Coupling of [`Defect::CellJoint1Ohm`], ohms.
const BAD_JOINT_OHMS: f64 = 1.0;

impl Defect {
    /// Puts the wrong parts in.
    pub(crate) fn spoil(self, parts: &mut Parts) {
        let [one, two] = &mut parts.sensors;
        match self {
            Self::BalanceResistor4R7 => parts.balancing_ohms *= 4.7 / 3.3,
            Self::BalanceResistor2R7 => parts.balancing_ohms *= 2.7 / 3.3,
            Self::CellJoint1Ohm => parts.lead_ohms += BAD_JOINT_OHMS,
            Self::CellDivider3Percent => parts.divider *= 1.03,
            Self::CellDivider1Percent => parts.divider *= 0.99,
            Self::Reference1Percent => parts.vref *= 1.01,
            Self::NtcB3435 => parts.ntc_beta *= 3435.0 / 3950.0,
            Self::NtcPullUp15k => parts.ntc_ratio /= 1.5,
            Self::NtcJointOpen => parts.ntc_ratio = f64::INFINITY,
            Self::Sensor1Reversed => one.iter_mut().for_each(|r| r.volts_per_amp *= -1.0),
            Self::Sensor2Reversed => two.iter_mut().for_each(|r| r.volts_per_amp *= -1.0),
            Self::SensorsSwapped => parts.sensor_inputs.swap(0, 1),
            Self::SensorRangesSwapped => [one, two].into_iter().for_each(|s| s.swap(0, 1)),
            Self::SensorGain2Percent => {
                for range in one.iter_mut().chain(two) {
                    range.volts_per_amp *= 1.02;
                }
            }
            Self::SensorHighGain2Percent => {
                for sensor in [one, two] {
                    sensor[1].volts_per_amp *= 0.98;
                }
            }
            Self::SensorZero300mA => {
                for sensor in [one, two] {
                    sensor[0].zero_amps = 0.3;
                }
            }
            Self::SupplyLeak1mA => parts.quiescent_amps += LEAK_AMPS,
            Self::SupplyEfficiency60 => parts.efficiency *= 0.60 / 0.85,
            Self::SupplyStartsAt2V => parts.supply_volts = [2.0, 2.0],
            Self::Oscillator12PercentSlow => {
                let period = parts.chip.hsi_period_ps;
                parts.chip.hsi_period_ps = (f64::from(period) * 1.12).round() as u32;
            }
            _ => {}
        }
    }

    /// What a pin that ought to drive `output` drives in fact.
    pub(crate) const fn reroute(self, output: Output) -> Option<Output> {
        match (self, output) {
            (Self::BalanceMosfetDead | Self::BalanceMosfetStuckOn, Output::BalancingGate)
            | (Self::LedInfoDark | Self::LedInfoStuckOn, Output::InfoLed)
            | (Self::LedChargeDark, Output::ChargeLed)
            | (Self::LedLoadDark, Output::LoadLed)
            | (Self::RelayChargeSetOpen, Output::ChargeSet)
            | (Self::RelayChargeResetOpen, Output::ChargeReset)
            | (Self::RelayLoadSetOpen, Output::LoadSet)
            | (Self::RelayLoadResetOpen, Output::LoadReset)
            | (Self::ChainOutDead, Output::ChainOut)
            | (Self::ExtOutDead, Output::ExtOut) => None,
            (Self::LedsSwapped, Output::ChargeLed) => Some(Output::LoadLed),
            (Self::LedsSwapped, Output::LoadLed) => Some(Output::ChargeLed),
            (_, output) => Some(output),
        }
    }

    /// The level a pin of the chip gets when from outside it ought to get `outside`.
    pub(crate) fn spoil_input(self, role: Role, pin: Pin, outside: Option<bool>) -> Option<bool> {
        let on_begin = |wanted: Pin| role == Role::Begin && pin == wanted;
        let on_end = |wanted: Pin| role == Role::End && pin == wanted;
        let (spoilt, level) = match self {
            Self::Dip1Open => (on_begin(dip(1)), None),
            Self::Dip4Open => (on_begin(dip(4)), None),
            Self::Dip8Open => (on_begin(dip(8)), None),
            Self::Dip3Shorted => (on_begin(dip(3)), Some(false)),
            Self::Dip7Shorted => (on_begin(dip(7)), Some(false)),
            Self::ButtonBeginDead => (on_begin(BUTTON), None),
            Self::ButtonEndDead => (on_end(BUTTON), None),
            Self::ChainInDead => (pin == super::wiring::CHAIN_IN, Some(true)),
            Self::AppInDead => (on_end(APP_IN), Some(true)),
            Self::AppConnectedDead => (on_end(APP_CONNECTED), Some(false)),
            _ => (false, None),
        };
        if spoilt { level } else { outside }
    }

    /// Whether the balancing MOSFET conducts whatever the firmware does.
    pub(crate) fn shunts_always(self) -> bool {
        self == Self::BalanceMosfetStuckOn
    }

    /// Whether the reset circuit misses the relay at `index`: 0 = CHARGE, 1 = LOAD.
    pub(crate) fn cuts_reset_of(self, index: usize) -> bool {
        self == [Self::RelayChargeNoReset, Self::RelayLoadNoReset][index]
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hil_core::requirement::Catalogue;

    #[test]
    fn names_are_what_files_say_and_every_requirement_exists() {
        let text = include_str!("../../../../fixtures/requirements.toml");
        let catalogue = Catalogue::parse("requirements.toml", text).expect("it is valid");
        for defect in Defect::ALL {
            let name = serde_json::to_value(defect).expect("a word");
            assert_eq!(name, defect.name());
            for id in defect.breaks() {
                assert!(catalogue.0.contains_key(*id), "{defect} names {id}");
            }
        }
    }
}
