//! Clients that go away while their request waits for its answer.
//!
//! The platform tells only with the compatibility flag `enable_request_signal`. And it does not tell of every one: a connection
//! that ends with a FIN looks like a client that has finished speaking and still listens. Where that matters within seconds,
//! the engine watches the session; see `engine::watch`.

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use worker::worker_sys::web_sys::{AbortSignal, Request};

const ABORT: &str = "abort";

/// Listens for the client of one request to go away, until this is dropped.
#[must_use]
pub struct AbortListener {
    signal: AbortSignal,
    callback: Closure<dyn FnMut()>,
}

impl AbortListener {
    /// Has `callback` called when the client of this request goes away.
    pub fn new(request: &Request, callback: impl FnMut() + 'static) -> Self {
        let signal = request.signal();
        let callback = Closure::<dyn FnMut()>::new(callback);
        // There is nothing to be done about a signal that cannot be listened to: the session expires in time.
        let _ = signal.add_event_listener_with_callback(ABORT, callback.as_ref().unchecked_ref());
        Self { signal, callback }
    }
}

impl Drop for AbortListener {
    fn drop(&mut self) {
        let callback = self.callback.as_ref().unchecked_ref();
        let _ = self.signal.remove_event_listener_with_callback(ABORT, callback);
    }
}
