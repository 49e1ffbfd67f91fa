//! Connections that can be cut in the middle of an answer.
//!
//! HTTP servers take care to answer properly; the faults that matter most (an answer that never comes, a
//! body that ends half way) need a hand on the socket itself. Each accepted socket is wrapped with a
//! [`Cut`] that the request's handler also sees.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

const NOTHING: u8 = 1;
const HALF_A_BODY: u8 = 2;

/// What may still be written to a connection; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Cut(Arc<AtomicU8>);

impl Cut {
    /// From now on nothing is written: the peer sees the connection end.
    pub fn drop_answer(&self) {
        self.0.store(NOTHING, Ordering::SeqCst);
    }

    /// Of the next answer, the head and half of the body's first write go out, then the connection ends.
    pub fn truncate_body(&self) {
        self.0.store(HALF_A_BODY, Ordering::SeqCst);
    }
}

impl Connected<IncomingStream<'_, CuttableListener>> for Cut {
    fn connect_info(stream: IncomingStream<'_, CuttableListener>) -> Self {
        stream.io().cut.clone()
    }
}

/// A listener whose connections can be cut.
#[derive(Debug)]
pub struct CuttableListener(pub TcpListener);

impl Listener for CuttableListener {
    type Io = CuttableStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        // Answers are small and latency counts; a failure here only costs speed.
        let _ = stream.set_nodelay(true);
        let cut = Cut::default();
        (CuttableStream { stream, cut }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

/// A TCP stream that stops writing when it is told to.
#[derive(Debug)]
pub struct CuttableStream {
    stream: TcpStream,
    cut: Cut,
}

impl CuttableStream {
    fn broken() -> io::Error {
        io::Error::new(io::ErrorKind::ConnectionAborted, "cut by a fault rule")
    }
}

impl AsyncRead for CuttableStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for CuttableStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.cut.0.load(Ordering::SeqCst) {
            NOTHING => Poll::Ready(Err(Self::broken())),
            HALF_A_BODY => {
                let head = bytes
                    .windows(4)
                    .position(|four| four == b"\r\n\r\n")
                    .map_or(0, |at| at + 4);
                let body = bytes.len() - head;
                // The head may come in a write of its own: then wait for the body to cut that.
                if head == bytes.len() {
                    return Pin::new(&mut self.stream).poll_write(context, bytes);
                }
                let written =
                    Pin::new(&mut self.stream).poll_write(context, &bytes[..head + body / 2]);
                if written.is_ready() {
                    self.cut.drop_answer();
                }
                written
            }
            _ => Pin::new(&mut self.stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
