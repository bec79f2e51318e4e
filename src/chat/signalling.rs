//! Between the room and its calls: finds the sessions that an event is for, and delivers what the calls send.

use std::rc::Rc;

use super::calls::signal::{CallEvent, Content, Send};
use super::calls::{Addressee, Calls, Party};
use super::command::{self, Signal};
use super::reply::{Answer, acknowledge};
use super::{Chat, Failure, Member};
use crate::accounts::username::Username;
use crate::storage::{Storage, StorageError};
use engineio::Time;
use socketio::SocketKey;
use socketio::{Action, Actions, Event, Recipients};

impl<S: Storage + Clone> Chat<S> {
    /// Carries out a signalling event. What is refused may still lead to events for its sender.
    pub(super) fn signal(
        &mut self,
        now: Time,
        event: &Event<'_>,
        (from, member): (SocketKey, &Member),
        signal: &Signal<'_>,
        actions: &mut Actions,
    ) -> Result<(), Failure> {
        let to = self.addressee(&signal.to);
        let content = signal.content.map(|json| Content::new(json, &event.arguments.attachments));
        let mut sends = Vec::new();
        let result = self.calls.signal(now, &member.party(), to, signal.kind, content, &mut sends);
        if result.is_ok() {
            acknowledge(from, event.ack, Answer::Nothing {}, actions);
        }
        self.deliver(now, sends, Some(&member.sid), actions);
        result
    }

    /// Ends the call for the sender of a `call_user` that was refused before the calls heard of it.
    pub(super) fn refuse_call(
        &mut self,
        now: Time,
        event: &Event<'_>,
        member: &Member,
        actions: &mut Actions,
    ) {
        let to = self.addressee(&command::addressee(&event.arguments.json).unwrap_or_default());
        let mut sends = Vec::new();
        if let Err(error) = self.calls.refuse(now, &member.party(), &to, &mut sends) {
            actions.push(Action::Log(error.to_string()));
        }
        self.deliver(now, sends, Some(&member.sid), actions);
    }

    fn addressee(&self, written: &str) -> Addressee {
        let key = Username::parse(written).ok().map(|to| to.key().into());
        let parties = key.as_deref().map_or_else(Vec::new, |key| self.parties(key));
        Addressee { written: written.into(), key, parties }
    }

    /// The sessions of a user that are connected.
    fn parties(&self, name_key: &str) -> Vec<Party> {
        let members = self.presence.sockets(name_key).iter().filter_map(|socket| self.members.get(socket));
        members.map(Member::party).collect()
    }

    /// Sends events about calls, and keeps them for when their clients have to get them again. `actor` is the session that
    /// brought them about.
    fn deliver(&mut self, now: Time, sends: Vec<Send>, actor: Option<&str>, actions: &mut Actions) {
        for Send { to, event } in self.with_successors(sends, actor) {
            let newest = self.messages.newest();
            let kept = self.sessions.keep(now, &to.sid, newest, |offset| event.arguments(offset));
            let Some((id, event)) = kept else { continue };
            let Some(socket) = self.sessions.socket_of(&to.sid) else { continue };
            if let Some(member) = self.members.get_mut(&socket) {
                member.last_signal = Some(id);
                actions.push(Action::Keep { socket });
                actions.push(Action::Emit { to: Recipients::Socket(socket), event });
            }
        }
        self.watch_parties(actions);
    }

    /// Asks for a watch over the clients in calls: if one dies, the other side has to hear of it in time.
    fn watch_parties(&mut self, actions: &mut Actions) {
        for name_key in self.calls.take_rearranged() {
            for &socket in self.presence.sockets(&name_key) {
                if let Some(member) = self.members.get(&socket) {
                    let is_wanted = self.calls.is_in_call(&member.party());
                    actions.push(Action::Watch { socket, is_wanted });
                }
            }
        }
    }

    /// The same events; but the end of a call that is for a session which was lost with the memory goes to the sessions that
    /// its user has instead: one of them may still show the call. The one that acts begins something new.
    fn with_successors(&self, sends: Vec<Send>, actor: Option<&str>) -> Vec<Send> {
        let is_end = |send: &Send| matches!(send.event, CallEvent::Ended { .. });
        let is_lost = |send: &Send| is_end(send) && !self.sessions.is_known(&send.to.sid);
        if !sends.iter().any(is_lost) {
            return sends;
        }
        let mut told: Vec<Rc<str>> =
            sends.iter().filter(|send| is_end(send)).map(|send| send.to.sid.clone()).collect();
        let mut all = Vec::new();
        for send in sends {
            if is_lost(&send) {
                for to in self.parties(&send.to.user.key) {
                    if Some(&*to.sid) != actor && !told.contains(&to.sid) {
                        told.push(to.sid.clone());
                        all.push(Send { to, event: send.event.clone() });
                    }
                }
            } else {
                all.push(send);
            }
        }
        all
    }

    /// Lets something happen to the calls that nobody asked for and that cannot be refused.
    pub(super) fn calls_go_on(
        &mut self,
        now: Time,
        actions: &mut Actions,
        step: impl FnOnce(&mut Calls<S>, &mut Vec<Send>) -> Result<(), StorageError>,
    ) {
        let mut sends = Vec::new();
        if let Err(error) = step(&mut self.calls, &mut sends) {
            actions.push(Action::Log(error.to_string()));
        }
        self.deliver(now, sends, None, actions);
    }
}
