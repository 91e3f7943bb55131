//! Why nothing sensible comes from a serial line: the diagnosis in words.
//!
//! Owns telling a wrong speed from a wrong parity, a wrong protocol and a wrong suffix by the bytes alone. Watches a
//! line beside its decoder and is asked when somebody looks at the status. A good frame clears most doubt: noise happens
//! on every line. Must not know the decoder; whoever drives it tells what became of the frames.
//!
//! The signs: at a wrong speed the bytes are smeared, many with bit 7 set or 00 or FF. At a wrong parity (7E1 read as
//! 8N1) the text is there once bit 7 is masked, and *every* byte has the same parity over its eight bits.

/// Watches one line. Holds counters only.
#[derive(Debug, Clone, Default)]
pub struct LineDoubt {
    bytes: u32,
    /// 80 and above, or 00.
    smeared: u32,
    high: u32,
    /// An even number of ones among the eight bits.
    even: u32,
    /// Text, or a control character text protocols use.
    plain: u32,
    /// ... once bit 7 is masked.
    plain_masked: u32,
    previous: u8,
    ends: Ends,
    good: bool,
    bad_frames: u32,
    frames: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Ends {
    cr: u32,
    lf: u32,
    crlf: u32,
    tab: u32,
    etx: u32,
}

/// The parity the device sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SentParity {
    Even,
    Odd,
}

/// How the device ends a frame, as far as the bytes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SeenEnd {
    Cr,
    Lf,
    CrLf,
    Tab,
    Etx,
    Nothing,
}

/// What is most likely wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Doubt {
    WrongBaud,
    WrongParity(SentParity),
    /// Readable text, cut into frames, and none of them a reply of this protocol.
    WrongProtocol,
    /// Readable text that never becomes a frame.
    WrongSuffix(SeenEnd),
}

impl LineDoubt {
    /// So many bad frames in a row, with no good one, are no accident.
    pub const BAD_FRAMES: u32 = 5;

    /// So many bytes without any frame are a suffix that never comes; a label is rarely longer.
    pub const BYTES_WITHOUT_FRAME: u32 = 160;

    /// What is counted is halved here, so that the last some thousand bytes weigh most.
    const BYTES_MAX: u32 = 4_096;

    /// Below this, shares say nothing.
    const BYTES_MIN: u32 = 8;

    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes as they came off the line.
    pub fn saw_bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if self.bytes >= Self::BYTES_MAX {
                self.halve();
            }
            self.bytes += 1;
            self.smeared += u32::from(byte >= 0x80 || byte == 0x00);
            self.high += u32::from(byte >= 0x80);
            self.even += u32::from(byte.count_ones().is_multiple_of(2));
            self.plain += u32::from(is_plain(byte));
            self.plain_masked += u32::from(is_plain(byte & 0x7F));
            self.ends.saw(byte, self.previous);
            self.previous = byte;
        }
    }

    /// The decoder made something of a frame. Two of them clear the line of a day of noise.
    pub fn good_frame(&mut self) {
        self.good = true;
        self.bad_frames = 0;
        self.frames = 1;
        for _ in 0..4 {
            self.halve();
        }
    }

    /// The decoder made nothing of a frame. Halves it threw away are not told: a suffix that never comes makes nothing
    /// else, and the bytes show it.
    pub const fn bad_frame(&mut self) {
        self.bad_frames = self.bad_frames.saturating_add(1);
        self.frames = self.frames.saturating_add(1);
    }

    /// Begins anew: the line was opened again, maybe with other settings.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// What to doubt; `None` while the line behaves or has said too little.
    #[must_use]
    pub fn doubt(&self) -> Option<Doubt> {
        let is_bad = self.bad_frames >= Self::BAD_FRAMES;
        let is_endless = self.frames == 0 && self.bytes >= Self::BYTES_WITHOUT_FRAME;
        if !(is_bad || is_endless) || self.bytes < Self::BYTES_MIN {
            return None;
        }
        if let Some(parity) = self.sent_parity() {
            return Some(Doubt::WrongParity(parity));
        }
        if self.share(self.smeared) >= 25 || self.share(self.plain) < 75 {
            return Some(Doubt::WrongBaud);
        }
        Some(if is_endless { Doubt::WrongSuffix(self.ends.most()) } else { Doubt::WrongProtocol })
    }

    /// What to do about [`Self::doubt`], if there is any.
    #[must_use]
    pub fn remedy(&self) -> Option<&'static str> {
        self.doubt().map(Doubt::remedy)
    }

    /// A frame has been understood since the line was opened: settings were right once, so a cable or a device has
    /// changed.
    #[must_use]
    pub const fn has_worked(&self) -> bool {
        self.good
    }

    fn sent_parity(&self) -> Option<SentParity> {
        if self.share(self.high) < 10 || self.share(self.plain_masked) < 95 {
            return None;
        }
        match self.share(self.even) {
            97.. => Some(SentParity::Even),
            0..=3 => Some(SentParity::Odd),
            _ => None,
        }
    }

    /// In percent of the bytes.
    const fn share(&self, count: u32) -> u32 {
        match count.saturating_mul(100).checked_div(self.bytes) {
            Some(share) => share,
            None => 0,
        }
    }

    fn halve(&mut self) {
        for count in [
            &mut self.bytes,
            &mut self.smeared,
            &mut self.high,
            &mut self.even,
            &mut self.plain,
            &mut self.plain_masked,
            &mut self.ends.cr,
            &mut self.ends.lf,
            &mut self.ends.crlf,
            &mut self.ends.tab,
            &mut self.ends.etx,
        ] {
            *count /= 2;
        }
    }
}

impl Ends {
    fn saw(&mut self, byte: u8, previous: u8) {
        match byte {
            b'\n' if previous == b'\r' => {
                self.crlf += 1;
                self.cr = self.cr.saturating_sub(1);
            }
            b'\r' => self.cr += 1,
            b'\n' => self.lf += 1,
            b'\t' => self.tab += 1,
            0x03 => self.etx += 1,
            _ => {}
        }
    }

    fn most(self) -> SeenEnd {
        let Self { cr, lf, crlf, tab, etx } = self;
        [(etx, SeenEnd::Etx), (tab, SeenEnd::Tab), (lf, SeenEnd::Lf), (cr, SeenEnd::Cr), (crlf, SeenEnd::CrLf)]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .max_by_key(|(count, _)| *count)
            .map_or(SeenEnd::Nothing, |(_, end)| end)
    }
}

impl Doubt {
    /// A short word for metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WrongBaud => "wrong baud rate",
            Self::WrongParity(_) => "wrong parity",
            Self::WrongProtocol => "wrong protocol",
            Self::WrongSuffix(_) => "wrong suffix",
        }
    }

    /// What to do, for the person who has the configuration and the device before them.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::WrongBaud => {
                "wrong baud rate: set the device's speed, usually 9600, else 19200, 38400 or 115200; if it was right \
                 before, check the cable and its ground"
            }
            Self::WrongParity(SentParity::Even) => "wrong parity: the device sends 7E1; set parity to even",
            Self::WrongParity(SentParity::Odd) => "wrong parity: the device sends 7O1; set parity to odd",
            Self::WrongProtocol => {
                "wrong protocol: the text is readable, but no reply of this protocol; run `binwire-agent probe PORT`"
            }
            Self::WrongSuffix(SeenEnd::Cr) => "wrong suffix: the device ends with CR; set the terminator to cr",
            Self::WrongSuffix(SeenEnd::Lf) => "wrong suffix: the device ends with LF; set the terminator to lf",
            Self::WrongSuffix(SeenEnd::CrLf) => "wrong suffix: the device ends with CR LF; set the terminator to crlf",
            Self::WrongSuffix(SeenEnd::Tab) => "wrong suffix: the device ends with TAB; set the terminator to tab",
            Self::WrongSuffix(SeenEnd::Etx) => "wrong suffix: the device ends with ETX; set the terminator to stx-etx",
            Self::WrongSuffix(SeenEnd::Nothing) => {
                "wrong suffix: the device sends none; have it send CR, or set the terminator to none"
            }
        }
    }
}

/// What text protocols send: printable ASCII, and the control characters that frame or part fields.
const fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | 0x02..=0x06 | b'\t' | b'\n' | b'\r' | 0x15 | 0x1C..=0x1F)
}

#[cfg(test)]
mod tests;
