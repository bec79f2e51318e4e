//! Passes WebSocket messages on between the client and the object.
//!
//! When the first thing that a client ever sends is its half of the closing handshake, workerd delivers it and then waits
//! for the client to end the TCP connection, while a client waits for the server to do so. Clients that join a chat never
//! notice, since they always speak first; the suites open WebSockets that stay silent, and wait for their end. A
//! WebSocket that is accepted in the Worker instead of being passed through does not have this fault.

use futures_util::StreamExt;
use wasm_bindgen_futures::spawn_local;
use worker::js_sys::Reflect;
use worker::worker_sys::web_sys;
use worker::{Response, Result, WebSocket, WebSocketPair, WebsocketEvent};

/// The response that lets the client talk to the WebSocket of `response`.
pub fn relay(response: Response) -> Result<Response> {
    let object = response.websocket().ok_or("a response without WebSocket")?;
    let WebSocketPair { client, server } = WebSocketPair::new()?;
    for socket in [&object, &server] {
        let raw: &web_sys::WebSocket = socket.as_ref();
        // Bytes would come as a Blob otherwise, which is to be read with a promise.
        Reflect::set(raw, &"binaryType".into(), &"arraybuffer".into())?;
        socket.accept()?;
    }
    pass_on(server.clone(), object.clone());
    pass_on(object, server);
    Response::from_websocket(client)
}

fn pass_on(from: WebSocket, to: WebSocket) {
    spawn_local(async move {
        let Ok(mut events) = from.events() else { return };
        while let Some(Ok(event)) = events.next().await {
            let passed_on = match event {
                WebsocketEvent::Message(message) => match (message.text(), message.bytes()) {
                    (Some(text), _) => to.send_with_str(text),
                    (None, Some(bytes)) => to.send_with_bytes(bytes),
                    (None, None) => Ok(()),
                },
                WebsocketEvent::Close(close) => to.close(Some(close.code()), Some(close.reason())),
            };
            if passed_on.is_err() {
                return;
            }
        }
    });
}
