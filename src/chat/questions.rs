//! The questions of the edge: accounts, and the history over REST.

use engineio::{Context, Time};
use socketio::Actions;

use super::Chat;
use super::door;
use super::limits::Kind;
use super::message::{HistoryQuery, Page};
use crate::accounts::caller::Caller;
use crate::accounts::questions::AccountQuestion;
use crate::accounts::token::TokenError;
use crate::questions::Response;
use crate::refusal::Refusal;
use crate::storage::{Storage, StorageError};

impl<S: Storage + Clone> Chat<S> {
    /// Answers a question about accounts. Disconnects the sockets of every login that ends.
    ///
    /// # Errors
    /// The database fails.
    pub fn account<Q: AccountQuestion>(
        &mut self,
        cx: &mut Context<'_>,
        question: &Q,
        actions: &mut Actions,
    ) -> Result<Response<Q>, StorageError> {
        let (response, revocation) = self.accounts.answer(cx, question)?;
        if let Some(revocation) = revocation {
            door::revoke(self, &revocation, actions);
        }
        Ok(response)
    }

    /// Returns a page of the history to a caller who is not connected.
    ///
    /// # Errors
    /// The database fails.
    pub fn history(
        &mut self,
        now: Time,
        caller: &Caller,
        query: HistoryQuery,
    ) -> Result<Result<Page, Refusal>, StorageError> {
        if !self.accounts.is_alive(now, &caller.name_key, caller.login.as_ref())? {
            return Ok(Err(TokenError::Revoked.into()));
        }
        if let Err(refusal) = self.limits.take(now, &caller.name_key, Kind::HistoryLoad) {
            return Ok(Err(refusal));
        }
        self.log.page(query).map(Ok)
    }
}
