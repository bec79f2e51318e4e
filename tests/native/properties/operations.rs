//! Random operations of many clients at once. What must hold at every step, the world itself insists on: see there.

use std::time::Duration;

use engineio::Rejection;
use proptest::prelude::*;
use proptest::sample::Index;
use socketio::Server;

use crate::support::client::{Exchange, Poller, Socket};
use crate::support::world::World;
use crate::support::{LIFETIME, engine_config, socket_config};
use natter_echo::Echo;

type EchoServer = Server<Echo>;

/// How long a session that the server has closed waits for its client.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(30);

/// Input from clients, sensible or not.
const WORDS: [&str; 32] = [
    "40",
    "40",
    "40/custom",
    "40/nowhere",
    "41",
    "41/custom",
    r#"42["message",1]"#,
    r#"42/custom,["message",1]"#,
    r#"42["everyone","hello"]"#,
    r#"42["everyone","hello"]"#,
    r#"421["message-with-ack",1]"#,
    r#"42["emit-with-ack",1]"#,
    r#"42["ask",400]"#,
    r#"42["put-me-out"]"#,
    r#"42["watch",true]"#,
    r#"42["watch",false]"#,
    "430[]",
    "431[1]",
    r#"451-["message",{"_placeholder":true,"num":0}]"#,
    r#"452-["everyone",{"_placeholder":true,"num":1}]"#,
    r#"461-0[{"_placeholder":true,"num":0}]"#,
    "bAQID",
    "b",
    "2probe",
    "2probe",
    "5",
    "5",
    "3",
    "6",
    "1",
    "4garbage",
    "garbage",
];

#[derive(Clone, Debug)]
enum Operation {
    OpenPolling,
    OpenWebSocket,
    Poll(Index),
    Abort(Index),
    Post(Index, Vec<&'static str>),
    SendUnacceptable(Index, Rejection),
    Upgrade(Index),
    Send(Index, &'static str),
    SendBytes(Index, Vec<u8>),
    GoAway(Index),
    Pass(Duration),
    Oversleep(Duration),
    Tick,
    FallAsleep,
}

fn operation() -> impl Strategy<Value = Operation> {
    let index = || any::<Index>();
    let word = || prop::sample::select(&WORDS[..]);
    let rejection = prop::sample::select(vec![
        Rejection::BadRequest,
        Rejection::PayloadTooLarge,
        Rejection::BadHandshakeMethod,
    ]);
    let moment = prop_oneof![0..200_u64, 0..30_000_u64].prop_map(Duration::from_millis);
    prop_oneof![
        4 => Just(Operation::OpenPolling),
        4 => Just(Operation::OpenWebSocket),
        12 => index().prop_map(Operation::Poll),
        2 => index().prop_map(Operation::Abort),
        16 => (index(), prop::collection::vec(word(), 1..4)).prop_map(|(index, words)| Operation::Post(index, words)),
        1 => (index(), rejection).prop_map(|(index, rejection)| Operation::SendUnacceptable(index, rejection)),
        6 => index().prop_map(Operation::Upgrade),
        24 => (index(), word()).prop_map(|(index, word)| Operation::Send(index, word)),
        3 => (index(), prop::collection::vec(any::<u8>(), 0..4)).prop_map(|(index, bytes)| Operation::SendBytes(index, bytes)),
        2 => index().prop_map(Operation::GoAway),
        6 => moment.clone().prop_map(Operation::Pass),
        1 => moment.prop_map(Operation::Oversleep),
        1 => Just(Operation::Tick),
        1 => Just(Operation::FallAsleep),
    ]
}

/// The echo with room for little, so that slow clients overflow.
fn service() -> EchoServer {
    let engine = engineio::Config { max_queue: 200, ..engine_config() };
    Server::new(engine, socket_config(), Echo::default())
}

struct Clients {
    world: World<EchoServer>,
    pollers: Vec<Poller<EchoServer>>,
    sockets: Vec<Socket<EchoServer>>,
    polls: Vec<Exchange<EchoServer>>,
}

/// The client that an index picks, if there is any.
fn pick<'c, C>(clients: &'c [C], index: &Index) -> Option<&'c C> {
    (!clients.is_empty()).then(|| index.get(clients))
}

impl Clients {
    fn carry_out(&mut self, operation: &Operation) {
        match operation {
            Operation::OpenPolling => self.pollers.push(self.world.opens_polling()),
            Operation::OpenWebSocket => self.sockets.push(self.world.opens_web_socket()),
            Operation::Poll(index) => self.polls.extend(pick(&self.pollers, index).map(Poller::polls)),
            Operation::Abort(index) => {
                if let Some(poll) = pick(&self.polls, index) {
                    poll.aborts();
                }
            }
            Operation::Post(index, words) => {
                if let Some(poller) = pick(&self.pollers, index) {
                    poller.posts(&words.join("\x1e"));
                }
            }
            Operation::SendUnacceptable(index, rejection) => {
                if let Some(poller) = pick(&self.pollers, index) {
                    poller.sends_unacceptable(*rejection);
                }
            }
            Operation::Upgrade(index) => {
                if let Some(poller) = pick(&self.pollers, index) {
                    let query = format!("EIO=4&transport=websocket&sid={}", poller.sid);
                    self.sockets.push(self.world.connects(&query).1);
                }
            }
            Operation::Send(index, word) => {
                if let Some(socket) = pick(&self.sockets, index) {
                    socket.sends(word);
                }
            }
            Operation::SendBytes(index, bytes) => {
                if let Some(socket) = pick(&self.sockets, index) {
                    socket.sends_bytes(bytes);
                }
            }
            Operation::GoAway(index) => {
                if let Some(socket) = pick(&self.sockets, index) {
                    socket.goes_away();
                }
            }
            Operation::Pass(time) => self.world.pass(*time),
            Operation::Oversleep(time) => self.world.oversleep(*time),
            Operation::Tick => self.world.tick(),
            Operation::FallAsleep => self.world.fall_asleep_and_wake_up_with(service()),
        }
    }

    /// Checks that the layers agree on what they hold.
    fn check(&self) {
        let world = &self.world;
        assert_eq!(world.with_application(|echo| echo.members.len()), world.socket_count());
        assert!(world.waiting_requests() <= world.session_count());
        if world.session_count() > 0 {
            assert!(world.next_deadline().is_some(), "a session that nothing will ever end");
        }
    }
}

proptest! {
    // A sequence takes long, next to other properties.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 2, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_operations_keeps_the_invariants(
        operations in prop::collection::vec(operation(), 1..120)
    ) {
        let world = World::new(service());
        let mut clients =
            Clients { world: world.clone(), pollers: Vec::new(), sockets: Vec::new(), polls: Vec::new() };
        for operation in &operations {
            clients.carry_out(operation);
            clients.check();
        }
        // All fall silent for long enough.
        world.pass(LIFETIME + CLOSE_TIMEOUT);
        world.expects_to_be_empty();
    }
}
