//! Ordinary applications: an [`Io`] calls handlers that look much like those of the JavaScript server.
//!
//! Handlers run one at a time and never wait. The object may lose its memory between any two of them: the data of sockets
//! ([`Socket::data`]) and their rooms survive that, the state ([`Socket::state`]) does not, unless it is a database. Hence
//! handlers for answers and timers are registered by name, not passed with the question.
//!
//! ```
//! use std::time::Duration;
//!
//! use serde::{Deserialize, Serialize};
//! use socketio::router::{Bytes, Io, NoAnswer, Reply};
//!
//! /// A payload with bytes, which travel as an attachment.
//! #[derive(Serialize, Deserialize)]
//! struct Photo {
//!     title: String,
//!     jpeg: Bytes,
//! }
//!
//! let mut io: Io<()> = Io::new(()).with_recovery(Duration::from_secs(120));
//! io.of("/album-*")
//!     .on_connect(|socket| socket.ask("which pages", &(), Duration::from_secs(10)))
//!     .on_answer("which pages", |socket, pages: Result<Vec<String>, NoAnswer>| {
//!         for page in pages.unwrap_or_default() {
//!             socket.join(page);
//!         }
//!     })
//!     .on("photo", |socket, (page, photo): (String, Photo)| {
//!         socket.to(page).emit("photo", &photo);
//!         Reply(photo.jpeg.len())
//!     })
//!     .on("looking at", |socket, title: String| socket.broadcast().volatile().emit("looking at", &title));
//! io.on_timer("tidy", |io| io.set_timer("tidy", Duration::from_secs(3600)));
//! io.start_timer("tidy", Duration::from_secs(3600));
//! ```
//!
//! # Limits
//!
//! A packet has at most ten [`Bytes`] and 64 levels of nesting; longer frames than [`engineio::Config::max_payload`] close the
//! connection. The names of a socket's rooms have at most 4,096 bytes. The data and rooms of a connection's sockets and its
//! handshake are stored together, in at most 16,384 bytes; beyond that the connection is closed. A connection is in at most 64
//! namespaces, and a socket leaves at most 1,000 questions unanswered. [`Recovery`] has its own bounds.

mod answer;
mod application;
mod broadcast;
mod bytes;
mod handlers;
mod payload;
mod recovery;
mod scope;
mod shape;
mod socket;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use engineio::{Context, Timers};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::actions::Actions;
use crate::config::Config;
use crate::keys::SocketKey;
use crate::server::Server;

pub use answer::{Answer, EventError, Reply};
pub use broadcast::Broadcast;
pub use bytes::Bytes;
pub use handlers::{Handlers, NoAnswer};
pub use recovery::Recovery;
pub use scope::{Member, Peer, Scope};
pub use socket::Socket;

use handlers::Pattern;
use recovery::{Journal, Losses};
use scope::{Desk, Entry};

/// A socket with its handlers.
type Called<'a, S, D> = (Socket<'a, S, D>, &'a Handlers<S, D>);

type OnTimer<S, D> = dyn Fn(&mut Scope<'_, S, D>);

/// An application made of handlers, with a state `S` of its own and data `D` for each socket.
pub struct Io<S, D = ()> {
    state: S,
    handlers: Vec<Handlers<S, D>>,
    on_timer: HashMap<&'static str, Box<OnTimer<S, D>>>,
    sockets: BTreeMap<SocketKey, Entry<D>>,
    /// The sockets that can recover, by private id.
    by_private_id: HashMap<String, SocketKey>,
    journal: Option<Journal>,
    losses: Losses<D>,
    timers: Timers<&'static str>,
    /// Timers that were set before there was a time.
    first_timers: Vec<(&'static str, Duration)>,
}

impl<S: 'static, D: Default + 'static> Io<S, D> {
    /// Returns an application without handlers.
    pub fn new(state: S) -> Self {
        Self {
            state,
            handlers: Vec::new(),
            on_timer: HashMap::new(),
            sockets: BTreeMap::new(),
            by_private_id: HashMap::new(),
            journal: None,
            losses: Losses::default(),
            timers: Timers::default(),
            first_timers: Vec::new(),
        }
    }

    /// Lets clients recover: one that comes back within the window gets its socket id, its rooms, its data and every event that
    /// it missed. Takes the window, or all of the [`Recovery`] bounds.
    ///
    /// With recovery, events end with one more argument, the offset by which the standard client recovers. Everything that is
    /// needed is in memory: after that is lost, or beyond the bounds, a client gets a fresh session.
    #[must_use]
    pub fn with_recovery(mut self, bounds: impl Into<Recovery>) -> Self {
        self.journal = Some(Journal::new(bounds.into()));
        self
    }

    /// Adds a namespace, and returns its handlers. A `*` in the name stands for one or more characters. The first namespace that
    /// was added and matches is the one that counts.
    pub fn of(&mut self, name: &'static str) -> &mut Handlers<S, D> {
        self.add(Pattern::parse(name))
    }

    /// Adds all namespaces for which `predicate` holds, and returns their handlers.
    pub fn of_where(&mut self, predicate: impl Fn(&str) -> bool + 'static) -> &mut Handlers<S, D> {
        self.add(Pattern::Predicate(Box::new(predicate)))
    }

    fn add(&mut self, pattern: Pattern) -> &mut Handlers<S, D> {
        self.handlers.push(Handlers::new(pattern));
        self.handlers.last_mut().expect("the handlers that were just added")
    }
}

impl<S, D> Io<S, D> {
    /// Calls a handler when the timer `name` is due, which [`Scope::set_timer`] or [`Io::start_timer`] set.
    pub fn on_timer(
        &mut self,
        name: &'static str,
        handler: impl Fn(&mut Scope<'_, S, D>) + 'static,
    ) -> &mut Self {
        self.on_timer.insert(name, Box::new(handler));
        self
    }

    /// Sets a timer as the application opens, which is whenever the object comes into memory.
    pub fn start_timer(&mut self, name: &'static str, delay: Duration) -> &mut Self {
        self.first_timers.push((name, delay));
        self
    }

    /// Returns the application's state.
    pub fn state(&self) -> &S {
        &self.state
    }

    /// Returns the server as a handler sees it, for what does not come over a socket; see [`Server::apply`].
    pub fn scope<'a>(&'a mut self, cx: &'a mut Context<'_>, actions: &'a mut Actions) -> Scope<'a, S, D> {
        self.parts(cx, actions).0
    }

    fn parts<'a>(
        &'a mut self,
        cx: &'a mut Context<'_>,
        actions: &'a mut Actions,
    ) -> (Scope<'a, S, D>, &'a [Handlers<S, D>]) {
        if let Some(journal) = &mut self.journal {
            journal.begin(cx);
        }
        let desk = Desk {
            actions,
            journal: self.journal.as_mut(),
            timers: &mut self.timers,
            entropy: &mut *cx.entropy,
        };
        let scope = Scope {
            now: cx.now,
            state: &mut self.state,
            sockets: &mut self.sockets,
            desk: RefCell::new(desk),
        };
        (scope, &self.handlers)
    }

    /// Returns a socket with its handlers; `None` if it is gone.
    fn socket<'a>(
        &'a mut self,
        cx: &'a mut Context<'_>,
        key: SocketKey,
        actions: &'a mut Actions,
    ) -> Option<Called<'a, S, D>> {
        let index = self.sockets.get(&key)?.handlers;
        let (io, handlers) = self.parts(cx, actions);
        let handlers = &handlers[index];
        Some((Socket { io, key, tags: handlers }, handlers))
    }

    fn handlers_of(&self, namespace: &str) -> Option<usize> {
        self.handlers.iter().position(|handlers| handlers.matches(namespace))
    }
}

impl<S, D: Serialize + DeserializeOwned> From<Io<S, D>> for Server<Io<S, D>> {
    /// Returns a server with the parameters of the reference server.
    fn from(io: Io<S, D>) -> Self {
        Self::new(engineio::Config::default(), Config::default(), io)
    }
}
