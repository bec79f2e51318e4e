//! Rooms, and who gets what is sent to them.

use socketio::router::Io;

use crate::world::{Client, World};

fn io() -> Io<(), ()> {
    let mut io = Io::new(());
    io.of("/")
        .on("join", |socket, room: String| {
            socket.join(room);
        })
        .on("leave", |socket, room: String| socket.leave(room))
        .on("rooms", |socket, ()| {
            let rooms = socket.rooms().filter(|room| &***room != socket.id()).count();
            socket.emit("rooms", &rooms);
        })
        .on("to", |socket, room: String| socket.to(room).emit("x", &()))
        .on("within", |socket, room: String| socket.within(room).emit("x", &()))
        .on("either", |socket, (a, b): (String, String)| socket.everyone().to(a).to(b).emit("x", &()))
        .on("except", |socket, room: String| socket.except(room).emit("x", &()))
        .on("everyone except", |socket, room: String| socket.everyone().except(room).emit("x", &()))
        .on("broadcast", |socket, ()| socket.broadcast().emit("x", &()))
        .on("everyone", |socket, ()| socket.everyone().emit("x", &()))
        .on("expel", |socket, room: String| socket.to(room).disconnect())
        .on("volatile", |socket, ()| socket.everyone().volatile().emit("x", &()));
    io.of("/other");
    io
}

/// Ann in red, Ben in red and blue, Cat in none.
fn three() -> (World<(), ()>, [Client; 3]) {
    let mut world = World::new(io());
    let clients = [(); 3].map(|()| world.is_welcomed("").0);
    let [ann, ben, _] = clients;
    world.sends(ann, r#"2["join","red"]"#);
    world.sends(ben, r#"2["join","red"]"#);
    world.sends(ben, r#"2["join","blue"]"#);
    (world, clients)
}

/// Returns who gets the event that follows when Ann sends one.
fn receivers(world: &mut World<(), ()>, clients: [Client; 3], packet: &str) -> [bool; 3] {
    world.sends(clients[0], packet);
    clients.map(|client| match world.takes(client).as_slice() {
        [] => false,
        [event] => event == r#"2["x"]"#,
        more => panic!("once at most, not {more:?}"),
    })
}

#[test]
fn an_event_reaches_those_it_is_for_once() {
    let (mut world, clients) = three();
    for (packet, expected) in [
        (r#"2["to","red"]"#, [false, true, false]),
        (r#"2["within","red"]"#, [true, true, false]),
        (r#"2["within","blue"]"#, [false, true, false]),
        (r#"2["within","empty"]"#, [false, false, false]),
        (r#"2["either","red","blue"]"#, [true, true, false]),
        (r#"2["except","blue"]"#, [false, false, true]),
        (r#"2["everyone except","blue"]"#, [true, false, true]),
        (r#"2["broadcast"]"#, [false, true, true]),
        (r#"2["everyone"]"#, [true, true, true]),
        (r#"2["volatile"]"#, [true, true, true]),
    ] {
        assert_eq!(receivers(&mut world, clients, packet), expected, "{packet}");
    }
}

#[test]
fn rooms_can_be_left_and_end_with_the_socket() {
    let (mut world, clients) = three();
    world.sends(clients[1], r#"2["leave","red"]"#);
    assert_eq!(receivers(&mut world, clients, r#"2["within","red"]"#), [true, false, false]);
    world.loses(clients[1]);
    assert_eq!(receivers(&mut world, clients, r#"2["either","red","blue"]"#), [true, false, false]);
}

#[test]
fn every_socket_is_in_the_room_of_its_id() {
    let mut world = World::new(io());
    let (ann, _) = world.is_welcomed("");
    let (ben, welcome) = world.is_welcomed("");
    world.sends(ann, &format!(r#"2["to",{:?}]"#, welcome.sid));
    assert_eq!(world.takes(ben), [r#"2["x"]"#]);
    assert!(world.takes(ann).is_empty());
}

#[test]
fn rooms_survive_hibernation() {
    let (mut world, clients) = three();
    world.hibernates(io());
    assert_eq!(receivers(&mut world, clients, r#"2["within","red"]"#), [true, true, false]);
    world.sends(clients[1], r#"2["rooms"]"#);
    assert_eq!(world.takes(clients[1]), [r#"2["rooms",2]"#]);
}

#[test]
fn the_names_of_rooms_are_bounded() {
    let mut world = World::new(io());
    let (client, _) = world.is_welcomed("");
    for number in 0..20 {
        world.sends(client, &format!(r#"2["join","{number:0>1000}"]"#));
    }
    world.sends(client, r#"2["rooms"]"#);
    assert_eq!(world.takes(client), [r#"2["rooms",4]"#]);
    assert!(!world.is_closed(client));
    assert!(world.log.is_empty(), "the server below was not asked for more than it grants");
}

#[test]
fn an_event_can_come_from_outside_all_handlers() {
    let (mut world, [ann, ben, cat]) = three();
    world.sends(cat, "0/other,");
    world.takes(cat);
    world.applies(|io, cx, actions| {
        let io = io.scope(cx, actions);
        io.of("/").to("blue").emit("news", &1);
        io.of("/other").emit("news", &2);
    });
    assert!(world.takes(ann).is_empty());
    assert_eq!(world.takes(ben), [r#"2["news",1]"#]);
    assert_eq!(world.takes(cat), [r#"2/other,["news",2]"#]);
}

#[test]
fn a_room_can_be_disconnected() {
    let (mut world, [ann, ben, cat]) = three();
    world.sends(ann, r#"2["expel","red"]"#);
    assert_eq!(world.takes(ben), ["1"]);
    assert!(world.takes(ann).is_empty() && world.takes(cat).is_empty());
}
