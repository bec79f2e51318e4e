//! Posting messages: from the log to everyone.

use engineio::Context;
use serde::Serialize;
use socketio::{Action, Actions, Namespace, Recipients};

use super::Chat;
use super::log::Added;
use super::message::{Message, NewMessage};
use super::responder::{Asker, acknowledge};
use crate::storage::{Storage, StorageError};

#[derive(Serialize)]
struct Answer<'a> {
    message: &'a Message,
}

/// Stores a message, answers its senders, and tells everyone.
///
/// # Errors
/// The database fails; then nothing is stored or sent.
pub fn post<S: Storage + Clone>(
    room: &mut Chat<S>,
    cx: &mut Context<'_>,
    username: &str,
    message: &NewMessage,
    askers: &[Asker],
    actions: &mut Actions,
) -> Result<(), StorageError> {
    let added = room.log.add(cx, username, message)?;
    let (Added::New(message) | Added::Before(message)) = &added;
    for &asker in askers {
        acknowledge(asker, &Answer { message }, actions);
    }
    if let Added::New(message) = &added {
        room.parts.retention.added(cx.now, message.id);
        actions.push(Action::Emit { to: Recipients::Everyone(Namespace::MAIN), event: message.event() });
    }
    Ok(())
}
