//! Fan-out: one client talks and all receive it, in open loop at a set rate. Measures the cost and latency of a delivery.

use serde_json::{Value, json};

use crate::client::Crowd;
use crate::tally::quantiles;
use crate::{Options, Result};

/// The number of users who own all the clients of a fan-out. With one user per client, servers that send everyone the whole list
/// would spend minutes on that.
const USERS: usize = 20;

/// The number of clients that connect at a time.
const AT_ONCE: usize = 64;

/// The warm-up of a phase, in seconds.
const WARM_UP: f64 = 0.5;

/// Runs the phases one after another with the same clients.
pub async fn run(options: &Options) -> Result<Value> {
    let crowd = Crowd::gather(&options.server, options.clients, USERS, AT_ONCE).await?;
    crowd.tally.quiet().await?;
    let mut results = Vec::new();
    for phase in &options.phases {
        let rate = phase.deliveries_per_second / options.clients as f64;
        crowd.talk(rate, WARM_UP, phase.bytes, options.clients).await?;
        let before = options.server.cpu()?;
        let deliveries = crowd.talk(rate, options.seconds, phase.bytes, options.clients).await?;
        let cpu = options.server.cpu()? - before;
        results.push(json!({
            "cpuPerDelivery": cpu.as_secs_f64() * 1e6 / deliveries as f64,
            "latency": quantiles(&crowd.tally.latencies.borrow()),
        }));
    }
    Ok(json!({ "phases": results }))
}
