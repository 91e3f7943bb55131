//! A file's bytes: what programs see, what is surely on the disk, and what is on its way there.

use crate::{chance::Chance, fault::Survival, lock::Locks};

/// What the disk writes whole or not at all.
const SECTOR: usize = 512;

/// What the kernel keeps clean or dirty as one.
const PAGE: usize = 4_096;

/// A file without its name.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// What programs read.
    pub(crate) live: Vec<u8>,
    /// What surely survives a cut.
    durable: Vec<u8>,
    /// In the order in which they were made.
    pending: Vec<Pending>,
    pub(crate) locks: Locks,
}

#[derive(Debug)]
enum Pending {
    Write {
        at: usize,
        bytes: Vec<u8>,
        /// A sync for it failed: the kernel believes it clean and will not write it again.
        forgotten: bool,
    },
    Truncate {
        len: usize,
    },
}

impl Contents {
    /// A file that was there before.
    pub(crate) fn of(bytes: Vec<u8>) -> Self {
        Self { live: bytes.clone(), durable: bytes, ..Self::default() }
    }

    pub(crate) fn write(&mut self, at: usize, bytes: &[u8]) {
        put(&mut self.live, at, bytes);
        self.pending.push(Pending::Write { at, bytes: bytes.to_vec(), forgotten: false });
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.live.resize(len, 0);
        self.pending.push(Pending::Truncate { len });
    }

    pub(crate) fn sync(&mut self) {
        let again = Pages::dirty(&self.pending);
        let mut forgotten = Vec::new();
        for pending in self.pending.drain(..) {
            match pending {
                Pending::Write { at, bytes, forgotten: true } if !again.touch(at, bytes.len()) => {
                    forgotten.push((at, bytes));
                }
                Pending::Write { at, bytes, .. } => put(&mut self.durable, at, &bytes),
                Pending::Truncate { len } => {
                    self.durable.resize(len, 0);
                    forgotten.retain(|(at, _)| *at < len);
                }
            }
        }
        let forgotten = forgotten.into_iter().map(|(at, bytes)| Pending::Write { at, bytes, forgotten: true });
        self.pending.extend(forgotten);
    }

    /// A sync that failed: what it was for may be on the disk or not, and no later sync will see to it.
    pub(crate) fn sync_failed(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        for pending in pending {
            match pending {
                // By pages, because a page that is written again goes to the disk whole.
                Pending::Write { at, bytes, .. } => {
                    for (at, bytes) in split(at, &bytes, PAGE) {
                        self.pending.push(Pending::Write { at, bytes: bytes.to_vec(), forgotten: true });
                    }
                }
                Pending::Truncate { len } => self.pending.push(Pending::Truncate { len }),
            }
        }
    }

    /// What is there when the power comes back.
    pub(crate) fn survive(&mut self, survival: Survival, chance: &mut Chance) {
        // A disk that was quick, one that was slow, or one caught in the middle.
        let haste = chance.below(4);
        for pending in std::mem::take(&mut self.pending) {
            let mut keeps = || match survival {
                Survival::Nothing => false,
                Survival::Everything => true,
                Survival::Writes(_) | Survival::Sectors(_) => match haste {
                    0 => chance.below(8) > 0,
                    1 => chance.below(8) == 0,
                    _ => chance.coin(),
                },
            };
            match pending {
                Pending::Write { at, bytes, .. } if matches!(survival, Survival::Sectors(_)) => {
                    for (at, bytes) in split(at, &bytes, SECTOR) {
                        if keeps() {
                            put(&mut self.durable, at, bytes);
                        }
                    }
                }
                Pending::Write { at, bytes, .. } if keeps() => put(&mut self.durable, at, &bytes),
                Pending::Truncate { len } if keeps() => self.durable.resize(len, 0),
                Pending::Write { .. } | Pending::Truncate { .. } => {}
            }
        }
        self.live.clone_from(&self.durable);
        self.locks = Locks::default();
    }

    /// Damages what is there, past all caches.
    pub(crate) fn damage(&mut self, at: usize, change: impl Fn(u8) -> u8, len: usize) {
        for bytes in [&mut self.live, &mut self.durable] {
            let end = (at + len).min(bytes.len());
            for byte in bytes.get_mut(at..end).unwrap_or_default() {
                *byte = change(*byte);
            }
        }
    }

    pub(crate) fn cut_short(&mut self, len: usize) {
        self.live.truncate(len);
        self.durable.truncate(len);
        self.pending.clear();
    }
}

/// The pages that a sync would write.
struct Pages(Vec<(usize, usize)>);

impl Pages {
    fn dirty(pending: &[Pending]) -> Self {
        // Only asked where a sync has failed before, which is rare.
        if !pending.iter().any(|pending| matches!(pending, Pending::Write { forgotten: true, .. })) {
            return Self(Vec::new());
        }
        let pages = pending.iter().filter_map(|pending| match pending {
            Pending::Write { at, bytes, forgotten: false } => Some((at / PAGE, (at + bytes.len()).div_ceil(PAGE))),
            Pending::Write { .. } | Pending::Truncate { .. } => None,
        });
        Self(pages.collect())
    }

    fn touch(&self, at: usize, len: usize) -> bool {
        let (first, end) = (at / PAGE, (at + len).div_ceil(PAGE));
        self.0.iter().any(|&(from, to)| first < to && from < end)
    }
}

fn put(bytes: &mut Vec<u8>, at: usize, new: &[u8]) {
    let end = at + new.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[at..end].copy_from_slice(new);
}

/// Cuts a write where blocks of the file begin.
fn split(at: usize, bytes: &[u8], block: usize) -> impl Iterator<Item = (usize, &[u8])> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let begin = at + done;
        let len = (block - begin % block).min(bytes.len() - done);
        let piece = &bytes[done..done + len];
        done += len;
        (len > 0).then_some((begin, piece))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(file: &mut Contents, survival: Survival) -> Vec<u8> {
        file.survive(survival, &mut Chance(1));
        file.live.clone()
    }

    #[test]
    fn only_what_was_synced_surely_survives() {
        let file = || {
            let mut file = Contents::default();
            file.write(0, b"one");
            file.sync();
            file.write(3, b"two");
            file
        };
        assert_eq!(after(&mut file(), Survival::Nothing), b"one");
        assert_eq!(after(&mut file(), Survival::Everything), b"onetwo");
    }

    #[test]
    fn sectors_are_those_of_the_file() {
        let pieces: Vec<_> = split(500, &[0; 600], SECTOR).map(|(at, bytes)| (at, bytes.len())).collect();
        assert_eq!(pieces, [(500, 12), (512, 512), (1_024, 76)]);
    }

    #[test]
    fn a_later_sync_does_not_cure_a_failed_one_unless_the_page_is_written_again() {
        let mut file = Contents::default();
        file.write(0, b"old");
        file.sync();
        file.write(0, b"new");
        file.write(PAGE, b"far");
        file.sync_failed();
        file.sync();
        assert_eq!(file.live[..3], *b"new");
        file.write(10, b"near");
        file.sync();
        let left = after(&mut file, Survival::Nothing);
        assert_eq!((&left[..3], &left[10..]), (b"new".as_slice(), b"near".as_slice()));
    }

    #[test]
    fn a_truncation_is_pending_too() {
        let mut file = Contents::of(b"abc".to_vec());
        file.truncate(1);
        assert_eq!(after(&mut file, Survival::Nothing), b"abc");
        file.truncate(1);
        assert_eq!(after(&mut file, Survival::Everything), b"a");
    }
}
