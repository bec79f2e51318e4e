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
    match asked.name() {
        BeginRegistration::NAME => account::<BeginRegistration, S>(chat, cx, asked, actions),
        Register::NAME => account::<Register, S>(chat, cx, asked, actions),
        BeginLogin::NAME => account::<BeginLogin, S>(chat, cx, asked, actions),
        LogIn::NAME => account::<LogIn, S>(chat, cx, asked, actions),
        Refresh::NAME => account::<Refresh, S>(chat, cx, asked, actions),
        LogOut::NAME => account::<LogOut, S>(chat, cx, asked, actions),
        BeginPasswordChange::NAME => account::<BeginPasswordChange, S>(chat, cx, asked, actions),
        ChangePassword::NAME => account::<ChangePassword, S>(chat, cx, asked, actions),
        Describe::NAME => account::<Describe, S>(chat, cx, asked, actions),
        Import::NAME => account::<Import, S>(chat, cx, asked, actions),
        History::NAME => {
            let History { caller, query } = asked.read()?;
            let page = chat.history(cx.now, &caller, query)?;
            Ok(encode::<History>(&page.map(|page| Encoded::new(&page))))
        }
        _ => Err(asked.unknown()),
    }
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
