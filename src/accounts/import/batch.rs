//! A batch of accounts in an import, and the result for each.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use socketio::json;

use super::{Entry, MAX_ENTRIES, Name, Verdict};
use crate::bodies::Body;
use crate::refusal::Refusal;

/// The body of an import. `kind` and `version` leave room for other kinds of entries.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Batch {
    kind: String,
    version: u32,
    dry_run: bool,
    entries: Vec<Box<RawValue>>,
}

impl Body for Batch {
    const SHAPE: &'static str = "The request body has to be { \"kind\": string, \"version\": number, \
                                 \"dryRun\": boolean, \"entries\": array }.";
}

const ENTRY_SHAPE: &str =
    "Each entry has to be { \"username\": string, \"passwordHash\": string, \"createdAt\": string }.";

impl Batch {
    /// Returns whether the accounts are created, or only judged.
    pub fn writes(&self) -> bool {
        !self.dry_run
    }

    /// Reads the entries.
    ///
    /// # Errors
    /// A refusal with the code `import_unsupported`, `too_many_entries`, or `invalid_body`.
    pub fn entries(&self) -> Result<Vec<Entry>, Refusal> {
        if (self.kind.as_str(), self.version) != ("users", 1) {
            let sentence = "This server takes batches of the kind \"users\", version 1.";
            return Err(Refusal::invalid("import_unsupported", sentence));
        }
        if self.entries.len() > MAX_ENTRIES {
            let sentence = format!("A batch has at most {MAX_ENTRIES} entries.");
            return Err(Refusal::invalid("too_many_entries", sentence));
        }
        let entries: Option<_> = self.entries.iter().map(|entry| read_entry(entry.get())).collect();
        entries.ok_or_else(|| Refusal::invalid("invalid_body", ENTRY_SHAPE))
    }
}

fn read_entry(json: &str) -> Option<Entry> {
    json::from_str(json).ok()
}

/// The response to a batch.
#[derive(Serialize)]
pub struct Results {
    results: Vec<EntryResult>,
}

impl Results {
    /// Converts the verdicts, in their order.
    pub fn new(verdicts: Vec<Verdict>) -> Self {
        Self { results: verdicts.into_iter().map(EntryResult::from).collect() }
    }
}

/// A [`Verdict`] as the script receives it.
#[derive(Serialize)]
struct EntryResult {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl From<Verdict> for EntryResult {
    fn from(verdict: Verdict) -> Self {
        let named = |status, Name { username, key }| Self {
            status,
            username: Some(username),
            key: Some(key),
            code: None,
            error: None,
        };
        match verdict {
            Verdict::New(name) => named("new", name),
            Verdict::Created(name) => named("created", name),
            Verdict::Present(name) => named("present", name),
            Verdict::Refused { key, code, error } => {
                let (code, error) = (Some(code), Some(error));
                Self { status: "refused", username: None, key, code, error }
            }
        }
    }
}
