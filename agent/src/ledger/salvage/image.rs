//! The image: the pages of a database that was set aside, from its file and the frames of its write-ahead log, read in
//! place. Nothing is written, and SQLite is not asked. Source: <https://www.sqlite.org/fileformat2.html>, "The Database
//! Header" and "The Write-Ahead Log".
//!
//! A frame of the log vouches for itself: its checksum goes on from the one of the frame before. So what stands behind a
//! damaged frame is still read, where SQLite would end. A commit counts when it is whole, or when something stands behind it:
//! the next one begins only after it was on the disk.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    os::unix::fs::FileExt,
    path::Path,
};

use super::{super::file, cell::be32};

const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// What the pages of a ledger may have: as it is made now, and as it was made before.
const PAGE_SIZES: [usize; 2] = [file::PAGE_LEN as usize, 4_096];

/// Pages that are looked at to find out how long they are.
const GUESSED_BY_MAX: u64 = 1_024;

const WAL_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// A version of a page: in the file, or in a frame of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    Main(u32),
    Frame(u32),
}

/// The pages of a database.
#[derive(Debug)]
pub(super) struct Image {
    main: Option<File>,
    log: Option<File>,
    page_size: usize,
    /// In the file.
    main_pages: u32,
    /// Committed frames, in order: which page each holds.
    frames: Vec<Frame>,
    /// The newest committed frame of a page.
    newest: HashMap<u32, u32>,
    /// Pages of which the newest version is lost with a damaged frame.
    outdated: HashSet<u32>,
    free: Option<HashSet<u32>>,
    /// The log has frames that do not follow from the ones before.
    pub(super) log_is_damaged: bool,
    /// The log's own header is broken: SQLite takes such a log for empty.
    log_is_headless: bool,
    /// Pages that the file should have and has not.
    pub(super) missing_pages: u32,
}

#[derive(Debug, Clone, Copy)]
struct Frame {
    /// Of the frame in the log, from 0.
    index: u32,
    page: u32,
}

impl Image {
    /// Opens the two files of a folder; what is not there or not readable has no pages.
    pub(super) fn open(folder: &Path) -> Self {
        let open =
            |name: &str| File::open(folder.join(name)).ok().filter(|file| file.metadata().is_ok_and(|m| m.is_file()));
        let (main, log) = (open("ledger.db"), open("ledger.db-wal"));
        let mut header = [0; 100];
        let header = main.as_ref().and_then(|file| file.read_exact_at(&mut header, 0).ok()).map(|()| &header[..]);
        let header = header.filter(|header| header.starts_with(MAGIC));
        let page_size = header
            .and_then(page_size_of)
            .or_else(|| main.as_ref().and_then(page_size_by_look))
            .or_else(|| log.as_ref().and_then(page_size_of_log))
            .unwrap_or(PAGE_SIZES[0]);
        let pages = |file: &File| file.metadata().map_or(0, |meta| meta.len()).div_ceil(page_size as u64);
        let main_pages = u32::try_from(main.as_ref().map_or(0, pages)).unwrap_or(u32::MAX);
        let mut image = Self {
            main,
            log,
            page_size,
            main_pages,
            frames: Vec::new(),
            newest: HashMap::new(),
            outdated: HashSet::new(),
            free: None,
            log_is_damaged: false,
            log_is_headless: false,
            missing_pages: 0,
        };
        image.read_log();
        let said = header.and_then(|header| be32(header, 28)).unwrap_or(0);
        image.missing_pages = said.min(1 << 24).saturating_sub(image.main_pages);
        image.free = image.free_pages();
        image
    }

    /// Leaves the log out: it is another database's.
    pub(super) fn without_log(mut self) -> Self {
        self.frames.clear();
        self.newest.clear();
        self.outdated.clear();
        self.log = None;
        self.log_is_damaged = true;
        self.free = self.free_pages();
        self
    }

    /// Whether the log has commits that SQLite would not find and, at the next checkpoint, throw away: those behind a broken
    /// frame, and all behind a broken header. A log whose header was cut while it began anew has only what is in the file.
    pub(super) fn hides_commits(&self) -> bool {
        let is_news = |(&number, &frame): (&u32, &u32)| {
            let (mut old, mut new) = (Vec::new(), Vec::new());
            self.read(Source::Frame(frame), &mut new)
                && !(number <= self.main_pages && self.read(Source::Main(number), &mut old) && old == new)
        };
        self.log_is_damaged && (!self.log_is_headless || self.newest.iter().any(is_news))
    }

    /// Every version of every page, those of the file first.
    pub(super) fn sources(&self) -> impl Iterator<Item = Source> + use<> {
        let frames = u32::try_from(self.frames.len()).unwrap_or(u32::MAX);
        (1..=self.main_pages).map(Source::Main).chain((0..frames).map(Source::Frame))
    }

    /// The page number of a version.
    pub(super) fn number(&self, source: Source) -> u32 {
        match source {
            Source::Main(number) => number,
            Source::Frame(frame) => self.frames.get(frame as usize).map_or(0, |frame| frame.page),
        }
    }

    /// Whether this is the version that counts, and its page is in use as far as is known.
    pub(super) fn is_current(&self, source: Source) -> bool {
        let number = self.number(source);
        let newest = self.newest.get(&number).map_or(Source::Main(number), |&frame| Source::Frame(frame));
        newest == source && !self.free.as_ref().is_some_and(|free| free.contains(&number))
    }

    /// Whether rows that change may be believed: their page has no newer version that is lost, and is known to be in use.
    pub(super) fn is_fresh(&self, source: Source) -> bool {
        self.free.is_some() && !self.outdated.contains(&self.number(source))
    }

    /// Reads a version of a page. Bytes that cannot be read are zeros; `false` when none could.
    pub(super) fn read(&self, source: Source, page: &mut Vec<u8>) -> bool {
        page.clear();
        page.resize(self.page_size, 0);
        let (file, at) = match source {
            Source::Main(number) => (&self.main, u64::from(number - 1) * self.page_size as u64),
            Source::Frame(frame) => {
                let Some(frame) = self.frames.get(frame as usize) else { return false };
                (&self.log, self.frame_at(frame.index) + FRAME_HEADER as u64)
            }
        };
        file.as_ref().is_some_and(|file| read_what_there_is(file, page, at))
    }

    /// The version of a page that counts.
    pub(super) fn page(&self, number: u32) -> Option<Vec<u8>> {
        let source = self.newest.get(&number).map_or(Source::Main(number), |&frame| Source::Frame(frame));
        let mut page = Vec::new();
        (number > 0 && self.read(source, &mut page)).then_some(page)
    }

    pub(super) fn page_size(&self) -> usize {
        self.page_size
    }

    fn frame_at(&self, index: u32) -> u64 {
        WAL_HEADER as u64 + u64::from(index) * (FRAME_HEADER + self.page_size) as u64
    }

    fn read_log(&mut self) {
        let Some(file) = self.log.take() else { return };
        self.read_frames(&file);
        self.log = Some(file);
    }

    fn read_frames(&mut self, file: &File) {
        let len = file.metadata().map_or(0, |meta| meta.len());
        let count = len.saturating_sub(WAL_HEADER as u64) / (FRAME_HEADER + self.page_size) as u64;
        let mut header = [0; WAL_HEADER];
        if file.read_exact_at(&mut header, 0).is_err() {
            return;
        }
        let big = header[3] & 1 == 1;
        let sums = checksum((0, 0), &header[..24], big);
        let is_whole = header[..3] == [0x37, 0x7F, 0x06]
            && (Some(sums.0), Some(sums.1)) == (be32(&header, 24), be32(&header, 28))
            && be32(&header, 8) == u32::try_from(self.page_size).ok();
        // SQLite sums in the machine's own byte order; a broken header says nothing of it.
        let big = if is_whole { big } else { cfg!(target_endian = "big") };
        let mut frame = vec![0; FRAME_HEADER + self.page_size];
        let (mut salt, mut before) = ([0; 8], is_whole.then_some(sums));
        if is_whole {
            salt.copy_from_slice(&header[16..24]);
        }
        (self.log_is_damaged, self.log_is_headless) = (!is_whole && count > 0, !is_whole);
        // The frames of the commit that is being read, and whether all of them vouch for themselves.
        let (mut commit, mut lost, mut commit_is_whole): (Vec<Frame>, Vec<u32>, _) = (Vec::new(), Vec::new(), true);
        // A commit with a broken frame, which counts once something stands behind it.
        let mut waiting: Option<(Vec<Frame>, Vec<u32>)> = None;
        for index in 0..u32::try_from(count).unwrap_or(u32::MAX) {
            frame.fill(0);
            if !read_what_there_is(file, &mut frame, self.frame_at(index)) {
                before = None;
                commit_is_whole = false;
                continue;
            }
            if !is_whole && index == 0 {
                salt.copy_from_slice(&frame[8..16]);
            }
            let (head, page) = frame.split_at(FRAME_HEADER);
            let said = (be32(head, 16).unwrap_or(0), be32(head, 20).unwrap_or(0));
            let vouched = before.is_some_and(|before| checksum(checksum(before, &head[..8], big), page, big) == said);
            before = Some(said);
            let number = be32(head, 0).unwrap_or(0);
            if head[8..16] != salt || number == 0 {
                // What an earlier round of the log left, or a frame whose head is broken.
                commit_is_whole = false;
                continue;
            }
            // The commit before has been on the disk: this frame was written after it.
            if let Some((frames, lost)) = waiting.take() {
                self.log_is_damaged = true;
                self.take_commit(frames, lost);
            }
            if vouched {
                commit.push(Frame { index, page: number });
            } else {
                lost.push(number);
                commit_is_whole = false;
            }
            if be32(head, 4) != Some(0) {
                let (frames, lost) = (std::mem::take(&mut commit), std::mem::take(&mut lost));
                if std::mem::replace(&mut commit_is_whole, true) {
                    self.take_commit(frames, lost);
                } else {
                    waiting = Some((frames, lost));
                }
            }
        }
    }

    fn take_commit(&mut self, frames: Vec<Frame>, lost: Vec<u32>) {
        for frame in frames {
            self.outdated.remove(&frame.page);
            self.newest.insert(frame.page, u32::try_from(self.frames.len()).unwrap_or(u32::MAX));
            self.frames.push(frame);
        }
        self.outdated.extend(lost);
    }

    /// The pages of the freelist; `None` when it is not whole.
    fn free_pages(&self) -> Option<HashSet<u32>> {
        let first = self.page(1).filter(|page| page.starts_with(MAGIC))?;
        let (mut trunk, said) = (be32(&first, 32)?, be32(&first, 36)?);
        let mut free = HashSet::new();
        while trunk != 0 {
            let page = self.page(trunk)?;
            let leaves = be32(&page, 4)? as usize;
            if !free.insert(trunk) || leaves > self.page_size / 4 - 2 {
                return None;
            }
            for leaf in 0..leaves {
                if !free.insert(be32(&page, 8 + 4 * leaf)?) {
                    return None;
                }
            }
            trunk = be32(&page, 0)?;
        }
        (free.len() == said as usize).then_some(free)
    }
}

/// Fills what can be read, block by block: around a bad sector there is more. Whether anything was read.
fn read_what_there_is(file: &File, into: &mut [u8], at: u64) -> bool {
    const BLOCK: usize = 512;
    if file.read_exact_at(into, at).is_ok() {
        return true;
    }
    let mut any = false;
    for (i, block) in into.chunks_mut(BLOCK).enumerate() {
        let at = at + (i * BLOCK) as u64;
        let whole = file.read_exact_at(block, at).is_ok();
        if !whole {
            block.fill(0);
            // The file may end inside.
            any |= file.read_at(block, at).is_ok_and(|read| read > 0);
        }
        any |= whole;
    }
    any
}

fn page_size_of(header: &[u8]) -> Option<usize> {
    match usize::from(header[16]) << 8 | usize::from(header[17]) {
        1 => Some(65_536),
        size if (512..=32_768).contains(&size) && size.is_power_of_two() => Some(size),
        _ => None,
    }
}

/// What the log's header says, whose own sum is not asked here.
fn page_size_of_log(log: &File) -> Option<usize> {
    let mut header = [0; WAL_HEADER];
    log.read_exact_at(&mut header, 0).ok().filter(|()| header[..3] == [0x37, 0x7F, 0x06])?;
    let said = usize::try_from(be32(&header, 8)?).ok()?;
    PAGE_SIZES.into_iter().find(|size| *size == said)
}

/// Where the file's own header is gone, its other pages show how long they are: where pages are short, one begins as often
/// in the middle of a long one as at its start.
fn page_size_by_look(main: &File) -> Option<usize> {
    let [short, long] = PAGE_SIZES;
    let mut page = vec![0; short];
    let mut begins = |at: u64| main.read_exact_at(&mut page, at).is_ok() && looks_like_a_page(&page, long);
    let (mut starts, mut middles) = (0_u32, 0_u32);
    for n in 0..GUESSED_BY_MAX {
        let at = n * long as u64;
        starts += u32::from(begins(at));
        middles += u32::from(begins(at + short as u64));
    }
    if starts + middles == 0 { None } else { Some(if middles * 2 > starts { short } else { long }) }
}

/// Whether bytes begin as a page of a tree does. Source: fileformat2, "B-tree Pages".
fn looks_like_a_page(bytes: &[u8], size_max: usize) -> bool {
    let [kind, free_high, free_low, cells_high, cells_low, content_high, content_low, ..] = *bytes else {
        return false;
    };
    let two = |high: u8, low: u8| usize::from(high) << 8 | usize::from(low);
    let header = match kind {
        0x02 | 0x05 => 12,
        0x0A | 0x0D => 8,
        _ => return false,
    };
    let (free, content) = (two(free_high, free_low), two(content_high, content_low));
    free < size_max && header + 2 * two(cells_high, cells_low) <= content && content <= size_max
}

/// The log's checksum over bytes, eight at a time.
fn checksum(from: (u32, u32), bytes: &[u8], big: bool) -> (u32, u32) {
    let word = |four: &[u8]| {
        let four = [four[0], four[1], four[2], four[3]];
        if big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }
    };
    bytes.chunks_exact(8).fold(from, |(a, b), eight| {
        let a = a.wrapping_add(word(&eight[..4])).wrapping_add(b);
        (a, b.wrapping_add(word(&eight[4..])).wrapping_add(a))
    })
}
