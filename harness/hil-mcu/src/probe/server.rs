//! The sockets: one TCP port per board, one client at a time, every packet handed to the one
//! thread that owns the boards.
//!
//! Threads of the server only read and write sockets. They wait for [`ProbeServer::serve`], so a
//! board is never touched outside it, and at most one packet per board is in flight.
//! The server lets no time pass: [`Boards::core_awaited`] is where a rig may.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::packet::{Framer, Packet, PacketError, Reply};
use super::session::Session;
use crate::debug::dap::Link;
use crate::{Circuit, Mcu};

/// How long a second client waits for the first to be gone, so that a client may close and open
/// again at once; after that it is refused.
const HANDOVER: Duration = Duration::from_millis(250);

/// The boards behind a server, owned by the bench.
pub trait Boards {
    /// Calls `access` with the chip of board `index` (from 0, in the order of the ports) and the
    /// circuit around it.
    fn with_board(&mut self, index: usize, access: &mut dyn FnMut(&mut Mcu, &mut dyn Circuit));

    /// The client of board `index` has found its core running and will ask again. A rig whose
    /// time moves on demand lets some pass here, on all boards together; one that follows the
    /// wall clock does nothing.
    fn core_awaited(&mut self, index: usize);
}

/// A probe port could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} for the debug probe of board {board}: {source}")]
pub struct ServerError {
    /// Board, from 1.
    pub board: usize,
    /// The address asked for.
    pub address: SocketAddr,
    /// Why not.
    pub source: io::Error,
}

/// Debug probes for a number of boards. Dropping it closes all sockets and ends its threads.
pub struct ProbeServer {
    doors: Vec<Door>,
    sessions: Vec<Session>,
    requests: Receiver<Request>,
}

/// One listening port.
struct Door {
    address: SocketAddr,
    client: Arc<Client>,
    acceptor: Option<JoinHandle<()>>,
}

/// Who is connected to a port.
#[derive(Default)]
struct Client {
    state: Mutex<ClientState>,
    gone: Condvar,
}

#[derive(Default)]
struct ClientState {
    stream: Option<TcpStream>,
    closing: bool,
}

impl Client {
    /// Nothing panics while the lock is held, so a poisoned one is still consistent.
    fn lock(&self) -> MutexGuard<'_, ClientState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a socket thread asks of the thread that owns the boards.
enum Request {
    Packet {
        board: usize,
        packet: Result<Packet, PacketError>,
        reply: SyncSender<Reply>,
    },
    Closed {
        board: usize,
    },
}

impl ProbeServer {
    /// Opens one port per address, for boards in that order. Port 0 takes any free one.
    ///
    /// # Errors
    /// When an address cannot be listened on; ports already opened are closed again.
    pub fn bind(addresses: &[SocketAddr]) -> Result<Self, ServerError> {
        let (requests_in, requests) = sync_channel(addresses.len());
        let mut server = Self {
            doors: Vec::new(),
            sessions: vec![Session::default(); addresses.len()],
            requests,
        };
        for (index, &address) in addresses.iter().enumerate() {
            let door =
                Door::open(index, address, requests_in.clone()).map_err(|source| ServerError {
                    board: index + 1,
                    address,
                    source,
                })?;
            server.doors.push(door);
        }
        Ok(server)
    }

    /// The addresses listened on, in board order.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.doors.iter().map(|door| door.address).collect()
    }

    /// Waits up to `wait` for a packet, then serves it and what else has arrived meanwhile, one
    /// packet per board at most, so that a busy client cannot hold up the caller's clock.
    /// Returns the number of packets served.
    pub fn serve(&mut self, boards: &mut dyn Boards, wait: Duration) -> usize {
        let Ok(first) = self.requests.recv_timeout(wait) else {
            return 0;
        };
        let mut served = self.handle(first, boards);
        for _ in 1..self.doors.len() {
            let Ok(next) = self.requests.try_recv() else {
                break;
            };
            served += self.handle(next, boards);
        }
        served
    }

    fn handle(&mut self, request: Request, boards: &mut dyn Boards) -> usize {
        match request {
            Request::Packet {
                board,
                packet,
                reply,
            } => {
                let mut answer = Reply::Refused(PacketError::Unsupported);
                let mut awaited = false;
                let session = &mut self.sessions[board];
                boards.with_board(board, &mut |mcu, circuit| {
                    let mut link = Link { mcu, circuit };
                    answer = match &packet {
                        Ok(packet) => session.serve(packet, &mut link),
                        Err(error) => Reply::Refused(*error),
                    };
                    awaited = link.take_polled_running();
                });
                // A client that left meanwhile needs no answer.
                let _ = reply.send(answer);
                if awaited {
                    boards.core_awaited(board);
                }
                1
            }
            Request::Closed { board } => {
                let mut session = std::mem::take(&mut self.sessions[board]);
                boards.with_board(board, &mut |mcu, circuit| {
                    session.close(&mut Link { mcu, circuit });
                });
                0
            }
        }
    }
}

impl Drop for ProbeServer {
    fn drop(&mut self) {
        for door in &mut self.doors {
            let mut state = door.client.lock();
            state.closing = true;
            if let Some(stream) = &state.stream {
                let _ = stream.shutdown(std::net::Shutdown::Both);
            }
            drop(state);
            door.client.gone.notify_all();
            // The acceptor sits in `accept`: one more connection wakes it to see that it is over.
            let _ = TcpStream::connect(door.address);
        }
        // Socket threads wait for answers that nobody gives any more.
        let (_, closed) = sync_channel(0);
        self.requests = closed;
        for acceptor in self.doors.iter_mut().filter_map(|d| d.acceptor.take()) {
            let _ = acceptor.join();
        }
    }
}

impl Door {
    fn open(board: usize, address: SocketAddr, requests: SyncSender<Request>) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let client = Arc::new(Client::default());
        let acceptor = thread::Builder::new()
            .name(format!("probe-{}", board + 1))
            .spawn({
                let client = Arc::clone(&client);
                move || accept(board, &listener, &client, &requests)
            })?;
        Ok(Self {
            address,
            client,
            acceptor: Some(acceptor),
        })
    }
}

/// Accepts clients one after the other; a second one at a time is refused by closing its socket.
fn accept(
    board: usize,
    listener: &TcpListener,
    client: &Arc<Client>,
    requests: &SyncSender<Request>,
) {
    let mut previous: Option<JoinHandle<()>> = None;
    for stream in listener.incoming() {
        let (mut state, _) = client
            .gone
            .wait_timeout_while(client.lock(), HANDOVER, |s| {
                s.stream.is_some() && !s.closing
            })
            .unwrap_or_else(PoisonError::into_inner);
        if state.closing {
            break;
        }
        let Ok(stream) = stream else { continue };
        if state.stream.is_some() {
            continue;
        }
        let Ok(clone) = stream.try_clone() else {
            continue;
        };
        state.stream = Some(clone);
        drop(state);
        let (owner, requests) = (Arc::clone(client), requests.clone());
        previous = Some(thread::spawn(move || {
            // A broken connection ends the session like a closed one.
            let _ = converse(board, stream, &requests);
            let _ = requests.send(Request::Closed { board });
            owner.lock().stream = None;
            owner.gone.notify_all();
        }));
    }
    if let Some(last) = previous {
        let _ = last.join();
    }
}

/// Reads packets and writes replies until the client leaves or the server is gone.
fn converse(board: usize, mut stream: TcpStream, requests: &SyncSender<Request>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut framer = Framer::default();
    let mut buffer = [0; 2048];
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        for packet in buffer[..count].iter().filter_map(|&b| framer.push(b)) {
            // The channel of one answer: it ends with the request when the server is dropped.
            let (reply, answer) = sync_channel(1);
            let request = Request::Packet {
                board,
                packet,
                reply,
            };
            if requests.send(request).is_err() {
                return Ok(());
            }
            let Ok(answer) = answer.recv() else {
                return Ok(());
            };
            stream.write_all(&answer.encode())?;
        }
    }
}

#[cfg(test)]
mod tests;
