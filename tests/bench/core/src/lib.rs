//! Pieces of work for the core of Natter, each described once: criterion times them (`benches/core.rs`), and the program
//! beside this library does them under callgrind, which counts their instructions.

mod room;
mod works;

use std::hint::black_box;

pub use works::WORKS;

/// A piece of work.
pub struct Work {
    /// Its name, by which it is recorded.
    pub name: &'static str,
    /// Prepares everything, tries the work once and makes sure that it does what its name says.
    pub prepare: fn() -> Step,
}

/// The work, ready to be done again and again.
pub type Step = Box<dyn FnMut()>;

/// The work whose result nobody looks at, and which is done nevertheless.
fn measured<T>(mut work: impl FnMut() -> T + 'static) -> Step {
    Box::new(move || drop(black_box(work())))
}
