//! A trip search: coarse, then fine, as often as asked, measured by the read-back of its drive.
//!
//! What is found is recorded as it is found; what it comes to is judged like everything else.

use crate::channel::Channel;
use crate::event::Event;
use crate::plan::{Condition, Finding, Missed, Search};
use crate::ports::Sample;
use crate::time::{Span, Time};

use super::{Run, Stop};

/// The mean of what a channel read back since its last write.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    channel: Channel,
    since: Time,
    sum: f64,
    samples: u32,
}

impl Reading {
    pub fn take(&mut self, samples: &[Sample]) {
        let mine = |s: &&Sample| s.channel == self.channel && s.at > self.since;
        for sample in samples.iter().filter(mine).filter(|s| !s.value.is_nan()) {
            self.sum += sample.value;
            self.samples += 1;
        }
    }
}

/// A value that was tried: as written, and as read back.
#[derive(Clone, Copy, Debug)]
struct Level {
    set: f64,
    read: f64,
}

/// Neighbouring values, one on each side of what was searched.
#[derive(Clone, Copy, Debug)]
struct Bracket {
    before: Level,
    after: Level,
}

impl Bracket {
    fn middle(&self) -> f64 {
        f64::midpoint(self.before.read, self.after.read)
    }
}

/// Which edge is searched.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Trip,
    Release,
}

/// Where the approach before found the edges, as written.
#[derive(Clone, Copy, Default)]
struct Near {
    trip: Option<f64>,
    release: Option<f64>,
}

/// How a staircase ended.
enum Climb {
    /// The condition came at a step above the first.
    Found(Bracket),
    /// It came at the first.
    AtOnce,
    /// It did not come.
    Nowhere,
}

/// A staircase of the drive.
#[derive(Clone, Copy)]
struct Stairs<'a> {
    from: f64,
    to: f64,
    step: f64,
    until: &'a Condition,
    dwell: Span,
}

/// Why an approach ends early.
enum Out {
    Missed(Missed),
    Stop(Stop),
}

impl<E: Into<Stop>> From<E> for Out {
    fn from(error: E) -> Self {
        Self::Stop(error.into())
    }
}

impl Run<'_> {
    /// Searches as often as the plan wants; ends with the first approach that misses.
    pub(super) fn search(&mut self, search: &Search) -> Result<(), Stop> {
        let mut near = Near::default();
        self.has_tripped = false;
        for approach in 0..search.repeats {
            let mut finding = Finding::default();
            match self.approach(search, approach, &mut near, &mut finding) {
                Ok(()) => {}
                Err(Out::Missed(missed)) => finding.missed = Some(missed),
                Err(Out::Stop(stop)) => return Err(stop),
            }
            let over = finding.missed.is_some();
            self.panel.found(&finding);
            self.event(Event::Found { finding })?;
            if over {
                break;
            }
        }
        self.reading = None;
        self.apply(search.drive, search.from)
    }

    /// One approach, with what is known from the one before.
    fn approach(
        &mut self,
        search: &Search,
        number: u16,
        near: &mut Near,
        finding: &mut Finding,
    ) -> Result<(), Out> {
        let coarse = search.step * f64::from(search.coarse());
        let trip = Stairs {
            from: search.from,
            to: search.to,
            step: coarse,
            until: &search.trips,
            dwell: search.settle,
        };
        let threshold = match &search.releases {
            None => self.halve(search)?,
            Some(_) => self.find(search, Side::Trip, trip, near.trip)?,
        };
        near.trip = Some(threshold.before.set);
        finding.threshold = Some(threshold.middle());
        if let (Some(until), true) = (&search.releases, search.hysteresis) {
            let back = Stairs {
                from: threshold.after.set,
                to: search.from,
                step: coarse,
                until,
                dwell: search.release_settle,
            };
            let release = self.find(search, Side::Release, back, near.release)?;
            near.release = Some(release.before.set);
            finding.release = Some(release.middle());
            let back = search.hysteresis_of(threshold.middle(), release.middle());
            finding.hysteresis = Some(back);
        }
        if search.delay {
            finding.delay_s = Some(self.delay(search, number)?);
        }
        Ok(())
    }

    /// Brings everything to where it has not tripped.
    fn arm(&mut self, search: &Search) -> Result<(), Out> {
        for (channel, value) in &search.rearm {
            self.apply(*channel, *value)?;
        }
        if !search.rearm.iter().any(|(c, _)| *c == search.drive) {
            self.apply(search.drive, search.from)?;
        }
        if let Some(releases) = &search.releases {
            let deadline = self.now + search.release_settle;
            if !self.comes_true(releases, deadline)? {
                let missed = match self.has_tripped {
                    true => Missed::NotReleased,
                    false => Missed::NotArmed,
                };
                return Err(Out::Missed(missed));
            }
        }
        Ok(())
    }

    /// Writes the drive and lets the condition come, at most for the dwell.
    fn level(
        &mut self,
        search: &Search,
        set: f64,
        until: &Condition,
        dwell: Span,
    ) -> Result<(Level, bool), Out> {
        self.write(search.drive, set)?;
        self.reading = Some(Reading {
            channel: search.drive,
            since: self.now,
            sum: 0.0,
            samples: 0,
        });
        let came = self.comes_true(until, self.now + dwell)?;
        self.has_tripped |= self.panel.holds(&search.trips, self.now);
        Ok((self.read_back(search.drive, set)?, came))
    }

    /// What the drive read back at its present value; asked for when no sample came meanwhile.
    fn read_back(&mut self, channel: Channel, set: f64) -> Result<Level, Out> {
        let read = match self.reading {
            Some(reading) if reading.samples > 0 => reading.sum / f64::from(reading.samples),
            _ => self.bench.read(channel).map_err(Stop::from)?.value,
        };
        Ok(Level { set, read })
    }

    fn climb(&mut self, search: &Search, stairs: Stairs<'_>) -> Result<Climb, Out> {
        let Stairs {
            from, to, until, ..
        } = stairs;
        let steps = ((to - from).abs() / stairs.step - 1e-6).ceil().max(1.0) as u32;
        let up = stairs.step.copysign(to - from);
        let (mut before, came) = self.level(search, from, until, stairs.dwell)?;
        if came {
            return Ok(Climb::AtOnce);
        }
        for n in 1..=steps {
            let set = if n == steps {
                to
            } else {
                from + f64::from(n) * up
            };
            let (after, came) = self.level(search, set, until, stairs.dwell)?;
            if came {
                return Ok(Climb::Found(Bracket { before, after }));
            }
            before = after;
        }
        Ok(Climb::Nowhere)
    }

    /// Finds an edge: in coarse steps unless `near` says where it was, then in fine ones from a
    /// coarse step before. Where noise meets the first fine step, it is climbed from the start.
    fn find(
        &mut self,
        search: &Search,
        side: Side,
        whole: Stairs<'_>,
        near: Option<f64>,
    ) -> Result<Bracket, Out> {
        let near = match near {
            Some(near) => near,
            None => {
                self.prepare(search, side)?;
                found(self.climb(search, whole)?, side)?.before.set
            }
        };
        let back = (near - whole.from).abs().min(whole.step);
        let fine = Stairs {
            from: near - back.copysign(whole.to - whole.from),
            step: search.step,
            ..whole
        };
        self.prepare(search, side)?;
        match self.climb(search, fine)? {
            Climb::AtOnce if fine.from != whole.from => {
                self.prepare(search, side)?;
                let from = whole.from;
                found(self.climb(search, Stairs { from, ..fine })?, side)
            }
            climb => found(climb, side),
        }
    }

    /// Brings it to the side from which an edge is searched.
    fn prepare(&mut self, search: &Search, side: Side) -> Result<(), Out> {
        if side == Side::Trip {
            return self.arm(search);
        }
        if !self.panel.holds(&search.trips, self.now) {
            let (_, came) = self.level(search, search.to, &search.trips, search.settle)?;
            return came.then_some(()).ok_or(Out::Missed(Missed::NotTripped));
        }
        Ok(())
    }

    /// Halves the interval of a condition that depends on the present value alone; each value is
    /// kept until what was before it is forgotten.
    fn halve(&mut self, search: &Search) -> Result<Bracket, Out> {
        self.arm(search)?;
        let (mut before, tripped) = self.kept(search, search.from)?;
        if tripped {
            return Err(Out::Missed(Missed::TrippedAtOnce));
        }
        let (mut after, tripped) = self.kept(search, search.to)?;
        if !tripped {
            return Err(Out::Missed(Missed::NotTripped));
        }
        // Half a step of tolerance: the last halving is not made for a rounding error.
        while (after.set - before.set).abs() > search.step * 1.000_001 {
            let (level, tripped) = self.kept(search, f64::midpoint(before.set, after.set))?;
            if tripped {
                after = level;
            } else {
                before = level;
            }
        }
        Ok(Bracket { before, after })
    }

    /// Writes the drive, waits for the whole settling time, and tells whether it is tripped then.
    fn kept(&mut self, search: &Search, set: f64) -> Result<(Level, bool), Out> {
        let never = Condition::Any(Vec::new());
        let (level, _) = self.level(search, set, &never, search.settle)?;
        Ok((level, self.panel.holds(&search.trips, self.now)))
    }

    /// Seconds from the write of `to` to the trip. Approaches start at different moments, so that
    /// they meet the DUT at different moments of its cycle.
    fn delay(&mut self, search: &Search, number: u16) -> Result<f64, Out> {
        self.arm(search)?;
        let share = f64::from(number) / f64::from(search.repeats);
        let wait = Span::from_secs(search.settle.as_secs() * (1.0 + share));
        self.apply(search.drive, search.from)?;
        self.pass_to(self.now + wait, &[])?;
        if self.panel.holds(&search.trips, self.now) {
            return Err(Out::Missed(Missed::TrippedAtOnce));
        }
        self.apply(search.drive, search.to)?;
        let written = self.now;
        if !self.comes_true(&search.trips, written + search.settle)? {
            return Err(Out::Missed(Missed::NotTripped));
        }
        Ok(self.now.since(written).as_secs())
    }
}

/// The bracket of a climb that had to find one.
fn found(climb: Climb, side: Side) -> Result<Bracket, Out> {
    match (climb, side) {
        (Climb::Found(bracket), _) => Ok(bracket),
        (Climb::AtOnce, Side::Trip) => Err(Out::Missed(Missed::TrippedAtOnce)),
        // What releases at the value that tripped it was not tripped by it.
        (Climb::Nowhere, Side::Trip) | (Climb::AtOnce, Side::Release) => {
            Err(Out::Missed(Missed::NotTripped))
        }
        (Climb::Nowhere, Side::Release) => Err(Out::Missed(Missed::NotReleased)),
    }
}
