//! Keys in and bytes out, each on a thread of its own: terminals block, and a terminal that is held (ctrl-S) must not
//! keep the detach key from working. Neither thread outlives the process by anything.

use std::io::{self, Read as _, Write as _};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot, watch};

/// Bytes that one read of the keyboard takes; a larger paste comes in pieces.
const READ_BYTES: usize = 16 << 10;

/// Pieces of input that wait for the connection; then the terminal waits.
const INPUT_PIECES: usize = 16;

/// Pieces of output that wait for the terminal; then the connection waits.
const OUTPUT_PIECES: usize = 16;

/// How long the last output may take on a terminal that is held.
const DRAIN_LIMIT: Duration = Duration::from_secs(1);

/// A piece of output.
#[derive(Debug)]
pub(super) struct Piece {
    /// What to write.
    pub(super) bytes: Bytes,
    /// Where the stream stands after it; absent for what is not the program's.
    pub(super) offset: Option<u64>,
}

/// The terminal at hand, as two channels.
#[derive(Debug)]
pub(super) struct Console {
    /// What is typed. Ends when the terminal is gone.
    pub(super) input: mpsc::Receiver<Bytes>,
    /// What is shown.
    pub(super) output: mpsc::Sender<Piece>,
    /// The stream's offset up to which everything has been shown.
    pub(super) shown: watch::Receiver<u64>,
    drained: oneshot::Receiver<()>,
}

impl Console {
    /// Starts both threads.
    pub(super) fn open() -> io::Result<Self> {
        let (input_sender, input) = mpsc::channel(INPUT_PIECES);
        let (output, output_receiver) = mpsc::channel(OUTPUT_PIECES);
        let (shown_sender, shown) = watch::channel(0);
        let (drained_sender, drained) = oneshot::channel();
        let thread = |name: &str| std::thread::Builder::new().name(name.to_owned());
        thread("keys").spawn(move || read(&input_sender))?;
        thread("screen").spawn(move || {
            write(output_receiver, &shown_sender);
            // Nobody may be waiting any more.
            _ = drained_sender.send(());
        })?;
        Ok(Self {
            input,
            output,
            shown,
            drained,
        })
    }

    /// Shows a last piece and waits until it stands there, but not for ever.
    pub(super) async fn close(self, last: Vec<u8>) {
        let Self {
            output, drained, ..
        } = self;
        let end = async move {
            let piece = Piece {
                bytes: last.into(),
                offset: None,
            };
            // An error means that the terminal is gone, and with it everything that could be restored.
            _ = output.send(piece).await;
            drop(output);
            _ = drained.await;
        };
        _ = tokio::time::timeout(DRAIN_LIMIT, end).await;
    }
}

fn read(sender: &mpsc::Sender<Bytes>) {
    let mut buffer = vec![0; READ_BYTES];
    let mut keyboard = io::stdin().lock();
    loop {
        match keyboard.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => return,
            Ok(count) => {
                if sender
                    .blocking_send(Bytes::copy_from_slice(&buffer[..count]))
                    .is_err()
                {
                    return;
                }
            }
        }
    }
}

fn write(mut pieces: mpsc::Receiver<Piece>, shown: &watch::Sender<u64>) {
    let mut screen = io::stdout().lock();
    while let Some(piece) = pieces.blocking_recv() {
        if screen
            .write_all(&piece.bytes)
            .and_then(|()| screen.flush())
            .is_err()
        {
            return;
        }
        if let Some(offset) = piece.offset {
            shown.send_replace(offset);
        }
    }
}
