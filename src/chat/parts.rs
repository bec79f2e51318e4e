//! The parts of the room, and the hooks by which they take part in its life.
//!
//! To add a part, write its file and add it to the list in [`super`]. The macro declares the modules, which hides them from
//! `cargo fmt`; `npm test` checks the format of these files by name.

use engineio::{Context, Time};
use socketio::{Actions, Departure, SocketKey};

use super::member::Member;
use super::{Chat, Settings};
use crate::storage::StorageError;

/// A part of the room with a state of its own, and often with deadlines.
///
/// The hooks take the whole room instead of `self`, because parts build on each other: a token that expires lets a socket
/// leave, and a call that ends is kept for recovery. A part finds its own state in [`Chat::parts`].
pub trait Part<S>: Sized {
    /// Makes the part, given a database of the current version.
    ///
    /// # Errors
    /// The database fails.
    fn open(storage: &S, settings: &Settings) -> Result<Self, StorageError>;

    /// A socket has joined, for the first time or again.
    fn joined(room: &mut Chat<S>, cx: &mut Context<'_>, socket: SocketKey, actions: &mut Actions) {
        let _ = (room, cx, socket, actions);
    }

    /// A socket outlived the memory.
    fn restored(room: &mut Chat<S>, socket: SocketKey) {
        let _ = (room, socket);
    }

    /// A socket has left.
    fn left(room: &mut Chat<S>, cx: &mut Context<'_>, departed: &Departed, actions: &mut Actions) {
        let _ = (room, cx, departed, actions);
    }

    /// A deadline has passed, of this part or another one.
    fn tick(room: &mut Chat<S>, cx: &mut Context<'_>, actions: &mut Actions) {
        let _ = (room, cx, actions);
    }

    /// The earliest moment at which the part needs a [tick](Part::tick).
    fn next_deadline(&self) -> Option<Time> {
        None
    }
}

/// A socket that has left. It is no longer among the members.
pub struct Departed {
    pub socket: SocketKey,
    pub member: Member,
    pub how: Departure,
}

/// Lists the parts: declares their modules, gives each part a field, and runs the hooks in the order of the list.
macro_rules! parts {
    ($($module:ident: $part:ident $(<$storage:ident>)?,)*) => {
        $(pub mod $module;)*

        /// The parts of a room.
        pub struct Parts<S> {
            $($module: $module::$part $(<$storage>)?,)*
        }

        impl<S: Storage + Clone> Parts<S> {
            fn open(storage: &S, settings: &Settings) -> Result<Self, StorageError> {
                Ok(Self { $($module: Part::open(storage, settings)?,)* })
            }

            fn next_deadline(&self) -> Option<Time> {
                let deadlines = [$(Part::<S>::next_deadline(&self.$module),)*];
                deadlines.into_iter().flatten().min()
            }

            fn joined(room: &mut Chat<S>, cx: &mut Context<'_>, socket: SocketKey, actions: &mut Actions) {
                $(<$module::$part $(<$storage>)? as Part<S>>::joined(room, cx, socket, actions);)*
            }

            fn restored(room: &mut Chat<S>, socket: SocketKey) {
                $(<$module::$part $(<$storage>)? as Part<S>>::restored(room, socket);)*
            }

            fn left(room: &mut Chat<S>, cx: &mut Context<'_>, departed: &Departed, actions: &mut Actions) {
                $(<$module::$part $(<$storage>)? as Part<S>>::left(room, cx, departed, actions);)*
            }

            fn tick(room: &mut Chat<S>, cx: &mut Context<'_>, actions: &mut Actions) {
                $(<$module::$part $(<$storage>)? as Part<S>>::tick(room, cx, actions);)*
            }
        }
    };
}
