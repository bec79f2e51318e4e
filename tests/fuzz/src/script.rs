//! Scripts: arbitrary bytes, read as a sequence of operations.
//!
//! An operation is a line: a letter, a digit for a client or an amount, and content. Other bytes stand for a letter or a digit
//! too, so that no byte is wasted.

use std::time::Duration;

use engineio::Rejection;
use natter_echo::NAMESPACES;
use socketio::Namespace;

/// The most operations in a script.
const MAX_OPERATIONS: usize = 256;

/// An operation. Sessions and lines are counted from the oldest, and wrap around.
pub enum Operation<'a> {
    /// A client sends a request: `p` opens a session over polling, `w` over WebSocket, each with an odd digit for a client
    /// that asks for base64; `g` polls, `s` posts, `x` sends what the shell refuses, `u` opens a WebSocket for a session; `q`
    /// need not make sense.
    Request(Request),
    /// `f`: a client sends a text frame.
    Text { line: usize, text: String },
    /// `b`: a client sends a binary frame.
    Binary { line: usize, bytes: &'a [u8] },
    /// `c`: a WebSocket is closed by its client, or breaks.
    Hangup { line: usize },
    /// `a`: a client aborts its poll.
    Abort { session: usize },
    /// `k`: the platform starts or stops answering the pings of a WebSocket.
    TogglePongs { line: usize },
    /// `t`: time passes, and the alarm goes off whenever it is due.
    Pass(Duration),
    /// `o`: time passes, and the alarm does not go off.
    Oversleep(Duration),
    /// `y`: the clock is set back.
    SetBack(Duration),
    /// `i`: the alarm goes off for no reason.
    Tick,
    /// `z`: the object is evicted and restored.
    Sleep,
    /// `e`: the application emits an event of this length to a namespace.
    Announce { namespace: Namespace, length: usize },
}

/// A request, possibly invalid.
pub struct Request {
    pub method: Method,
    pub revision: Option<&'static str>,
    pub transport: Option<&'static str>,
    pub session: Option<usize>,
    pub base64: bool,
}

pub enum Method {
    Get,
    Post(String),
    /// A request that the shell refuses.
    Unacceptable(Rejection),
    WebSocket,
}

/// The letters of all operations, for bytes that are not letters.
const LETTERS: &[u8] = b"pwgsxuqfbcaktoyize";

/// The time that each digit stands for, in milliseconds: just before and after the protocol's limits.
const TIMES: [u64; 10] = [1, 99, 1_000, 5_000, 9_999, 10_001, 15_000, 22_500, 45_000, 80_000];

/// The characters that bytes beyond ASCII stand for in a text.
const PHRASES: &[&str] = &[
    "\x1e",
    "1",
    "2",
    "2probe",
    "3",
    "5",
    "6",
    "b",
    "bAQID",
    "bAQIDBA==",
    "4",
    "40",
    "40/custom,",
    "40/nowhere,",
    "40{\"token\":\"\"}",
    "40{\"intruder\":true}",
    "40/custom,{\"intruder\":true}",
    "40{\"recover\":true}",
    "40/custom,{\"recover\":true}",
    "41",
    "41/custom,",
    "42[\"message\",1]",
    "42/custom,[\"message\",1]",
    "42[\"message-with-ack\",1]",
    "420[\"message-with-ack\",1]",
    "42/custom,7[\"message-with-ack\",1]",
    "42[\"ask\",1]",
    "42/custom,[\"ask\",2]",
    "42[\"ask\",700]",
    "42[\"everyone\",1]",
    "42/custom,[\"everyone\",1]",
    "42[\"put-me-out\"]",
    "42/custom,[\"put-me-out\"]",
    "42[\"watch\"]",
    "42[\"watch\",0]",
    "42/custom,[\"watch\"]",
    "42[\"remind-me\",500]",
    "42/custom,[\"remind-me\",30000]",
    "430[1]",
    "431[]",
    "43/custom,0[]",
    "451-[\"message\",{\"_placeholder\":true,\"num\":0}]",
    "452-[\"message\",{\"_placeholder\":true,\"num\":1},{\"_placeholder\":true,\"num\":0}]",
    "451-3[\"message-with-ack\",{\"_placeholder\":true,\"num\":0}]",
    "451-/custom,[\"everyone\",{\"_placeholder\":true,\"num\":0}]",
    "451-[\"everyone\",{\"_placeholder\":true,\"num\":0}]",
    "451-[\"ask\",{\"_placeholder\":true,\"num\":0}]",
    "451-[\"message\",{\"_placeholder\":true,\"num\":1}]",
    "461-0[{\"_placeholder\":true,\"num\":0}]",
    "44{}",
    "[\"message\",",
    "{\"_placeholder\":true,\"num\":0}",
    "[[[[[[[[[[[[[[[[[[[[",
    "]]]]]]]]]]]]]]]]]]]]",
    "\u{e9}",
    "\u{20ac}",
    "\u{1f600}",
    "\\ud83d",
    "9007199254740991",
    "9007199254740992",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "42[\"\\ud83d\"]",
    "451-7[\"\\ud83d\",{\"_placeholder\":true,\"num\":0}]",
    "451-[\"everyone\",{\"_placeholder\":true,\"num\":0,\"\\ud83d\":1e999}]",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
];

/// Parses the operations of a script.
pub fn operations(script: &[u8]) -> impl Iterator<Item = Operation<'_>> {
    let lines = script.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    lines
        .take(MAX_OPERATIONS)
        .map(|line| operation(line[0], digit(line, 1), line.get(2..).unwrap_or_default()))
}

fn operation(letter: u8, number: usize, content: &[u8]) -> Operation<'_> {
    let time = Duration::from_millis(TIMES[number % TIMES.len()]);
    match letter {
        b'p' => opening(Method::Get, "polling", number),
        b'w' => opening(Method::WebSocket, "websocket", number),
        b'g' => request(Method::Get, "polling", number),
        b's' => request(Method::Post(text(content)), "polling", number),
        b'x' => request(Method::Unacceptable(rejection(digit(content, 0))), "polling", number),
        b'u' => request(Method::WebSocket, "websocket", number),
        b'q' => odd_request(number, content),
        b'f' => Operation::Text { line: number, text: text(content) },
        b'b' => Operation::Binary { line: number, bytes: content },
        b'c' => Operation::Hangup { line: number },
        b'a' => Operation::Abort { session: number },
        b'k' => Operation::TogglePongs { line: number },
        b't' => Operation::Pass(time),
        b'o' => Operation::Oversleep(time),
        b'y' => Operation::SetBack(time),
        b'i' => Operation::Tick,
        b'z' => Operation::Sleep,
        b'e' => Operation::Announce {
            namespace: Namespace::new(NAMESPACES[number % 2]),
            length: 40 * digit(content, 0),
        },
        other => operation(LETTERS[usize::from(other) % LETTERS.len()], number, content),
    }
}

fn opening(method: Method, transport: &'static str, number: usize) -> Operation<'static> {
    let (revision, transport) = (Some("4"), Some(transport));
    Operation::Request(Request { method, revision, transport, session: None, base64: number % 2 == 1 })
}

fn request(method: Method, transport: &'static str, session: usize) -> Operation<'static> {
    let (revision, transport) = (Some("4"), Some(transport));
    Operation::Request(Request { method, revision, transport, session: Some(session), base64: false })
}

fn odd_request(number: usize, content: &[u8]) -> Operation<'static> {
    Operation::Request(Request {
        method: match number % 4 {
            0 => Method::Get,
            1 => Method::Post(text(content)),
            2 => Method::WebSocket,
            _ => Method::Unacceptable(rejection(digit(content, 3))),
        },
        revision: [Some("4"), Some("3"), Some(""), None][digit(content, 0) % 4],
        transport: [Some("polling"), Some("websocket"), Some("webtransport"), None][digit(content, 1) % 4],
        session: (content.len() > 2).then(|| digit(content, 2)),
        base64: digit(content, 4) % 2 == 1,
    })
}

/// Returns the byte at this index, offset so that digits stand for themselves; 0 beyond the end.
fn digit(bytes: &[u8], place: usize) -> usize {
    bytes.get(place).map_or(0, |byte| byte.wrapping_sub(b'0').into())
}

fn text(content: &[u8]) -> String {
    let mut text = String::with_capacity(content.len());
    for &byte in content {
        match byte {
            0..0x80 => text.push(byte.into()),
            _ => text.push_str(PHRASES[usize::from(byte - 0x80) % PHRASES.len()]),
        }
    }
    text
}

/// Returns the rejection by which the shell refuses a request.
fn rejection(number: usize) -> Rejection {
    match number % 3 {
        0 => Rejection::BadRequest,
        1 => Rejection::PayloadTooLarge,
        _ => Rejection::BadHandshakeMethod,
    }
}
