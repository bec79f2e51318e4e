//! Durable Objects, as the stateless Worker reaches them: with a request of a client, or with a question, JSON for JSON.

use js_sys::Promise;
use serde::Serialize;
use serde::de::DeserializeOwned;
use socketio::json;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use worker::worker_sys::web_sys;
use worker::{Env, Result};

#[wasm_bindgen]
extern "C" {
    /// `DurableObjectStub`.
    type ObjectStub;

    #[wasm_bindgen(method, catch)]
    fn fetch(this: &ObjectStub, request: &web_sys::Request) -> Result<Promise, JsValue>;
}

/// One object.
pub struct Object(ObjectStub);

impl Object {
    /// The object with this name of a class that is bound.
    ///
    /// # Errors
    /// There is no such binding.
    pub fn named(env: &Env, binding: &str, name: &str) -> Result<Self> {
        Ok(Self(env.durable_object(binding)?.get_by_name(name)?.into_rpc()))
    }

    /// Has the object answer a request. The response is passed on as it is.
    ///
    /// # Errors
    /// The object cannot be reached, or fails.
    pub async fn fetch(&self, request: &web_sys::Request) -> Result<web_sys::Response> {
        Ok(JsFuture::from(self.0.fetch(request)?).await?.dyn_into()?)
    }

    /// Asks the object a question.
    ///
    /// # Errors
    /// The object cannot be reached, fails, or answers something else.
    pub async fn ask<A: DeserializeOwned>(&self, question: &impl Serialize) -> Result<A> {
        let init = web_sys::RequestInit::new();
        init.set_method("POST");
        init.set_body(&serde_json::to_string(question)?.into());
        let request = web_sys::Request::new_with_str_and_init("https://object/", &init)?;
        let response = self.fetch(&request).await?;
        if response.status() != 200 {
            return Err(format!("an object answered {}", response.status()).into());
        }
        read(response.text()?).await
    }
}

/// Reads, in the object, what it is asked.
///
/// # Errors
/// It cannot be read, or is no such question.
pub async fn asked<Q: DeserializeOwned>(request: &web_sys::Request) -> Result<Q> {
    read(request.text()?).await
}

/// The object's answer.
///
/// # Errors
/// It cannot be written as JSON, or the platform fails.
pub fn answer(answer: &impl Serialize) -> Result<web_sys::Response> {
    Ok(web_sys::Response::new_with_opt_str(Some(&serde_json::to_string(answer)?))?)
}

async fn read<T: DeserializeOwned>(text: Promise) -> Result<T> {
    let text = JsFuture::from(text).await?.as_string().unwrap_or_default();
    Ok(json::from_str(&text)?)
}
