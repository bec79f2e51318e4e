//! The world with the echo in it.

use natter_echo::Echo;
use socketio::{Departure, Server};

use super::client::Socket;
use super::world::World;

impl World<Server<Echo>> {
    /// A client that has a WebSocket and is in the main namespace.
    #[track_caller]
    pub fn joins(&self) -> Socket<Server<Echo>> {
        let socket = self.opens_web_socket();
        socket.joins("/");
        socket.expects(r#"42["auth",{}]"#);
        socket
    }

    pub fn departures(&self) -> Vec<Departure> {
        self.with_application(|echo| echo.departures.clone())
    }

    /// No layer holds anything, and nobody has to be woken.
    #[track_caller]
    pub fn expects_to_be_empty(&self) {
        assert_eq!(self.session_count(), 0, "sessions");
        assert_eq!(self.socket_count(), 0, "sockets");
        assert_eq!(self.with_application(|echo| echo.members.len()), 0, "members");
        assert_eq!(self.waiting_requests(), 0, "requests");
        assert_eq!(self.open_sockets(), 0, "WebSockets");
        assert_eq!(self.next_deadline(), None);
    }
}
