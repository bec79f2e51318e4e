//! The state stored with a WebSocket, so that its session survives hibernation.

use engineio::{Address, SessionKey, Time, WebSocketId};
use serde::{Deserialize, Serialize};

use super::Server;
use crate::application::{Application, RestoredPlace};
use crate::handshake::Handshake;
use crate::json;
use crate::sockets;

#[derive(Serialize)]
struct StoredSession<'a, M> {
    session: engineio::Snapshot,
    address: Option<&'a Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    handshake: Option<&'a Handshake>,
    sockets: Vec<StoredSocket<&'a M>>,
    /// Whether a request to join waits for its answer, which is lost with the memory.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_asking: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_witness: bool,
}

#[derive(Deserialize)]
struct RestoredSession<M> {
    session: engineio::Snapshot,
    address: Option<Address>,
    #[serde(default)]
    handshake: Option<Handshake>,
    sockets: Vec<StoredSocket<M>>,
    #[serde(default)]
    is_asking: bool,
    #[serde(default)]
    is_witness: bool,
}

#[derive(Serialize, Deserialize)]
struct StoredSocket<M> {
    socket: sockets::Snapshot,
    member: M,
}

impl<A: Application> Server<A> {
    pub(super) fn stored_state(&self, session: SessionKey) -> Option<String> {
        let sockets = self.sockets.sockets_of(session).iter();
        let handshake = self.connections.handshake(session);
        let stored = StoredSession {
            session: self.engine.snapshot(session)?,
            address: handshake.and_then(|handshake| handshake.address.as_ref()),
            handshake: handshake.filter(|handshake| !handshake.is_plain()),
            sockets: sockets
                .filter_map(|&key| {
                    let (socket, member) = self.sockets.snapshot(key).zip(self.application.member(key))?;
                    Some(StoredSocket { socket, member })
                })
                .collect(),
            is_asking: self.sockets.is_asking(session),
            is_witness: self.witness == Some(session),
        };
        serde_json::to_string(&stored).ok()
    }

    pub(super) fn restore_session(
        &mut self,
        now: Time,
        socket: WebSocketId,
        heard_at: Option<Time>,
        stored: &str,
    ) -> bool {
        let Ok(stored) = json::from_str::<RestoredSession<A::Member>>(stored) else {
            self.application.others_lost(now);
            return false;
        };
        if stored.is_asking {
            // The client would wait for its answer; closed, it comes back and asks again.
            self.application.others_lost(now);
            return false;
        }
        let opened_at = stored.session.opened_at();
        let session = self.engine.restore(now, socket, heard_at, stored.session);
        // Only the rest of the time to join is left: the object may hibernate many times.
        self.sockets.opened(opened_at, session);
        if stored.is_witness {
            self.application.others_lost(now);
            // The mark stays until the application has settled. If there were two, one goes.
            self.changed.extend(self.witness.replace(session));
        }
        let handshake = stored.handshake.unwrap_or_else(|| Handshake::plain(opened_at, stored.address));
        for StoredSocket { socket, member } in stored.sockets {
            if !self.application.has_namespace(socket.namespace()) {
                continue;
            }
            let key = self.sockets.restore(session, &socket);
            if let Some(namespace) = self.sockets.namespace_of(key) {
                let place = RestoredPlace {
                    sid: socket.sid(),
                    namespace,
                    rooms: socket.rooms(),
                    handshake: &handshake,
                };
                self.application.restored(key, place, member);
            }
        }
        self.connections.opened(session, handshake);
        true
    }
}
