//! Repeats one piece of the core's work: `natter-bench-core WORK TIMES`. Without arguments, lists all works. Under callgrind,
//! which counts instructions inside [`repeat`], it measures the work independently of other load on the machine.

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

/// Repeats the work in a separate function, so that callgrind can tell it from the preparation.
#[inline(never)]
fn repeat(step: &mut Step, times: u32) {
    for _ in 0..times {
        step();
    }
}
