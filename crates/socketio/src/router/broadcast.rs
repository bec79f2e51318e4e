//! Events to many sockets.

use serde::Serialize;

use super::payload::{self, Unsendable};
use super::recovery::Audience;
use super::scope::Scope;
use crate::actions::{Action, Recipients, Selection};
use crate::arguments::Arguments;
use crate::keys::{Namespace, Room, SocketKey};

/// The recipients of an event, and how it is sent to them.
#[must_use = "an event is sent by `emit`"]
pub struct Broadcast<'s, 'a, S, D> {
    scope: &'s Scope<'a, S, D>,
    selection: Selection,
    is_volatile: bool,
}

impl<'s, 'a, S, D> Broadcast<'s, 'a, S, D> {
    pub(super) fn new(scope: &'s Scope<'a, S, D>, namespace: Namespace) -> Self {
        let selection = Selection { namespace, rooms: Vec::new(), except_rooms: Vec::new(), except: None };
        Self { scope, selection, is_volatile: false }
    }

    /// Narrows the recipients to those in a room; called again, to those in any of the rooms. Every socket is in the room of its
    /// own id.
    pub fn to(mut self, room: impl Into<Room>) -> Self {
        self.selection.rooms.push(room.into());
        self
    }

    /// Excludes those in a room.
    pub fn except(mut self, room: impl Into<Room>) -> Self {
        self.selection.except_rooms.push(room.into());
        self
    }

    pub(super) fn without(mut self, socket: SocketKey) -> Self {
        self.selection.except = Some(socket);
        self
    }

    /// Sends only to those whose connections can take the event now. It is lost to the others, also if they recover.
    pub fn volatile(mut self) -> Self {
        self.is_volatile = true;
        self
    }

    /// Sends an event. A tuple or an array of fixed length is several arguments, `()` is none, and any other payload is one. A
    /// payload that cannot be sent leaves a line in the log instead: a map whose keys are not strings, for example, or more than
    /// ten [`Bytes`](super::Bytes).
    pub fn emit<T: Serialize + ?Sized>(self, name: &str, payload: &T) {
        let Self { scope, selection, is_volatile } = self;
        let sent = if is_volatile {
            scope.volatile_event(name, payload).map(|event| {
                scope.act(Action::EmitVolatile { to: recipients(selection), event });
            })
        } else {
            scope.emit(name, payload, recipients(selection))
        };
        if let Err(error) = sent {
            scope.log(format!("the event {name:?} was not sent: {error}"));
        }
    }

    /// Removes the sockets from the namespace, as [`Socket::disconnect`](super::Socket::disconnect) does.
    pub fn disconnect(self) {
        let Selection { namespace, rooms, except_rooms, except } = &self.selection;
        for (&socket, entry) in self.scope.sockets.iter() {
            let is_in = |room: &Room| entry.rooms.contains_key(room);
            if entry.namespace == *namespace
                && (rooms.is_empty() || rooms.iter().any(is_in))
                && !except_rooms.iter().any(is_in)
                && *except != Some(socket)
            {
                self.scope.act(Action::Disconnect { socket });
            }
        }
    }
}

fn recipients(selection: Selection) -> Recipients {
    let is_everyone =
        selection.rooms.is_empty() && selection.except_rooms.is_empty() && selection.except.is_none();
    if is_everyone { Recipients::Everyone(selection.namespace) } else { Recipients::Selected(selection) }
}

impl<'a, S, D> Scope<'a, S, D> {
    /// Returns everyone in a namespace, as the recipients of an event.
    pub fn of(&self, namespace: impl Into<Namespace>) -> Broadcast<'_, 'a, S, D> {
        Broadcast::new(self, namespace.into())
    }

    /// Sends an event that clients can recover, if there is recovery.
    pub(super) fn emit<T: Serialize + ?Sized>(
        &self,
        name: &str,
        payload: &T,
        to: Recipients,
    ) -> Result<(), Unsendable> {
        let offset = self.journal().map(|journal| journal.next_offset().to_text());
        let event = payload::event(name, payload, offset.as_deref())?;
        let mut desk = self.desk.borrow_mut();
        if let Some(journal) = &mut desk.journal
            && let Some(audience) = self.audience(&to)
        {
            journal.push(self.now, audience, event.clone());
        }
        desk.actions.push(Action::Emit { to, event });
        Ok(())
    }

    /// Encodes an event that cannot be recovered. The standard client takes a string at the end of an event for an offset: it gets
    /// the one that it has, after everything that was sent to it before.
    pub(super) fn volatile_event<T: Serialize + ?Sized>(
        &self,
        name: &str,
        payload: &T,
    ) -> Result<Arguments<'static>, Unsendable> {
        let event = payload::event(name, payload, None)?;
        match self.journal() {
            Some(journal) if event.json.ends_with("\"]") => {
                payload::event(name, payload, Some(&journal.offset().to_text()))
            }
            _ => Ok(event),
        }
    }

    /// Returns the recipients in the terms that outlive their connections; `None` if they are gone.
    fn audience(&self, to: &Recipients) -> Option<Audience> {
        let sid = |socket: &SocketKey| Some(self.sockets.get(socket)?.sid.clone());
        Some(match to {
            Recipients::Socket(socket) => {
                let entry = self.sockets.get(socket)?;
                Audience {
                    namespace: entry.namespace.clone(),
                    rooms: vec![entry.sid.clone()],
                    except_rooms: Vec::new(),
                    except: None,
                }
            }
            Recipients::Everyone(namespace) => Audience {
                namespace: namespace.clone(),
                rooms: Vec::new(),
                except_rooms: Vec::new(),
                except: None,
            },
            Recipients::Selected(selection) => Audience {
                namespace: selection.namespace.clone(),
                rooms: selection.rooms.clone(),
                except_rooms: selection.except_rooms.clone(),
                except: selection.except.as_ref().and_then(sid),
            },
        })
    }
}
