//! Three applications in one Worker. A client names its application by the path: `io(url, { path: '/whiteboard/socket.io' })`.

#![cfg(target_arch = "wasm32")]

mod counter;
mod private_messages;
mod whiteboard;

use socketio::router::Io;
use socketio_durable::{Cors, Hosted, ObjectStorage, Origins, Reply, Request, durable_object, serve};
use worker::worker_sys::web_sys::Response;
use worker::{Context, Env, Result, event};

durable_object!(Whiteboard(Hosted<Io<(), whiteboard::Pen>>), |state, env| {
    Hosted::open(state, &env, whiteboard::io())
});

durable_object!(Counter(Hosted<Io<ObjectStorage>>), |state, env| {
    let storage = ObjectStorage::new(&state);
    Hosted::open(state, &env, counter::io(storage).map_err(|error| error.to_string())?)
});

durable_object!(
    PrivateMessages(Hosted<Io<private_messages::Sessions, private_messages::User>>),
    |state, env| { Hosted::open(state, &env, private_messages::io()) }
);

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> Result<Response> {
    let (binding, name) = match request.path().split('/').nth(1) {
        Some("whiteboard") => ("WHITEBOARD", "main"),
        Some("counter") => ("COUNTER", "main"),
        Some("private-messages") => ("PRIVATE_MESSAGES", "main"),
        _ => return Reply::empty(404).into_response(&Cors::new(Origins::default()), None),
    };
    serve(&request, &env, binding, name).await
}
