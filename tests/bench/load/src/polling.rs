//! Fan-out to polling clients.

use std::rc::Rc;

use serde_json::{Value, json};
use tokio::task::spawn_local;

use crate::client::{Crowd, planned, username};
use crate::http::Http;
use crate::server::Server;
use crate::tally::{Tally, quantiles};
use crate::token::token;
use crate::{Options, Result};

const PATH: &str = "/socket.io/?EIO=4&transport=polling";
const SEPARATOR: char = '\u{1e}';

/// Messages per second from the one talker, which uses a WebSocket.
const RATE: f64 = 20.0;
const TEXT_BYTES: usize = 64;

/// The warm-up, in seconds.
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
    // The talker receives its own messages too.
    let receivers = options.clients + 1;
    crowd.talk(RATE, WARM_UP, TEXT_BYTES, receivers).await?;
    let before = server.cpu()?;
    let deliveries = crowd.talk(RATE, options.seconds, TEXT_BYTES, receivers).await?;
    let cpu = server.cpu()? - before;
    let per_delivery = cpu.as_secs_f64() * 1e6 / deliveries as f64;
    Ok(json!({ "cpuPerDelivery": per_delivery, "latency": quantiles(&tally.latencies.borrow()) }))
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
