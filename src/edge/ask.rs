//! Questions to the objects.

use socketio_durable::object::Object;

use super::failure::Failure;
use crate::questions::{Asking, Question, Response};

/// Asks an object a question.
///
/// # Errors
/// The object refuses, cannot be reached, or fails.
pub async fn ask<Q: Question>(object: &Object, question: &Q) -> Result<Q::Answer, Failure> {
    let response: Response<Q> = object.ask(&Asking::new(question)).await?;
    Ok(response?)
}
