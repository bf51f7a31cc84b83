//! The app: the session of the phone that is connected, what it changes, and the blue button that puts its PIN back.

use crate::app_link;
use crate::memory::Memory;
use bms_logic::app::{Answer, Change, Due, Known, Pin, Reply, Session};
use bms_logic::bms::Bms;
use bms_logic::button::Button;
use bms_logic::settings::Settings;
use bms_logic::store::{Kind, PAYLOAD_LEN, Payload};
use bms_logic::time::{LONG_STEP, SECOND, Ticks};
use board::chip;
use board::pins::{BRIDGE_RESET, BUTTON};

/// The button acts when held so long (`APP-3`). It is looked at once a step, so five seconds may show as a step less.
const HOLD: Ticks = 5 * SECOND - LONG_STEP;

/// The bridge needs 20 ms of reset: 32 ms or more, as steps fall.
const RESET: Ticks = 4;

/// A change on its way into the store.
struct Pending {
    change: Change,
    /// Whether the session that asked for it is still there.
    asked: bool,
}

/// Everything about the app.
pub struct App {
    session: Session,
    pin: Pin,
    /// What the session is still to be told.
    answer: Option<Answer>,
    due: Due,
    pending: Option<Pending>,
    button: Button,
    reset_left: Ticks,
}

impl App {
    /// Starts the link with the PIN that was kept.
    pub fn start(chip: &chip::Peripherals, memory: &Memory) -> Self {
        BUTTON.init_pulled_up();
        BRIDGE_RESET.init();
        app_link::start(chip);
        let kept = memory
            .get(Kind::Pin)
            .and_then(|payload| Pin::from_stored(u16::from_le_bytes([payload[0], payload[1]])));
        Self {
            session: Session::new(),
            pin: kept.unwrap_or(Pin::FACTORY),
            answer: None,
            due: Due::NOTHING,
            pending: None,
            button: Button::new(HOLD),
            reset_left: 0,
        }
    }

    /// Whether [`Self::run`] has something to do.
    pub fn has_work(&self) -> bool {
        app_link::has_disconnected()
            || self.can_listen() && app_link::has_line()
            || self.has_message() && app_link::is_free()
    }

    /// One command at a time: the next one waits until this one is answered.
    fn can_listen(&self) -> bool {
        self.answer.is_none() && self.pending.is_none()
    }

    fn has_message(&self) -> bool {
        self.answer.is_some() || self.due != Due::NOTHING
    }

    /// Ends a session whose connection fell, takes a command, and sends what is next.
    pub fn run(&mut self, now: Ticks, bms: &Bms, memory: &mut Memory) {
        if app_link::take_disconnected() {
            self.end_session();
        }
        if self.can_listen() {
            self.listen(bms, memory);
        }
        if self.has_message() && app_link::is_free() {
            self.send(now, bms);
        }
    }

    fn end_session(&mut self) {
        self.session = Session::new();
        self.answer = None;
        self.due = Due::NOTHING;
        if let Some(pending) = &mut self.pending {
            pending.asked = false;
        }
    }

    #[inline(never)]
    fn listen(&mut self, bms: &Bms, memory: &mut Memory) {
        let known = Known {
            pin: self.pin,
            settings: bms.settings(),
            v_balance_mv: bms.v_balance_mv(),
        };
        match app_link::take_line(|line| self.session.on_line(line, &known)) {
            Some(Reply::Answer(answer)) => self.answer = Some(answer),
            Some(Reply::Store(change)) => {
                memory.keep(kind(&change), payload(&change));
                self.pending = Some(Pending {
                    change,
                    asked: true,
                });
            }
            None => {}
        }
    }

    #[inline(never)]
    fn send(&mut self, now: Ticks, bms: &Bms) {
        if let Some(answer) = self.answer.take() {
            app_link::send(answer.encode(bms.settings()));
            return;
        }
        while let Some(part) = self.due.next_part() {
            if let Some(message) = part.encode(&bms.content(now)) {
                app_link::send(message);
                return;
            }
        }
    }

    /// A second has begun: the stream is due.
    pub fn on_second(&mut self) {
        self.due = self.session.due();
    }

    /// A record was written, or could not be: a change that waited for it holds now, and is answered.
    pub fn on_written(&mut self, written: Kind, kept: bool, bms: &mut Bms) {
        let Some(pending) = self
            .pending
            .take_if(|pending| kind(&pending.change) == written)
        else {
            return;
        };
        if kept {
            match pending.change {
                Change::Pin(pin) => self.pin = pin,
                Change::Settings(settings) => bms.set_settings(settings),
            }
        }
        if pending.asked {
            self.answer = Some(if kept {
                Answer::Accepted
            } else {
                Answer::Refused
            });
        }
    }

    /// A step of `ticks` has ended: looks at the blue button.
    pub fn on_step(&mut self, ticks: Ticks, memory: &mut Memory) {
        if self.reset_left > 0 {
            self.reset_left = self.reset_left.saturating_sub(ticks);
            BRIDGE_RESET.set(self.reset_left > 0);
        }
        if self.button.step(ticks, !BUTTON.is_high()) {
            self.pending
                .take_if(|pending| kind(&pending.change) == Kind::Pin);
            self.pin = Pin::FACTORY;
            memory.keep(Kind::Pin, payload(&Change::Pin(Pin::FACTORY)));
            self.reset_left = RESET;
            BRIDGE_RESET.set(true);
        }
    }
}

/// The settings that were kept, or those of a new board.
pub fn kept_settings(memory: &Memory) -> Settings {
    memory
        .get(Kind::Settings)
        .and_then(|payload| Settings::from_stored(&payload))
        .unwrap_or(Settings::DEFAULT)
}

const fn kind(change: &Change) -> Kind {
    match change {
        Change::Pin(_) => Kind::Pin,
        Change::Settings(_) => Kind::Settings,
    }
}

fn payload(change: &Change) -> Payload {
    match change {
        Change::Pin(pin) => {
            let mut payload = [0; PAYLOAD_LEN];
            payload[..2].copy_from_slice(&pin.to_stored().to_le_bytes());
            payload
        }
        Change::Settings(settings) => settings.to_stored(),
    }
}
