//! Joining, events and departures: handlers as an [`Application`].

use std::rc::Rc;

use engineio::{Context, Time};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Io;
use super::handlers::Handled;
use super::recovery::{Claim, Credentials, Lost, recover};
use super::scope::{Entry, Member};
use crate::actions::{Ack, Action, Actions, Admission};
use crate::application::{Application, Departure, Event, JoinRequest, RestoredPlace, UnreadableEvent};
use crate::arguments::Arguments;
use crate::keys::SocketKey;

impl<S, D: Serialize + DeserializeOwned> Application for Io<S, D> {
    type Member = Member<D>;

    fn has_namespace(&self, name: &str) -> bool {
        self.handlers_of(name).is_some()
    }

    fn asked_to_join(
        &mut self,
        cx: &mut Context<'_>,
        key: SocketKey,
        request: JoinRequest<'_>,
        actions: &mut Actions,
    ) {
        let Some(index) = self.handlers_of(request.namespace.as_str()) else { return };
        let mut admission = Admission::new(cx);
        let credentials = self.journal.as_ref().map(|_| Credentials::read(request.auth)).unwrap_or_default();
        if let Some(private_id) = &credentials.private_id {
            admission.replaces = self.replaced_by(&request, private_id);
        }
        if let Some(replaced) = admission.replaces {
            self.depart(cx, replaced, Departure::Lost, actions);
        }
        let handshake = request.handshake.clone();
        let namespace = request.namespace.clone();
        if let Some(journal) = &mut self.journal {
            journal.begin(cx);
            if let Some((lost, missed)) = recover(cx.now, journal, &mut self.losses, &namespace, &credentials)
            {
                admission.sid = lost.sid.as_ref().to_owned();
                admission.missed = missed;
                let entry = Entry {
                    sid: lost.sid,
                    namespace,
                    handlers: index,
                    rooms: lost.rooms,
                    handshake,
                    is_recovered: true,
                    needs: lost.needs,
                    member: Member { data: lost.data, claim: Some(lost.claim) },
                };
                return self.admit(cx, key, (entry, admission), actions);
            }
        }
        let (mut io, handlers) = self.parts(cx, actions);
        match handlers[index].decide(&mut io, &request) {
            Ok(data) => {
                let since = io.journal().map(|journal| journal.offset());
                let claim = since.map(|since| Claim { private_id: io.unguessable_id(), since });
                let sid = admission.sid.as_str().into();
                let entry = Entry {
                    rooms: [(Rc::clone(&sid), 0)].into(),
                    sid,
                    namespace,
                    handlers: index,
                    handshake,
                    is_recovered: false,
                    needs: 0,
                    member: Member { data, claim },
                };
                self.admit(cx, key, (entry, admission), actions);
            }
            Err(error) => {
                actions.push(Action::Refuse { socket: key, error });
                if let Some(socket) = admission.replaces {
                    actions.push(Action::Close { socket });
                }
            }
        }
    }

    fn event(&mut self, cx: &mut Context<'_>, key: SocketKey, event: Event<'_>, actions: &mut Actions) {
        let Event { name, arguments, ack } = event;
        let Some((mut socket, handlers)) = self.socket(cx, key, actions) else { return };
        let handled = handlers.event(&mut socket, &name, &arguments, ack.is_some());
        finish(key, ack, handled, actions);
    }

    fn unreadable(
        &mut self,
        _: &mut Context<'_>,
        key: SocketKey,
        event: UnreadableEvent,
        actions: &mut Actions,
    ) {
        finish(key, event.ack, Handled::unfit(event.ack.is_some()), actions);
    }

    fn answered(
        &mut self,
        cx: &mut Context<'_>,
        key: SocketKey,
        tag: u64,
        answer: Option<Arguments<'_>>,
        actions: &mut Actions,
    ) {
        if let Some((mut socket, handlers)) = self.socket(cx, key, actions) {
            handlers.answered(&mut socket, tag, answer.as_ref());
        }
    }

    fn left(&mut self, cx: &mut Context<'_>, key: SocketKey, how: Departure, actions: &mut Actions) {
        self.depart(cx, key, how, actions);
    }

    fn tick(&mut self, cx: &mut Context<'_>, actions: &mut Actions) {
        for (name, delay) in std::mem::take(&mut self.first_timers) {
            self.timers.set(name, cx.now + delay);
        }
        // Those that a handler sets again come later, also if they are due at once.
        let due: Vec<_> = std::iter::from_fn(|| self.timers.pop_due(cx.now)).collect();
        for name in due {
            let Some(handler) = self.on_timer.remove(name) else {
                actions.push(Action::Log(format!("no handler takes the timer {name:?}")));
                continue;
            };
            handler(&mut self.scope(cx, actions));
            self.on_timer.insert(name, handler);
        }
    }

    fn next_deadline(&self) -> Option<Time> {
        if self.first_timers.is_empty() { self.timers.next() } else { Some(Time::from_millis(0)) }
    }

    fn member(&self, socket: SocketKey) -> Option<&Member<D>> {
        self.sockets.get(&socket).map(|entry| &entry.member)
    }

    fn restored(&mut self, key: SocketKey, place: RestoredPlace<'_>, member: Member<D>) {
        let Some(handlers) = self.handlers_of(place.namespace.as_str()) else { return };
        let entry = Entry {
            sid: place.sid.into(),
            namespace: place.namespace.clone(),
            handlers,
            rooms: place.rooms.iter().map(|room| (room.clone(), 0)).collect(),
            handshake: place.handshake.clone(),
            is_recovered: false,
            needs: 0,
            member,
        };
        self.insert(key, entry);
    }
}

impl<S, D> Io<S, D> {
    /// Calls the handler for a socket that is gone, and keeps the socket if its client may come back.
    fn depart(&mut self, cx: &mut Context<'_>, key: SocketKey, how: Departure, actions: &mut Actions) {
        if let Some((mut socket, handlers)) = self.socket(cx, key, actions) {
            handlers.disconnected(&mut socket, how);
        }
        let Some(entry) = self.sockets.remove(&key) else { return };
        if let Some(claim) = &entry.member.claim {
            self.by_private_id.remove(&claim.private_id);
        }
        if let (true, Some(journal), Some(claim)) = (how.is_loss(), &self.journal, entry.member.claim) {
            let Entry { sid, namespace, rooms, needs, member: Member { data, .. }, .. } = entry;
            let lost = Lost { sid, namespace, rooms, data, claim, needs };
            self.losses.push(cx.now, journal.bounds(), lost);
        }
    }

    /// Returns the socket that a client still seems to have which comes back with this private id.
    fn replaced_by(&self, request: &JoinRequest<'_>, private_id: &str) -> Option<SocketKey> {
        let key = *self.by_private_id.get(private_id)?;
        let entry = self.sockets.get(&key)?;
        (entry.namespace == *request.namespace).then_some(key)
    }

    fn insert(&mut self, key: SocketKey, entry: Entry<D>) {
        if let Some(claim) = &entry.member.claim {
            self.by_private_id.insert(claim.private_id.clone(), key);
        }
        self.sockets.insert(key, entry);
    }

    /// Puts a socket in, and calls its handler.
    fn admit(
        &mut self,
        cx: &mut Context<'_>,
        key: SocketKey,
        (entry, mut admission): (Entry<D>, Admission),
        actions: &mut Actions,
    ) {
        admission.private_id = entry.member.claim.as_ref().map(|claim| claim.private_id.clone());
        admission.rooms = entry.rooms.keys().cloned().collect();
        actions.push(Action::Accept { socket: key, admission });
        self.insert(key, entry);
        if let Some((mut socket, handlers)) = self.socket(cx, key, actions) {
            handlers.connected(&mut socket);
        }
    }
}

fn finish(key: SocketKey, ack: Option<Ack>, handled: Handled, actions: &mut Actions) {
    if let Some((ack, answer)) = ack.zip(handled.answer) {
        actions.push(Action::Answer { to: key, ack, answer });
    }
    if let Some(line) = handled.log {
        actions.push(Action::Log(line));
    }
}
