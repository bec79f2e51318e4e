//! Clients that only stay connected. Measures the memory and the heartbeat CPU of each.

use serde_json::{Value, json};
use tokio::time::{Duration, sleep};

use crate::client::Crowd;
use crate::{Options, Result};

/// The number of clients that connect first, so that one-time costs of the server do not count.
const FIRST: usize = 100;

const USERS: usize = 20;
const AT_ONCE: usize = 64;

pub async fn run(options: &Options) -> Result<Value> {
    let server = &options.server;
    let first = Crowd::gather(server, FIRST, USERS, AT_ONCE).await?;
    first.tally.quiet().await?;
    let memory = server.memory()?;
    let crowd = Crowd::gather(server, options.clients, USERS, AT_ONCE).await?;
    crowd.tally.quiet().await?;
    let memory = server.memory()?.saturating_sub(memory);

    let before = server.cpu()?;
    sleep(Duration::from_secs_f64(options.seconds)).await;
    let cpu = server.cpu()? - before;
    if first.tally.lost.get() + crowd.tally.lost.get() > 0 {
        return Err("clients were cut off".into());
    }
    let minutes = options.seconds / 60.0;
    Ok(json!({
        "memoryPerClient": memory as f64 / options.clients as f64,
        "cpuPerClientMinute": cpu.as_secs_f64() * 1e6 / ((FIRST + options.clients) as f64 * minutes),
    }))
}
