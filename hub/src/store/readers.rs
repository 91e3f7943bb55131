//! Connections that only look. Each look sees one snapshot; a busy writer never makes it wait.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::{StoreError, schema};

/// Looks at once. More would only take turns on the two to eight cores a hub has.
const READERS_MAX: usize = 8;

/// The connections that are not looking right now, opened when first needed.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    turns: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, idle: Mutex::default(), turns: Arc::new(Semaphore::new(READERS_MAX)) }
    }

    pub(super) async fn read<T: Send + 'static>(
        self: Arc<Self>,
        look: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| StoreError::Stopped)?;
        let looked = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let db = match self.idle().pop() {
                Some(db) => db,
                None => schema::open_reader(&self.path)?,
            };
            let snapshot = db.unchecked_transaction()?;
            let looked = look(&snapshot)?;
            snapshot.finish()?;
            self.idle().push(db);
            Ok(looked)
        });
        looked.await.unwrap_or(Err(StoreError::Stopped))
    }

    /// A panic while the list was held cannot have left it half changed.
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
