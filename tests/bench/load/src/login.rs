//! Logins one after another, which mostly hash passwords.

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::http::Http;
use crate::tally::{histogram, quantiles};
use crate::{Options, Result};

const CREDENTIALS: &str = r#"{"username":"login-bench","password":"nine purple ferrets juggle"}"#;

pub async fn run(options: &Options) -> Result<Value> {
    let server = &options.server;
    let mut http = Http::connect(&server.address).await?;
    http.request("POST", "/api/auth/register", "application/json", CREDENTIALS).await?;
    http.request("POST", "/api/auth/login", "application/json", CREDENTIALS).await?;
    let mut times = histogram();
    let before = server.cpu()?;
    for _ in 0..options.times {
        let asked = Instant::now();
        http.request("POST", "/api/auth/login", "application/json", CREDENTIALS).await?;
        times.saturating_record(asked.elapsed().as_micros() as u64);
    }
    let cpu = server.cpu()? - before;
    Ok(json!({ "latency": quantiles(&times), "cpu": cpu.as_secs_f64() * 1e6 / options.times as f64 }))
}
