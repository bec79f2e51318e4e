//! Databases that released versions have written, opened by this one. `tests/fixtures/record-database.mjs` made them from a
//! running Worker, names and keys by its Unicode tables included.

use std::fs;
use std::path::Path;
use std::time::Duration;

use engineio::Address;
use engineio::Time;
use natter::accounts::caller::Caller;
use natter::accounts::password::{Password, PasswordHash};
use natter::accounts::questions::{
    BeginLogin, BeginRegistration, Comparison, Describe, LogIn, Profile, Refresh,
};
use natter::accounts::token::{TokenSecret, Tokens};
use natter::accounts::username::Username;
use natter::chat::Chat;
use natter::chat::member::Member;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::client::Socket;
use crate::support::room::{ChatServer, Person, Room, SETTINGS, ended, token_pair};
use crate::support::server;
use crate::support::sqlite::Sqlite;
use crate::support::world::World;

/// A database, and what its clients know.
struct Recording {
    name: String,
    sql: String,
    clients: Clients,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Clients {
    secret: String,
    /// When the server ended, in milliseconds since 1970.
    at: u64,
    /// When the first user registered.
    created_at: String,
    /// From where the users came.
    address: String,
    /// From where somebody has guessed at the password of the second user.
    stranger: String,
    users: Vec<User>,
    /// As they were acknowledged, and with their `clientId` if they had one.
    messages: Vec<Value>,
    /// The session of the first user.
    session: Value,
    call: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    /// As at registration.
    written: String,
    /// Another spelling of the same name.
    alias: String,
    username: String,
    password: String,
    token: String,
    refresh_token: String,
    spent_refresh_token: Option<String>,
}

fn recordings() -> Vec<Recording> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let files = fs::read_dir(&folder).expect("the recordings").map(|entry| entry.expect("an entry").path());
    let mut recordings: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .map(|path| Recording {
            name: path.file_stem().expect("a name").to_string_lossy().into_owned(),
            sql: fs::read_to_string(&path).expect("a dump"),
            clients: serde_json::from_slice(&fs::read(path.with_extension("json")).expect("its clients"))
                .expect("the fields of `Clients`"),
        })
        .collect();
    recordings.sort_by(|a, b| a.name.cmp(&b.name));
    let names: Vec<_> = recordings.iter().map(|recording| recording.name.as_str()).collect();
    assert_eq!(names, ["database-v5", "database-v7"]);
    recordings
}

impl Recording {
    fn tokens(&self) -> Tokens {
        let secret = TokenSecret::parse(&self.clients.secret).expect("a strong secret");
        Tokens::new(&secret, Duration::from_secs(7 * 24 * 3600))
    }

    /// The server starts again a second later.
    fn open(&self) -> Room {
        let storage = Sqlite::from_sql(&self.sql);
        let chat = Chat::open(storage.clone(), self.tokens(), SETTINGS)
            .unwrap_or_else(|error| panic!("{}: {error}", self.name));
        let world = World::new(server(chat));
        world.set_clock(Time::from_millis(self.clients.at + 1000));
        Room { world, storage }
    }
}

impl User {
    fn caller(&self, tokens: &Tokens, now: Time) -> Caller {
        let claims = tokens.verify(&self.token, now).expect(&self.written);
        Caller { name_key: claims.username.key().to_owned(), login: claims.login }
    }
}

#[test]
fn a_stored_user_logs_in_by_any_spelling_of_the_name() {
    for recording in recordings() {
        let room = recording.open();
        let address = Address::parse(&recording.clients.address);
        for (index, user) in recording.clients.users.iter().enumerate() {
            for spelling in [&user.written, &user.alias, &user.username] {
                let name_key = Username::parse(spelling).expect(spelling).key().to_owned();
                let begin = BeginLogin { name_key: name_key.clone(), address: address.clone() };
                let Ok(Comparison { hash: Some(password_hash), .. }) = room.asks(&begin) else {
                    panic!("no user {spelling}")
                };
                // Each takes a tenth of a second.
                if index < 4 && spelling == &user.written {
                    let hash = PasswordHash::parse(&password_hash).expect("a hash");
                    assert!(
                        hash.verify(&Password::parse(&user.password, 1).expect("a password")),
                        "{spelling}"
                    );
                }
                let log_in = LogIn { name_key, password_hash, rehash: None, address: address.clone() };
                assert_eq!(token_pair(room.asks(&log_in)).username, user.username);
            }
            let register = BeginRegistration {
                name_key: Username::parse(&user.alias).expect("a name").key().to_owned(),
                address: None,
            };
            assert_eq!(room.asks(&register).expect_err(&user.alias).code, "username_taken");
        }
    }
}

#[test]
fn access_and_refresh_tokens_are_still_good() {
    for recording in recordings() {
        let room = recording.open();
        let (tokens, clients) = (recording.tokens(), &recording.clients);
        for user in &clients.users {
            let person = room.enters_bearing(&user.token);
            assert!(person.online.as_array().expect("a list").contains(&json!(user.username)));
            let caller = user.caller(&tokens, room.world.now());
            let profile = room.asks(&Describe { caller }).expect(&user.written);
            assert_eq!(profile.username, user.username);
            let renewed = token_pair(room.asks(&Refresh { refresh_token: user.refresh_token.clone() }));
            assert_eq!(renewed.username, user.username);
            assert!(tokens.verify(&renewed.token, room.world.now()).is_ok());
        }
        let first = &clients.users[0];
        let described = Profile { username: first.username.clone(), created_at: clients.created_at.clone() };
        let caller = first.caller(&tokens, room.world.now());
        assert_eq!(room.asks(&Describe { caller }), Ok(described));
    }
}

#[test]
fn a_refresh_token_that_was_spent_stays_spent() {
    for recording in recordings() {
        let room = recording.open();
        room.world.pass(Duration::from_secs(60));
        let spent = recording.clients.users[0].spent_refresh_token.clone().expect("a token");
        assert_eq!(room.asks(&Refresh { refresh_token: spent }), ended());
    }
}

#[test]
fn the_history_is_whole_and_goes_on() {
    for recording in recordings() {
        let room = recording.open();
        let clients = &recording.clients;
        let last = room.enters_bearing(&clients.users[clients.users.len() - 1].token);
        let mut all = Vec::new();
        let mut query = json!({ "limit": 15 });
        loop {
            let page = last.asks("load_history", &query);
            let messages = page["messages"].as_array().expect("messages").clone();
            query["before"] = messages[0]["id"].clone();
            all.splice(0..0, messages);
            if page["hasMore"] == false {
                break;
            }
        }
        let shown = |message: &Value| {
            let mut message = message.clone();
            message.as_object_mut().expect("a message").remove("clientId");
            message
        };
        assert_eq!(all, clients.messages.iter().map(shown).collect::<Vec<_>>());
        assert!(all.is_sorted_by(|a, b| a["id"].as_str() < b["id"].as_str()));
        let next = last.asks("send_message", &json!({ "text": "after the update" }));
        assert!(next["message"]["id"].as_str() > all[all.len() - 1]["id"].as_str());
    }
}

#[test]
fn a_message_that_was_sent_before_the_update_is_not_sent_again() {
    for recording in recordings() {
        let room = recording.open();
        let clients = &recording.clients;
        let count = || room.storage.integer("SELECT count(*) FROM messages");
        let before = count();
        for user in &clients.users {
            let person = room.enters_bearing(&user.token);
            let is_own = |message: &&Value| message["username"] == user.username;
            for message in clients.messages.iter().filter(is_own).filter(|it| it["clientId"].is_string()) {
                let again = json!({ "text": message["text"], "clientId": message["clientId"] });
                assert_eq!(person.asks_after_all("send_message", &again)["message"]["id"], message["id"]);
            }
        }
        assert_eq!(count(), before);
    }
}

/// The caller comes back to the session.
fn caller_comes_back(room: &Room, clients: &Clients) -> Socket<ChatServer> {
    let socket = room.world.opens_web_socket();
    socket.answers_pings(true);
    let Clients { users, session, .. } = clients;
    let auth = json!({ "token": users[0].token, "pid": session["pid"], "offset": session["offset"] });
    socket.sends(&format!("40{auth}"));
    let welcome = socket.takes_text();
    let welcome: Value = serde_json::from_str(&welcome[2..]).expect("a welcome");
    assert_eq!([&welcome["sid"], &welcome["pid"]], [&session["sid"], &session["pid"]], "recovered");
    socket.takes_all();
    socket
}

fn callee_enters(room: &Room, clients: &Clients) -> Person {
    let callee = room.enters_bearing(&clients.users[1].token);
    let Value::Object(call) = &clients.call else { panic!("no call") };
    callee.expects("incoming_call", &json!({ "from": call["caller"], "offer": call["offer"] }));
    callee
}

#[test]
fn a_call_that_was_ringing_can_be_answered() {
    for recording in recordings() {
        let room = recording.open();
        let Clients { call, .. } = &recording.clients;
        let caller = caller_comes_back(&room, &recording.clients);
        let callee = callee_enters(&room, &recording.clients);
        callee.emits("call_answer", &json!({ "to": call["caller"], "answer": 1 }));
        callee.expects("ice_candidate", &json!({ "from": call["caller"], "candidate": call["candidate"] }));
        let frames = caller.takes_all();
        assert!(format!("{frames:?}").contains("call_answered"), "{frames:?}");
    }
}

#[test]
fn a_call_that_was_ringing_ends_if_it_is_not_answered() {
    for recording in recordings() {
        let room = recording.open();
        let callee = callee_enters(&room, &recording.clients);
        room.world.pass(Duration::from_secs(60));
        let ended = callee.socket.takes_all();
        assert!(format!("{ended:?}").contains("call_ended"), "{ended:?}");
        assert_eq!(room.storage.integer("SELECT count(*) FROM calls"), 0);
    }
}

#[test]
fn guesses_at_a_password_still_count_and_do_not_keep_the_owner_out() {
    for recording in recordings() {
        let room = recording.open();
        let clients = &recording.clients;
        let begin = |address: &str| {
            let name_key = Username::parse(&clients.users[1].written).expect("a name").key().to_owned();
            room.asks(&BeginLogin { name_key, address: Address::parse(address) })
        };
        // The sixth attempt may be made after a second, the seventh not yet.
        assert!(begin(&clients.stranger).is_ok());
        assert_eq!(begin(&clients.stranger).expect_err("refused").code, "too_many_attempts");
        assert!(begin(&clients.address).is_ok());
    }
}

#[test]
fn a_member_is_stored_as_every_version_reads_it() {
    let stored = json!({
        "username": "Alice",
        "name_key": "alice",
        "sid": "q83vEjRWeJq83vEjRWeJ",
        "last_signal": { "number": 1_700_000_000_000_u64, "after": "018bcfe5-6800-7000-8000-000000000000" },
        "family": "AAECAwQFBgcICQoL",
        "expires_at": 1_700_000_000_000_u64,
    });
    let member: Member = serde_json::from_value(stored.clone()).expect("a member");
    assert_eq!(serde_json::to_value(&member).expect("JSON"), stored);
}
