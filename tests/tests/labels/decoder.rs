//! Decoders that share nothing with our encoders: zbar, libdmtx and ZXing's C++ port.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use agent::print::Symbology;

use crate::picture::Picture;

/// A program from the distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    Zbarimg,
    Dmtxread,
    ZxingReader,
    Pdftoppm,
    RsvgConvert,
}

impl Tool {
    const ALL: [Self; 5] = [Self::Zbarimg, Self::Dmtxread, Self::ZxingReader, Self::Pdftoppm, Self::RsvgConvert];

    /// Those that read a symbology.
    pub(crate) const fn reading(symbology: Symbology) -> [Self; 2] {
        match symbology {
            Symbology::Code128 | Symbology::Qr => [Self::Zbarimg, Self::ZxingReader],
            Symbology::DataMatrix => [Self::Dmtxread, Self::ZxingReader],
        }
    }

    const fn program(self) -> &'static str {
        match self {
            Self::Zbarimg => "zbarimg",
            Self::Dmtxread => "dmtxread",
            Self::ZxingReader => "ZXingReader",
            Self::Pdftoppm => "pdftoppm",
            Self::RsvgConvert => "rsvg-convert",
        }
    }

    const fn package(self) -> &'static str {
        match self {
            Self::Zbarimg => "zbar-tools",
            Self::Dmtxread => "dmtx-utils",
            Self::ZxingReader => "zxing-cpp-tools",
            Self::Pdftoppm => "poppler-utils",
            Self::RsvgConvert => "librsvg2-bin",
        }
    }

    /// Whether all are there. Says that `test` is skipped where one is not.
    pub(crate) fn all_or_skip(test: &str) -> bool {
        let is_there = |tool: &Self| {
            let mut command = Command::new(tool.program());
            command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command.status().is_ok()
        };
        let missing = Self::ALL.into_iter().filter(|tool| !is_there(tool));
        let missing: Vec<String> =
            missing.map(|tool| format!("{} (package {})", tool.program(), tool.package())).collect();
        if !missing.is_empty() {
            tests::skip::skip(test, &format!("not installed: {}", missing.join(", ")));
        }
        missing.is_empty()
    }
}

/// What a program writes on standard output. A decoder's exit status only says whether every picture had a symbol; that
/// is judged by the texts.
pub(crate) fn run(tool: Tool, arguments: &[&str], folder: &Path) -> Vec<u8> {
    let output = Command::new(tool.program())
        .args(arguments)
        .current_dir(folder)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output();
    let output = output.unwrap_or_else(|error| panic!("start {}: {error}", tool.program()));
    let drew = matches!(tool, Tool::Pdftoppm | Tool::RsvgConvert);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!drew || output.status.success(), "{} {arguments:?}: {said}", tool.program());
    output.stdout
}

/// Has each picture read, and compares with what must stand there: every text exactly, none missing, none besides.
pub(crate) fn must_read(tool: Tool, symbology: Symbology, what: &str, expected: &[(String, Picture)]) {
    let read = read(tool, symbology, expected.iter().map(|(_, picture)| picture));
    let expected: Vec<String> = expected.iter().map(|(text, _)| told(tool, text)).collect();
    if let Some(nth) = (0..expected.len().max(read.len())).find(|&nth| expected.get(nth) != read.get(nth)) {
        let found = expected.iter().filter(|text| read.contains(text)).count();
        panic!(
            "{what}: {} read {found} of {} labels; the first it did not read is number {nth}: expected {:?}, read {:?}",
            tool.program(),
            expected.len(),
            expected.get(nth),
            read.get(nth)
        );
    }
}

/// The texts that a decoder finds in pictures, in their order.
pub(crate) fn read<'p>(tool: Tool, symbology: Symbology, pictures: impl Iterator<Item = &'p Picture>) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let names = pictures.enumerate().map(|(nth, picture)| {
        let name = format!("{nth}.pgm");
        picture.save(&folder.path().join(&name));
        name
    });
    let names: Vec<String> = names.collect();
    let options: &[&str] = match (tool, symbology) {
        (Tool::Zbarimg, Symbology::Qr) => &["--nodbus", "-q", "--raw", "-S*.enable=0", "-Sqrcode.enable=1"],
        (Tool::Zbarimg, _) => &["--nodbus", "-q", "--raw", "-S*.enable=0", "-Scode128.enable=1"],
        (Tool::Dmtxread, _) => &["-n", "-N1"],
        // Version 1.4 stops at an assertion of its own where it finds the same bars at two scales.
        (Tool::ZxingReader, Symbology::Code128) => &["-1", "-noscale", "-format", "Code128"],
        (Tool::ZxingReader, Symbology::Qr) => &["-1", "-format", "QRCode"],
        (Tool::ZxingReader, Symbology::DataMatrix) => &["-1", "-format", "DataMatrix"],
        (Tool::Pdftoppm | Tool::RsvgConvert, _) => panic!("{} reads no symbols", tool.program()),
    };
    let arguments: Vec<&str> = options.iter().copied().chain(names.iter().map(String::as_str)).collect();
    let said = run(tool, &arguments, folder.path());
    // Not `lines`: a carriage return may be part of a text.
    let lines = said.split(|&byte| byte == b'\n').map(|line| String::from_utf8_lossy(line).into_owned());
    let lines = lines.filter(|line| !line.is_empty());
    if tool != Tool::ZxingReader {
        return lines.collect();
    }
    // NAME FORMAT "TEXT"
    let text = |line: String| Some(line.split_once(" \"")?.1.strip_suffix('"')?.to_owned());
    lines.map(|line| text(line.clone()).unwrap_or(line)).collect()
}

/// The bytes of one symbol as a hand scanner sends them: without a guess at their alphabet.
pub(crate) fn bytes(picture: &Picture) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    picture.save(&folder.path().join("0.pgm"));
    run(Tool::Zbarimg, &["--nodbus", "-q", "--raw", "-Sbinary", "0.pgm"], folder.path())
}

/// How a decoder tells a text. ZXing writes control characters by name, and in this locale others by number.
fn told(tool: Tool, text: &str) -> String {
    const NAMES: [&str; 32] = [
        "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "HT", "LF", "VT", "FF", "CR", "SO", "SI", "DLE",
        "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS", "US",
    ];
    if tool != Tool::ZxingReader {
        return text.to_owned();
    }
    let told = text.chars().map(|c| match (NAMES.get(c as usize), c) {
        (Some(name), _) => format!("<{name}>"),
        (None, '\u{7f}') => "<DEL>".to_owned(),
        (None, c @ ..'\u{80}') => c.to_string(),
        (None, c @ ..'\u{100}') => format!("<U+{:02X}>", u32::from(c)),
        (None, c) => format!("<U+{:04X}>", u32::from(c)),
    });
    told.collect()
}
