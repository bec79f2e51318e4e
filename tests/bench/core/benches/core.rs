//! Times every piece of the core's work: `cargo bench --package natter-bench-core [-- FILTER]`.

use std::time::Duration;

use criterion::Criterion;
use natter_bench_core::WORKS;

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    for work in WORKS {
        criterion.bench_function(work.name, |bencher| bencher.iter((work.prepare)()));
    }
    criterion.final_summary();
}
