//! Does one piece of work of the core so many times: `natter-bench-core WORK TIMES`; without arguments, names all works.
//! Run under callgrind, which is to count what happens inside of [`repeat`], it tells how many instructions the work takes,
//! whatever else the machine is doing.

use natter_bench_core::{Step, WORKS};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, times] = arguments.as_slice() else {
        WORKS.iter().for_each(|work| println!("{}", work.name));
        return;
    };
    let work = WORKS.iter().find(|work| work.name == name).expect("the work is known");
    let times = times.parse().expect("a number of times");
    let mut step = (work.prepare)();
    repeat(&mut step, times);
}

/// A function of its own, so that callgrind can tell the work from what prepares it.
#[inline(never)]
fn repeat(step: &mut Step, times: u32) {
    for _ in 0..times {
        step();
    }
}
