//! The ids of logins.

use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// The bytes of an id.
pub(super) const ID_BYTES: usize = 12;

/// The public id of a login, part of its access tokens. A refresh token cannot be derived from it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LoginId(Rc<str>);

impl LoginId {
    /// Reads an id from a token.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == ID_BYTES).then(|| Self(text.into()))
    }

    /// Returns the id as 16 URL-safe characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Encodes an id.
    pub(super) fn new(bytes: [u8; ID_BYTES]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(bytes).into())
    }

    /// Takes an id from the database.
    pub(super) fn stored(text: String) -> Self {
        Self(text.into())
    }
}
