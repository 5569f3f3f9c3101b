//! What a client is sent.

use std::io;
use std::sync::Arc;

use bytes::buf::Chain;
use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::answers::Answers;

/// RFC 6455, section 5.2: the last frame of a message, and what it carries.
const LAST: u8 = 0x80;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;

/// The longest head of a frame that is not masked, bytes.
const HEAD: usize = 10;

/// The longest reason of a close, bytes: a control frame carries 125, two of them the code.
const REASON: usize = 123;

/// Writes frames. All of it is cancel safe: what a frame that was given up on has left goes before the next one.
pub(crate) struct Sender {
    to: Box<dyn AsyncWrite + Send + Unpin>,
    answers: Arc<Answers>,
    /// What is still to be written of the frame that is under way.
    rest: Chain<Bytes, Bytes>,
}

impl Sender {
    pub(super) fn new(to: Box<dyn AsyncWrite + Send + Unpin>, answers: Arc<Answers>) -> Self {
        let rest = Bytes::new().chain(Bytes::new());
        Self { to, answers, rest }
    }

    pub(crate) async fn text(&mut self, text: String) -> io::Result<()> {
        self.frame(TEXT, &[], text.into()).await
    }

    /// A message of bytes: `before`, and then `data` as it lies there.
    pub(crate) async fn binary(&mut self, before: &[u8], data: Bytes) -> io::Result<()> {
        self.frame(BINARY, before, data).await
    }

    /// Says why the connection ends; what of the reason is too long is left out. Nothing may be sent after that.
    pub(crate) async fn close(&mut self, code: u16, reason: &str) -> io::Result<()> {
        let reason = &reason[..reason.floor_char_boundary(REASON)];
        let reason = Bytes::copy_from_slice(reason.as_bytes());
        self.frame(CLOSE, &code.to_be_bytes(), reason).await
    }

    /// Waits until the protocol owes the client an answer.
    pub(crate) fn owes(&self) -> impl Future<Output = ()> + use<> {
        let answers = Arc::clone(&self.answers);
        async move { answers.wait().await }
    }

    /// Gives the client the answers that it is owed.
    pub(crate) async fn answer(&mut self) -> io::Result<()> {
        self.write_rest().await?;
        self.rest = self.answers.take().chain(Bytes::new());
        self.write_rest().await
    }

    async fn frame(&mut self, kind: u8, before: &[u8], data: Bytes) -> io::Result<()> {
        self.answer().await?;
        self.rest = head(kind, before, data.len()).chain(data);
        self.write_rest().await
    }

    async fn write_rest(&mut self) -> io::Result<()> {
        if !self.rest.has_remaining() {
            return Ok(());
        }
        while self.rest.has_remaining() {
            if self.to.write_buf(&mut self.rest).await? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        // Not kept while nothing is sent: it may be the last one that holds these bytes.
        self.rest = Bytes::new().chain(Bytes::new());
        self.to.flush().await
    }
}

/// The head of a frame that carries `before` and so many further bytes, and `before`.
fn head(kind: u8, before: &[u8], further: usize) -> Bytes {
    let mut head = BytesMut::with_capacity(HEAD + before.len());
    head.put_u8(LAST | kind);
    let length = before.len() + further;
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(length @ 0..=125), _) => head.put_u8(length),
        (_, Ok(length)) => {
            head.put_u8(126);
            head.put_u16(length);
        }
        _ => {
            head.put_u8(127);
            head.put_u64(length as u64);
        }
    }
    head.extend_from_slice(before);
    head.freeze()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::AsyncReadExt as _;

    use super::*;

    fn sender(to: tokio::io::DuplexStream) -> Sender {
        Sender::new(Box::new(to), Arc::default())
    }

    /// The head of a frame with that many bytes is as section 5.2 draws it.
    #[test]
    fn heads_are_as_the_protocol_has_them() {
        for (length, wanted) in [
            (0, &[0x82, 0][..]),
            (125, &[0x82, 125]),
            (126, &[0x82, 126, 0, 126]),
            (0xffff, &[0x82, 126, 0xff, 0xff]),
            (0x1_0000, &[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            assert_eq!(head(BINARY, &[], length), wanted);
        }
        assert_eq!(head(TEXT, b"ab", 1), &[0x81, 3, b'a', b'b'][..]);
    }

    #[tokio::test]
    async fn a_frame_that_was_given_up_on_is_finished_before_the_next() {
        let (to, mut from) = tokio::io::duplex(16);
        let mut sender = sender(to);
        let long = Bytes::from(vec![b'x'; 100]);
        let sending = sender.binary(b"12345678", long);
        // Only so much fits before somebody reads.
        assert!(
            tokio::time::timeout(Duration::from_millis(1), sending)
                .await
                .is_err()
        );
        let reading = tokio::spawn(async move {
            let mut all = Vec::new();
            from.read_to_end(&mut all).await.unwrap();
            all
        });
        sender.text("after".to_owned()).await.unwrap();
        sender.close(1001, &"é".repeat(100)).await.unwrap();
        drop(sender);
        let mut wanted = [&[0x82, 108][..], b"12345678", &[b'x'; 100]].concat();
        wanted.extend([&[0x81, 5][..], b"after"].concat());
        wanted.extend([&[0x88, 124, 0x03, 0xe9][..], "é".repeat(61).as_bytes()].concat());
        assert_eq!(reading.await.unwrap(), wanted);
    }

    #[tokio::test]
    async fn answers_go_between_frames_and_do_not_pile_up() {
        let (to, mut from) = tokio::io::duplex(1 << 20);
        let mut sender = sender(to);
        let pong = [[0x8a, 100].to_vec(), vec![b'p'; 100]].concat();
        for _ in 0..1000 {
            sender.answers.add(&pong);
        }
        sender.owes().await;
        sender.text("t".to_owned()).await.unwrap();
        drop(sender);
        let mut all = Vec::new();
        from.read_to_end(&mut all).await.unwrap();
        let pongs = all.len() / pong.len();
        assert_eq!(all, [pong.repeat(pongs), vec![0x81, 1, b't']].concat());
        assert!((1..=11).contains(&pongs), "{pongs}");
    }
}
