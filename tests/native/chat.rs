//! The chat over the whole server: what the contract promises.

mod arrival;
mod call_grace;
mod call_states;
mod calls;
mod cost;
mod database;
mod deletions;
mod early;
mod expiry;
mod ghosts;
mod history;
mod limits;
mod messages;
mod offsets;
mod open_offers;
mod pacing;
mod presence;
mod recovery;
mod refused_calls;
mod retention;
mod sleep;
mod stored;
