//! The bounds of password hashes, and the error about a hash that cannot be read.

use std::fmt;
use std::ops::RangeInclusive;

/// The most rounds that are computed: about 1.5 s in workerd, well below an object's limit of 30 s.
pub const MAX_ROUNDS: u32 = 2_000_000;

/// The accepted costs of bcrypt. Every step doubles the work of a guess that a stranger can cause: cost 12 takes about 0.3 s in
/// workerd, cost 20 would take a minute.
pub const COSTS: RangeInclusive<u32> = 4..=12;

/// The reason why a hash cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HashError {
    /// Its kind is known, but not its form.
    Malformed,
    /// Its kind is unknown.
    UnknownAlgorithm,
    /// It has no rounds, or more than [`MAX_ROUNDS`].
    RoundsOutOfBounds,
    /// Its bcrypt cost is outside [`COSTS`].
    CostOutOfBounds,
}

impl fmt::Display for HashError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("The password hash ")?;
        match self {
            Self::Malformed => f.write_str("is malformed."),
            Self::UnknownAlgorithm => f.write_str("is of an unknown kind."),
            Self::RoundsOutOfBounds => write!(f, "asks for a number of rounds outside 1 to {MAX_ROUNDS}."),
            Self::CostOutOfBounds => {
                write!(f, "has a bcrypt cost outside {} to {}.", COSTS.start(), COSTS.end())
            }
        }
    }
}

impl std::error::Error for HashError {}
