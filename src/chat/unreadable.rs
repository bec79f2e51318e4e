//! Events that cannot be accepted, whatever they mean.

use std::borrow::Cow;

use super::command::CALL_USER;
use super::limits::Kind;
use super::reply::refuse;
use super::{
    Actions, Arguments, Chat, Context, Event, Failure, Refusal, SocketKey, Storage, TokenError,
    UnreadableEvent,
};
use socketio::Unreadable;

impl<S: Storage + Clone> Chat<S> {
    /// Refuses an event as one with the wrong arguments is refused, at the same price.
    pub(super) fn refuse_unreadable(
        &mut self,
        cx: &mut Context<'_>,
        socket: SocketKey,
        UnreadableEvent { name, ack, reason }: UnreadableEvent,
        actions: &mut Actions,
    ) {
        let Some(member) = self.members.get(&socket).cloned() else { return };
        let is_expired = member.expires_at <= cx.now;
        let refusal = if is_expired {
            TokenError::Expired.into()
        } else {
            let taken = self.buckets.take(cx.now, &member.name_key, Kind::of(&name));
            taken.err().unwrap_or_else(|| Refusal::invalid("invalid_payload", sentence(reason)))
        };
        let arguments = Arguments { json: Cow::Borrowed("[]"), attachments: Vec::new() };
        let event = Event { name, arguments, ack };
        if event.name == CALL_USER {
            self.refuse_call(cx.now, &event, &member, actions);
        }
        refuse(socket, &event.name, event.ack, &Failure::Refused(refusal), actions);
        if is_expired {
            self.expire(cx, socket, actions);
        }
    }
}

fn sentence(reason: Unreadable) -> &'static str {
    match reason {
        Unreadable::Name => "The name of the event is not valid text.",
        Unreadable::TooDeep => "The arguments of the event are nested too deeply.",
    }
}
