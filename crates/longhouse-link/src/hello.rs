//! The hello: the first call on every connection, in which both sides make sure that they mean the same protocol and the same session.
//!
//! Until it succeeded, [`Greeting`] refuses every other call of that connection.

use std::task::{Context, Poll};

use futures_util::future::Either;
use tonic::body::Body;
use tonic::{Code, Request, Status};
use tower::Service;

use crate::io::Greeted;
use crate::limits::PROTOCOL;
use crate::listener::PeerError;
use crate::proto::{HelloReply, HelloRequest};

/// In the refusal of a foreign version: the refusing side's own version.
const PROTOCOL_HEADER: &str = "longhouse-protocol";

/// sessiond's answer to a hello: `own` where version and session fit, else a refusal that says what does not.
pub fn answer_hello(
    request: &Request<HelloRequest>,
    own: HelloReply,
) -> Result<HelloReply, Status> {
    let hello = request.get_ref();
    if hello.protocol != own.protocol {
        let mut status = Status::failed_precondition(format!(
            "this sessiond speaks link protocol {}, the server {}",
            own.protocol, hello.protocol
        ));
        status
            .metadata_mut()
            .insert(PROTOCOL_HEADER, own.protocol.into());
        return Err(status);
    }
    if hello.session_id != own.session_id {
        return Err(Status::permission_denied(
            "this sessiond belongs to another session",
        ));
    }
    if let Some(greeted) = request.extensions().get::<Greeted>() {
        greeted.set();
    }
    Ok(own)
}

/// The server's view of the answer.
pub(crate) fn check_reply(
    reply: Result<HelloReply, Status>,
    session_id: &str,
) -> Result<HelloReply, PeerError> {
    let version = |theirs| PeerError::Version {
        ours: PROTOCOL,
        theirs,
    };
    let reply = reply.map_err(|status| refusal(status, version))?;
    if reply.protocol != PROTOCOL {
        return Err(version(reply.protocol));
    }
    if reply.session_id != session_id {
        return Err(PeerError::Session);
    }
    Ok(reply)
}

fn refusal(status: Status, version: impl Fn(u32) -> PeerError) -> PeerError {
    match status.code() {
        Code::FailedPrecondition => status
            .metadata()
            .get(PROTOCOL_HEADER)
            .and_then(|theirs| theirs.to_str().ok()?.parse().ok())
            .map_or_else(|| PeerError::Hello(status.clone().into()), version),
        Code::PermissionDenied => PeerError::Session,
        _ => PeerError::Hello(status.into()),
    }
}

/// Lets a connection's calls through once its hello succeeded; before that, only the hello.
#[derive(Clone, Debug)]
pub struct Greeting<S> {
    inner: S,
}

impl<S> Greeting<S> {
    /// Guards `inner`.
    pub fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S> Service<http::Request<Body>> for Greeting<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>>,
{
    type Response = http::Response<Body>;
    type Error = S::Error;
    type Future = Either<S::Future, std::future::Ready<Result<Self::Response, S::Error>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let greeted = request
            .extensions()
            .get::<Greeted>()
            .is_some_and(Greeted::get);
        if greeted || request.uri().path().ends_with("/Hello") {
            Either::Left(self.inner.call(request))
        } else {
            let refusal =
                Status::failed_precondition("the first call of a connection is the hello");
            Either::Right(std::future::ready(Ok(refusal.into_http())))
        }
    }
}
