//! Minimal Socket.IO clients over a plain WebSocket.

use std::rc::Rc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::Result;
use crate::server::Server;
use crate::tally::Tally;
use crate::token::token;

/// The size of a read buffer, in bytes. It is small, because there are thousands of clients.
const READ_BUFFER: usize = 8 * 1024;

/// The length of one name in a user list: as long as [`username`] makes it, in quotes and with a comma.
const NAME_LENGTH: usize = r#""bench-00000","#.len();

/// Returns the name of the user with this number.
pub fn username(number: usize) -> String {
    format!("bench-{number:05}")
}

/// The clients of one server.
pub struct Crowd {
    pub tally: Rc<Tally>,
    outboxes: Vec<mpsc::UnboundedSender<String>>,
}

impl Crowd {
    /// Connects `clients` of `users` users, at most `at_once` at a time. Resolves once all have joined.
    ///
    /// # Errors
    /// A client is refused, or cannot join.
    pub async fn gather(server: &Server, clients: usize, users: usize, at_once: usize) -> Result<Self> {
        let mut crowd = Self { tally: Rc::new(Tally::new()), outboxes: Vec::with_capacity(clients) };
        crowd.connect(server, clients, users, at_once);
        let joined = crowd.tally.until(|tally| tally.joined.get() == clients || tally.lost.get() > 0).await;
        if !joined || crowd.tally.lost.get() > 0 {
            return Err(format!("{} of {clients} clients got in", crowd.tally.joined.get()).into());
        }
        Ok(crowd)
    }

    fn connect(&mut self, server: &Server, clients: usize, users: usize, at_once: usize) {
        let door = Rc::new(Semaphore::new(at_once));
        for number in 0..clients {
            let (outbox, outgoing) = mpsc::unbounded_channel();
            let address = server.address.clone();
            let token = token(&server.secret, &username(number % users));
            let (tally, door) = (self.tally.clone(), door.clone());
            // The least length of a list of all users.
            let full_list = users * NAME_LENGTH;
            spawn_local(async move {
                if let Err(error) = talk(&address, &token, outgoing, &tally, &door, full_list).await {
                    eprintln!("client {number}: {error}");
                    tally.count(&tally.lost);
                }
            });
            self.outboxes.push(outbox);
        }
    }

    /// Sends messages from the first client at a set rate for `seconds`, and waits until each of `receivers` has them all.
    /// Returns the number of deliveries; their latencies are in the tally.
    ///
    /// # Errors
    /// Some messages do not arrive, or a client is disconnected.
    pub async fn talk(&self, rate: f64, seconds: f64, bytes: usize, receivers: usize) -> Result<u64> {
        let tally = &self.tally;
        tally.reset();
        let begin = Instant::now();
        let count = (seconds * rate).ceil() as u64;
        for number in 0..count {
            let due = begin + Duration::from_secs_f64(number as f64 / rate);
            sleep_until(due).await;
            let planned = due.duration_since(tally.start).as_micros() as u64;
            self.send(0, format!("42{}", message(planned, bytes)));
        }
        let expected = count * receivers as u64;
        tally.until(|tally| tally.deliveries.get() >= expected || tally.lost.get() > 0).await;
        match (tally.lost.get(), tally.deliveries.get()) {
            (0, deliveries) if deliveries >= expected => Ok(expected),
            (lost, deliveries) => {
                Err(format!("{deliveries} of {expected} deliveries came; {lost} clients were cut off").into())
            }
        }
    }

    /// Sends a packet from one of the clients.
    pub fn send(&self, client: usize, packet: String) {
        // Lost clients are counted elsewhere.
        let _ = self.outboxes[client].send(packet);
    }
}

async fn talk(
    address: &str,
    token: &str,
    mut outgoing: mpsc::UnboundedReceiver<String>,
    tally: &Tally,
    door: &Semaphore,
    full_list: usize,
) -> Result<()> {
    let entering = door.acquire().await?;
    let mut web_socket = open(address).await?;
    web_socket.send(Message::text(format!(r#"40{{"token":"{token}"}}"#))).await?;
    let mut entering = Some(entering);
    let mut informed = false;
    loop {
        tokio::select! {
            frame = web_socket.next() => {
                let Message::Text(frame) = frame.ok_or("the server closed")?? else { continue };
                let frame = frame.as_str();
                tally.frames.set(tally.frames.get() + 1);
                tally.bytes.set(tally.bytes.get() + frame.len() as u64);
                if frame == "2" {
                    web_socket.send(Message::text("3")).await?;
                } else if let Some(event) = frame.strip_prefix("42[\"") {
                    if event.starts_with("new_message") {
                        if let Some(planned) = planned(event) {
                            tally.deliver(planned);
                        }
                    } else if !informed && event.starts_with("online_users") && event.len() >= full_list {
                        informed = true;
                        tally.count(&tally.informed);
                    }
                } else if let Some(acknowledgement) = frame.strip_prefix("43") {
                    if !acknowledgement.contains("\"ok\":true") {
                        return Err(format!("refused: {acknowledgement}").into());
                    }
                    tally.count(&tally.acknowledgements);
                } else if frame.starts_with("40") {
                    entering.take();
                    tally.count(&tally.joined);
                } else if frame.starts_with("44") {
                    return Err(frame.into());
                }
            }
            packet = outgoing.recv() => match packet {
                Some(packet) => web_socket.send(Message::text(packet)).await?,
                None => return Ok(web_socket.close(None).await?),
            },
        }
    }
}

async fn open(address: &str) -> Result<WebSocketStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER).write_buffer_size(0);
    let url = format!("ws://{address}/socket.io/?EIO=4&transport=websocket");
    let (web_socket, _) = client_async_with_config(url, stream, Some(config)).await?;
    Ok(web_socket)
}

/// Returns the packet of a message whose text starts with its planned time of sending and has `bytes` bytes.
pub fn message(planned: u64, bytes: usize) -> String {
    let text = format!("{planned:012}");
    format!(r#"["send_message",{{"text":"{text:x<bytes$}"}}]"#)
}

/// Reads the planned time of sending from a packet.
pub fn planned(event: &str) -> Option<u64> {
    let (_, text) = event.split_once(r#""text":""#)?;
    text.get(..12)?.parse().ok()
}
