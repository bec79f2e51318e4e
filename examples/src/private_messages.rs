//! Private messages, after the tutorial on socket.io/get-started/private-messaging-part-1: a user logs in with a name, gets a
//! session that a later connection resumes, and reaches every connection of another user through that user's room.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use socketio::router::{EventError, Io, Scope, Socket};
use socketio::{ConnectError, JoinRequest};

/// The longest username, in bytes.
const MAX_NAME: usize = 64;
/// The most sessions that are remembered.
const MAX_SESSIONS: usize = 1_000;

/// The users by the session ids that only they know. They are forgotten with the object's memory, connected ones excepted.
pub type Sessions = BTreeMap<String, User>;

#[derive(Clone, Default, Serialize, Deserialize)]
pub struct User {
    #[serde(rename = "userID")]
    id: String,
    username: String,
    #[serde(rename = "sessionID")]
    session: String,
}

#[derive(Deserialize)]
struct Auth {
    #[serde(rename = "sessionID")]
    session: Option<String>,
    username: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    content: String,
    to: String,
}

pub fn io() -> Io<Sessions, User> {
    let mut io = Io::new(Sessions::new());
    io.of("/").admit(admit).on_connect(connect).on("private message", relay).on_disconnect(|socket, _| {
        let id = socket.data().id.clone();
        if socket.io().sockets("/").filter(|peer| peer.data().id == id).count() == 1 {
            socket.broadcast().emit("user disconnected", &id);
        }
    });
    io
}

fn admit(io: &mut Scope<'_, Sessions, User>, request: &JoinRequest<'_>) -> Result<User, ConnectError> {
    let Auth { session, username } = request.read_auth()?;
    if let Some(user) = session.and_then(|session| find(io, &session)) {
        return Ok(user);
    }
    let username = username.filter(|name| (1..=MAX_NAME).contains(&name.len())).ok_or("invalid username")?;
    let user = User { id: io.unguessable_id(), username, session: io.unguessable_id() };
    if io.state().len() >= MAX_SESSIONS {
        io.state_mut().pop_first();
    }
    io.state_mut().insert(user.session.clone(), user.clone());
    Ok(user)
}

fn find(io: &Scope<'_, Sessions, User>, session: &str) -> Option<User> {
    let mut connected = io.sockets("/").map(|peer| peer.data());
    io.state().get(session).or_else(|| connected.find(|user| user.session == session)).cloned()
}

/// Returns a user, as the others see them.
fn profile(user: &User) -> Value {
    json!({ "userID": user.id, "username": user.username })
}

fn connect(socket: &mut Socket<'_, Sessions, User>) {
    let user = socket.data().clone();
    socket.emit("session", &user);
    socket.join(user.id.as_str());
    let users: BTreeMap<_, _> = socket.io().sockets("/").map(|peer| (&peer.data().id, peer.data())).collect();
    socket.emit("users", &users.into_values().map(profile).collect::<Vec<_>>());
    socket.broadcast().emit("user connected", &profile(&user));
}

/// Delivers a message to every connection of its recipient, and to the sender's other ones.
fn relay(
    socket: &mut Socket<'_, Sessions, User>,
    Message { content, to }: Message,
) -> Result<(), EventError> {
    let from = &socket.data().id;
    if content.is_empty() {
        return Err(EventError::new("empty message"));
    }
    socket
        .to(&*to)
        .to(&**from)
        .emit("private message", &json!({ "content": content, "from": from, "to": to }));
    Ok(())
}
