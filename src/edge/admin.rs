//! `/api/admin`: the routes for operators, whose scripts have the server's secret.

use socketio_durable::object::Object;
use socketio_durable::{Reply, Request};
use worker::Env;

use super::ask::ask;
use super::failure::Failure;
use super::{bearer, json_body};
use crate::accounts::import::{Batch, Results};
use crate::accounts::questions::Import;
use crate::accounts::token::OperatorScope;
use crate::config::Config;

/// Answers `POST /api/admin/import`: judges a batch of accounts, and creates them unless it is a dry run.
///
/// # Errors
/// The request is refused, or the platform fails.
pub async fn import(request: &Request, env: &Env, config: &Config, room: &str) -> Result<Reply, Failure> {
    bearer::operator(request, config, OperatorScope::Import)?;
    let batch: Batch = json_body::read(request).await?;
    let question = Import { entries: batch.entries()?, write: batch.writes() };
    let verdicts = ask(&Object::named(env, "ROOM", room)?, &question).await?;
    Ok(Reply::json(200, &Results::new(verdicts)))
}
