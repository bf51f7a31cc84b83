//! The plant in a run: what it wants applied goes out through the ordinary writes of the bench, and
//! what it shows goes into the record as samples. What a plant is stands in [`crate::plant`].

use crate::channel::Channel;
use crate::plant::Plant;
use crate::time::Time;

use super::{Run, Stop};

impl Run<'_> {
    /// Lets time pass to `until` or to a watched change, and the plant react on the way.
    pub(super) fn pass_to(&mut self, until: Time, watch: &[Channel]) -> Result<(), Stop> {
        let Some(plant) = &self.plant else {
            return self.pass(until, watch);
        };
        let watch: Vec<_> = watch.iter().copied().chain(plant.contacts()).collect();
        loop {
            let stretch = self.plant_due().max(self.now).min(until);
            self.pass(stretch, &watch)?;
            let came_early = self.now < stretch;
            if self.plant_due() <= self.now {
                self.drive_plant()?;
            }
            // After a change whoever waits looks, and comes again.
            if came_early || self.now >= until {
                return Ok(());
            }
        }
    }

    /// When the plant wants to look at the bench again.
    pub(super) fn plant_due(&self) -> Time {
        self.plant.as_ref().map_or(Time(u64::MAX), Plant::due)
    }

    /// Brings the plant up to the present time, applies what follows, and records what it shows.
    pub(super) fn drive_plant(&mut self) -> Result<(), Stop> {
        let Some(plant) = &mut self.plant else {
            return Ok(());
        };
        plant.advance(self.now);
        let mut samples = Vec::new();
        plant.samples(&mut samples);
        let writes = plant.writes();
        self.panel.feed(&samples);
        self.sink.samples(&samples)?;
        for (channel, value) in writes {
            self.write(channel, value)?;
        }
        Ok(())
    }

    /// Changes a setting of the plant; what follows from it is applied at once.
    pub(super) fn set_plant(&mut self, channel: Channel, value: f64) -> Result<(), Stop> {
        if let Some(plant) = &mut self.plant {
            plant.advance(self.now);
            plant.set(channel, value);
        }
        self.setpoints.insert(channel, value);
        self.drive_plant()
    }
}
