//! The calls as a part of the room: finds the clients that an event is for, and delivers what the calls send.

use std::rc::Rc;

use engineio::{Context, Time};
use socketio::{Action, Actions, Recipients, SocketKey};

use super::signal::{CallEvent, Content, Delivery, SignalKind};
use super::{Addressee, Calls, Party};
use crate::accounts::username::Username;
use crate::chat::member::Member;
use crate::chat::parts::{Departed, Part};
use crate::chat::responder::{Done, Responder};
use crate::chat::{Chat, Settings};
use crate::refusal::Failure;
use crate::storage::{Storage, StorageError};

/// Carries out a signalling event for the user `to`. A refused one may still lead to events for its sender.
///
/// # Errors
/// The event is refused, or the database fails.
pub fn signal<S: Storage + Clone>(
    room: &mut Chat<S>,
    now: Time,
    to: &str,
    kind: SignalKind,
    content: Option<Content>,
    responder: &mut Responder<'_>,
) -> Result<(), Failure> {
    go_on(room, now, responder.actions, |calls, deliveries| calls.tick(now, deliveries));
    let to = addressee(room, to);
    let mut deliveries = Vec::new();
    let from = responder.member.party();
    let result = room.parts.calls.signal(now, &from, to, kind, content, &mut deliveries);
    if result.is_ok() {
        responder.answer(&Done {});
    }
    deliver(room, now, deliveries, Some(&from.sid), responder.actions);
    result
}

/// Ends the call for the sender of an offer to the user `to` that was refused before the calls heard of it.
pub fn refuse_offer<S: Storage + Clone>(
    room: &mut Chat<S>,
    now: Time,
    to: &str,
    responder: &mut Responder<'_>,
) {
    let to = addressee(room, to);
    let mut deliveries = Vec::new();
    let from = responder.member.party();
    if let Err(error) = room.parts.calls.refuse(now, &from, &to, &mut deliveries) {
        responder.actions.push(Action::Log(error.to_string()));
    }
    deliver(room, now, deliveries, Some(&from.sid), responder.actions);
}

impl<S: Storage + Clone> Part<S> for Calls<S> {
    fn open(storage: &S, _settings: &Settings) -> Result<Self, StorageError> {
        Self::open(storage.clone())
    }

    fn joined(room: &mut Chat<S>, cx: &mut Context<'_>, socket: SocketKey, actions: &mut Actions) {
        let Some(party) = room.members.get(socket).map(Member::party) else { return };
        go_on(room, cx.now, actions, |calls, deliveries| calls.entered(cx.now, &party, deliveries));
    }

    fn restored(room: &mut Chat<S>, socket: SocketKey) {
        if let Some(member) = room.members.get(socket) {
            room.parts.calls.seen(&member.party());
        }
    }

    fn left(room: &mut Chat<S>, cx: &mut Context<'_>, departed: &Departed, actions: &mut Actions) {
        let Departed { member, how, .. } = departed;
        // A stream that was taken over goes on with its new socket.
        if room.parts.recovery.socket_of(&member.sid).is_some() {
            return;
        }
        let user = room.members.whereabouts(&member.name_key);
        let party = member.party();
        go_on(room, cx.now, actions, |calls, deliveries| calls.left(cx.now, &party, *how, user, deliveries));
    }

    fn tick(room: &mut Chat<S>, cx: &mut Context<'_>, actions: &mut Actions) {
        go_on(room, cx.now, actions, |calls, deliveries| calls.tick(cx.now, deliveries));
    }

    fn next_deadline(&self) -> Option<Time> {
        self.deadline()
    }
}

fn addressee<S: Storage + Clone>(room: &Chat<S>, written: &str) -> Addressee {
    let key = Username::parse(written).ok().map(|to| to.key().into());
    let parties = key.as_deref().map_or_else(Vec::new, |key| parties(room, key));
    Addressee { written: written.into(), key, parties }
}

/// Returns the connected clients of a user.
fn parties<S: Storage + Clone>(room: &Chat<S>, name_key: &str) -> Vec<Party> {
    let members = room.members.sockets_of(name_key).iter().filter_map(|&socket| room.members.get(socket));
    members.map(Member::party).collect()
}

/// Sends events about calls, and keeps them in case that their clients have to be sent them again. `actor` is the socket id of
/// the client that brought them about.
fn deliver<S: Storage + Clone>(
    room: &mut Chat<S>,
    now: Time,
    deliveries: Vec<Delivery>,
    actor: Option<&str>,
    actions: &mut Actions,
) {
    let newest = room.log.newest();
    for Delivery { to, event } in with_successors(room, deliveries, actor) {
        let streams = &mut room.parts.recovery;
        let kept = streams.keep(now, &to.sid, newest, |offset| event.arguments(offset));
        let Some((id, event)) = kept else { continue };
        let Some(socket) = streams.socket_of(&to.sid) else { continue };
        if let Some(member) = room.members.get_mut(socket) {
            member.last_signal = Some(id);
            actions.push(Action::Keep { socket });
            actions.push(Action::Emit { to: Recipients::Socket(socket), event });
        }
    }
    watch(room, actions);
}

/// Has the clients in calls watched: if one dies, the other side has to hear of it in time.
fn watch<S: Storage + Clone>(room: &mut Chat<S>, actions: &mut Actions) {
    let Chat { members, parts, .. } = room;
    for name_key in parts.calls.take_rearranged() {
        for &socket in members.sockets_of(&name_key) {
            if let Some(member) = members.get(socket) {
                let is_wanted = parts.calls.is_in_call(&member.party());
                actions.push(Action::Watch { socket, is_wanted });
            }
        }
    }
}

/// Readdresses the end of a call if it is for a stream that was lost with the memory: the clients that the user has instead may
/// still show the call. Spares the actor, which begins something new.
fn with_successors<S: Storage + Clone>(
    room: &Chat<S>,
    deliveries: Vec<Delivery>,
    actor: Option<&str>,
) -> Vec<Delivery> {
    let is_end = |delivery: &Delivery| matches!(delivery.event, CallEvent::Ended { .. });
    let is_lost = |delivery: &Delivery| is_end(delivery) && !room.parts.recovery.is_known(&delivery.to.sid);
    if !deliveries.iter().any(is_lost) {
        return deliveries;
    }
    let ends = deliveries.iter().filter(|delivery| is_end(delivery));
    let mut told: Vec<Rc<str>> = ends.map(|delivery| delivery.to.sid.clone()).collect();
    let mut all = Vec::new();
    for delivery in deliveries {
        if is_lost(&delivery) {
            for to in parties(room, &delivery.to.user.key) {
                if Some(&*to.sid) != actor && !told.contains(&to.sid) {
                    told.push(to.sid.clone());
                    all.push(Delivery { to, event: delivery.event.clone() });
                }
            }
        } else {
            all.push(delivery);
        }
    }
    all
}

/// Carries out a transition of the calls that cannot be refused, and delivers its events.
fn go_on<S: Storage + Clone>(
    room: &mut Chat<S>,
    now: Time,
    actions: &mut Actions,
    step: impl FnOnce(&mut Calls<S>, &mut Vec<Delivery>) -> Result<(), StorageError>,
) {
    let mut deliveries = Vec::new();
    if let Err(error) = step(&mut room.parts.calls, &mut deliveries) {
        actions.push(Action::Log(error.to_string()));
    }
    deliver(room, now, deliveries, None, actions);
}
