//! The clients of a [`World`]: one that polls, one with a WebSocket, and what each expects.

use engineio::RequestId;
use engineio::{Data, Frame, Input, Query, Rejection, Response};
use serde_json::Value;
use socketio::Service;

use super::query;
use super::world::{Answer, Line, Waiting, World};

/// A request and what becomes of it.
pub struct Exchange<S> {
    world: World<S>,
    id: RequestId,
    answer: Waiting,
}

/// A client with a session over HTTP long-polling.
pub struct Poller<S> {
    pub world: World<S>,
    pub sid: String,
}

/// A client with a WebSocket.
pub struct Socket<S> {
    pub world: World<S>,
    line: Line,
}

impl<S: Service> World<S> {
    /// GET.
    #[track_caller]
    pub fn gets(&self, text: &str) -> Exchange<S> {
        self.exchange(text, |request, query| Input::Get { request, query })
    }

    /// POST.
    #[track_caller]
    pub fn posts(&self, text: &str, body: &str) -> Exchange<S> {
        self.exchange(text, |request, query| Input::Post { request, query, body })
    }

    /// A request that the shell already knows to be wrong.
    #[track_caller]
    pub fn sends_unacceptable(&self, text: &str, rejection: Rejection) -> Exchange<S> {
        self.exchange(text, |request, query| Input::Unacceptable { request, query, rejection })
    }

    /// A WebSocket upgrade.
    #[track_caller]
    pub fn connects(&self, text: &str) -> (Exchange<S>, Socket<S>) {
        let line = self.add_line();
        let socket = line.borrow().id.expect("a new number");
        let exchange = self.exchange(text, |request, query| Input::WebSocket { request, query, socket });
        if !line.borrow().accepted {
            self.remove_line(&line);
        }
        (exchange, Socket { world: self.clone(), line })
    }

    /// Opens a session over polling.
    #[track_caller]
    pub fn opens_polling(&self) -> Poller<S> {
        let body = self.gets("EIO=4&transport=polling").expects_ok();
        Poller { world: self.clone(), sid: sid_of(&body) }
    }

    /// Opens a session over WebSocket.
    #[track_caller]
    pub fn opens_web_socket(&self) -> Socket<S> {
        let (exchange, socket) = self.connects("EIO=4&transport=websocket");
        exchange.expects_acceptance();
        sid_of(&socket.takes_text());
        socket
    }

    #[track_caller]
    fn exchange<'i>(&self, text: &str, input: impl FnOnce(RequestId, Query) -> Input<'i>) -> Exchange<S> {
        let (id, answer) = self.request(|id| input(id, query(text)));
        Exchange { world: self.clone(), id, answer }
    }
}

#[track_caller]
fn sid_of(open: &str) -> String {
    let open: Value = serde_json::from_str(open.strip_prefix('0').expect("an open packet")).expect("JSON");
    open["sid"].as_str().expect("a sid").to_owned()
}

impl<S: Service> Exchange<S> {
    #[track_caller]
    pub fn response(&self) -> Response {
        match &*self.answer.borrow() {
            Some(Answer::Response(response)) => response.clone(),
            other => panic!("expected a response, got {other:?}"),
        }
    }

    /// The body of a response that says yes.
    #[track_caller]
    pub fn expects_ok(&self) -> String {
        let response = self.response();
        assert_eq!(response.status, 200, "{}", response.body);
        response.body
    }

    #[track_caller]
    pub fn expects(&self, body: &str) {
        assert_eq!(self.expects_ok(), body);
    }

    #[track_caller]
    pub fn expects_rejection(&self, status: u16, body: &str) {
        let response = self.response();
        assert_eq!((response.status, response.body.as_str()), (status, body));
        assert_eq!(response.content_type, Some("application/json"));
    }

    #[track_caller]
    pub fn expects_too_large(&self) {
        let response = self.response();
        assert_eq!((response.status, response.content_type, response.body.as_str()), (413, None, ""));
    }

    #[track_caller]
    pub fn expects_unknown_sid(&self) {
        self.expects_rejection(400, r#"{"code":1,"message":"Session ID unknown"}"#);
    }

    #[track_caller]
    pub fn expects_bad_request(&self) {
        self.expects_rejection(400, r#"{"code":3,"message":"Bad request"}"#);
    }

    #[track_caller]
    pub fn expects_acceptance(&self) {
        let answer = self.answer.borrow();
        assert!(matches!(*answer, Some(Answer::Accepted)), "{answer:?}");
    }

    /// It is not answered yet.
    #[track_caller]
    pub fn waits(&self) {
        let answer = self.answer.borrow();
        assert!(answer.is_none(), "{answer:?}");
    }

    pub fn is_answered(&self) -> bool {
        self.answer.borrow().is_some()
    }

    /// The client hangs up.
    #[track_caller]
    pub fn aborts(&self) {
        self.world.abort(self.id);
    }
}

impl<S: Service> Poller<S> {
    fn query(&self, transport: &str) -> String {
        format!("EIO=4&transport={transport}&sid={}", self.sid)
    }

    #[track_caller]
    pub fn polls(&self) -> Exchange<S> {
        self.world.gets(&self.query("polling"))
    }

    #[track_caller]
    pub fn posts(&self, body: &str) -> Exchange<S> {
        self.world.posts(&self.query("polling"), body)
    }

    /// Posts what must be taken.
    #[track_caller]
    pub fn sends(&self, body: &str) -> &Self {
        self.posts(body).expects("ok");
        self
    }

    #[track_caller]
    pub fn sends_unacceptable(&self, rejection: Rejection) -> Exchange<S> {
        self.world.sends_unacceptable(&self.query("polling"), rejection)
    }

    /// Opens a WebSocket for the session.
    #[track_caller]
    pub fn upgrades(&self) -> Socket<S> {
        let (exchange, socket) = self.world.connects(&self.query("websocket"));
        exchange.expects_acceptance();
        socket
    }

    /// Goes through the whole upgrade.
    #[track_caller]
    pub fn is_upgraded(&self) -> Socket<S> {
        let socket = self.upgrades();
        socket.sends("2probe").expects("3probe").sends("5");
        socket
    }

    /// Joins the main namespace, and fetches what there is to fetch.
    #[track_caller]
    pub fn joins(&self) -> &Self {
        self.sends("40");
        assert!(self.polls().expects_ok().starts_with("40{"));
        self
    }
}

impl<S: Service> Socket<S> {
    /// The state that outlives the memory of the server.
    pub fn stored(&self) -> Option<String> {
        self.line.borrow().stored.clone()
    }

    #[track_caller]
    pub fn sends(&self, text: &str) -> &Self {
        self.sends_data(Data::Text(text))
    }

    #[track_caller]
    pub fn sends_bytes(&self, bytes: &[u8]) -> &Self {
        self.sends_data(Data::Binary(bytes.into()))
    }

    /// Sends a frame that is so long that the platform's part does not even read it.
    #[track_caller]
    pub fn sends_an_oversized_frame(&self) -> &Self {
        let id = self.line.borrow().id;
        if let Some(socket) = id {
            self.world.handle(Input::OversizedFrame { socket });
        }
        self
    }

    /// Sends a frame, which is lost if the WebSocket is closed.
    #[track_caller]
    fn sends_data(&self, data: Data<'_>) -> &Self {
        let id = self.line.borrow().id;
        if let Some(socket) = id {
            self.world.handle(Input::Frame { socket, data });
        }
        self
    }

    #[track_caller]
    pub fn takes(&self) -> Frame {
        self.line.borrow_mut().inbox.pop_front().expect("a frame")
    }

    #[track_caller]
    pub fn takes_text(&self) -> String {
        match self.takes() {
            Frame::Text(text) => text.to_string(),
            Frame::Binary(bytes) => panic!("expected text, got {bytes:?}"),
        }
    }

    #[track_caller]
    pub fn expects(&self, text: &str) -> &Self {
        assert_eq!(self.takes_text(), text);
        self
    }

    #[track_caller]
    pub fn expects_bytes(&self, bytes: &[u8]) -> &Self {
        assert_eq!(self.takes(), Frame::Binary(bytes.into()));
        self
    }

    #[track_caller]
    pub fn expects_nothing(&self) -> &Self {
        let state = self.line.borrow();
        assert!(state.inbox.is_empty(), "{:?}", state.inbox);
        assert_eq!(state.close_code, None, "closed");
        drop(state);
        self
    }

    /// The server has closed the WebSocket, after everything that was expected before.
    #[track_caller]
    pub fn expects_close(&self, code: u16) {
        let state = self.line.borrow();
        assert!(state.inbox.is_empty(), "{:?}", state.inbox);
        assert_eq!(state.close_code, Some(code));
    }

    pub fn is_open(&self) -> bool {
        self.line.borrow().id.is_some()
    }

    /// Everything that came since the last look.
    pub fn takes_all(&self) -> Vec<Frame> {
        self.line.borrow_mut().inbox.drain(..).collect()
    }

    /// Returns the frames from `first` on without taking them.
    pub fn peeks(&self, first: usize) -> Vec<Frame> {
        self.line.borrow().inbox.iter().skip(first).cloned().collect()
    }

    /// Replaces what was stored with the WebSocket by nonsense.
    pub fn forgets_what_is_stored(&self) {
        self.line.borrow_mut().stored = Some("nonsense".to_owned());
    }

    /// The platform answers pings from now on, and the test does not see them.
    pub fn answers_pings(&self, answers: bool) -> &Self {
        self.line.borrow_mut().answers_pings = answers;
        self
    }

    /// The client closes the WebSocket, or loses it.
    #[track_caller]
    pub fn goes_away(&self) {
        if let Some(socket) = self.world.remove_line(&self.line) {
            self.world.handle(Input::SocketClosed { socket });
        }
    }

    /// The platform refuses to store the state of the WebSocket.
    pub fn outgrows_its_storage(&self) {
        let id = self.line.borrow().id.expect("an open WebSocket");
        self.world.refuse_state(id);
    }

    /// Joins a namespace; returns the answer without its type and namespace.
    #[track_caller]
    pub fn joins(&self, namespace: &str) -> String {
        let prefix = if namespace == "/" { "40".to_owned() } else { format!("40{namespace},") };
        let welcome = self.sends(&prefix).takes_text();
        welcome.strip_prefix(&prefix).expect("a welcome").to_owned()
    }
}
