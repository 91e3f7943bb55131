//! Modbus TCP: the frame around the registers on a TCP port.
//!
//! Each request has seven bytes before it: a transaction to repeat, protocol 0, the length of what follows, the unit.
//! A connection that says anything else is closed; a unit that is not its own is not answered.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::modbus::Registers;
use super::tongue::Model;
use super::{Body, lock};

/// Unit and request: the longest request there is.
const LEN_MAX: u16 = 254;

/// A port of this host that is open when this returns.
pub(super) fn listen() -> anyhow::Result<(TcpListener, SocketAddr)> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("open a port for a scale")?;
    listener.set_nonblocking(true).context("open a port for a scale")?;
    let addr = listener.local_addr().context("open a port for a scale")?;
    Ok((TcpListener::from_std(listener).context("open a port for a scale")?, addr))
}

/// Answers on as many connections as come. Ending it ends them.
pub(super) async fn serve(listener: TcpListener, body: Arc<Mutex<Body>>, model: Model) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (body, model) = (Arc::clone(&body), model.clone());
        connections.spawn(async move {
            // A connection that fails is one that is gone.
            let _ = converse(stream, &body, &model).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn converse(mut stream: TcpStream, body: &Mutex<Body>, model: &Model) -> std::io::Result<()> {
    let registers = Registers::new(model.map, model.word_order);
    loop {
        let mut header = [0; 7];
        stream.read_exact(&mut header).await?;
        let [transaction_high, transaction_low, protocol @ .., len_high, len_low, unit] = header;
        let len = u16::from_be_bytes([len_high, len_low]);
        if protocol != [0, 0] || !(2..=LEN_MAX).contains(&len) {
            return Ok(());
        }
        let mut request = vec![0; usize::from(len) - 1];
        stream.read_exact(&mut request).await?;
        if unit != model.address {
            continue;
        }
        let answer = {
            let mut body = lock(body);
            body.with(|_, pan, say| say.extend(registers.answer(&request, pan)))
        };
        if answer.is_empty() {
            continue;
        }
        sleep(model.latency).await;
        let [len_high, len_low] = u16::try_from(answer.len() + 1).unwrap_or(u16::MAX).to_be_bytes();
        let mut frame = vec![transaction_high, transaction_low, 0, 0, len_high, len_low, unit];
        frame.extend(answer);
        stream.write_all(&frame).await?;
    }
}
