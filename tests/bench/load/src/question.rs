//! One client in closed loop, which sends its next request after each answer.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader, stdin};
use tokio::time::Instant;

use crate::client::{Crowd, message};
use crate::tally::{histogram, quantiles};
use crate::{Options, Result};

/// A short text, as in most messages.
const TEXT_BYTES: usize = 64;

/// The number of warm-up requests.
const WARM_UP: usize = 500;

/// Measures messages, each acknowledged before the next.
pub async fn send(options: &Options) -> Result<Value> {
    repeat(options, &message(0, TEXT_BYTES)).await
}

/// Measures loads of the newest page of the history.
pub async fn history(options: &Options) -> Result<Value> {
    repeat(options, r#"["load_history",{"limit":50}]"#).await
}

async fn repeat(options: &Options, event: &str) -> Result<Value> {
    let crowd = Crowd::gather(&options.server, 1, 1, 1).await?;
    crowd.tally.quiet().await?;
    for _ in 0..WARM_UP {
        ask(&crowd, event).await?;
    }
    let mut times = histogram();
    let before = options.server.cpu()?;
    for _ in 0..options.times {
        times.saturating_record(ask(&crowd, event).await?);
    }
    let cpu = options.server.cpu()? - before;
    Ok(json!({ "latency": quantiles(&times), "cpu": micros_each(cpu, options) }))
}

/// Prints `ready`, and sends one message for each line on standard input. The room is evicted in between.
pub async fn wake(options: &Options) -> Result<Value> {
    let crowd = Crowd::gather(&options.server, 1, 1, 1).await?;
    crowd.tally.quiet().await?;
    ask(&crowd, &message(0, TEXT_BYTES)).await?;
    let mut lines = BufReader::new(stdin()).lines();
    let mut times = histogram();
    let mut cpu = Duration::ZERO;
    for _ in 0..options.times {
        println!("ready");
        lines.next_line().await?.ok_or("nobody waits")?;
        let before = options.server.cpu()?;
        times.saturating_record(ask(&crowd, &message(0, TEXT_BYTES)).await?);
        cpu += options.server.cpu()? - before;
    }
    Ok(json!({ "latency": quantiles(&times), "cpu": micros_each(cpu, options) }))
}

fn micros_each(cpu: Duration, options: &Options) -> f64 {
    cpu.as_secs_f64() * 1e6 / options.times as f64
}

/// Sends one request. Resolves to its latency in microseconds.
async fn ask(crowd: &Crowd, event: &str) -> Result<u64> {
    let tally = &crowd.tally;
    let expected = tally.acknowledgements.get() + 1;
    let asked = Instant::now();
    crowd.send(0, format!("420{event}"));
    let answered =
        tally.until(|tally| tally.acknowledgements.get() == expected || tally.lost.get() > 0).await;
    if !answered || tally.lost.get() > 0 {
        return Err("no answer".into());
    }
    Ok(asked.elapsed().as_micros() as u64)
}
