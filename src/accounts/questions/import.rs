//! The import of accounts.

use engineio::Context;
use serde::{Deserialize, Serialize};

use super::AccountQuestion;
use crate::accounts::Accounts;
use crate::accounts::import::{self, Entry, Verdict};
use crate::accounts::logins::Revocation;
use crate::questions::Question;
use crate::refusal::Failure;
use crate::storage::Storage;

/// Imports accounts of another server.
#[derive(Serialize, Deserialize)]
pub struct Import {
    /// The accounts, at most [`import::MAX_ENTRIES`].
    pub entries: Vec<Entry>,
    /// Whether the accounts are created, or only judged.
    pub write: bool,
}

impl Question for Import {
    const NAME: &'static str = "import";
    /// A verdict for each entry, in their order.
    type Answer = Vec<Verdict>;
}

impl AccountQuestion for Import {
    fn answer<S: Storage + Clone>(
        &self,
        accounts: &Accounts<S>,
        cx: &mut Context<'_>,
        _revoked: &mut Option<Revocation>,
    ) -> Result<Vec<Verdict>, Failure> {
        Ok(import::import(&accounts.storage, cx.now, &self.entries, self.write)?)
    }
}
