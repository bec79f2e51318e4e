//! A competitor in the benchmark: the same chat on socketioxide, axum and tokio, in memory. It sends the whole user list to
//! everyone at each change. Prints its port once it listens.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use socketioxide::SocketIo;
use socketioxide::extract::{AckSender, Data, Event, Extension, SocketRef, State as SocketState};
use socketioxide::handler::ConnectHandler as _;
use socketioxide::socket::Sid;

const HISTORY_LIMIT: usize = 50;
const PASSWORD_COST: u32 = 10;
const TOKEN_TTL_SECONDS: i64 = 7 * 24 * 3600;

/// The packets that may wait for a client before it is disconnected. The default of 128 is too few when a thousand clients connect.
const MOST_UNSENT_PACKETS: usize = 4096;

#[derive(Clone)]
struct Chat {
    encoding: Arc<EncodingKey>,
    decoding: Arc<DecodingKey>,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    users: HashMap<String, String>,
    messages: VecDeque<Message>,
    online: BTreeMap<String, HashSet<Sid>>,
}

#[derive(Clone, Serialize)]
struct Message {
    id: String,
    username: String,
    text: String,
    timestamp: String,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    username: String,
    exp: i64,
}

#[derive(Deserialize)]
struct Credentials {
    username: String,
    password: String,
}

#[derive(Deserialize)]
struct Auth {
    token: String,
}

#[derive(Deserialize)]
struct SendMessage {
    text: String,
}

#[derive(Clone)]
struct Username(String);

impl Chat {
    fn token(&self, username: &str) -> String {
        let claims =
            Claims { username: username.to_owned(), exp: chrono::Utc::now().timestamp() + TOKEN_TTL_SECONDS };
        jsonwebtoken::encode(&Header::default(), &claims, &self.encoding).expect("claims become JSON")
    }

    fn shared(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().expect("nobody panics while holding the lock")
    }
}

#[tokio::main]
async fn main() {
    let secret = std::env::var("JWT_SECRET").expect("JWT_SECRET is set");
    let chat = Chat {
        encoding: Arc::new(EncodingKey::from_secret(secret.as_bytes())),
        decoding: Arc::new(DecodingKey::from_secret(secret.as_bytes())),
        shared: Arc::default(),
    };
    let (layer, io) =
        SocketIo::builder().with_state(chat.clone()).max_buffer_size(MOST_UNSENT_PACKETS).build_layer();
    io.ns("/", connected.with(authenticated));
    let app = Router::new()
        .route("/health", get(health))
        .route("/api/auth/register", post(register))
        .route("/api/auth/login", post(login))
        .with_state(chat)
        .layer(layer);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    println!("{}", listener.local_addr().expect("it is bound").port());
    axum::serve(listener, app).await.expect("the server serves");
}

async fn health() -> Json<Value> {
    Json(json!({ "status": "ok", "timestamp": now() }))
}

async fn register(
    State(chat): State<Chat>,
    Json(Credentials { username, password }): Json<Credentials>,
) -> (StatusCode, Json<Value>) {
    if chat.shared().users.contains_key(&username) {
        return (
            StatusCode::CONFLICT,
            Json(json!({ "error": "That name is taken.", "code": "username_taken" })),
        );
    }
    let hash = tokio::task::spawn_blocking(move || bcrypt::hash(password, PASSWORD_COST)).await;
    let Ok(Ok(hash)) = hash else { return refused() };
    let answer = json!({ "token": chat.token(&username), "username": username });
    chat.shared().users.insert(username, hash);
    (StatusCode::CREATED, Json(answer))
}

async fn login(
    State(chat): State<Chat>,
    Json(Credentials { username, password }): Json<Credentials>,
) -> (StatusCode, Json<Value>) {
    let Some(hash) = chat.shared().users.get(&username).cloned() else { return refused() };
    match tokio::task::spawn_blocking(move || bcrypt::verify(password, &hash)).await {
        Ok(Ok(true)) => {
            (StatusCode::OK, Json(json!({ "token": chat.token(&username), "username": username })))
        }
        _ => refused(),
    }
}

fn refused() -> (StatusCode, Json<Value>) {
    let body = json!({ "error": "Wrong name or password.", "code": "invalid_credentials" });
    (StatusCode::UNAUTHORIZED, Json(body))
}

async fn authenticated(
    socket: SocketRef,
    SocketState(chat): SocketState<Chat>,
    Data(auth): Data<Auth>,
) -> Result<(), &'static str> {
    // The tokens name an audience, which only Natter checks.
    let mut validation = Validation::default();
    validation.validate_aud = false;
    let token = jsonwebtoken::decode::<Claims>(&auth.token, &chat.decoding, &validation);
    let claims = token.map_err(|_| "Authentication error")?.claims;
    socket.extensions.insert(Username(claims.username));
    Ok(())
}

async fn connected(
    io: SocketIo,
    socket: SocketRef,
    SocketState(chat): SocketState<Chat>,
    Extension(Username(username)): Extension<Username>,
) {
    let (history, online) = {
        let mut shared = chat.shared();
        shared.online.entry(username).or_default().insert(socket.id);
        (shared.messages.clone(), shared.online.keys().cloned().collect::<Vec<_>>())
    };
    // The client may have left in the meantime.
    let _ = socket.emit("message_history", &(history,));
    let _ = io.emit("online_users", &(online,)).await;

    socket.on("send_message", sent);
    socket.on_fallback(relay);
    socket.on_disconnect(disconnected);
}

async fn sent(
    io: SocketIo,
    SocketState(chat): SocketState<Chat>,
    Extension(Username(username)): Extension<Username>,
    Data(SendMessage { text }): Data<SendMessage>,
    ack: AckSender,
) {
    let message = Message { id: uuid::Uuid::new_v4().to_string(), username, text, timestamp: now() };
    {
        let mut shared = chat.shared();
        shared.messages.push_back(message.clone());
        if shared.messages.len() > HISTORY_LIMIT {
            shared.messages.pop_front();
        }
    }
    let _ = io.emit("new_message", &message).await;
    let _ = ack.send(&json!({ "ok": true, "message": message }));
}

/// Relays an event from one user to all sockets of another.
async fn relay(
    io: SocketIo,
    Event(event): Event,
    SocketState(chat): SocketState<Chat>,
    Extension(Username(from)): Extension<Username>,
    Data(data): Data<Value>,
) {
    let (event, field) = match event.as_str() {
        "call_user" => ("incoming_call", "offer"),
        "call_answer" => ("call_answered", "answer"),
        "ice_candidate" => ("ice_candidate", "candidate"),
        "end_call" => ("call_ended", ""),
        _ => return,
    };
    let to = data["to"].as_str().unwrap_or_default();
    let sockets: Vec<Sid> = chat.shared().online.get(to).into_iter().flatten().copied().collect();
    let mut relayed = json!({ "from": from });
    if let Some(value) = data.get(field) {
        relayed[field] = value.clone();
    }
    for sid in sockets {
        if let Some(socket) = io.get_socket(sid) {
            let _ = socket.emit(event, &relayed);
        }
    }
}

async fn disconnected(
    io: SocketIo,
    socket: SocketRef,
    SocketState(chat): SocketState<Chat>,
    Extension(Username(username)): Extension<Username>,
) {
    let online = {
        let mut shared = chat.shared();
        let Some(sockets) = shared.online.get_mut(&username) else { return };
        sockets.remove(&socket.id);
        if !sockets.is_empty() {
            return;
        }
        shared.online.remove(&username);
        shared.online.keys().cloned().collect::<Vec<_>>()
    };
    let _ = io.emit("online_users", &(online,)).await;
}

fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}
