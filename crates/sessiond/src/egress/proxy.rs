//! The session's HTTP proxy: what a program asks of it, and what it is answered.
//!
//! `CONNECT` opens a tunnel for any protocol. A request for a whole `http://` address is passed on, as programs without TLS
//! ask for it. Nothing is decided here: whether a destination is allowed, the server says, who opens the connection.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::http::uri::{Authority, Uri};
use hyper::{Method, Request, Response, StatusCode, client, server};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Refusal, WayOut};
use crate::connect::REFUSED_HEADER;

/// The most bytes of a request's head.
const HEAD_BYTES: usize = 64 * 1024;

/// How long a program may take to say what it wants.
const HEAD_WAIT: Duration = Duration::from_secs(30);

/// What concerns one connection only and is not passed on (RFC 9110, section 7.6.1), or is meant for a proxy.
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
];

type Body = BoxBody<Bytes, hyper::Error>;

/// Serves one program's connection to its end.
pub(super) async fn serve<W: WayOut>(
    stream: TcpStream,
    way_out: Arc<W>,
    tasks: TaskTracker,
    stop: CancellationToken,
) {
    let answer = |request| answer(request, way_out.clone(), tasks.clone(), stop.clone());
    let connection = server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WAIT)
        .max_buf_size(HEAD_BYTES)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), hyper::service::service_fn(answer))
        .with_upgrades();
    // A program that hangs up or talks nonsense has had its answer.
    let _ended = stop.run_until_cancelled(connection).await;
}

async fn answer<W: WayOut>(
    request: Request<Incoming>,
    way_out: Arc<W>,
    tasks: TaskTracker,
    stop: CancellationToken,
) -> Result<Response<Body>, hyper::Error> {
    let answered = if request.method() == Method::CONNECT {
        connect(request, &*way_out, &tasks, stop).await
    } else {
        pass_on(request, &*way_out, &tasks, stop).await
    };
    Ok(answered.unwrap_or_else(|refusal| refused(&refusal)))
}

/// Opens a tunnel and leaves it to itself.
async fn connect<W: WayOut>(
    request: Request<Incoming>,
    way_out: &W,
    tasks: &TaskTracker,
    stop: CancellationToken,
) -> Result<Response<Body>, Refusal> {
    let (host, port) = request
        .uri()
        .authority()
        .and_then(|authority| Some((authority.host(), authority.port_u16()?)))
        .ok_or_else(|| Refusal::bad_request("CONNECT needs a host and a port"))?;
    let mut tunnel = way_out.open(host, port).await?;
    tasks.spawn(async move {
        let copied = stop.run_until_cancelled(async {
            let upgraded = hyper::upgrade::on(request).await.ok()?;
            copy_bidirectional(&mut TokioIo::new(upgraded), &mut tunnel)
                .await
                .ok()
        });
        // Whoever hung up first, both sides have heard of it.
        let _bytes = copied.await;
    });
    Ok(Response::new(text("")))
}

/// Passes one request on over a connection of its own.
async fn pass_on<W: WayOut>(
    mut request: Request<Incoming>,
    way_out: &W,
    tasks: &TaskTracker,
    stop: CancellationToken,
) -> Result<Response<Body>, Refusal> {
    let authority = destination(request.uri())?;
    let tunnel = way_out
        .open(authority.host(), authority.port_u16().unwrap_or(80))
        .await?;
    rewrite(&mut request, &authority)?;
    let (mut sender, connection) = client::conn::http1::handshake(TokioIo::new(tunnel))
        .await
        .map_err(|_| Refusal::bad_gateway("the connection was lost"))?;
    tasks.spawn(async move {
        // What breaks here breaks the body that is passed on.
        let _ended = stop.run_until_cancelled(connection).await;
    });
    let mut response = sender
        .send_request(request)
        .await
        .map_err(|_| Refusal::bad_gateway("the destination gave no HTTP answer"))?;
    strip(response.headers_mut());
    Ok(response.map(|body| body.boxed()))
}

fn destination(uri: &Uri) -> Result<Authority, Refusal> {
    match (uri.scheme_str(), uri.authority()) {
        (Some("http"), Some(authority)) => Ok(authority.clone()),
        (Some(_), Some(_)) => Err(Refusal::bad_request(
            "only http:// addresses are passed on: use CONNECT for others",
        )),
        _ => Err(Refusal::bad_request(
            "this is the session's proxy: it takes CONNECT and whole http:// addresses",
        )),
    }
}

/// Makes of a request to a proxy one to the destination.
fn rewrite(request: &mut Request<Incoming>, authority: &Authority) -> Result<(), Refusal> {
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.map_or_else(|| Uri::from_static("/"), Uri::from);
    strip(request.headers_mut());
    // The address counts, not what the program says beside it (RFC 9112, section 3.2.2).
    let host = match authority.port() {
        Some(port) => format!("{}:{port}", authority.host()),
        None => authority.host().to_owned(),
    };
    let host = HeaderValue::try_from(host).map_err(|_| Refusal::bad_request("no host name"))?;
    request.headers_mut().insert(header::HOST, host);
    request
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    Ok(())
}

fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

fn refused(refusal: &Refusal) -> Response<Body> {
    let mut response = Response::new(text(&format!("{}\n", refusal.text)));
    *response.status_mut() = refusal.status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    // For programs, and for people who look at curl's --verbose: a CONNECT's body is shown by nobody.
    if let Ok(said) = HeaderValue::try_from(&refusal.text) {
        headers.insert(HeaderName::from_static(REFUSED_HEADER), said);
    }
    response
}

fn text(text: &str) -> Body {
    Full::new(Bytes::copy_from_slice(text.as_bytes()))
        .map_err(|never| match never {})
        .boxed()
}

impl Refusal {
    fn bad_request(text: &str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            text: text.to_owned(),
        }
    }

    fn bad_gateway(text: &str) -> Self {
        Self {
            status: StatusCode::BAD_GATEWAY,
            text: text.to_owned(),
        }
    }
}
