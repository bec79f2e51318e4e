//! `send_message`: at once, or in its turn if its user sends faster than the rate.

use std::rc::Rc;
use std::time::Duration;

use super::command::NewMessage;
use super::limits::Kind;
use super::message::Added;
use super::pacing::Waiting;
use super::reply::{Answer, Asker, acknowledge, refuse};
use super::{Chat, Failure, Member, new_message};
use crate::storage::{Storage, StorageError};
use engineio::Context;
use socketio::{Action, Actions, Namespace, Recipients};

/// The event by which messages are sent.
pub const SEND_MESSAGE: &str = "send_message";

impl<S: Storage + Clone> Chat<S> {
    /// Sends a message, or lets it wait behind those of its user that wait already.
    pub(super) fn send_message(
        &mut self,
        cx: &mut Context<'_>,
        member: &Member,
        message: NewMessage,
        asker: Asker,
        actions: &mut Actions,
    ) -> Result<(), Failure> {
        // One that is due goes first.
        self.send_waiting(cx, &member.name_key, actions);
        let Err(refusal) = self.buckets.take(cx.now, &member.name_key, Kind::Message) else {
            return Ok(self.post(cx, &member.username, &message, &[asker], actions)?);
        };
        let pace = (refusal.retry_after.unwrap_or(Duration::ZERO), self.buckets.period(Kind::Message));
        let username = member.username.clone();
        let waiting = Waiting { username, family: member.family.clone(), message, askers: vec![asker] };
        if self.pacing.hold(cx.now, &member.name_key, waiting, pace) { Ok(()) } else { Err(refusal.into()) }
    }

    /// Sends what has waited for its turn.
    pub(super) fn send_due(&mut self, cx: &mut Context<'_>, actions: &mut Actions) {
        while let Some(name_key) = self.pacing.pop_due(cx.now) {
            self.send_waiting(cx, &name_key, actions);
        }
    }

    /// Sends what a user's rate allows of the messages that wait.
    fn send_waiting(&mut self, cx: &mut Context<'_>, name_key: &Rc<str>, actions: &mut Actions) {
        while self.pacing.is_waiting(name_key) {
            if let Err(refusal) = self.buckets.take(cx.now, name_key, Kind::Message) {
                let next = refusal.retry_after.unwrap_or(Duration::ZERO);
                return self.pacing.look_again(cx.now, name_key, next);
            }
            let Some(Waiting { username, message, askers, .. }) = self.pacing.pop(name_key) else { return };
            if let Err(error) = self.post(cx, &username, &message, &askers, actions) {
                let failure = Failure::Storage(error);
                for asker in &askers {
                    refuse(asker.socket, SEND_MESSAGE, asker.ack, &failure, actions);
                }
            }
        }
    }

    /// Stores a message, answers its senders, and tells everyone.
    fn post(
        &mut self,
        cx: &mut Context<'_>,
        username: &str,
        NewMessage { text, client_id }: &NewMessage,
        askers: &[Asker],
        actions: &mut Actions,
    ) -> Result<(), StorageError> {
        let added = self.messages.add(cx, username, text, client_id.as_deref())?;
        let (Added::New(message) | Added::Before(message)) = &added;
        for asker in askers {
            acknowledge(asker.socket, asker.ack, Answer::Sent { message }, actions);
        }
        if let Added::New(message) = &added {
            self.retention.added(cx.now, message.id);
            actions.push(Action::Emit {
                to: Recipients::Everyone(Namespace::MAIN),
                event: new_message(message),
            });
        }
        Ok(())
    }
}
