//! The app link (`APP.md`): what a phone may say, what it is answered, and what it is shown once a second.
//!
//! Nothing here is in a hurry, so what is large is not inlined: flash is better spent elsewhere.
//!
//! Pure: bytes come from the line one by one, messages go out whole. Storing what a command changes, and the UART with its
//! pauses, are the End board's.

mod command;
mod line;
mod message;
mod session;
mod stream;

pub use command::Pin;
pub use line::{Line, LineReader, MOST_LEN};
pub use message::Message;
pub use session::{Answer, Change, Known, Reply, Session};
pub use stream::{Due, Part};
