//! The server below the routes: connections that are limited in number and in time, that can be reset,
//! and that end in peace.

use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot};

use super::state::State;

/// How many connections are open at the same time; others wait.
const CONNECTIONS: usize = 1024;

/// How long a client may take to send the headers of a request.
const HEADER_TIME: Duration = Duration::from_secs(30);

/// How long requests that are under way may take when the sandbox shuts down.
const LAST_REQUESTS: Duration = Duration::from_secs(5);

/// What a fault does to the connection below an answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Hangup(Arc<AtomicBool>);

/// Marks an answer that is never given.
#[derive(Clone, Copy)]
struct NoAnswer;

impl Hangup {
    /// The connection will be reset, not closed, when it ends.
    pub(super) fn reset(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// The connection ends in the place of this answer.
    pub(super) fn before_answering(&self, mut answer: Response<Body>) -> Response<Body> {
        answer.extensions_mut().insert(NoAnswer);
        answer
    }
}

/// Serves until it is told to stop, or the future is dropped.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    state: Arc<State>,
    stop: oneshot::Receiver<()>,
) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    // Dropped with this future, and every connection with it.
    let mut connections = tokio::task::JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        while connections.try_join_next().is_some() {}
        let Ok(place) = places.clone().acquire_owned().await else {
            return Ok(());
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = &mut stop => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            // A connection that broke before it was taken, or too many open files: others come.
            Err(_) => {
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            }
        };
        if state.faults().of_connection() {
            let _ = stream.set_zero_linger();
            continue;
        }
        let hangup = Hangup::default();
        let stream = Connection {
            stream,
            hangup: hangup.clone(),
        };
        let router = TowerToHyperService::new(router.clone());
        let service = service_fn(move |mut request: Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(hangup.clone());
            let answer = router.call(request);
            async move {
                let answer: Result<Response<Body>, Infallible> = answer.await;
                match answer {
                    // hyper closes the connection of a service that fails.
                    Ok(answer) if answer.extensions().get::<NoAnswer>().is_some() => {
                        Err(io::Error::from(io::ErrorKind::ConnectionReset))
                    }
                    Ok(answer) => Ok(answer),
                    Err(never) => match never {},
                }
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIME)
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        connections.spawn(async move {
            // What breaks a connection is the client's business.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(LAST_REQUESTS, graceful.shutdown()).await;
    Ok(())
}

/// A connection that is reset in the end, where a fault asks for it.
struct Connection {
    stream: TcpStream,
    hangup: Hangup,
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.hangup.0.load(Ordering::SeqCst) {
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A shutdown would send what a reset must not: an orderly end.
        if self.hangup.0.load(Ordering::SeqCst) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
