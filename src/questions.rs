//! Questions from the stateless Worker to the objects.
//!
//! A question is a type: its fields are the parameters, and [`Question::Answer`] is the type of the answer. It travels as one
//! POST of JSON, and the object responds with an answer or a refusal. [`answers`](crate::answers) lists the questions of each
//! object.
//!
//! Old and new code can meet during a deployment. A question that the object does not know or cannot read is a [`Fault`]: it is
//! logged, and the client receives a 500. Give a question a new name if its parameters or its answer change.

use socketio::json;
use std::fmt;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use crate::refusal::Refusal;
use crate::storage::StorageError;

/// A question to an object.
pub trait Question: Serialize + DeserializeOwned {
    /// The name, unique among the questions to the same object.
    const NAME: &'static str;

    /// The answer, unless the object refuses.
    type Answer: Serialize + DeserializeOwned;
}

/// The response to a question: its answer, or a refusal.
pub type Response<Q> = Result<<Q as Question>::Answer, Refusal>;

/// A question as it is sent.
#[derive(Serialize)]
pub struct Asking<'a, Q> {
    question: &'static str,
    parameters: &'a Q,
}

impl<'a, Q: Question> Asking<'a, Q> {
    /// Adds the name to a question.
    pub fn new(question: &'a Q) -> Self {
        Self { question: Q::NAME, parameters: question }
    }
}

/// A question as it is received.
#[derive(Deserialize)]
pub struct Asked {
    question: String,
    parameters: Box<RawValue>,
}

impl Asked {
    /// Parses what an object is asked.
    ///
    /// # Errors
    /// The text is not a question.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        json::from_str(text).map_err(|error| Fault(format!("a question cannot be read: {error}")))
    }

    /// Returns the name of the question.
    pub fn name(&self) -> &str {
        &self.question
    }

    /// Reads the question as a `Q`.
    ///
    /// # Errors
    /// The parameters are not those of a `Q`.
    pub fn read<Q: Question>(&self) -> Result<Q, Fault> {
        let read = json::from_str(self.parameters.get());
        read.map_err(|error| Fault(format!("the question {} cannot be read: {error}", self.question)))
    }

    /// Returns the fault of an object that does not know the question.
    pub fn unknown(&self) -> Fault {
        Fault(format!("the question {:?} is unknown", self.question))
    }
}

/// Encodes the response to a question.
pub fn encode<Q: Question>(response: &Response<Q>) -> Box<RawValue> {
    let answer = response.as_ref().map(|answer| to_raw_value(answer).expect("answers become JSON"));
    to_raw_value(&answer).expect("responses become JSON")
}

/// Decodes the response to a question.
///
/// # Errors
/// The text is not a response to a `Q`.
pub fn decode<Q: Question>(text: &str) -> Result<Response<Q>, Fault> {
    let unreadable =
        |error| Fault(format!("the response to the question {} cannot be read: {error}", Q::NAME));
    let response: Result<Box<RawValue>, Refusal> = json::from_str(text).map_err(unreadable)?;
    response
        .map(|answer| json::from_str(answer.get()).map_err(unreadable))
        .map_or_else(|refusal| Ok(Err(refusal)), |answer| answer.map(Ok))
}

/// An encoded answer, which the Worker passes on to the client as it is.
#[derive(Serialize, Deserialize)]
#[serde(transparent, bound = "")]
pub struct Encoded<T> {
    json: Box<RawValue>,
    #[serde(skip)]
    value: PhantomData<T>,
}

impl<T: Serialize> Encoded<T> {
    /// Encodes a value.
    pub fn new(value: &T) -> Self {
        Self { json: to_raw_value(value).expect("answers become JSON"), value: PhantomData }
    }
}

impl<T> Encoded<T> {
    /// Returns the JSON.
    pub fn into_json(self) -> String {
        Box::<str>::from(self.json).into()
    }
}

/// The reason why an object cannot answer, for the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault(String);

impl Fault {
    /// Creates a fault with a cause for the log.
    pub fn new(cause: impl Into<String>) -> Self {
        Self(cause.into())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Fault {}

impl From<StorageError> for Fault {
    fn from(error: StorageError) -> Self {
        Self(error.to_string())
    }
}
