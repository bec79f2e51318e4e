//! Durable Objects, as the stateless Worker reaches them: with a request of a client, or with a question, text for text.

use std::pin::Pin;

use js_sys::Promise;
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

    /// Asks the object a question, and returns its answer. Boxed, so that a caller with many questions does not contain the
    /// exchange once for each.
    ///
    /// # Errors
    /// The object cannot be reached, or fails.
    pub fn ask(&self, question: String) -> Pin<Box<dyn Future<Output = Result<String>> + '_>> {
        Box::pin(async move {
            let init = web_sys::RequestInit::new();
            init.set_method("POST");
            init.set_body(&question.into());
            let request = web_sys::Request::new_with_str_and_init("https://object/", &init)?;
            let response = self.fetch(&request).await?;
            if response.status() != 200 {
                return Err(format!("an object answered {}", response.status()).into());
            }
            read(response.text()?).await
        })
    }
}

/// Returns, in the object, the question that it is asked.
///
/// # Errors
/// The body cannot be read.
pub async fn asked(request: &web_sys::Request) -> Result<String> {
    read(request.text()?).await
}

/// Returns the response with the object's answer.
///
/// # Errors
/// The platform fails.
pub fn answer(answer: &str) -> Result<web_sys::Response> {
    Ok(web_sys::Response::new_with_opt_str(Some(answer))?)
}

async fn read(text: Promise) -> Result<String> {
    Ok(JsFuture::from(text).await?.as_string().unwrap_or_default())
}
