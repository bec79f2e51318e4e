//! A panic is our bug, and must not become anybody's endless wait.
//!
//! After a panic the WebAssembly memory is unusable: whatever waits for an answer from it waits for ever. So the objects
//! that live in it are aborted, which fails what waits, closes their sockets, and lets the next event start afresh.

use std::cell::RefCell;
use std::sync::Once;

use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use super::platform::queue_microtask;

thread_local! {
    /// For each object in this memory a function that aborts it.
    static ABORTS: RefCell<Vec<Function>> = const { RefCell::new(Vec::new()) };
}

/// Arranges that the object is aborted when anything in this memory panics.
pub fn abort_on_panic(state: &worker::State) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let reinitialise = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            console_error_panic_hook::hook(info);
            reinitialise(info);
            ABORTS.with_borrow(|aborts| aborts.iter().for_each(queue_microtask));
        }));
    });
    let state: &JsValue = state.as_raw();
    let abort = Reflect::get(state, &"abort".into()).ok().and_then(|abort| abort.dyn_into::<Function>().ok());
    if let Some(abort) = abort {
        let abort = abort.bind0(state).unchecked_into();
        ABORTS.with_borrow_mut(|aborts| aborts.push(abort));
    }
}
