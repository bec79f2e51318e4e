//! Fan-out to clients that cannot have a WebSocket and poll.

use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep_until};

use crate::client::{Crowd, message, planned, username};
use crate::http::Http;
use crate::server::Server;
use crate::tally::{Tally, quantiles};
use crate::token::token;
use crate::{Options, Result};

const PATH: &str = "/socket.io/?EIO=4&transport=polling";
const SEPARATOR: char = '\u{1e}';

/// Messages a second of the one client that talks, over a WebSocket.
const RATE: f64 = 20.0;
const TEXT_BYTES: usize = 64;

/// For how long it talks before it is measured, in seconds.
const WARM_UP: f64 = 2.0;

pub async fn run(options: &Options) -> Result<Value> {
    let server = &options.server;
    let crowd = Crowd::gather(server, 1, 1, 1).await?;
    let tally = &crowd.tally;
    for number in 0..options.clients {
        let mut session = Session::open(server, number).await?;
        let tally = tally.clone();
        spawn_local(async move {
            if let Err(error) = session.poll(&tally).await {
                eprintln!("polling client {number}: {error}");
                tally.count(&tally.lost);
            }
        });
    }
    tally.quiet().await?;
    talk(&crowd, options.clients, WARM_UP).await?;
    let before = server.cpu()?;
    let deliveries = talk(&crowd, options.clients, options.seconds).await?;
    let cpu = server.cpu()? - before;
    let per_delivery = cpu.as_secs_f64() * 1e6 / deliveries as f64;
    Ok(json!({ "cpuPerDelivery": per_delivery, "latency": quantiles(&tally.latencies.borrow()) }))
}

/// Sends for `seconds` and waits until everything is delivered to so many polling clients and the one that talks. Returns how
/// much that is.
async fn talk(crowd: &Crowd, clients: usize, seconds: f64) -> Result<u64> {
    let tally = &crowd.tally;
    tally.reset();
    let begin = Instant::now();
    let count = (seconds * RATE) as u64;
    for number in 0..count {
        let due = begin + Duration::from_secs_f64(number as f64 / RATE);
        sleep_until(due).await;
        let planned = due.duration_since(tally.start).as_micros() as u64;
        crowd.send(0, format!("42{}", message(planned, TEXT_BYTES)));
    }
    let expected = count * (clients + 1) as u64;
    tally.until(|tally| tally.deliveries.get() >= expected || tally.lost.get() > 0).await;
    if tally.deliveries.get() < expected {
        return Err(format!("{} of {expected} messages came", tally.deliveries.get()).into());
    }
    Ok(expected)
}

struct Session {
    http: Http,
    path: String,
}

impl Session {
    async fn open(server: &Server, number: usize) -> Result<Self> {
        let mut http = Http::connect(&server.address).await?;
        let handshake = http.request("GET", PATH, "text/plain", "").await?;
        let handshake: Value = serde_json::from_str(handshake.strip_prefix('0').ok_or("no handshake")?)?;
        let path = format!("{PATH}&sid={}", handshake["sid"].as_str().ok_or("no sid")?);
        let connect = format!(r#"40{{"token":"{}"}}"#, token(&server.secret, &username(number)));
        http.request("POST", &path, "text/plain", &connect).await?;
        Ok(Self { http, path })
    }

    async fn poll(&mut self, tally: &Rc<Tally>) -> Result<()> {
        loop {
            let payload = self.http.request("GET", &self.path, "text/plain", "").await?;
            for packet in payload.split(SEPARATOR) {
                tally.frames.set(tally.frames.get() + 1);
                if packet == "2" {
                    self.http.request("POST", &self.path, "text/plain", "3").await?;
                } else if packet.starts_with("42[\"new_message")
                    && let Some(planned) = planned(packet)
                {
                    tally.deliver(planned);
                }
            }
        }
    }
}
