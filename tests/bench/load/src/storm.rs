//! A reconnection storm: a thousand users return at once, as after a deployment. Measures the time until everyone sees everyone.

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::client::Crowd;
use crate::{Options, Result};

pub async fn run(options: &Options) -> Result<Value> {
    let clients = options.clients;
    let (begin, before) = (Instant::now(), options.server.cpu()?);
    let crowd = Crowd::gather(&options.server, clients, clients, clients).await?;
    let tally = &crowd.tally;
    if !tally.until(|tally| tally.informed.get() == clients || tally.lost.get() > 0).await {
        return Err(format!("{} of {clients} clients are up to date", tally.informed.get()).into());
    }
    let seconds = begin.elapsed().as_secs_f64();
    // Packets that are still under way belong to the storm.
    tally.quiet().await?;
    if tally.lost.get() > 0 {
        return Err(format!("{} clients were cut off", tally.lost.get()).into());
    }
    let cpu = (options.server.cpu()? - before).as_secs_f64();
    Ok(
        json!({ "seconds": seconds, "bytes": tally.bytes.get(), "frames": tally.frames.get(), "cpuSeconds": cpu }),
    )
}
