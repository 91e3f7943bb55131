//! Another web site, with bad intent: serves pages that reach for ours.
//!
//! It listens on this machine and is opened under whatever name is wanted, see [`super::STRANGE_NAMES`].

use std::{net::SocketAddr, sync::Arc};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    task::JoinHandle,
};

/// A web site that answers every path with one page.
#[derive(Debug)]
pub struct Stranger {
    addr: SocketAddr,
    task: JoinHandle<()>,
}

impl Stranger {
    /// Serves a page of this; what belongs into its head comes first.
    ///
    /// # Panics
    /// When the system has no port.
    pub async fn serve(body: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listen");
        let addr = listener.local_addr().expect("an address");
        let page = format!("<!doctype html><title>A stranger</title>{body}");
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
            page.len()
        );
        let answer: Arc<str> = answer.into();
        let task = tokio::spawn(async move {
            while let Ok((mut visitor, _)) = listener.accept().await {
                let answer = Arc::clone(&answer);
                tokio::spawn(async move {
                    let mut asked = Vec::new();
                    while !asked.windows(4).any(|four| four == b"\r\n\r\n") {
                        if !visitor.read_buf(&mut asked).await.is_ok_and(|read| read > 0) {
                            return;
                        }
                    }
                    // A visitor who leaves early has seen enough.
                    let _ = visitor.write_all(answer.as_bytes()).await;
                });
            }
        });
        Self { addr, task }
    }

    /// Its address under a name that resolves to this machine.
    #[must_use]
    pub fn url(&self, name: &str) -> String {
        format!("http://{name}:{}/", self.addr.port())
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.task.abort();
    }
}
