//! Every protocol of a scale, with every option that changes what it reads.

use agent::device::{
    FrameError, MassUnit, Reading,
    scale::{
        Decoder, Options, Protocol, Report,
        decoder::FRAME_LEN_MAX,
        identify,
        modbus::{Map, Query, WordOrder},
        report::Unit,
    },
};

use crate::storm::{frames, storm};

/// What a decoder may hold between two pushes, in bytes: twice its longest frame, and room to grow.
const HELD_BYTES_MAX: usize = 4 * FRAME_LEN_MAX;

/// One scale's line: it lasts for the whole storm, and so does whatever noise does to it.
struct Line {
    protocol: Protocol,
    options: Options,
    decoder: Decoder,
    good: Vec<Box<[u8]>>,
    /// What a decoder that has heard nothing else makes of the first good frame.
    expect: Report,
}

#[test]
fn no_scale_is_lost_in_noise() {
    let mut lines: Vec<Line> = Protocol::ALL
        .into_iter()
        .flat_map(|protocol| options(protocol).map(move |options| Line::new(protocol, options)))
        .collect();
    let all: Vec<Box<[u8]>> = lines.iter().flat_map(|line| line.good.clone()).collect();
    let mut frame = Vec::new();
    storm("scales", |round, random| {
        let at = random.below(lines.len());
        let good = if random.once_in(8) { &all } else { &lines[at].good };
        random.bend(good, &mut frame);
        if random.once_in(2) {
            seal(&lines[at], &mut frame);
        }
        // The one it was meant for, and others that hear what they should not.
        for other in [at, random.below(lines.len()), random.below(lines.len())] {
            for piece in random.pieces(&frame) {
                lines[other].hear(piece);
            }
        }
        let line = &mut lines[at];
        match round % 128 {
            0 => line.assert_found_after_silence(),
            64 => line.assert_found_again(),
            32 => {
                let suspects = identify::suspects(&frame, b"", false);
                assert!(suspects.iter().all(|suspect| suspect.levels > suspect.bad));
            }
            _ => {}
        }
    });
}

fn drain(decoder: &mut Decoder) {
    for report in std::iter::from_fn(|| decoder.poll()).flatten() {
        let _ = report.reading(Some(MassUnit::Gram));
    }
}

impl Line {
    fn new(protocol: Protocol, options: Options) -> Self {
        let mut good = good(protocol, &options);
        if options.mask_parity {
            for byte in good.iter_mut().flatten().filter(|byte| !byte.count_ones().is_multiple_of(2)) {
                *byte |= 0x80;
            }
        }
        let read = |frame: &[u8]| {
            let mut fresh = protocol.decoder(&options);
            fresh.push(frame);
            let report = fresh.poll().unwrap_or_else(|| panic!("{protocol}: no end of {}", frame.escape_ascii()));
            report.unwrap_or_else(|error| panic!("{protocol}: {error}"))
        };
        let expect = good.iter().map(|frame| read(frame)).collect::<Vec<_>>().swap_remove(0);
        assert!(matches!(expect.reading(Some(MassUnit::Gram)), Some(Reading::Weight(_))), "{protocol}: {expect:?}");
        Self { decoder: protocol.decoder(&options), protocol, options, good, expect }
    }

    fn hear(&mut self, bytes: &[u8]) {
        self.decoder.push(bytes);
        drain(&mut self.decoder);
        let held = self.decoder.held_bytes();
        assert!(held <= HELD_BYTES_MAX, "{}: {held} bytes held", self.protocol);
    }

    fn assert_found_after_silence(&mut self) {
        self.decoder.idle();
        drain(&mut self.decoder);
        self.decoder.push(&self.good[0]);
        let found: Vec<Result<Report, FrameError>> = std::iter::from_fn(|| self.decoder.poll()).collect();
        assert_eq!(found, [Ok(self.expect.clone())], "{} {:?}: lost after silence", self.protocol, self.options);
    }

    /// Whatever it takes for the beginning of a frame is over when the longest one would be.
    fn assert_found_again(&mut self) {
        for _ in 0..2 + FRAME_LEN_MAX / self.good[0].len() {
            self.decoder.push(&self.good[0]);
        }
        let last = std::iter::from_fn(|| self.decoder.poll()).last();
        assert_eq!(last, Some(Ok(self.expect.clone())), "{} {:?}: lost", self.protocol, self.options);
    }
}

fn options(protocol: Protocol) -> impl Iterator<Item = Options> {
    let kilogram = || Options { unit: Unit::parse(b"kg"), ..Options::default() };
    let mut all = vec![Options::default()];
    match protocol {
        Protocol::ToledoContinuous => all.push(Options { checksum: true, ..Options::default() }),
        Protocol::Toledo8217 | Protocol::Nci | Protocol::And => all.push(Options { mask_parity: true, ..kilogram() }),
        Protocol::Cas10 => all.push(kilogram()),
        Protocol::ModbusRtu | Protocol::ModbusTcp => {
            let queries = Map::ALL.into_iter().flat_map(|map| WordOrder::ALL.map(|order| (map, order)));
            all = queries
                .map(|(map, word_order)| Options {
                    query: Query { map, word_order, decimals: 3, ..Query::default() },
                    ..kilogram()
                })
                .collect();
        }
        Protocol::MtSics
        | Protocol::Sma
        | Protocol::Cas22
        | Protocol::Cas18
        | Protocol::Ohaus
        | Protocol::SartoriusSbi
        | Protocol::Radwag
        | Protocol::Dini
        | Protocol::Adam
        | Protocol::KernDe
        | Protocol::KernEoc
        | Protocol::UsbHid => {}
    }
    all.into_iter()
}

/// Frames that are right, the first of them a level.
fn good(protocol: Protocol, options: &Options) -> Vec<Box<[u8]>> {
    match protocol {
        Protocol::MtSics => frames([
            "S S     100.00 g\r\n",
            "S D      -0.82 kg\r\n",
            "S I\r\n",
            "TA A  1.5 g\r\n",
            "I4 A \"4711\"\r\n",
            "ES\r\n",
        ]),
        Protocol::Toledo8217 => frames(["\x02 3.205\r", "\x0200.125N\r", "\x02?Q\r", "\x02?b\r", "\x02E\rhello"]),
        Protocol::ToledoContinuous if options.checksum => {
            frames([b"\x02,0 004821000120\r\x22", b"\x02,8 000015000000\r\x2a"])
                .into_iter()
                .map(|frame| sealed_toledo(&frame))
                .collect()
        }
        Protocol::ToledoContinuous => frames(["\x02,0 004821000120\r", "\x02+( 000451\r", "\x02,2 000007>000000\r"]),
        Protocol::Sma => {
            frames(["\n 1G      12.345kg \r", "\nZ1g       0.000lb \r", "\nO1G  ----------kg \r", "\n?\r", "\nEND:\r"])
        }
        Protocol::Nci => {
            frames(["\n   4.75kg\r\n00\r\x03", "\n  12.5kg\r\n0p5\r\x03", "\n^^^^^^^lb\r\n02\r\x03", "\n20\r\x03"])
        }
        Protocol::And => frames([
            "ST,+00045.67  g\r\n",
            "US,NT,-0003.20kg\r\n",
            "QT,+00000042 PC\r\n",
            "OL,+9999999  g\r\n",
            "EC,E1\r\n",
            "\x06\r\n",
        ]),
        Protocol::Cas22 => frames([&b"ST,GS,3\xe4,00017.25 kg\r\n"[..], b"US,NT,1\xa2,-0000.45 kg\r\n"]),
        Protocol::Cas18 => frames(["ST,GS,+0017.25kg\r\n", "US,NT,-0000.45lb\r\n", "OL,GS,        kg\r\n"]),
        Protocol::Cas10 => frames(["  017.25\r\n", " -000.45\r\n", "OL      \r\n"]),
        Protocol::Ohaus => {
            frames(["      48.15 g  \r\n", "   -    2.30 kg ? NET\r\n", "         12 PCS\r\n", "Err 8.4\r\n", "ES\r\n"])
        }
        Protocol::SartoriusSbi => frames([
            "+   48.150 g  \r\n",
            "N     -     2.30 kg \r\n",
            "Qnt   +       12 pcs\r\n",
            "Stat       Low      \r\n",
            "+  48.1[5] g  \r\n",
        ]),
        Protocol::Radwag => {
            frames(["SI        48.15 g  \r\n", "S  ? -     2.30 kg \r\n", "S A\r\n", "Z ^\r\n", "ES\r\n"])
        }
        Protocol::Dini => frames([
            "ST,GS,   48.15,kg\r\n",
            "1,US,      2.30,PT      1.00,        12,     0.150,kg\r\n",
            "ST,2,      48.15 g,         0.00 g\r\n",
            "07ST,NT,   48.15, t\r\n",
            "ERR03\r\n",
        ]),
        Protocol::Adam => frames([
            "G     +  4.80 kg\r\n",
            "Net Wt     1.480 kg\r\nUnit Wt.  12.500 g\r\nPCS        118 pcs\r\n\r\n",
            "-       48.15 g \r\n",
            "ER 03\r\n",
        ]),
        Protocol::KernDe => frames(["M+      48.150 g \r\n", "  -       2.30 kg\r\n", "Error\r\n"]),
        Protocol::KernEoc => frames(["ST,GS   48.15kg\r\n", "US,NT   -2.30kg\r\n", "OL,GS\r\n"]),
        Protocol::ModbusRtu => registers(&options.query).map(|reply| sealed_rtu(&reply)).into(),
        Protocol::ModbusTcp => registers(&options.query)
            .map(|reply| [&[0, 1, 0, 0, 0, u8::try_from(reply.len()).unwrap()], &reply[..]].concat().into())
            .into(),
        Protocol::UsbHid => frames([[3, 4, 2, 0xFF, 0x2C, 0x01], [3, 3, 11, 0xFE, 9, 0], [3, 6, 12, 0, 0, 0]]),
    }
}

/// A reply of the map, stable and in range, and a refusal.
fn registers(query: &Query) -> [Vec<u8>; 2] {
    let request = query.rtu_request();
    let (address, function, count) = (request[0], request[1], request[5]);
    let mut data = vec![0; usize::from(count) * 2];
    match query.map {
        Map::DiniDgt => data.copy_from_slice(&[0, 0, 0x12, 0x34, 0, 0, 0x12, 0x30, 0, 0b100]),
        Map::LaumasTlb => data.copy_from_slice(&[8, 0, 0, 0, 0x12, 0x34, 0, 0, 0x12, 0x30]),
        Map::EagleEi => data[..4].copy_from_slice(&12.5_f32.to_be_bytes()),
        Map::Dat400 => data.copy_from_slice(&[0, 0b10, 0, 0, 0x12, 0x34, 0, 0, 0x12, 0x30]),
    }
    [[&[address, function, count * 2], &data[..]].concat(), vec![address, function | 0x80, 2]]
}

/// Makes the sum right again, or nothing behind it would ever be read.
fn seal(line: &Line, frame: &mut Vec<u8>) {
    let Some(body_len) = frame.len().checked_sub(2) else { return };
    if line.protocol == Protocol::ModbusRtu {
        *frame = sealed_rtu(&frame[..body_len]).into();
    } else if line.options.checksum {
        *frame = sealed_toledo(frame).into();
    }
}

fn sealed_rtu(reply: &[u8]) -> Box<[u8]> {
    let crc = reply.iter().fold(0xFFFF_u16, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| if crc & 1 == 0 { crc >> 1 } else { crc >> 1 ^ 0xA001 })
    });
    [reply, &crc.to_le_bytes()].concat().into()
}

/// The last byte is the sum.
fn sealed_toledo(frame: &[u8]) -> Box<[u8]> {
    let mut sealed: Box<[u8]> = frame.into();
    if let Some((sum, body)) = sealed.split_last_mut() {
        *sum = body.iter().fold(0_u8, |sum, byte| sum.wrapping_sub(*byte)) & 0x7F;
    }
    sealed
}
