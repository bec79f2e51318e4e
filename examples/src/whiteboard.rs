//! A shared whiteboard: a room for each board, strokes as bytes, and cursors that may get lost.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use socketio::router::{Bytes, EventError, Io, Socket};

/// The longest name of a color, in bytes.
const MAX_COLOR: usize = 64;

type Participant<'a> = Socket<'a, (), Pen>;

/// The pen of a participant, kept while the object sleeps.
#[derive(Default, Serialize, Deserialize)]
pub struct Pen {
    color: String,
    board: Option<String>,
}

/// A line on the board: pairs of coordinates, a byte each.
#[derive(Serialize, Deserialize)]
struct Stroke {
    color: String,
    points: Bytes,
}

#[derive(Deserialize)]
struct Auth {
    color: String,
}

/// The application.
pub fn io() -> Io<(), Pen> {
    let mut io = Io::new(()).with_recovery(Duration::from_secs(120));
    io.of("/")
        .admit(|_, request| {
            let Auth { color } = request.read_auth()?;
            if color.len() > MAX_COLOR {
                return Err("the name of the color is too long".into());
            }
            Ok(Pen { color, board: None })
        })
        .on("open", open)
        .on("draw", draw)
        .on("cursor", |socket, position: (u8, u8)| {
            if let Some(board) = &socket.data().board {
                socket.to(&**board).volatile().emit("cursor", &(&socket.data().color, position));
            }
        })
        .on_disconnect(|socket, _| {
            if let Some(board) = &socket.data().board {
                socket.to(&**board).emit("left", &socket.data().color);
            }
        });
    io
}

/// Opens a board, in place of the one that was open. Returns how many others are there.
fn open(socket: &mut Participant<'_>, board: String) -> Result<usize, EventError> {
    if let Some(before) = socket.data_mut().board.take() {
        socket.leave(before);
    }
    let others = socket.io().sockets("/").filter(|peer| peer.data().board.as_ref() == Some(&board)).count();
    if !socket.join(board.as_str()) {
        return Err(EventError::new("the name of the board is too long"));
    }
    socket.data_mut().board = Some(board);
    Ok(others)
}

/// Shows the points to everyone else at the board.
fn draw(socket: &mut Participant<'_>, points: Bytes) -> Result<(), EventError> {
    let Pen { color, board } = socket.data();
    let board = board.as_deref().ok_or("no board is open")?;
    if points.len() % 2 == 1 {
        return Err(EventError::new("half a point"));
    }
    socket.to(board).emit("stroke", &Stroke { color: color.clone(), points });
    Ok(())
}
