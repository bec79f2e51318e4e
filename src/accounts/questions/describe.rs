//! The profile of the caller.

use engineio::Context;
use serde::{Deserialize, Serialize};

use super::AccountQuestion;
use crate::accounts::Accounts;
use crate::accounts::caller::Caller;
use crate::accounts::logins::Revocation;
use crate::questions::Question;
use crate::refusal::Failure;
use crate::storage::Storage;

/// Asks for the caller's profile, and thereby whether the login has ended.
#[derive(Serialize, Deserialize)]
pub struct Describe {
    /// The asking user.
    pub caller: Caller,
}

/// The profile of a user, as clients receive it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// The displayed name.
    pub username: String,
    /// The time of registration, in ISO 8601.
    pub created_at: String,
}

impl Question for Describe {
    const NAME: &'static str = "describe";
    type Answer = Profile;
}

impl AccountQuestion for Describe {
    fn answer<S: Storage + Clone>(
        &self,
        accounts: &Accounts<S>,
        cx: &mut Context<'_>,
        _revoked: &mut Option<Revocation>,
    ) -> Result<Profile, Failure> {
        let user = accounts.user(cx.now, &self.caller)?;
        Ok(Profile { username: user.username, created_at: user.created_at.to_string() })
    }
}
