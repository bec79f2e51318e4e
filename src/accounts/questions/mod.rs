//! The questions about accounts, each with its parameters, its answer and its effect.
//!
//! A password is hashed elsewhere, between two questions: the first returns the stored hash, and the second begins a login if
//! that hash is still stored. Names are name keys unless stated otherwise, and hashes are in text form.

mod describe;
mod import;
mod log_in;
mod password_change;
mod refresh;
mod registration;

pub use describe::{Describe, Profile};
pub use import::Import;
pub use log_in::{BeginLogin, Comparison, LogIn};
pub use password_change::{BeginPasswordChange, ChangePassword};
pub use refresh::{LogOut, Refresh};
pub use registration::{BeginRegistration, Register};

use engineio::Context;

use super::Accounts;
use super::logins::Revocation;
use crate::questions::Question;
use crate::refusal::Failure;
use crate::storage::Storage;

/// A question about accounts.
pub trait AccountQuestion: Question {
    /// Answers the question within a transaction. Logins that end go into `revoked`. A refusal keeps what was written before it.
    ///
    /// # Errors
    /// A refusal, or a failure of the database, which undoes everything.
    fn answer<S: Storage + Clone>(
        &self,
        accounts: &Accounts<S>,
        cx: &mut Context<'_>,
        revoked: &mut Option<Revocation>,
    ) -> Result<Self::Answer, Failure>;
}
