//! Scanners that type: key events back into the bytes of the code.
//!
//! Owns undoing what a keyboard scanner does: shift and caps state, control characters as Ctrl combinations, Alt with
//! digits on the number pad, function keys that stand for separators, and the key that ends a scan. Takes the numbers
//! of an input event (key code, 1 down / 0 up / 2 repeat), so it needs no device. Time is an argument, in milliseconds
//! of any steady clock. Must not know where the events come from, nor what a code means.
//!
//! A serial port is better: a keyboard has no answer, loses control characters by its layout, and its letter case by
//! the caps lock. [`SelfTest`] says which of that happens here, and [`Typed::has_lost_separators`] when it has happened.

use std::collections::VecDeque;

use super::{aim::AimId, frame::FrameError};

pub mod layout;
mod self_test;

pub use self_test::SelfTest;

use layout::key;

const GS: u8 = 0x1D;
const RS: u8 = 0x1E;

/// Which key ends a scan; the other types its character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeySuffix {
    /// Also the number pad's.
    #[default]
    Enter,
    Tab,
    EnterOrTab,
}

/// How one scanner types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeyboardSettings {
    pub suffix: KeySuffix,
    /// What F1 to F12 stand for, by the scanner's manual; `None` where nothing.
    pub function_keys: [Option<u8>; 12],
}

/// One scan as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// The bytes, as a serial scanner would have sent them without the suffix.
    pub frame: Vec<u8>,
    /// Keys in between that stand for no character: something in the code is missing.
    pub unknown_keys: u32,
}

impl Typed {
    /// A parts label (ISO 15434) came without its separators: the scanner's keyboard mode drops them, and where one
    /// field ends and the next begins is lost.
    #[must_use]
    pub fn has_lost_separators(&self) -> bool {
        let (_, payload) = AimId::split(&self.frame);
        let Some(after) = payload.strip_prefix(b"[)>") else { return false };
        match after {
            [RS, b'0', b'5' | b'6', rest @ ..] | [RS, b'1', b'2', rest @ ..] => !rest.contains(&GS),
            [RS, ..] => false,
            _ => true,
        }
    }
}

/// Turns one scanner's key events into scans.
#[derive(Debug, Default)]
pub struct Keyboard {
    settings: KeyboardSettings,
    held: Held,
    caps: bool,
    /// The number typed while Alt is held; `None` before its first digit.
    alt_code: Option<u32>,
    partial: Vec<u8>,
    unknown_keys: u32,
    skipping: bool,
    last_ms: u64,
    ready: VecDeque<Result<Typed, FrameError>>,
    discarded: u64,
}

/// The keys that only change others.
#[derive(Debug, Default, Clone, Copy)]
struct Held {
    shifts: u8,
    ctrls: u8,
    left_alt: bool,
}

impl Keyboard {
    /// The longest scan, in bytes; as [`FrameDecoder::LEN_MAX`](super::FrameDecoder::LEN_MAX).
    pub const LEN_MAX: usize = 8 * 1024;

    /// A scanner types a key every few milliseconds. So long a pause is a person, or a scanner gone in the middle.
    pub const IDLE_MS: u64 = 500;

    #[must_use]
    pub fn new(settings: KeyboardSettings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// What the caps lock light says when the device is opened; later presses are counted.
    pub const fn set_caps(&mut self, on: bool) {
        self.caps = on;
    }

    /// Takes one key event. Drain [`Self::poll`] after each.
    pub fn push(&mut self, code: u16, value: i32, now_ms: u64) {
        self.poll_idle(now_ms);
        self.last_ms = now_ms;
        match value {
            0 => self.released(code),
            1 => self.pressed(code),
            // A held key repeats; a scanner never holds one on purpose.
            _ => {}
        }
    }

    /// Some events never came: what is typed up to the next end of a scan is no scan, and which keys are held nobody
    /// knows.
    pub fn missed(&mut self, now_ms: u64) {
        self.last_ms = now_ms;
        self.held = Held::default();
        self.alt_code = None;
        self.partial.clear();
        if !self.skipping {
            self.skipping = true;
            self.ready.push_back(Err(FrameError::Unfinished));
        }
    }

    /// The next scan; `None` until more keys are pressed.
    pub fn poll(&mut self) -> Option<Result<Typed, FrameError>> {
        self.ready.pop_front()
    }

    /// Applies the idle rule; call at [`Self::next_deadline`].
    pub fn poll_idle(&mut self, now_ms: u64) {
        if self.next_deadline().is_some_and(|deadline| now_ms >= deadline) {
            self.discarded += u64::from(!self.skipping);
            self.restart();
        }
    }

    /// When [`Self::poll_idle`] has something to do; `None` while nothing is pending.
    #[must_use]
    pub const fn next_deadline(&self) -> Option<u64> {
        let is_empty = self.partial.is_empty() && self.unknown_keys == 0 && !self.skipping;
        if is_empty { None } else { Some(self.last_ms.saturating_add(Self::IDLE_MS)) }
    }

    /// Scans thrown away because they went quiet before their suffix: a number that grows says that the suffix is set
    /// wrong, or that a person types on this keyboard.
    #[must_use]
    pub const fn discarded(&self) -> u64 {
        self.discarded
    }

    fn released(&mut self, code: u16) {
        match code {
            key::LEFT_SHIFT => self.held.shifts &= !0b01,
            key::RIGHT_SHIFT => self.held.shifts &= !0b10,
            key::LEFT_CTRL => self.held.ctrls &= !0b01,
            key::RIGHT_CTRL => self.held.ctrls &= !0b10,
            key::LEFT_ALT => {
                self.held.left_alt = false;
                match self.alt_code.take().map(u8::try_from) {
                    Some(Ok(byte)) => self.keep(byte),
                    Some(Err(_)) => self.miss(),
                    None => {}
                }
            }
            _ => {}
        }
    }

    fn pressed(&mut self, code: u16) {
        match code {
            key::LEFT_SHIFT => self.held.shifts |= 0b01,
            key::RIGHT_SHIFT => self.held.shifts |= 0b10,
            key::LEFT_CTRL => self.held.ctrls |= 0b01,
            key::RIGHT_CTRL => self.held.ctrls |= 0b10,
            key::LEFT_ALT => {
                self.held.left_alt = true;
                self.alt_code = None;
            }
            key::CAPS_LOCK => self.caps = !self.caps,
            // Scanners switch it on before digits on the pad; those are digits here in any case.
            key::NUM_LOCK | key::RIGHT_ALT | key::LEFT_META | key::RIGHT_META => {}
            key::ENTER | key::KP_ENTER if self.settings.suffix != KeySuffix::Tab => self.finish(),
            key::TAB if self.settings.suffix != KeySuffix::Enter => self.finish(),
            key::ENTER | key::KP_ENTER => self.keep(b'\r'),
            key::TAB => self.keep(b'\t'),
            _ => self.typed(code),
        }
    }

    fn typed(&mut self, code: u16) {
        if self.held.left_alt {
            match layout::pad_digit(code) {
                Some(digit) => {
                    let so_far = self.alt_code.unwrap_or(0);
                    self.alt_code = Some(so_far.saturating_mul(10).saturating_add(digit.into()));
                }
                None => self.miss(),
            }
            return;
        }
        let standing_for = layout::function_key(code).and_then(|index| *self.settings.function_keys.get(index)?);
        let character = standing_for.or_else(|| {
            let character = layout::character(code, self.held.shifts != 0, self.caps)?;
            if self.held.ctrls == 0 { Some(character) } else { layout::control(character) }
        });
        match character {
            Some(byte) => self.keep(byte),
            None => self.miss(),
        }
    }

    fn keep(&mut self, byte: u8) {
        if self.skipping {
            return;
        }
        if self.partial.len() == Self::LEN_MAX {
            self.partial = Vec::new();
            self.skipping = true;
            self.ready.push_back(Err(FrameError::TooLong { max: Self::LEN_MAX }));
            return;
        }
        self.partial.push(byte);
    }

    const fn miss(&mut self) {
        self.unknown_keys = self.unknown_keys.saturating_add(1);
    }

    fn finish(&mut self) {
        if !self.skipping && !self.partial.is_empty() {
            let frame = std::mem::take(&mut self.partial);
            self.ready.push_back(Ok(Typed { frame, unknown_keys: self.unknown_keys }));
        }
        self.restart();
    }

    fn restart(&mut self) {
        self.partial.clear();
        self.unknown_keys = 0;
        self.skipping = false;
    }
}

#[cfg(test)]
mod tests;
