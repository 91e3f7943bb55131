//! Looks hubs' names up, with an end. The system's own look-up takes as long as its servers' time-outs add up to, half a
//! minute at times, and cannot be stopped: it would eat the whole time for a connection, and nobody could tell a dead
//! name server from a dead hub.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::{net::lookup_host, sync::Semaphore, time::timeout};

/// Look-ups that may hang at once. Each holds a thread until the system gives it up.
const LOOKUPS_MAX: usize = 2;

/// Looks names up within a time.
#[derive(Debug)]
pub(super) struct Names {
    patience: Duration,
    lookups: Arc<Semaphore>,
}

/// Why a name has no address.
#[derive(Debug, thiserror::Error)]
pub(super) enum NameError {
    #[error("look up {name}")]
    Unknown { name: String, source: io::Error },
    #[error("look up {name}: no address for it")]
    Empty { name: String },
    #[error("look up {name}: name server does not answer; check the network's DNS")]
    Silent { name: String },
}

impl Names {
    /// `patience`: how long a look-up may take. Less than the time for the whole connection.
    pub(super) fn new(patience: Duration) -> Self {
        Self { patience, lookups: Arc::new(Semaphore::new(LOOKUPS_MAX)) }
    }
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let (name, patience, lookups) = (name.as_str().to_owned(), self.patience, self.lookups.clone());
        Box::pin(async move {
            let host = name.clone();
            let lookup = async move {
                let permit = lookups.acquire_owned().await;
                // A task of its own: the permit must stay with a look-up that nobody waits for any more.
                let looked = tokio::spawn(async move {
                    let addrs = lookup_host((host.as_str(), 0)).await.map(Iterator::collect::<Vec<SocketAddr>>);
                    drop(permit);
                    addrs
                });
                looked.await.unwrap_or_else(|error| Err(io::Error::other(error)))
            };
            match timeout(patience, lookup).await {
                Ok(Ok(addrs)) if addrs.is_empty() => Err(NameError::Empty { name }.into()),
                Ok(Ok(addrs)) => Ok(Box::new(addrs.into_iter()) as Addrs),
                Ok(Err(source)) => Err(NameError::Unknown { name, source }.into()),
                Err(_) => Err(NameError::Silent { name }.into()),
            }
        })
    }
}
