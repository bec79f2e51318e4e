//! What holds for every input, and for every sequence of them.

mod arbitrary;
mod histories;
mod operations;
mod round_trips;
