//! Questions to the objects.

use socketio_durable::object::Object;

use super::failure::Failure;
use crate::questions::{self, Asking, Question};

/// Asks an object a question.
///
/// # Errors
/// The object refuses, cannot be reached, or fails.
pub async fn ask<Q: Question>(object: &Object, question: &Q) -> Result<Q::Answer, Failure> {
    let question = serde_json::to_string(&Asking::new(question)).expect("questions become JSON");
    Ok(questions::decode::<Q>(&object.ask(question).await?)??)
}
