//! Images of a folder of state, as a backup makes them: of the ledger of a site or the store of a hub that nobody has open.

use std::{fs, io::ErrorKind, path::Path};

/// The databases of which such a folder holds one.
const DATABASES: [&str; 2] = ["ledger.db", "hub.db"];

/// Makes the database in `to` that of `from`, with what stands beside it: neither more nor less.
///
/// # Panics
/// When `from` has no database, or a file cannot be copied.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder for the image");
    let name = DATABASES.into_iter().find(|name| from.join(name).exists()).expect("a database to copy");
    for name in [name.to_owned(), format!("{name}-wal"), format!("{name}-shm")] {
        match fs::remove_file(to.join(&name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => panic!("{name}: {error}"),
            Ok(()) | Err(_) => {}
        }
        if from.join(&name).exists() {
            fs::copy(from.join(&name), to.join(&name)).expect("a copied file");
        }
    }
}
