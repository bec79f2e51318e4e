//! The questions that a room answers.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use socketio::{Actions, Context};

use crate::accounts::caller::Caller;
use crate::accounts::questions::{
    AccountQuestion, BeginLogin, BeginPasswordChange, BeginRegistration, ChangePassword, Describe, Import,
    LogIn, LogOut, Refresh, Register,
};
use crate::chat::Chat;
use crate::chat::message::{HistoryQuery, Page};
use crate::ice::IceServer;
use crate::questions::{Asked, Encoded, Fault, Question, encode};
use crate::storage::Storage;

/// Asks for a page of the history.
#[derive(Serialize, Deserialize)]
pub struct History {
    /// The asking user.
    pub caller: Caller,
    /// The position and size of the page.
    pub query: HistoryQuery,
}

impl Question for History {
    const NAME: &'static str = "history";
    type Answer = Encoded<Page>;
}

/// Asks for the caller's credentials of Cloudflare's TURN service. The object itself answers, because it asks the service.
#[derive(Serialize, Deserialize)]
pub struct TurnCredentials {
    /// The asking user.
    pub caller: Caller,
}

impl Question for TurnCredentials {
    const NAME: &'static str = "turn_credentials";
    /// `None` if the service cannot be asked; the log has the reason.
    type Answer = Option<Turn>;
}

/// TURN servers with credentials.
#[derive(Serialize, Deserialize)]
pub struct Turn {
    /// The servers.
    pub servers: Vec<IceServer>,
    /// The time at which the credentials were requested, in milliseconds since 1970.
    pub asked_at: u64,
}

/// Answers a question.
///
/// # Errors
/// The question is unknown or cannot be read, or the database fails.
pub fn answer<S: Storage + Clone>(
    chat: &mut Chat<S>,
    cx: &mut Context<'_>,
    asked: &Asked,
    actions: &mut Actions,
) -> Result<Box<RawValue>, Fault> {
    // A pointer, so that the answers remain functions of their own: in one, they hardly compress.
    let answer: Answer<S> = match asked.name() {
        BeginRegistration::NAME => account::<BeginRegistration, S>,
        Register::NAME => account::<Register, S>,
        BeginLogin::NAME => account::<BeginLogin, S>,
        LogIn::NAME => account::<LogIn, S>,
        Refresh::NAME => account::<Refresh, S>,
        LogOut::NAME => account::<LogOut, S>,
        BeginPasswordChange::NAME => account::<BeginPasswordChange, S>,
        ChangePassword::NAME => account::<ChangePassword, S>,
        Describe::NAME => account::<Describe, S>,
        Import::NAME => account::<Import, S>,
        History::NAME => history::<S>,
        _ => return Err(asked.unknown()),
    };
    answer(chat, cx, asked, actions)
}

type Answer<S> = fn(&mut Chat<S>, &mut Context<'_>, &Asked, &mut Actions) -> Result<Box<RawValue>, Fault>;

fn history<S: Storage + Clone>(
    chat: &mut Chat<S>,
    cx: &mut Context<'_>,
    asked: &Asked,
    _: &mut Actions,
) -> Result<Box<RawValue>, Fault> {
    let History { caller, query } = asked.read()?;
    let page = chat.history(cx.now, &caller, query)?;
    Ok(encode::<History>(&page.map(|page| Encoded::new(&page))))
}

fn account<Q: AccountQuestion, S: Storage + Clone>(
    chat: &mut Chat<S>,
    cx: &mut Context<'_>,
    asked: &Asked,
    actions: &mut Actions,
) -> Result<Box<RawValue>, Fault> {
    let question: Q = asked.read()?;
    Ok(encode::<Q>(&chat.account(cx, &question, actions)?))
}
