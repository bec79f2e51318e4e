//! Parts of the platform that the `worker` crate does not bind.

use js_sys::{Date, Function, JsString, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

use engineio::Time;

#[wasm_bindgen]
extern "C" {
    /// `DurableObjectState`.
    pub type ObjectState;

    /// The moment at which the platform last answered a message of this socket by itself.
    #[wasm_bindgen(method, js_name = getWebSocketAutoResponseTimestamp)]
    fn auto_response_timestamp(this: &ObjectState, socket: &Socket) -> Option<Date>;

    /// `DurableObjectStorage`.
    pub type ObjectStorage;

    #[wasm_bindgen(method, catch, js_name = transactionSync)]
    pub fn transaction_sync(
        this: &ObjectStorage,
        body: &mut dyn FnMut() -> Result<JsValue, JsValue>,
    ) -> Result<JsValue, JsValue>;

    /// A `WebSocket`, with a property of ours that tells which one it is.
    #[derive(Clone)]
    pub type Socket;

    #[wasm_bindgen(method, getter, js_name = natterId)]
    pub fn id(this: &Socket) -> Option<u32>;

    #[wasm_bindgen(method, setter, js_name = natterId)]
    pub fn set_id(this: &Socket, id: Option<u32>);

    #[wasm_bindgen(method, catch, js_name = send)]
    pub fn send_text(this: &Socket, text: &JsString) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = send)]
    pub fn send_bytes(this: &Socket, bytes: &Uint8Array) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch)]
    pub fn close(this: &Socket, code: u16) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = serializeAttachment)]
    pub fn serialize_attachment(this: &Socket, value: &JsValue) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = deserializeAttachment)]
    pub fn deserialize_attachment(this: &Socket) -> Result<JsValue, JsValue>;

    /// An `AbortSignal` that aborts by itself.
    #[wasm_bindgen(js_namespace = AbortSignal, js_name = timeout)]
    pub fn abort_after(millis: u32) -> JsValue;

    #[wasm_bindgen(js_name = setTimeout)]
    pub fn set_timeout(callback: &Function, millis: f64) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    pub fn clear_timeout(timeout: &JsValue);
}

impl ObjectState {
    /// The state, seen with what is missing from the crate's binding.
    pub fn of(state: &worker::State) -> &Self {
        state.as_raw().unchecked_ref()
    }

    /// When the platform last answered this socket's pong for us.
    pub fn last_pong(&self, socket: &Socket) -> Option<Time> {
        let date = self.auto_response_timestamp(socket)?;
        Some(Time::from_millis(date.get_time() as u64))
    }
}

impl ObjectStorage {
    /// The storage, seen with what is missing from the crate's binding.
    pub fn of(storage: &worker::Storage) -> &Self {
        storage.as_raw().unchecked_ref()
    }
}

impl From<worker::WebSocket> for Socket {
    fn from(socket: worker::WebSocket) -> Self {
        let socket: &worker::worker_sys::web_sys::WebSocket = socket.as_ref();
        socket.unchecked_ref::<Socket>().clone()
    }
}

/// The present moment, as the platform tells it: the time of the last event.
pub fn now() -> Time {
    Time::from_millis(worker::Date::now().as_millis())
}

/// The platform's source of random bytes.
pub struct SystemEntropy;

impl engineio::Entropy for SystemEntropy {
    fn fill(&mut self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the platform has random bytes");
    }
}
