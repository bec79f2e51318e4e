//! `/api/admin`: what operators do with a server, by scripts that have its secret.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use worker::Env;

use super::failure::Failure;
use super::{bearer, json_body};
use crate::accounts::import::{Entry, MAX_ENTRIES, Name, Verdict};
use crate::accounts::requests::{self, Response};
use crate::accounts::token::OperatorScope;
use crate::config::Config;
use crate::questions::Question;
use crate::refusal::Refusal;
use socketio_durable::Reply;
use socketio_durable::Request;
use socketio_durable::object::Object;

/// A batch. `kind` and `version` say what its entries are, so that others can follow.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Batch {
    kind: String,
    version: u32,
    dry_run: bool,
    entries: Vec<Box<RawValue>>,
}

const BATCH: &str = "The request body has to be { \"kind\": string, \"version\": number, \"dryRun\": boolean, \"entries\": array }.";
const ENTRY: &str =
    "Each entry has to be { \"username\": string, \"passwordHash\": string, \"createdAt\": string }.";

/// `POST /api/admin/import`: checks a batch of accounts of another server, and brings them over unless it is a dry run.
///
/// # Errors
/// The request is refused, or the platform fails.
pub async fn import(request: &Request, env: &Env, config: &Config, room: &str) -> Result<Reply, Failure> {
    #[derive(Serialize)]
    struct Results {
        results: Vec<EntryResult>,
    }

    bearer::operator(request, config, OperatorScope::Import)?;
    let Batch { kind, version, dry_run, entries } = json_body::read(request, BATCH).await?;
    if (kind.as_str(), version) != ("users", 1) {
        let sentence = "This server takes batches of the kind \"users\", version 1.";
        return Err(Refusal::invalid("import_unsupported", sentence).into());
    }
    if entries.len() > MAX_ENTRIES {
        let sentence = format!("A batch has at most {MAX_ENTRIES} entries.");
        return Err(Refusal::invalid("too_many_entries", sentence).into());
    }
    let entries: Option<Vec<Entry>> = entries.iter().map(|entry| read_entry(entry.get())).collect();
    let entries = entries.ok_or_else(|| Refusal::invalid("invalid_body", ENTRY))?;
    let question = requests::Request::Import { entries, write: !dry_run };
    match Object::named(env, "ROOM", room)?.ask(&Question::Account(question)).await? {
        Response::Imported(verdicts) => {
            let results = verdicts.into_iter().map(EntryResult::from).collect();
            Ok(Reply::json(200, &Results { results }))
        }
        _ => Err(worker::Error::from("the room answered something else").into()),
    }
}

fn read_entry(json: &str) -> Option<Entry> {
    // An array would pass for an object whose fields it lists in order.
    serde_json::from_str(json).ok().filter(|_| json.starts_with('{'))
}

/// A [`Verdict`] as the script gets it.
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
