//! TLS in front of the hub, as a load balancer is: it shows a certificate and hands on what was inside.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};
use tokio_rustls::TlsAcceptor;

const KEY: &[u8] = include_bytes!("tls/hub-key.pem");

/// The authority that the sites of these tests believe.
pub(super) const AUTHORITY: &str = include_str!("tls/ca.pem");

/// What the front shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shows {
    /// Its own certificate, for `hub.test`, `localhost` and 127.0.0.1, valid to 2120.
    Own,
    /// One for another name.
    OtherName,
    /// One that was valid until 2020.
    Expired,
    /// One that is valid from 2119 on.
    NotYet,
    /// One signed by nobody the site knows.
    UnknownAuthority,
    /// None: plain HTTP where TLS belongs.
    Plain,
}

/// The front. Dropping it closes the port and every connection.
#[derive(Debug)]
pub(super) struct Front {
    addr: SocketAddr,
    shows: Arc<Mutex<Shows>>,
    serving: JoinHandle<()>,
}

impl Front {
    /// A front before `hub` that speaks these protocols inside TLS: `h2`, `http/1.1`.
    pub(super) async fn before(hub: SocketAddr, protocol: &'static [u8]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let shows = Arc::new(Mutex::new(Shows::Own));
        let shown = Arc::clone(&shows);
        let serving = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let Ok((site, _)) = listener.accept().await else { continue };
                let shows = *shown.lock().unwrap();
                connections.spawn(serve(site, hub, shows, protocol));
            }
        });
        Self { addr, shows, serving }
    }

    pub(super) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What new connections are shown.
    pub(super) fn show(&self, shows: Shows) {
        *self.shows.lock().unwrap() = shows;
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// An end that breaks off is an end.
async fn serve(mut site: TcpStream, hub: SocketAddr, shows: Shows, protocol: &'static [u8]) -> Option<()> {
    let mut hub = TcpStream::connect(hub).await.ok()?;
    match certificate(shows) {
        Some(pem) => {
            let mut site = TlsAcceptor::from(config(pem, protocol)).accept(site).await.ok()?;
            copy_bidirectional(&mut site, &mut hub).await.ok()?;
        }
        None => {
            copy_bidirectional(&mut site, &mut hub).await.ok()?;
        }
    }
    Some(())
}

fn certificate(shows: Shows) -> Option<&'static [u8]> {
    match shows {
        Shows::Own => Some(include_bytes!("tls/hub.pem")),
        Shows::OtherName => Some(include_bytes!("tls/other-name.pem")),
        Shows::Expired => Some(include_bytes!("tls/expired.pem")),
        Shows::NotYet => Some(include_bytes!("tls/not-yet.pem")),
        Shows::UnknownAuthority => Some(include_bytes!("tls/unknown-authority.pem")),
        Shows::Plain => None,
    }
}

fn config(pem: &[u8], protocol: &[u8]) -> Arc<ServerConfig> {
    let chain = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
    let mut config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    config.alpn_protocols = vec![protocol.to_vec()];
    Arc::new(config)
}
