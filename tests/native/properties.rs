//! Properties of every input, and of every sequence of inputs.

mod arbitrary;
mod histories;
mod operations;
mod round_trips;
