//! Random histories of a chat, next to a simple model of it: what every client saw is what it should have seen.
//!
//! The model is a list of everything that was said, and for each session the list of everything that it has to see. A
//! client sees a beginning of its list, all of it while its connection is well, and all of it after it has come back to its
//! session. How the server brings that about, the model does not know.
//!
//! Signalling depends on the state of the calls, which the model does not know either: it takes from every connection,
//! dead or not, what the server sent, and demands that it is seen once and in its place. A session whose connection is lost may
//! be owed more. In the end nobody may be taken for busy.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use engineio::Frame;
use engineio::Time;
use natter::storage::Storage as _;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::support::client::Socket;
use crate::support::room::{ChatServer, HISTORY_LIMIT, RECOVERY_WINDOW, Room, chat_server};

const NAMES: [&str; 3] = ["Alice", "Bob", "Carol"];

/// Longer than a lost connection is forgiven and a change of who is online waits, and what an object has to be idle for before
/// it is evicted.
const CALM: Duration = Duration::from_secs(11);

#[derive(Clone, Debug)]
enum Step {
    /// A user opens another tab.
    Join(usize),
    /// A connection is lost, and the server notices.
    Lose(Index),
    /// A connection is dead, and nobody has noticed.
    Die(Index),
    /// A client whose connection is lost or dead connects again.
    Return(Index),
    /// A client says goodbye.
    Leave(Index),
    /// A client says something new.
    Send(Index),
    /// The same, and its connection dies before the acknowledgement.
    SendAndDie(Index),
    /// A client says again what it has said before, be it acknowledged or not.
    Retry(Index),
    /// A client deletes a message of its own, perhaps again.
    Delete(Index),
    /// A client sends another user something about a call.
    Signal(Index, usize, &'static str),
    Pass(Duration),
    /// The object is idle, is evicted, and wakes up with the WebSockets it had.
    Sleep,
    /// The server is killed and started again; all connections are lost.
    Restart,
}

/// Any step. Made of a few numbers by hand, since to choose among strategies costs more than to carry out what was chosen.
fn step() -> impl Strategy<Value = Step> {
    (0..42_u8, any::<Index>(), 0..NAMES.len(), 0..130_000_u64).prop_map(|(kind, index, user, millis)| {
        let kinds = ["call_user", "call_answer", "ice_candidate", "end_call"];
        match kind {
            0..8 => Step::Send(index),
            8..16 => Step::Return(index),
            16..20 => Step::Signal(index, user, kinds[index.index(kinds.len())]),
            20..23 => Step::Join(user),
            23..26 => Step::Lose(index),
            26..29 => Step::Die(index),
            29..32 => Step::Retry(index),
            32..34 => Step::Pass(Duration::from_millis(millis)),
            34..35 => Step::Pass(Duration::from_millis(millis / 30)),
            35..37 => Step::SendAndDie(index),
            37 => Step::Leave(index),
            38 => Step::Sleep,
            39 => Step::Restart,
            _ => Step::Delete(index),
        }
    })
}

/// An event that a client must not miss, as JSON.
type Seen = String;

struct Client {
    user: usize,
    socket: Socket<ChatServer>,
    /// Whether what the server sends arrives.
    is_well: bool,
    private_id: String,
    offset: Option<String>,
    /// The events that its session has to receive, and those that the client has received.
    expected: Vec<Seen>,
    seen: Vec<Seen>,
    /// How many of the frames that it has not looked at are accounted for.
    tapped: usize,
    online: Vec<String>,
    /// The history that it got last, and how much it had seen by then.
    history: Option<(Vec<String>, usize)>,
    /// The texts it has said.
    said: Vec<String>,
    acknowledged: Vec<String>,
    /// Since when its connection is dead.
    died_at: Option<Time>,
    /// Since when the server knows that.
    lost_at: Option<Time>,
    /// The memory that the session began in or last came back to.
    memory: usize,
}

struct History {
    room: Room,
    clients: Vec<Client>,
    /// Connections that are dead and that nobody comes back to, but the server does not know.
    ghosts: Vec<(usize, Socket<ChatServer>)>,
    /// Everything that was said, in order, and the ids by which the server knows it.
    log: Vec<String>,
    ids: BTreeMap<String, String>,
    /// The messages that were deleted.
    deleted: BTreeSet<String>,
    /// The users who may ever have been sent something about a call.
    called: BTreeSet<usize>,
    /// How often the server's memory was lost.
    memory: usize,
    next_ack: u64,
}

impl History {
    fn new() -> Self {
        Self {
            room: Room::new(),
            clients: Vec::new(),
            ghosts: Vec::new(),
            log: Vec::new(),
            ids: BTreeMap::new(),
            deleted: BTreeSet::new(),
            called: BTreeSet::new(),
            memory: 1,
            next_ack: 0,
        }
    }

    fn carry_out(&mut self, step: &Step) {
        match step {
            Step::Join(user) => {
                let client = self.connect(*user, None);
                self.clients.push(client);
            }
            Step::Lose(index) => {
                if let Some(client) = self.well(index) {
                    client.dies(client.socket.world.now());
                    client.socket.goes_away();
                }
            }
            Step::Die(index) => {
                if let Some(client) = self.well(index) {
                    client.dies(client.socket.world.now());
                }
            }
            Step::Return(index) => {
                if let Some(at) = self.pick(index, |client| !client.is_well) {
                    self.come_back(at);
                }
            }
            Step::Leave(index) => {
                if let Some(at) = self.pick(index, |client| client.is_well) {
                    self.listen();
                    let client = self.clients.swap_remove(at);
                    client.socket.sends("41").sends("1");
                }
            }
            Step::Send(index) => {
                if let Some(at) = self.pick(index, |client| client.is_well) {
                    self.say(at, format!("message {}", self.log.len()));
                }
            }
            Step::SendAndDie(index) => {
                if let Some(at) = self.pick(index, |client| client.is_well) {
                    self.listen();
                    let now = self.room.world.now();
                    self.clients[at].dies(now);
                    self.say(at, format!("message {}", self.log.len()));
                }
            }
            Step::Retry(index) => {
                if let Some(at) = self.pick(index, |client| client.is_well && !client.said.is_empty()) {
                    let said = &self.clients[at].said;
                    self.say(at, index.get(said).clone());
                }
            }
            Step::Delete(index) => {
                self.listen();
                let ids = &self.ids;
                let may_delete = |client: &Client| {
                    client.is_well && client.said.last().is_some_and(|text| ids.contains_key(text))
                };
                if let Some(at) = self.pick(index, may_delete) {
                    self.delete(at);
                }
            }
            Step::Signal(index, to, kind) => {
                if let Some(at) = self.pick(index, |client| client.is_well && client.user != *to) {
                    self.signal(at, *to, kind);
                }
            }
            Step::Pass(time) => self.pass(*time),
            Step::Sleep => {
                // An object that waits for something so near stays awake.
                let world = self.room.world.clone();
                self.pass(CALM);
                while world.next_deadline().is_some_and(|at| at.since(world.now()) < CALM) {
                    self.pass(CALM);
                }
                world.fall_asleep_and_wake_up_with(chat_server(self.room.storage.clone()));
                self.memory += 1;
            }
            Step::Restart => {
                self.listen();
                let now = self.room.world.now();
                self.room = Room::on(self.room.storage.clone());
                self.room.world.set_clock(now);
                self.ghosts.clear();
                for client in &mut self.clients {
                    client.dies(now);
                    client.socket.goes_away();
                    client.lost_at.get_or_insert(now);
                }
                self.memory += 1;
                self.room.world.shuffle(self.memory as u64);
            }
        }
        self.listen();
        self.check();
    }

    /// The client that an index picks among those that fit.
    fn pick(&self, index: &Index, fits: impl Fn(&Client) -> bool) -> Option<usize> {
        let fitting: Vec<usize> = (0..self.clients.len()).filter(|&at| fits(&self.clients[at])).collect();
        (!fitting.is_empty()).then(|| *index.get(&fitting))
    }

    fn well(&mut self, index: &Index) -> Option<&mut Client> {
        self.listen();
        let at = self.pick(index, |client| client.is_well)?;
        Some(&mut self.clients[at])
    }

    /// Connects a user, as the one who was connected before as `earlier`.
    fn connect(&mut self, user: usize, earlier: Option<&Client>) -> Client {
        let mut auth = if wants_missed(user) { json!({ "wants": ["missed"] }) } else { json!({}) };
        if let Some(earlier) = earlier {
            auth["pid"] = json!(earlier.private_id);
            if let Some(offset) = &earlier.offset {
                auth["offset"] = json!(offset);
            }
        }
        let socket = self.room.knocks_with(NAMES[user], &auth);
        let welcome = socket.takes_text();
        let welcome: Value = serde_json::from_str(&welcome[2..]).expect("a welcome");
        let private_id = welcome["pid"].as_str().expect("a private id").to_owned();
        let mut client = Client {
            user,
            socket,
            is_well: true,
            private_id,
            offset: earlier.and_then(|earlier| earlier.offset.clone()),
            expected: Vec::new(),
            seen: Vec::new(),
            tapped: 0,
            online: Vec::new(),
            history: None,
            said: earlier.map_or_else(Vec::new, |earlier| earlier.said.clone()),
            acknowledged: earlier.map_or_else(Vec::new, |earlier| earlier.acknowledged.clone()),
            died_at: None,
            lost_at: None,
            memory: self.memory,
        };
        if earlier.is_some_and(|earlier| earlier.private_id == client.private_id) {
            return client;
        }
        client.listen(&mut self.ids);
        self.check_history(&client);
        assert!(client.seen.iter().all(|seen| is_signal(seen)), "{:?}", client.seen);
        client
    }

    /// The history that a client got on connecting is the recent one, and nothing of what was said came after it.
    fn check_history(&self, client: &Client) {
        let (texts, seen) = client.history.as_ref().expect("a history");
        let mut log = self.log.clone();
        log.retain(|text| !self.deleted.contains(text));
        let recent = log.len().saturating_sub(HISTORY_LIMIT as usize);
        assert_eq!(*texts, log[recent..], "the history is the recent one");
        assert!(client.seen[*seen..].iter().all(|seen| is_signal(seen)), "{:?}", client.seen);
    }

    fn come_back(&mut self, at: usize) {
        let earlier = self.clients.swap_remove(at);
        let now = self.room.world.now();
        let died_at = earlier.died_at.expect("only who is dead comes back");
        let mut client = self.connect(earlier.user, Some(&earlier));
        let recovered = client.private_id == earlier.private_id;
        let is_in_time = now.since(died_at) <= RECOVERY_WINDOW;
        let remembers = earlier.memory == self.memory;
        let noticed_in_time = earlier.lost_at.is_none_or(|lost_at| now.since(lost_at) <= RECOVERY_WINDOW);
        if remembers {
            assert_eq!(
                recovered, noticed_in_time,
                "what is in memory is recovered within the window, and not after it"
            );
        } else if is_in_time && !self.called.contains(&earlier.user) {
            assert!(recovered, "messages are recovered without memory");
        }
        if recovered {
            client.seen = earlier.seen;
            client.listen(&mut self.ids);
            match wants_missed(client.user) {
                true => assert_eq!(client.history, None, "who wants what was missed keeps its list"),
                false => self.check_history(&client),
            }
            let mut owed = earlier.expected.iter().peekable();
            for seen in &client.seen {
                if owed.next_if_eq(&seen).is_none() {
                    assert!(
                        earlier.lost_at.is_some() && is_signal(seen),
                        "who comes back gets nothing twice: {seen}"
                    );
                }
            }
            assert_eq!(owed.next(), None, "who comes back misses nothing: {:?}", client.seen);
            let numbered: Vec<_> = client.seen.iter().filter(|seen| seen.contains("candidate")).collect();
            assert_eq!(numbered.iter().collect::<BTreeSet<_>>().len(), numbered.len(), "{numbered:?}");
            client.expected = client.seen.clone();
            assert!(!earlier.socket.is_open(), "the dead connection is given up");
        } else if earlier.socket.is_open() {
            self.ghosts.push((earlier.user, earlier.socket));
        }
        self.clients.push(client);
    }

    fn say(&mut self, at: usize, text: String) {
        self.listen();
        let client = &mut self.clients[at];
        let id = self.next_ack;
        self.next_ack += 1;
        // The same text is always the same message, and so has the same id of the client.
        let message = json!(["send_message", { "text": text, "clientId": text }]);
        client.socket.sends(&format!("42{id}{message}"));
        let is_new = !client.said.contains(&text);
        if is_new {
            client.said.push(text.clone());
            self.log.push(text.clone());
            for client in &mut self.clients {
                client.expected.push(text.clone());
            }
        }
        self.listen();
        let client = &self.clients[at];
        assert!(!client.is_well || client.acknowledged.contains(&text), "{text} is not acknowledged");
    }

    /// A client deletes what it said last. A client that has not seen it yet never will.
    fn delete(&mut self, at: usize) {
        let text = self.clients[at].said.last().expect("something said").clone();
        let id = &self.ids[&text];
        self.clients[at].socket.sends(&format!("42{}", json!(["delete_message", { "id": id }])));
        if self.deleted.insert(text.clone()) {
            for client in &mut self.clients {
                if let Some(unseen) = client.expected[client.seen.len()..].iter().position(|it| *it == text) {
                    client.expected.remove(client.seen.len() + unseen);
                }
                client.expected.push(deletion(id));
            }
        }
    }

    fn signal(&mut self, at: usize, to: usize, kind: &str) {
        self.listen();
        let id = self.next_ack;
        self.next_ack += 1;
        let field = match kind {
            "call_user" => "offer",
            "call_answer" => "answer",
            _ => "candidate",
        };
        let signal = json!([kind, { "to": NAMES[to], field: id }]);
        self.called.extend([self.clients[at].user, to]);
        self.clients[at].socket.sends(&format!("42{signal}"));
    }

    fn pass(&mut self, time: Duration) {
        self.listen();
        // In small steps, so that it is known when the server noticed what.
        let world = self.room.world.clone();
        let until = world.now() + time;
        let (mut open, mut changed_at) = (world.open_sockets(), world.now());
        while world.now() < until {
            let next = world.next_deadline().map_or(until, |at| at.min(until));
            world.pass(next.since(world.now()).max(Duration::from_millis(1)).min(until.since(world.now())));
            self.note_losses();
            if world.open_sockets() != open {
                (open, changed_at) = (world.open_sockets(), world.now());
            }
        }
        self.listen();
        if world.now().since(changed_at) >= CALM {
            self.check_presence();
        }
    }

    fn note_losses(&mut self) {
        let now = self.room.world.now();
        for client in &mut self.clients {
            if !client.socket.is_open() {
                client.lost_at.get_or_insert(now);
            }
        }
    }

    /// Everyone whose connection is well takes what has come.
    fn listen(&mut self) {
        for client in self.clients.iter_mut().filter(|client| client.is_well) {
            client.listen(&mut self.ids);
        }
        for client in self.clients.iter_mut().filter(|client| !client.is_well) {
            client.tap();
        }
        self.note_losses();
    }

    fn check(&self) {
        for client in &self.clients {
            if client.is_well {
                assert!(client.socket.is_open(), "a connection that is well stays");
                assert_eq!(client.seen, client.expected);
            } else {
                assert!(client.expected.starts_with(&client.seen));
            }
        }
        let count = |table| self.room.storage.integer(&format!("SELECT count(*) FROM {table}"));
        let kept = count("messages") + count("deleted_messages");
        assert_eq!(kept, self.log.len() as i64, "what was said is kept once");
    }

    /// After a calm time everyone knows who is connected.
    fn check_presence(&self) {
        let open = self.clients.iter().map(|client| (client.user, &client.socket));
        let ghosts = self.ghosts.iter().map(|(user, socket)| (*user, socket));
        let online: BTreeSet<_> =
            open.chain(ghosts).filter(|(_, socket)| socket.is_open()).map(|(user, _)| NAMES[user]).collect();
        let online: Vec<_> = online.into_iter().collect();
        for client in self.clients.iter().filter(|client| client.is_well) {
            assert_eq!(client.online, online, "who is online");
        }
    }

    /// Everyone comes back in the end, and all is well.
    fn end(mut self) {
        while let Some(at) = (0..self.clients.len()).find(|&at| !self.clients[at].is_well) {
            self.come_back(at);
        }
        self.listen();
        self.check();
        self.pass(CALM);
        self.check_calls();
        for client in &self.clients {
            for text in &client.acknowledged {
                assert!(self.log.contains(text), "{text} was acknowledged");
            }
        }
    }

    /// Once everybody has hung up and nobody is waited for, anybody can call anybody.
    fn check_calls(&mut self) {
        self.pass(Duration::from_secs(180));
        for mut row in self.room.storage.query("SELECT call FROM calls", &[]).expect("calls") {
            let call: Value = serde_json::from_str(&row.text(0).expect("a call")).expect("JSON");
            // A private id begins with the id of its session.
            for sid in [&call["caller"]["sid"], &call["state"]["Connected"]["callee_sid"]] {
                let sid = sid.as_str().expect("a connected call");
                assert!(self.clients.iter().any(|client| client.private_id.starts_with(sid)), "{call}");
            }
        }
        for client in &self.clients {
            for name in NAMES {
                client.socket.sends(&format!("42{}", json!(["end_call", { "to": name }])));
            }
        }
        assert_eq!(self.room.storage.integer("SELECT count(*) FROM calls"), 0);
        for (from, to) in [(0, 1), (1, 2), (2, 0)] {
            let (caller, callee) = (self.room.enters(NAMES[from]), self.room.enters(NAMES[to]));
            callee.socket.takes_all();
            let argument = |content: &str| json!({ "to": NAMES[to], content: 1 });
            assert_eq!(caller.asks_after_all("call_user", &argument("offer"))["ok"], true);
            assert_eq!(caller.asks_after_all("end_call", &argument("none"))["ok"], true);
        }
    }
}

/// Whether a user's frontend knows of recovery; some are as old as the original server.
fn wants_missed(user: usize) -> bool {
    user != 1
}

/// A deletion as a client sees it.
fn deletion(id: &str) -> Seen {
    format!("deletion of {id}")
}

fn is_signal(seen: &str) -> bool {
    seen.starts_with('[')
}

impl Client {
    fn dies(&mut self, now: Time) {
        self.is_well = false;
        self.died_at.get_or_insert(now);
        self.socket.answers_pings(false);
    }

    /// Takes what has come, as the standard client does.
    fn listen(&mut self, ids: &mut BTreeMap<String, String>) {
        for frame in self.socket.takes_all() {
            let Frame::Text(text) = frame else { panic!("bytes") };
            if let Some(json) = text.strip_prefix("42") {
                let mut event: Vec<Value> = serde_json::from_str(json).expect("an event");
                if let Some(offset) = event[1..].last().and_then(Value::as_str) {
                    self.offset = Some(offset.to_owned());
                }
                event.truncate(2);
                self.see(&event, ids);
            } else if let Some(at) = text.strip_prefix("43").and_then(|_| text.find('[')) {
                let answer: Value = serde_json::from_str(&text[at..]).expect("an acknowledgement");
                assert_eq!(answer[0]["ok"], true, "{answer}");
                let text = Self::is_the_same(&answer[0]["message"], ids);
                self.acknowledged.push(text);
            }
        }
    }

    /// Accounts for signalling that the server has sent and the client has not got.
    fn tap(&mut self) {
        for frame in self.socket.peeks(self.tapped) {
            self.tapped += 1;
            let Frame::Text(text) = frame else { panic!("bytes") };
            let Some(json) = text.strip_prefix("42") else { continue };
            let mut event: Vec<Value> = serde_json::from_str(json).expect("an event");
            if ["incoming_call", "call_answered", "ice_candidate", "call_ended"]
                .iter()
                .any(|name| event[0] == *name)
            {
                event.truncate(2);
                self.expected.push(json!(event).to_string());
            }
        }
    }

    fn see(&mut self, event: &[Value], ids: &mut BTreeMap<String, String>) {
        match event[0].as_str().expect("a name") {
            "new_message" => {
                let text = Self::is_the_same(&event[1], ids);
                self.seen.push(text);
            }
            "message_deleted" => self.seen.push(deletion(event[1]["id"].as_str().expect("an id"))),
            "online_users" => self.online = serde_json::from_value(event[1].clone()).expect("usernames"),
            "exception" => {}
            "message_history" => {
                let texts = event[1].as_array().expect("messages").iter();
                let texts = texts.map(|message| Self::is_the_same(message, ids)).collect();
                let earlier = self.history.replace((texts, self.seen.len()));
                assert_eq!(earlier, None, "the history comes once");
            }
            _ => {
                self.expected.push(json!(event).to_string());
                self.seen.push(json!(event).to_string());
            }
        }
    }

    /// A message has the same id whenever and wherever it is seen.
    fn is_the_same(message: &Value, ids: &mut BTreeMap<String, String>) -> String {
        let mut text = message["text"].as_str().expect("a text").to_owned();
        let id = message["id"].as_str().expect("an id").to_owned();
        if text.is_empty() {
            // It was deleted: only the sender's retry brings it up.
            let (original, _) = ids.iter().find(|(_, it)| **it == id).expect("a message that was seen");
            text.clone_from(original);
        }
        assert_eq!(*ids.entry(text.clone()).or_insert_with(|| id.clone()), id);
        text
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8 * ProptestConfig::default().cases, ..ProptestConfig::default() })]

    #[test]
    fn every_client_sees_what_it_should_in_any_history(steps in prop::collection::vec(step(), 1..40)) {
        let mut history = History::new();
        for step in &steps {
            history.carry_out(step);
        }
        history.end();
    }
}
