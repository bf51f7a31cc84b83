//! Boards as the flasher left them: what a pack of any size is made of.
//!
//! Nothing here writes flash. A chip gets its firmware through its debug port, in a
//! [`crate::VirtualRig`]; copies share its contents.

use std::sync::Arc;

use hil_mcu::{Mcu, Part};

use crate::board::Role;

/// One chip per role, with whatever was programmed into it.
#[derive(Clone)]
pub struct Flashed {
    begin: Mcu,
    between: Mcu,
    end: Mcu,
    next_end: Option<Arc<[u8]>>,
}

impl Flashed {
    /// Boards as they come from production: erased. Their relays are not-allowed.
    #[must_use]
    pub fn erased() -> Self {
        let blank = Mcu::new(Part::default());
        Self::new(blank.clone(), blank.clone(), blank)
    }

    /// From the chips of the three roles.
    pub(crate) fn new(begin: Mcu, between: Mcu, end: Mcu) -> Self {
        Self {
            begin,
            between,
            end,
            next_end: None,
        }
    }

    /// Brings along the ELF file that End boards are updated to (`UPD-1`).
    #[must_use]
    pub fn with_next_end(mut self, elf: Option<Arc<[u8]>>) -> Self {
        self.next_end = elf;
        self
    }

    /// What End boards are updated to.
    pub(crate) fn next_end(&self) -> Option<Arc<[u8]>> {
        self.next_end.clone()
    }

    /// The chip that boards of `role` are copied from.
    pub(crate) const fn chip(&self, role: Role) -> &Mcu {
        match role {
            Role::Begin => &self.begin,
            Role::Between => &self.between,
            Role::End => &self.end,
        }
    }
}
