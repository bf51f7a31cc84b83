//! The law of each claim.

mod arrive;
mod blink;
mod changes;
mod follows;
mod log;
mod quantity;
mod search;
mod state;

pub(super) use arrive::Arrive;
pub(super) use blink::Blinks;
pub(super) use changes::Changes;
pub(super) use follows::Follows;
pub(super) use log::Logged;
pub(super) use quantity::{At, Between};
pub(super) use search::Search;
pub(super) use state::{Is, Never, Stays};
