//! A disk in memory under SQLite that loses power, fills up, fails and lies, so that months of bad luck take seconds.
//!
//! A [`World`] is one disk with a real, empty folder. Whatever SQLite opens inside that folder, in whatever connection of the
//! process, is on that disk; everything else goes to the real file system as ever. So the code under test opens its
//! database by path and knows nothing of it. Many worlds live side by side, one thread each or more.
//!
//! What is true of a world:
//! - a write is *pending* until its file is synced; a power cut keeps none, all, some, or some 512-byte sectors of
//!   what is pending, in any order, and truncations likewise;
//! - after a failed sync the writes it was for are dropped by later syncs too, as Linux does;
//! - the real folder holds the names, so `std::fs` may make, rename and remove the files, and sees their true length; but
//!   not what is in them. What `std::fs` does is durable at once;
//! - names that SQLite makes and removes are durable at once, or with [`World::lose_names`] only when a journal or WAL of
//!   the folder is synced or a file is removed with a sync: as SQLite does it on Unix;
//! - locks are real, between connections of this process. Waiting is SQLite's own.
//!
//! What it is not: it does not rot by itself ([`World::flip_bit`] and [`World::zero`] do), and does not misdirect writes.
//!
//! [`fault`] what can go wrong · [`contents`] a file's bytes, durable and pending · [`lock`] who may read and write ·
//! [`disk`] a world's state · [`world`] the handle · `shm`, `vfs` the C side

mod chance;
mod contents;
mod disk;
mod fault;
mod lock;
mod shm;
mod vfs;
mod world;

pub use fault::{Counts, Lasting, Survival, Trouble};
pub use world::{Image, World};
