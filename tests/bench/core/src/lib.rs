//! Pieces of the core's work, each described once. Criterion times them (`benches/core.rs`), and the program beside this
//! library runs them under callgrind, which counts their instructions.

mod room;
mod works;

use std::hint::black_box;

pub use works::WORKS;

/// A piece of work.
pub struct Work {
    /// The name under which it is recorded.
    pub name: &'static str,
    /// Prepares the work, runs it once, and asserts that it does what its name says.
    pub prepare: fn() -> Step,
}

/// Prepared work that can be repeated.
pub type Step = Box<dyn FnMut()>;

/// Wraps work so that the compiler keeps it although its result is unused.
fn measured<T>(mut work: impl FnMut() -> T + 'static) -> Step {
    Box::new(move || drop(black_box(work())))
}
