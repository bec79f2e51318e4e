//! Carries out the actions of an application.

use engineio::{self as engine, Context, Engine, Frame, SessionKey};

use super::Server;
use crate::actions::{Action, Actions, Admission, Recipients};
use crate::application::{Application, Departure};
use crate::arguments::Arguments;
use crate::keys::{Room, SocketKey};
use crate::service::Outcome;
use crate::sockets::Outgoing;

impl<A: Application> Server<A> {
    pub(super) fn perform(&mut self, cx: &mut Context<'_>, actions: Actions, out: &mut Outcome) {
        for action in actions {
            match action {
                Action::Accept { socket, admission } => self.accept(cx, socket, admission, out),
                Action::Refuse { socket, error } => match self.sockets.refuse(socket, &error) {
                    Some(Ok((session, refusal))) => {
                        self.changed.insert(session);
                        self.send(std::iter::once(session), &refusal, out);
                    }
                    Some(Err(session)) => self.close(cx.now, session, out),
                    None => {}
                },
                Action::Emit { to, event } => self.emit(&to, &event, out),
                Action::EmitVolatile { to, event } => self.emit_volatile(&to, &event, out),
                Action::Ask { to, event, request } => {
                    match self.sockets.event_with_ack(cx.now, to, &event, request) {
                        Ok(Some((session, packet))) => {
                            // Ids count on across hibernation, so that no late answer is taken for another one.
                            self.changed.insert(session);
                            self.send(std::iter::once(session), &packet, out);
                        }
                        Ok(None) => {}
                        Err((session, _)) => self.close(cx.now, session, out),
                    }
                }
                Action::Answer { to, ack, answer } => {
                    if let Some((session, packet)) = self.sockets.ack(to, ack.0, &answer) {
                        self.send(std::iter::once(session), &packet, out);
                    }
                }
                Action::Join { socket, room } => self.join(socket, room, out),
                Action::Leave { socket, room } => {
                    self.sockets.leave_room(socket, &room);
                    self.changed.extend(self.sockets.session_of(socket));
                }
                Action::Disconnect { socket } => {
                    if let Some((session, packet)) = self.sockets.disconnect(socket) {
                        self.send(std::iter::once(session), &packet, out);
                        self.changed.insert(session);
                        self.departures.push_back((socket, Departure::Removed));
                        self.update_watch(cx.now, session);
                    }
                }
                Action::Close { socket } => {
                    if let Some(session) = self.sockets.session_of(socket) {
                        self.sockets.withdraw(socket);
                        self.close(cx.now, session, out);
                    }
                }
                Action::Keep { socket } => self.changed.extend(self.sockets.session_of(socket)),
                Action::Watch { socket, is_wanted } => {
                    if let Some(session) =
                        self.sockets.session_of(socket).filter(|_| self.sockets.has_joined(socket))
                    {
                        if is_wanted {
                            self.watched.insert(socket);
                        } else {
                            self.watched.remove(&socket);
                        }
                        self.update_watch(cx.now, session);
                    }
                }
                Action::Log(line) => out.log.push(line),
            }
        }
    }

    fn join(&mut self, socket: SocketKey, room: Room, out: &mut Outcome) {
        if self.sockets.join(socket, room) {
            self.changed.extend(self.sockets.session_of(socket));
        } else {
            out.log.push("a socket is gone, or in too many rooms to join another one".to_owned());
        }
    }

    fn accept(&mut self, cx: &mut Context<'_>, socket: SocketKey, admission: Admission, out: &mut Outcome) {
        let Admission { sid, private_id, missed, rooms, replaces } = admission;
        let waiting = self.sockets.take_waiting(socket);
        let Some((session, welcome)) = self.sockets.accept(socket, &sid, private_id.as_deref()) else {
            return;
        };
        self.changed.insert(session);
        self.send(std::iter::once(session), &welcome, out);
        for event in &missed {
            if let Some((_, packet)) = self.sockets.event_to(socket, event) {
                self.send(std::iter::once(session), &packet, out);
            }
        }
        for room in rooms {
            self.join(socket, room, out);
        }
        let replaced = replaces.and_then(|socket| self.sockets.session_of(socket));
        if let Some(replaced) = replaced.filter(|&replaced| replaced != session) {
            self.close(cx.now, replaced, out);
        }
        self.resumed.extend(waiting.into_iter().map(|(kind, arguments)| (socket, kind, arguments)));
    }

    fn emit(&mut self, to: &Recipients, event: &Arguments<'_>, out: &mut Outcome) {
        match to {
            Recipients::Socket(socket) => {
                if let Some((session, packet)) = self.sockets.event_to(*socket, event) {
                    self.send(std::iter::once(session), &packet, out);
                }
            }
            Recipients::Everyone(namespace) => {
                let Some(packet) = self.sockets.event(namespace, event) else { return };
                let Self { engine, sockets, .. } = self;
                let closed = send(engine, sockets.members(namespace), &packet, &mut out.effects);
                self.note_closed(closed);
            }
            Recipients::Selected(selection) => {
                let Some(packet) = self.sockets.event(&selection.namespace, event) else { return };
                let sessions = self.sockets.selected(selection);
                self.send(sessions.into_iter(), &packet, out);
            }
        }
    }

    fn emit_volatile(&mut self, to: &Recipients, event: &Arguments<'_>, out: &mut Outcome) {
        let (packet, sessions) = match to {
            Recipients::Socket(socket) => {
                let Some((session, packet)) = self.sockets.event_to(*socket, event) else { return };
                (packet, vec![session])
            }
            Recipients::Everyone(namespace) => {
                let Some(packet) = self.sockets.event(namespace, event) else { return };
                (packet, self.sockets.members(namespace).collect())
            }
            Recipients::Selected(selection) => {
                let Some(packet) = self.sockets.event(&selection.namespace, event) else { return };
                (packet, self.sockets.selected(selection))
            }
        };
        let ready: Vec<_> =
            sessions.into_iter().filter(|&session| self.engine.is_writable(session)).collect();
        self.send(ready.into_iter(), &packet, out);
    }

    pub(super) fn send(
        &mut self,
        to: impl Iterator<Item = SessionKey> + Clone,
        packet: &Outgoing,
        out: &mut Outcome,
    ) {
        let closed = send(&mut self.engine, to, packet, &mut out.effects);
        self.note_closed(closed);
    }
}

/// Sends a packet and its attachments. Returns the sessions that were closed because they do not fetch what they get.
fn send(
    engine: &mut Engine,
    to: impl Iterator<Item = SessionKey> + Clone,
    packet: &Outgoing,
    effects: &mut Vec<engine::Effect>,
) -> Vec<SessionKey> {
    let mut closed = engine.send(to.clone(), &Frame::message(&packet.text), effects);
    for attachment in &packet.attachments {
        closed.extend(engine.send(to.clone(), &Frame::binary(attachment.clone()), effects));
    }
    closed
}
