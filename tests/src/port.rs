//! TCP ports for servers that are killed and must come back under the same number.
//!
//! A port from the system's own range could be given to some outgoing connection while its server is dead. So ports
//! are taken below that range and locked by file for as long as the test lives; other test processes pass over them.

use std::{
    fs::{self, File, OpenOptions},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::atomic::{AtomicU16, Ordering},
};

/// Linux gives out 32768 and up to outgoing connections.
const FIRST: u16 = 18_000;
const COUNT: u16 = 12_000;

/// Where in the range the next search of this process begins.
static NEXT: AtomicU16 = AtomicU16::new(0);

/// A port of 127.0.0.1 that is ours until dropped.
#[derive(Debug)]
pub struct Port {
    number: u16,
    _lock: File,
}

impl Port {
    /// Takes a port that nobody listens on.
    ///
    /// # Panics
    /// When there is none, or the folder for temporary files cannot be written.
    #[must_use]
    pub fn reserve() -> Self {
        let folder = std::env::temp_dir().join("binwire-tests-ports");
        fs::create_dir_all(&folder).expect("make folder for port locks");
        let begin = u16::try_from(std::process::id() % u32::from(COUNT)).expect("below a u16");
        for _ in 0..COUNT {
            let offset = begin.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT;
            let number = FIRST + offset;
            let lock = OpenOptions::new().create(true).append(true).open(folder.join(number.to_string()));
            let Ok(lock) = lock else { continue };
            if lock.try_lock().is_ok() && TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok() {
                return Self { number, _lock: lock };
            }
        }
        panic!("no free port from {FIRST} to {}", FIRST + COUNT)
    }

    #[must_use]
    pub const fn number(&self) -> u16 {
        self.number
    }

    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.number).into()
    }
}
