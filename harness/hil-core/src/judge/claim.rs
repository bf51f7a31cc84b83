//! The law of each claim.

mod arrive;
mod blink;
mod quantity;
mod search;
mod state;

pub(super) use arrive::Arrive;
pub(super) use blink::Blinks;
pub(super) use quantity::{At, Between};
pub(super) use search::Search;
pub(super) use state::{Is, Never, Stays};
