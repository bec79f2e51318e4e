//! The chat with real SQLite under it, and the people in it.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use engineio::Time;
use natter::accounts::TokenPair;
use natter::accounts::attempts::Limits;
use natter::accounts::logins;
use natter::accounts::questions::{AccountQuestion, LogIn, Register};
use natter::accounts::token::{TokenError, TokenSecret, Tokens};
use natter::accounts::username::Username;
use natter::answers;
use natter::chat::limits::Rates;
use natter::chat::retention;
use natter::chat::{Chat, Settings};
use natter::questions::{Asking, Response};
use natter::refusal::Refusal;
use serde_json::{Value, json};
use socketio::Server;

use super::client::Socket;
use super::server;
use super::sqlite::Sqlite;
use super::world::World;

pub type ChatServer = Server<Chat<Rc<Sqlite>>>;

/// How many messages a client gets when it connects.
pub const HISTORY_LIMIT: u32 = 5;

/// How long a lost client can come back.
pub const RECOVERY_WINDOW: Duration = Duration::from_secs(120);

/// The most logins of one user.
pub const LOGINS_PER_USER: u32 = 3;

/// How long a login lasts that is not renewed.
pub const REFRESH_TTL: Duration = Duration::from_secs(30 * 24 * 3600);

pub const SETTINGS: Settings = Settings {
    history_limit: HISTORY_LIMIT,
    recovery_window: RECOVERY_WINDOW,
    recovery_bytes: usize::MAX,
    retention: retention::Limits { messages: None, age: None },
    logins: logins::Settings { ttl: REFRESH_TTL, per_user: LOGINS_PER_USER },
    attempts: ATTEMPTS,
    rates: Rates {
        messages: 60_000,
        history_loads: 60_000,
        calls: 60_000,
        candidates: 60_000,
        connects: 60_000,
    },
    sockets_per_user: 10,
};

/// How often passwords may be tried.
pub const ATTEMPTS: Limits = Limits {
    per_pair: 5,
    per_address: 50,
    per_account: 100,
    max_delay: Duration::from_secs(900),
    registrations_per_hour: 100_000,
};

pub struct Room {
    pub world: World<ChatServer>,
    pub storage: Rc<Sqlite>,
}

/// A user with one connection.
pub struct Person {
    pub socket: Socket<ChatServer>,
    /// The history that came on connecting.
    pub history: Value,
    /// The users online at that time.
    pub online: Value,
    /// The private id of the session, for recovery.
    pub private_id: String,
    next_ack: Cell<u64>,
}

pub const SECRET: &str = "wJ9x2Qm4Zr7Lk1Tn8Vb5Yc3Hd6Gf0PsA";

pub fn tokens() -> Tokens {
    let secret = TokenSecret::parse(SECRET).expect("a strong secret");
    Tokens::new(&secret, Duration::from_secs(7 * 24 * 3600))
}

/// A token that does not expire while a test lets time pass.
pub fn token(name: &str, now: Time) -> String {
    let secret = TokenSecret::parse(SECRET).expect("a strong secret");
    let tokens = Tokens::new(&secret, Duration::from_secs(10 * 365 * 24 * 3600));
    tokens.issue(&Username::parse(name).expect("a username"), None, now).token
}

/// The chat on a database.
#[track_caller]
pub fn chat_server(storage: Rc<Sqlite>) -> ChatServer {
    chat_server_with(storage, SETTINGS)
}

#[track_caller]
pub fn chat_server_with(storage: Rc<Sqlite>, settings: Settings) -> ChatServer {
    server(Chat::open(storage, tokens(), settings).expect("a database"))
}

impl Room {
    pub fn new() -> Self {
        Self::on(Sqlite::in_memory())
    }

    #[track_caller]
    pub fn on(storage: Rc<Sqlite>) -> Self {
        Self::with(storage, SETTINGS)
    }

    #[track_caller]
    pub fn with(storage: Rc<Sqlite>, settings: Settings) -> Self {
        let world = World::new(chat_server_with(storage.clone(), settings));
        world.insist_on_offsets();
        Self { world, storage }
    }

    /// A user connects.
    #[track_caller]
    pub fn enters(&self, name: &str) -> Person {
        self.enters_with(name, &json!({}))
    }

    /// A user connects, and shows something beside a token.
    #[track_caller]
    pub fn enters_with(&self, name: &str, auth: &Value) -> Person {
        welcome(self.knocks_with(name, auth))
    }

    /// The bearer of a token connects.
    #[track_caller]
    pub fn enters_bearing(&self, token: &str) -> Person {
        welcome(self.knocks_bearing(token))
    }

    /// A user asks to be let in; what comes back is not looked at.
    #[track_caller]
    pub fn knocks(&self, name: &str) -> Socket<ChatServer> {
        self.knocks_with(name, &json!({}))
    }

    /// A user asks to be let in, and shows something beside a token.
    #[track_caller]
    pub fn knocks_with(&self, name: &str, auth: &Value) -> Socket<ChatServer> {
        let socket = self.world.opens_web_socket();
        socket.answers_pings(true);
        let mut auth = auth.clone();
        auth["token"] = json!(token(name, self.world.now()));
        socket.sends(&format!("40{auth}"));
        socket
    }

    /// Somebody with this token asks to be let in.
    #[track_caller]
    pub fn knocks_bearing(&self, token: &str) -> Socket<ChatServer> {
        let socket = self.world.opens_web_socket();
        socket.answers_pings(true);
        socket.sends(&format!(r#"40{{"token":"{token}"}}"#));
        socket
    }

    /// Asks a question as the stateless Worker does, in JSON.
    #[track_caller]
    pub fn asks<Q: AccountQuestion>(&self, question: &Q) -> Response<Q> {
        let asked = serde_json::to_string(&Asking::new(question)).expect("JSON");
        let asked = serde_json::from_str(&asked).expect("a question");
        let response = self.world.apply(|chat, cx, actions| answers::room::answer(chat, cx, &asked, actions));
        serde_json::from_str(response.expect("a database").get()).expect("a response to the question")
    }

    /// A user registers, with a password that hashes to this.
    #[track_caller]
    pub fn registers(&self, name: &str, password_hash: &str) -> TokenPair {
        let username = Username::parse(name).expect("a username");
        token_pair(self.asks(&Register {
            name_key: username.key().to_owned(),
            username: name.to_owned(),
            password_hash: password_hash.to_owned(),
            address: None,
        }))
    }

    /// A user logs in with the right password.
    #[track_caller]
    pub fn logs_in(&self, name: &str, password_hash: &str) -> TokenPair {
        token_pair(self.asks(&LogIn {
            name_key: Username::parse(name).expect("a username").key().to_owned(),
            password_hash: password_hash.to_owned(),
            rehash: None,
            address: None,
        }))
    }

    /// Two users connect, and everyone has heard of everyone.
    #[track_caller]
    pub fn enter(&self, first: &str, second: &str) -> (Person, Person) {
        let people = (self.enters(first), self.enters(second));
        self.world.pass(Duration::from_secs(1));
        people.0.takes("online_users");
        people.1.takes("online_users");
        people
    }
}

impl Person {
    /// Sends an event.
    #[track_caller]
    pub fn emits(&self, name: &str, argument: &Value) -> &Self {
        self.socket.sends(&format!("42{}", serde_json::json!([name, argument])));
        self
    }

    /// Sends an event, and takes the acknowledgement, which has to be the first thing that comes.
    #[track_caller]
    pub fn asks(&self, name: &str, argument: &Value) -> Value {
        let id = self.next_ack.replace(self.next_ack.get() + 1);
        self.socket.sends(&format!("42{id}{}", serde_json::json!([name, argument])));
        let text = self.socket.takes_text();
        let json =
            text.strip_prefix(&format!("43{id}")).unwrap_or_else(|| panic!("no acknowledgement: {text}"));
        let mut answer: Vec<Value> = serde_json::from_str(json).expect("JSON");
        assert_eq!(answer.len(), 1);
        answer.remove(0)
    }

    /// The same, of whatever came before it nothing is looked at.
    #[track_caller]
    pub fn asks_after_all(&self, name: &str, argument: &Value) -> Value {
        self.socket.takes_all();
        self.asks(name, argument)
    }

    /// The argument of the event that came next, which has to be this one.
    #[track_caller]
    pub fn takes(&self, name: &str) -> Value {
        take_event(&self.socket, name)
    }

    #[track_caller]
    pub fn expects(&self, name: &str, argument: &Value) -> &Self {
        assert_eq!(self.takes(name), *argument);
        self
    }

    #[track_caller]
    pub fn expects_nothing(&self) -> &Self {
        self.socket.expects_nothing();
        self
    }

    /// The client says goodbye.
    #[track_caller]
    pub fn leaves(&self) {
        self.socket.sends("41");
        self.socket.sends("1");
    }
}

/// Returns the person whose client was let in.
#[track_caller]
fn welcome(socket: Socket<ChatServer>) -> Person {
    let welcome = socket.takes_text();
    let welcome: Value = serde_json::from_str(welcome.strip_prefix("40").expect(&welcome)).expect(&welcome);
    let private_id = welcome["pid"].as_str().expect("a private id").to_owned();
    let history = take_event(&socket, "message_history");
    let online = take_event(&socket, "online_users");
    Person { socket, history, online, private_id, next_ack: Cell::new(0) }
}

/// Returns the token pair of a response, which has to hold one.
#[track_caller]
pub fn token_pair(response: Result<TokenPair, Refusal>) -> TokenPair {
    response.expect("a token pair")
}

/// The response about a login that has ended, or about a token that belongs to none.
pub fn ended<A>() -> Result<A, Refusal> {
    Err(TokenError::Revoked.into())
}

#[track_caller]
fn take_event(socket: &Socket<ChatServer>, name: &str) -> Value {
    let text = socket.takes_text();
    let json = text.strip_prefix("42").unwrap_or_else(|| panic!("no event: {text}"));
    // The argument may be followed by the offset by which clients recover.
    let mut elements: Vec<Value> = serde_json::from_str(json).expect("a name and an argument");
    assert_eq!(elements[0], name, "{json}");
    elements[1].take()
}
