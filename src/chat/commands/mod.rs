//! The events that clients may send: one file each, with its name, its rate, its payload and its effect.
//!
//! To add an event, write its file and add it to the list below. The macro declares the modules, which hides them from
//! `cargo fmt`; `npm test` checks the format of these files by name.

mod payload;
mod signal;

use engineio::Context;
use socketio::{Arguments, Unreadable};

use super::Chat;
use super::limits::Kind;
use super::responder::Responder;
use crate::accounts::token::TokenError;
use crate::refusal::{Failure, Refusal, RefusalKind};
use crate::storage::Storage;

/// An event that a client may send, with valid arguments.
///
/// An event is either carried out or refused. A refused one changes nothing and reaches only its sender.
pub trait Command: Sized {
    /// The name of the event.
    const NAME: &'static str;

    /// The bucket that the event takes a token from.
    const RATE: Kind;

    /// Whether a valid event takes its token in [`Command::apply`], because it may wait for one.
    const IS_PACED: bool = false;

    /// Parses the arguments, a JSON array that begins with the name of the event.
    ///
    /// # Errors
    /// The arguments are malformed or out of bounds.
    fn parse(arguments: &Arguments<'_>) -> Result<Self, Refusal>;

    /// Carries the event out and answers its sender.
    ///
    /// # Errors
    /// The event is refused, or the database fails.
    fn apply<S: Storage + Clone>(
        self,
        room: &mut Chat<S>,
        cx: &mut Context<'_>,
        responder: &mut Responder<'_>,
    ) -> Result<(), Failure>;

    /// Tells the sender more than the refusal says, if the event was refused before it could be applied. `arguments` are
    /// `None` if they are unreadable.
    fn refused<S: Storage + Clone>(
        room: &mut Chat<S>,
        cx: &mut Context<'_>,
        arguments: Option<&Arguments<'_>>,
        responder: &mut Responder<'_>,
    ) {
        let _ = (room, cx, arguments, responder);
    }
}

/// Lists the commands: declares their modules, and finds a command by the name of its event.
macro_rules! commands {
    ($($module:ident::$command:ident,)*) => {
        $(pub mod $module;)*

        /// Parses an event and carries it out.
        ///
        /// # Errors
        /// The event is refused, or the database fails.
        pub fn carry_out<S: Storage + Clone>(
            room: &mut Chat<S>,
            cx: &mut Context<'_>,
            arguments: Result<&Arguments<'_>, Unreadable>,
            responder: &mut Responder<'_>,
        ) -> Result<(), Failure> {
            match responder.event {
                $(<$module::$command as Command>::NAME => {
                    run::<$module::$command, S>(room, cx, arguments, responder)
                })*
                _ => run::<Unknown, S>(room, cx, arguments, responder),
            }
        }
    };
}

commands! {
    send_message::SendMessage,
    delete_message::DeleteMessage,
    load_history::LoadHistory,
    refresh_token::RefreshToken,
    call_user::CallUser,
    call_answer::CallAnswer,
    ice_candidate::IceCandidate,
    end_call::EndCall,
}

fn run<C: Command, S: Storage + Clone>(
    room: &mut Chat<S>,
    cx: &mut Context<'_>,
    arguments: Result<&Arguments<'_>, Unreadable>,
    responder: &mut Responder<'_>,
) -> Result<(), Failure> {
    match check::<C, S>(room, cx, arguments, responder) {
        Ok(command) => command.apply(room, cx, responder),
        Err(refusal) => {
            C::refused(room, cx, arguments.ok(), responder);
            Err(refusal.into())
        }
    }
}

/// Checks the sender's token, then the rate, then the arguments.
fn check<C: Command, S: Storage + Clone>(
    room: &mut Chat<S>,
    cx: &Context<'_>,
    arguments: Result<&Arguments<'_>, Unreadable>,
    responder: &Responder<'_>,
) -> Result<C, Refusal> {
    if responder.member.expires_at <= cx.now {
        return Err(TokenError::Expired.into());
    }
    let parse = || C::parse(arguments.map_err(unreadable)?);
    // A malformed event takes its token at once, whatever its rate.
    if C::IS_PACED
        && let Ok(command) = parse()
    {
        return Ok(command);
    }
    room.limits.take(cx.now, &responder.member.name_key, C::RATE)?;
    parse()
}

fn unreadable(reason: Unreadable) -> Refusal {
    let sentence = match reason {
        Unreadable::Name => "The name of the event is not valid text.",
        Unreadable::TooDeep => "The arguments of the event are nested too deeply.",
    };
    Refusal::invalid("invalid_payload", sentence)
}

/// An event that is not in the list.
enum Unknown {}

impl Command for Unknown {
    const NAME: &'static str = "";
    const RATE: Kind = Kind::Other;

    fn parse(_arguments: &Arguments<'_>) -> Result<Self, Refusal> {
        Err(Refusal::new(RefusalKind::NotFound, "unknown_event", "The server doesn't know this event."))
    }

    fn apply<S: Storage + Clone>(
        self,
        _room: &mut Chat<S>,
        _cx: &mut Context<'_>,
        _responder: &mut Responder<'_>,
    ) -> Result<(), Failure> {
        match self {}
    }
}
