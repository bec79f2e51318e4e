//! One client talks, all hear it: what a delivery costs, and how long it takes, in open loop at a set rate.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use crate::client::{Crowd, message};
use crate::tally::quantiles;
use crate::{Options, Phase, Result};

/// So many users have all the clients of a fan-out, several each: otherwise a server that tells everyone of every other is
/// measured in that, for minutes.
const USERS: usize = 20;

/// How many clients connect at a time.
const AT_ONCE: usize = 64;

/// For how long a phase runs before it is measured, in seconds.
const WARM_UP: f64 = 0.5;

/// Runs the phases one after the other with the same clients.
pub async fn run(options: &Options) -> Result<Value> {
    let crowd = Crowd::gather(&options.server, options.clients, USERS, AT_ONCE).await?;
    crowd.tally.quiet().await?;
    let mut results = Vec::new();
    for phase in &options.phases {
        talk(&crowd, options, phase, WARM_UP).await?;
        let before = options.server.cpu()?;
        let expected = talk(&crowd, options, phase, options.seconds).await?;
        let cpu = options.server.cpu()? - before;
        let deliveries = crowd.tally.deliveries.get();
        results.push(json!({
            "bytes": phase.bytes,
            "deliveries": deliveries,
            "missing": expected.saturating_sub(deliveries),
            "cpuPerDelivery": cpu.as_secs_f64() * 1e6 / deliveries.max(1) as f64,
            "latency": quantiles(&crowd.tally.latencies.borrow()),
        }));
    }
    Ok(json!({ "phases": results }))
}

/// Sends for `seconds` and waits until everything is delivered. Returns how much that is.
async fn talk(crowd: &Crowd, options: &Options, phase: &Phase, seconds: f64) -> Result<u64> {
    let tally = &crowd.tally;
    tally.reset();
    let begin = Instant::now();
    let interval = options.clients as f64 / phase.deliveries_per_second;
    let count = (seconds / interval).ceil() as u64;
    for number in 0..count {
        let due = begin + Duration::from_secs_f64(interval * number as f64);
        sleep_until(due).await;
        let planned = due.duration_since(tally.start).as_micros() as u64;
        crowd.send(0, format!("42{}", message(planned, phase.bytes)));
    }
    let expected = count * options.clients as u64;
    tally.until(|tally| tally.deliveries.get() >= expected || tally.lost.get() > 0).await;
    if tally.lost.get() > 0 {
        return Err(format!("{} clients were cut off", tally.lost.get()).into());
    }
    Ok(expected)
}
