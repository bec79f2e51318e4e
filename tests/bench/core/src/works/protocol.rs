//! The server under an application that does nothing.

use std::hint::black_box;

use engineio::Context;
use engineio::WebSocketId;
use engineio::{Data, Input};
use socketio::{
    Action, Actions, Admission, Application, Departure, Event, JoinRequest, RestoredPlace, SocketKey,
};

use crate::room::World;
use crate::{Step, measured};

const CLIENT: WebSocketId = WebSocketId(0);

const ATTACHMENT: [u8; 1024] = [7; 1024];

pub fn take_event() -> Step {
    let mut world = connected();
    let mut take = move || {
        world.frame(CLIENT, black_box(r#"42["file",{"name":"a.png"}]"#));
        world.application().events
    };
    assert_eq!((take(), take()), (1, 2));
    measured(take)
}

pub fn reassemble_event() -> Step {
    let mut world = connected();
    let mut take = move || {
        let announcement = r#"452-["file",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#;
        world.frame(CLIENT, black_box(announcement));
        for _ in 0..2 {
            let data = Data::Binary(black_box(&ATTACHMENT).as_slice().into());
            world.handle(Input::Frame { socket: CLIENT, data });
        }
        world.application().events
    };
    assert_eq!((take(), take()), (1, 2));
    measured(take)
}

/// Returns a server with one client.
fn connected() -> World<Silent> {
    let mut world = World::new(Silent::default());
    world.connect(CLIENT, "40");
    world
}

/// An application that admits everyone and only counts events.
#[derive(Default)]
struct Silent {
    events: u64,
}

impl Application for Silent {
    type Member = ();

    fn asked_to_join(
        &mut self,
        cx: &mut Context<'_>,
        socket: SocketKey,
        _: JoinRequest<'_>,
        actions: &mut Actions,
    ) {
        actions.push(Action::Accept { socket, admission: Admission::new(cx) });
    }

    fn event(&mut self, _: &mut Context<'_>, _: SocketKey, event: Event<'_>, _: &mut Actions) {
        black_box(event);
        self.events += 1;
    }

    fn left(&mut self, _: &mut Context<'_>, _: SocketKey, _: Departure, _: &mut Actions) {}

    fn member(&self, _: SocketKey) -> Option<&()> {
        Some(&())
    }

    fn restored(&mut self, _: SocketKey, _: RestoredPlace<'_>, (): ()) {}
}
