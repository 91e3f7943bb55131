//! The lines of text on a label: which there are, how large, and where each baseline lies.
//!
//! Owns the choice of lines and what gives way when there is no room: first their size, then the last of them. Must not
//! know symbols. Lengths are millimetres.

use super::{
    font::{CAPITAL, Face, LINE, SIZE_MIN},
    room::Space,
    text::Label,
};

/// How much wider a face may be that a reader takes for Helvetica: DejaVu Sans Bold is, in figures.
pub(super) const SUBSTITUTE: f64 = 1.25;

/// A line of text.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub text: String,
    pub face: Face,
    pub align: Align,
    /// Left end of the baseline, however the line is aligned.
    pub x: f64,
    pub y: f64,
    /// Height of an em.
    pub size: f64,
    pub width: f64,
}

/// What of a line stays in its place when a reader's face is wider than ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Middle,
}

/// Whose letters the text is set in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letters {
    /// As measured: PDF readers have the faces, or others made as wide.
    Measured,
    /// Whatever the reader has: a name that is cut at the label's edge would be another name.
    Substituted,
}

/// A line before its place is known.
pub(super) struct Wish<'l> {
    text: &'l str,
    face: Face,
    size: f64,
}

/// Where lines of text may stand.
#[derive(Clone, Copy)]
pub(super) struct Column {
    pub(super) x: f64,
    pub(super) width: f64,
    pub(super) align: Align,
}

impl Column {
    /// All of the width, for lines in its middle.
    pub(super) fn middle(space: Space) -> Self {
        Self { x: space.margin_x, width: space.width - 2.0 * space.margin_x, align: Align::Middle }
    }
}

/// The lines that are not empty: title, subtitle, note. Without a note the code itself, unless the title says it.
pub(super) fn wishes(label: &Label, title: f64) -> Vec<Wish<'_>> {
    let note = if label.note.is_empty() && label.code != label.title { &label.code } else { &label.note };
    let wishes = [
        Wish { text: &label.title, face: Face::Bold, size: title },
        Wish { text: &label.subtitle, face: Face::Regular, size: (0.55 * title).clamp(2.1, 6.0) },
        Wish { text: note, face: Face::Regular, size: (0.4 * title).clamp(SIZE_MIN, 3.0) },
    ];
    wishes.into_iter().filter(|wish| !wish.text.is_empty()).collect()
}

/// As many lines as have room, smaller where that is enough. At least one stays.
pub(super) fn within(mut wishes: Vec<Wish<'_>>, height: f64) -> Vec<Wish<'_>> {
    while block_height(&wishes) > height {
        let scale = height / block_height(&wishes);
        let smallest = wishes.iter().map(|wish| wish.size).fold(f64::INFINITY, f64::min);
        if wishes.len() > 1 && smallest * scale < SIZE_MIN {
            wishes.pop();
            continue;
        }
        for wish in &mut wishes {
            wish.size *= scale * 0.999;
        }
    }
    wishes
}

pub(super) fn block_height(wishes: &[Wish<'_>]) -> f64 {
    wishes.iter().map(|wish| LINE * wish.size).sum()
}

/// Sets lines from `top` down. `None` when a title has no room at all.
pub(super) fn set(wishes: &[Wish<'_>], top: f64, column: Column, letters: Letters) -> Option<Vec<Line>> {
    let width = match letters {
        Letters::Measured => column.width,
        Letters::Substituted => column.width / SUBSTITUTE,
    };
    let mut y = top;
    let mut lines = Vec::new();
    for wish in wishes {
        let fitted = wish.face.fit(wish.text, wish.size, width)?;
        // In the middle of its band, by the height of a capital.
        let band = LINE * wish.size;
        let baseline = y + f64::midpoint(band, CAPITAL * fitted.size);
        y += band;
        let align = column.align;
        let x = match align {
            Align::Left => column.x,
            Align::Middle => column.x + (column.width - fitted.width) / 2.0,
        };
        let (text, size, width) = (fitted.text, fitted.size, fitted.width);
        lines.push(Line { text, face: wish.face, align, x, y: baseline, size, width });
    }
    Some(lines)
}
