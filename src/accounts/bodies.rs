//! The bodies of requests about accounts, with the checks that need no database.

use serde::Deserialize;

use super::password::Password;
use super::username::Username;
use crate::bodies::Body;
use crate::refusal::Refusal;

/// The body of a registration or a login.
#[derive(Deserialize)]
pub struct Credentials {
    /// The username as typed.
    pub username: String,
    /// The password as typed.
    pub password: String,
}

/// The body of a refresh or a logout.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Renewal {
    /// The refresh token.
    pub refresh_token: String,
}

/// The body of a password change.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PasswordChange {
    /// The current password as typed.
    pub current_password: String,
    /// The new password as typed.
    pub new_password: String,
}

impl Body for Credentials {
    const SHAPE: &'static str = "The request body has to be { \"username\": string, \"password\": string }.";
}

impl Body for Renewal {
    const SHAPE: &'static str = "The request body has to be { \"refreshToken\": string }.";
}

impl Body for PasswordChange {
    const SHAPE: &'static str =
        "The request body has to be { \"currentPassword\": string, \"newPassword\": string }.";
}

impl Credentials {
    /// Checks the credentials of a new account and returns its name.
    ///
    /// # Errors
    /// The refusals of [`Username::parse`], [`Username::check_registrable`], [`Password::parse`] and
    /// [`Password::check_uncommon`].
    pub fn check_new(&self, min_chars: u32) -> Result<Username, Refusal> {
        let username = Username::parse(&self.username)?;
        username.check_registrable()?;
        Password::parse(&self.password, min_chars)?.check_uncommon(username.key())?;
        Ok(username)
    }

    /// Returns the name key of the account. It is blank if the name is malformed, and no account has it.
    pub fn name_key(&self) -> String {
        Username::parse(&self.username).map_or_else(|_| String::new(), |name| name.key().to_owned())
    }
}

impl PasswordChange {
    /// Checks the new password of a user.
    ///
    /// # Errors
    /// The refusals of [`Password::parse`] and [`Password::check_uncommon`].
    pub fn check_new(&self, min_chars: u32, name_key: &str) -> Result<(), Refusal> {
        Password::parse(&self.new_password, min_chars)?.check_uncommon(name_key)
    }
}
