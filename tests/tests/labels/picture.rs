//! Pictures in grey: rendered from a file by poppler or librsvg, drawn from a symbol's modules, cut into labels.

use std::{
    fs,
    path::{Path, PathBuf},
};

use agent::print::{
    Page, Symbol, Symbology,
    page::{Bar, Drawn},
};

use crate::decoder::{Tool, run};

/// White pixels and darker ones, row by row.
pub(crate) struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Picture {
    /// The pages of a PDF at a resolution, as a printer of that resolution would set them.
    pub(crate) fn of_pdf(file: &Path, dpi: u32) -> Vec<Self> {
        let dpi = dpi.to_string();
        let said = run(Tool::Pdftoppm, &["-gray", "-r", &dpi, file.to_str().unwrap()], file.parent().unwrap());
        let mut rest = said.as_slice();
        let mut pages = Vec::new();
        while !rest.is_empty() {
            let (page, after) = Self::parse(rest);
            pages.push(page);
            rest = after;
        }
        pages
    }

    /// SVGs at a resolution, a page each: librsvg draws them, poppler sets the dots.
    pub(crate) fn of_svgs(files: &[PathBuf], folder: &Path, dpi: u32) -> Vec<Self> {
        let pdf = folder.join("drawn.pdf");
        let files = files.iter().map(|file| file.to_str().unwrap());
        let arguments: Vec<&str> = ["-f", "pdf", "-o", pdf.to_str().unwrap()].into_iter().chain(files).collect();
        run(Tool::RsvgConvert, &arguments, folder);
        Self::of_pdf(&pdf, dpi)
    }

    /// A symbol alone, `scale` pixels a module, with its quiet zone.
    pub(crate) fn of_symbol(symbol: &Symbol, scale: usize, bar_height: usize) -> Self {
        let length = |modules: u32| modules as usize * scale;
        let quiet = length(symbol.symbology().quiet());
        let row = if symbol.height() == 1 { bar_height } else { scale };
        let width = length(symbol.width()) + 2 * quiet;
        let height = symbol.height() as usize * row + 2 * quiet;
        let mut pixels = vec![255; width * height];
        for run in symbol.runs() {
            for y in quiet + run.y as usize * row..quiet + (run.y as usize + 1) * row {
                let from = y * width + quiet + length(run.x);
                pixels[from..from + length(run.len)].fill(0);
            }
        }
        Self { width, height, pixels }
    }

    /// Cuts out a label along its edges.
    pub(crate) fn label(&self, label: &Drawn, dpi: u32) -> Self {
        self.cut(label.x, label.y, label.width, label.height, dpi)
    }

    /// Cuts out what a scanner sees that is held over the symbol: its quiet zone and a millimetre.
    pub(crate) fn aimed(&self, label: &Drawn, symbology: Symbology, page: &Page, dpi: u32) -> Self {
        let mark = label.mark.as_ref().unwrap();
        let dot = page.dpi.dot();
        let length = |dots: u32| f64::from(dots) * dot;
        let far = |end: fn(&Bar) -> u32| length(mark.bars.iter().map(end).max().unwrap());
        let (width, height) = (far(|bar| bar.x + bar.width), far(|bar| bar.y + bar.height));
        let module = length(mark.bars.iter().map(|bar| bar.width).min().unwrap());
        let around = f64::from(symbology.quiet()) * module + 1.0;
        let (x, y) = (length(mark.x) - around, length(mark.y) - around);
        self.cut(x, y, width + 2.0 * around, height + 2.0 * around, dpi)
    }

    /// A piece of it, in millimetres.
    pub(crate) fn cut(&self, x: f64, y: f64, width: f64, height: f64, dpi: u32) -> Self {
        let pixel = |millimetres: f64| (millimetres.max(0.0) / 25.4 * f64::from(dpi)).round() as usize;
        let (left, top) = (pixel(x), pixel(y));
        let (right, bottom) = (pixel(x + width).min(self.width), pixel(y + height).min(self.height));
        let mut pixels = Vec::with_capacity((right - left) * (bottom - top));
        for row in top..bottom {
            pixels.extend_from_slice(&self.pixels[row * self.width + left..row * self.width + right]);
        }
        Self { width: right - left, height: bottom - top, pixels }
    }

    /// The left part of this picture, so many percent of its width, and the rest of another of the same size.
    pub(crate) fn joined(&self, other: &Self, percent: usize) -> Self {
        assert_eq!((self.width, self.height), (other.width, other.height));
        let pixels = self.pixels.iter().zip(&other.pixels).enumerate();
        let is_own = |at: usize| at % self.width < self.width * percent / 100;
        let pixels = pixels.map(|(at, (own, other))| if is_own(at) { *own } else { *other });
        Self { pixels: pixels.collect(), ..*self }
    }

    /// In millimetres, as rendered at a resolution.
    pub(crate) fn size(&self, dpi: u32) -> (f64, f64) {
        let millimetres = |pixels: usize| pixels as f64 / f64::from(dpi) * 25.4;
        (millimetres(self.width), millimetres(self.height))
    }

    pub(crate) fn save(&self, file: &Path) {
        let mut bytes = format!("P5\n{} {}\n255\n", self.width, self.height).into_bytes();
        bytes.extend_from_slice(&self.pixels);
        fs::write(file, bytes).unwrap();
    }

    /// One binary PGM and what comes after it.
    fn parse(bytes: &[u8]) -> (Self, &[u8]) {
        let mut at = 0;
        let mut word = || {
            let len = bytes[at..].iter().position(u8::is_ascii_whitespace).unwrap();
            let word = std::str::from_utf8(&bytes[at..at + len]).unwrap();
            at += len + 1;
            word
        };
        assert_eq!(word(), "P5");
        let (width, height): (usize, usize) = (word().parse().unwrap(), word().parse().unwrap());
        assert_eq!(word(), "255");
        let (pixels, after) = bytes[at..].split_at(width * height);
        (Self { width, height, pixels: pixels.to_vec() }, after)
    }
}
