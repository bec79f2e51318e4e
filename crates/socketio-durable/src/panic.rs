//! A panic is our bug, and must not become anybody's endless wait.
//!
//! After a panic the WebAssembly memory is unusable: whatever waits for an answer from it waits for ever. So the objects
//! that live in it are aborted, which fails what waits, closes their sockets, and lets the next event start afresh.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Once;

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};

thread_local! {
    /// For each object in this memory, by its id, a function that has it aborted, and which registration that is.
    static OBJECTS: RefCell<HashMap<String, (u64, Function)>> = RefCell::default();
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

/// While this exists, the object is aborted when anything in its memory panics.
#[must_use]
pub struct AbortOnPanic {
    object: String,
    number: u64,
}

impl AbortOnPanic {
    /// For the object with this state. An earlier registration of it, from before it was evicted, ends.
    pub fn new(state: &worker::State) -> Self {
        install_hook();
        let registration = Self { object: state.id().to_string(), number: NEXT.replace(NEXT.get() + 1) };
        if let Some(abort) = abort_from_elsewhere(state.as_raw()) {
            let entry = (registration.number, abort);
            OBJECTS.with_borrow_mut(|objects| objects.insert(registration.object.clone(), entry));
        }
        registration
    }
}

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        OBJECTS.with_borrow_mut(|objects| {
            if objects.get(&self.object).is_some_and(|(number, _)| *number == self.number) {
                objects.remove(&self.object);
            }
        });
    }
}

fn install_hook() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let reinitialise = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            console_error_panic_hook::hook(info);
            reinitialise(info);
            OBJECTS.with_borrow(|objects| {
                for (_, abort) in objects.values() {
                    let _ = abort.call0(&JsValue::UNDEFINED);
                }
            });
        }));
    });
}

/// A function that aborts the object, whoever calls it. `abort()` itself works only from the object's own events; but what
/// follows a promise happens where it was asked for.
fn abort_from_elsewhere(state: &JsValue) -> Option<Function> {
    let method = |of: &JsValue, name: &str| Reflect::get(of, &name.into()).ok()?.dyn_into::<Function>().ok();
    let abort = method(state, "abort")?.bind0(state);
    let mut resolver = None;
    let panicked = Promise::new(&mut |resolve, _reject| resolver = Some(resolve));
    method(&panicked, "then")?.call1(&panicked, &abort).ok()?;
    resolver.map(JsCast::unchecked_into)
}
