//! Keys as they are pressed.

use serde_json::{Value, json};

/// A key that is not a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Tab,
    /// Tab with shift held: backwards.
    BackTab,
    Enter,
    Escape,
    Space,
    Up,
    Down,
}

/// With shift held, in the protocol's bits.
const SHIFT: u32 = 8;

impl Key {
    /// What goes down, and what comes up.
    pub(super) fn strokes(self) -> [Value; 2] {
        let (key, code, number, text, modifiers) = match self {
            Self::Tab => ("Tab", "Tab", 9, "", 0),
            Self::BackTab => ("Tab", "Tab", 9, "", SHIFT),
            Self::Enter => ("Enter", "Enter", 13, "\r", 0),
            Self::Escape => ("Escape", "Escape", 27, "", 0),
            Self::Space => (" ", "Space", 32, " ", 0),
            Self::Up => ("ArrowUp", "ArrowUp", 38, "", 0),
            Self::Down => ("ArrowDown", "ArrowDown", 40, "", 0),
        };
        both(key, code, number, text, modifiers)
    }
}

/// The strokes of one letter, as a keyboard scanner sends it.
pub(super) fn letter(letter: char) -> [Value; 2] {
    let text = letter.to_string();
    let upper = letter.to_ascii_uppercase();
    let code = match upper {
        'A'..='Z' => format!("Key{upper}"),
        '0'..='9' => format!("Digit{upper}"),
        _ => String::new(),
    };
    let number = if upper.is_ascii_alphanumeric() { u32::from(upper) } else { 0 };
    let modifiers = if letter.is_ascii_uppercase() { SHIFT } else { 0 };
    both(&text, &code, number, &text, modifiers)
}

fn both(key: &str, code: &str, number: u32, text: &str, modifiers: u32) -> [Value; 2] {
    let stroke = json!({ "key": key, "code": code, "windowsVirtualKeyCode": number, "nativeVirtualKeyCode": number,
        "modifiers": modifiers });
    let (mut down, mut up) = (stroke.clone(), stroke);
    // Without a text it is a key that types nothing.
    down["type"] = if text.is_empty() { "rawKeyDown" } else { "keyDown" }.into();
    if !text.is_empty() {
        down["text"] = text.into();
    }
    up["type"] = "keyUp".into();
    [down, up]
}
