//! A terminal as it is, in the pieces in which it is asked for.

use longhouse_link::limits::SNAPSHOT_CHUNK_BYTES;
use longhouse_link::proto::{CaptureChunk, SnapshotChunk};

use super::terminal::EchoTerminal;

/// Reset, then everything again: the plainest repaint there is.
pub(super) fn snapshot(terminal: &EchoTerminal) -> Vec<SnapshotChunk> {
    let (kept, about) = terminal.kept();
    let whole = [b"\x1bc".as_slice(), &kept].concat();
    let pieces = whole.chunks(SNAPSHOT_CHUNK_BYTES).enumerate();
    pieces
        .map(|(index, piece)| {
            let data = piece.to_vec().into();
            if index > 0 {
                return SnapshotChunk {
                    data,
                    ..SnapshotChunk::default()
                };
            }
            SnapshotChunk {
                offset: about.offset,
                oldest: about.oldest,
                cols: about.cols,
                rows: about.rows,
                total_bytes: whole.len() as u64,
                data,
            }
        })
        .collect()
}

/// What it kept, as lines of text.
pub(super) fn capture(terminal: &EchoTerminal) -> Vec<CaptureChunk> {
    let (kept, _) = terminal.kept();
    let text = String::from_utf8_lossy(&kept).replace("\r\n", "\n");
    let piece = |piece: &[u8]| CaptureChunk {
        data: piece.to_vec().into(),
    };
    let pieces = text.as_bytes().chunks(SNAPSHOT_CHUNK_BYTES);
    pieces.map(piece).collect()
}
