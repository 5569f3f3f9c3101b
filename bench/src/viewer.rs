//! Somebody who looks at a terminal through a WebSocket, in the words of whoever offers it.

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use memchr::memmem;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

/// How the bytes are wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Words {
    /// `longhouse.terminal.v1`: binary frames with their offset before them, everything else as text.
    Longhouse,
    /// Frames that are output, and nothing else.
    Plain,
    /// Socket.IO 4 over a WebSocket: events `output` and `input` with a text.
    SocketIo,
    /// ttyd's: a digit before each frame.
    Ttyd,
}

/// A terminal, watched.
pub(crate) struct Viewer {
    socket: WebSocketStream<TcpStream>,
    words: Words,
    repaint_follows: bool,
    /// What came before anybody asked for output: the first frame of a viewer that goes on from an offset.
    ahead: Option<Bytes>,
    /// What Longhouse says first.
    pub(crate) hello: Value,
    /// How far Longhouse's stream has come, and how far it was said to be drawn.
    seen: u64,
    drawn: u64,
    /// Whether it is a page: one that says how far it has drawn.
    page: bool,
    /// Whether a repaint is as good as what it skips.
    may_skip: bool,
    /// Whether a shell's prompt was seen in what came first.
    prompted: bool,
}

impl Viewer {
    /// Connects to `path` of `address`, with these further headers.
    pub(crate) async fn connect(
        words: Words,
        address: &str,
        path: &str,
        headers: &[(&'static str, String)],
    ) -> Result<Self> {
        let mut request = format!("ws://{address}{path}").into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse()?);
        }
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(64 << 20))
            .max_frame_size(Some(64 << 20));
        let (socket, _) =
            tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await?;
        let mut viewer = Self {
            socket,
            words,
            repaint_follows: false,
            ahead: None,
            hello: Value::Null,
            seen: 0,
            drawn: 0,
            page: path.contains("window="),
            may_skip: path.contains("window="),
            prompted: false,
        };
        viewer.greet().await?;
        Ok(viewer)
    }

    /// What comes before the first output.
    async fn greet(&mut self) -> Result<()> {
        match self.words {
            Words::Plain => Ok(()),
            Words::Longhouse => self.wait_for_repaint().await,
            Words::SocketIo => {
                self.say("40").await?;
                loop {
                    if let Message::Text(text) = self.message().await?
                        && text.starts_with("40")
                    {
                        return Ok(());
                    }
                }
            }
            Words::Ttyd => {
                let hello = json!({"AuthToken": "", "columns": 80, "rows": 24});
                let hello = Bytes::from(hello.to_string());
                Ok(self.socket.send(Message::Binary(hello)).await?)
            }
        }
    }

    async fn wait_for_repaint(&mut self) -> Result<()> {
        loop {
            match self.message().await? {
                Message::Binary(screen) if self.repaint_follows => {
                    self.repaint_follows = false;
                    self.prompted = has_prompt(&screen);
                    return Ok(());
                }
                // It goes on from the offset that was asked for.
                Message::Binary(data) => {
                    self.ahead = Some(self.unwrapped(&data)?);
                    return Ok(());
                }
                Message::Text(text) => self.note(&text)?,
                _ => {}
            }
        }
    }

    fn note(&mut self, text: &str) -> Result<()> {
        if text.contains("\"snapshot\"") {
            let snapshot: Value = serde_json::from_str(text)?;
            self.seen = snapshot["offset"].as_u64().context("no offset")?;
            self.repaint_follows = true;
        } else if text.contains("\"hello\"") {
            self.hello = serde_json::from_str(text)?;
        }
        Ok(())
    }

    /// Output of Longhouse's without the offset before it.
    fn unwrapped(&mut self, frame: &Bytes) -> Result<Bytes> {
        let (offset, data) = frame
            .split_first_chunk()
            .context("a frame without an offset")?;
        self.seen = u64::from_be_bytes(*offset) + data.len() as u64;
        Ok(frame.slice(offset.len()..))
    }

    /// Says how far everything is drawn, as a page does that gives a window.
    async fn acknowledge(&mut self) -> Result<()> {
        if self.page && self.seen > self.drawn {
            self.drawn = self.seen;
            self.say(&json!({"type": "ack", "offset": self.seen}).to_string())
                .await?;
        }
        Ok(())
    }

    async fn message(&mut self) -> Result<Message> {
        let message = self.socket.next().await.context("the connection ended")??;
        if let Message::Close(why) = message {
            let why = why.map_or_else(String::new, |why| format!(": {} {}", why.code, why.reason));
            bail!("the terminal closed{why}");
        }
        Ok(message)
    }

    async fn say(&mut self, text: &str) -> Result<()> {
        Ok(self.socket.send(Message::text(text)).await?)
    }

    /// One to whom a repaint is as good as what it skips: tmux does not show its client all that scrolls by.
    pub(crate) fn skipping(self) -> Self {
        Self {
            may_skip: true,
            ..self
        }
    }

    /// The next output; what was answered before it is drawn. Except to whom it is as good, a repaint is an error: then not every byte was
    /// delivered.
    pub(crate) async fn output(&mut self) -> Result<Bytes> {
        if let Some(data) = self.ahead.take() {
            return Ok(data);
        }
        self.acknowledge().await?;
        loop {
            let message = self.message().await?;
            match (self.words, message) {
                (Words::Longhouse, Message::Binary(screen)) if self.repaint_follows => {
                    self.repaint_follows = false;
                    ensure!(self.may_skip, "the viewer fell behind and was repainted");
                    return Ok(screen);
                }
                (Words::Longhouse, Message::Binary(data)) => return self.unwrapped(&data),
                (Words::Longhouse, Message::Text(text)) => self.note(&text)?,
                (Words::Plain, Message::Text(text)) => return Ok(text.into()),
                (Words::Plain, Message::Binary(data)) => return Ok(data),
                (Words::Ttyd, Message::Binary(data)) if data.first() == Some(&b'0') => {
                    return Ok(data.slice(1..));
                }
                (Words::SocketIo, Message::Text(text)) => {
                    if let Some(event) = text.strip_prefix("42") {
                        let mut event: Value = serde_json::from_str(event)?;
                        let Value::String(output) = event[1].take() else {
                            bail!("an event without a text: {text}");
                        };
                        return Ok(output.into());
                    }
                    if text.as_str() == "2" {
                        self.say("3").await?;
                    }
                }
                _ => {}
            }
        }
    }

    /// Waits until the shell has shown its prompt.
    pub(crate) async fn prompt(&mut self) -> Result<()> {
        while !self.prompted {
            self.prompted = has_prompt(&self.output().await?);
        }
        Ok(())
    }

    pub(crate) async fn send(&mut self, data: &[u8]) -> Result<()> {
        let message = match self.words {
            Words::Longhouse | Words::Plain => Message::Binary(Bytes::copy_from_slice(data)),
            Words::Ttyd => Message::Binary([b"0", data].concat().into()),
            Words::SocketIo => {
                let text = std::str::from_utf8(data)?;
                Message::text(format!("42{}", json!(["input", text])))
            }
        };
        Ok(self.socket.send(message).await?)
    }

    /// Reads until `mark` has gone by. Answers how many bytes there were.
    pub(crate) async fn read_until(&mut self, mark: &[u8]) -> Result<usize> {
        let mut mark = Mark::new(mark);
        while !mark.goes_by(&self.output().await?) {}
        Ok(mark.count)
    }
}

/// Something that is waited for among the output.
pub(crate) struct Mark<'a> {
    mark: &'a [u8],
    /// The end of what has gone by, and the newest piece.
    seen: Vec<u8>,
    /// How many bytes have gone by.
    pub(crate) count: usize,
}

impl<'a> Mark<'a> {
    pub(crate) fn new(mark: &'a [u8]) -> Self {
        let (seen, count) = (Vec::new(), 0);
        Self { mark, seen, count }
    }

    /// Whether it was in this piece, or ended in it.
    pub(crate) fn goes_by(&mut self, piece: &[u8]) -> bool {
        // What may be the mark's beginning goes before the next piece; tmux puts more behind it.
        self.seen
            .drain(..self.seen.len().saturating_sub(self.mark.len()));
        self.count += piece.len();
        self.seen.extend_from_slice(piece);
        memmem::find(&self.seen, self.mark).is_some()
    }
}

/// What a plain shell says when it waits for a command; a repaint leaves out the blank after it.
fn has_prompt(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| matches!(byte, b'$' | b'#'))
}
