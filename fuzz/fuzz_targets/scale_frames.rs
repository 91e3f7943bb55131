//! Any bytes to every scale decoder: cut anywhere they say the same, little is held, and silence forgets what was
//! before it.
#![no_main]

use agent::device::{
    FrameError, MassUnit,
    scale::{
        Decoder, Options, Protocol, Report,
        decoder::FRAME_LEN_MAX,
        modbus::{Map, Query, WordOrder},
        report::Unit,
    },
};
use libfuzzer_sys::fuzz_target;

type Reports = Vec<Result<Report, FrameError>>;

fuzz_target!(|data: &[u8]| {
    let [which, flags, cut, bytes @ ..] = data else { return };
    let protocol = Protocol::ALL[usize::from(*which) % Protocol::ALL.len()];
    let (head, tail) = bytes.split_at(usize::from(*cut).min(bytes.len()));
    let whole = read(protocol, *flags, [bytes]);
    let cut = read(protocol, *flags, [head, tail]);
    let single = read(protocol, *flags, bytes.chunks(1));
    // Where a broken Modbus reply ends is guessed from what is there, and so is where one that is too long does.
    if protocol != Protocol::ModbusRtu && bytes.len() < FRAME_LEN_MAX {
        assert_eq!(whole, cut, "{protocol} cut at {}", head.len());
        assert_eq!(whole, single, "{protocol} byte by byte");
    }
    // As if the first half had never been.
    let mut after_silence = decoder(protocol, *flags);
    after_silence.push(head);
    after_silence.idle();
    drain(&mut after_silence);
    let mut fresh = decoder(protocol, *flags);
    for decoder in [&mut after_silence, &mut fresh] {
        decoder.push(tail);
    }
    assert_eq!(drain(&mut after_silence), drain(&mut fresh), "{protocol} after silence");
});

fn decoder(protocol: Protocol, flags: u8) -> Decoder {
    let query = Query {
        map: Map::ALL[usize::from(flags >> 4 & 3)],
        word_order: WordOrder::ALL[usize::from(flags >> 6 & 1)],
        decimals: flags >> 5 & 7,
        ..Query::default()
    };
    let unit = if flags & 4 != 0 { Unit::parse(b"kg") } else { None };
    protocol.decoder(&Options { unit, mask_parity: flags & 2 != 0, checksum: flags & 1 != 0, query })
}

fn read<'a>(protocol: Protocol, flags: u8, parts: impl IntoIterator<Item = &'a [u8]>) -> Reports {
    let mut decoder = decoder(protocol, flags);
    let mut found = Reports::new();
    for part in parts {
        decoder.push(part);
        found.extend(drain(&mut decoder));
        assert!(decoder.held_bytes() <= 2_048, "{protocol}: {} bytes held", decoder.held_bytes());
    }
    decoder.idle();
    found.extend(drain(&mut decoder));
    for report in found.iter().flatten() {
        let _ = report.reading(Some(MassUnit::Gram));
    }
    found
}

fn drain(decoder: &mut Decoder) -> Reports {
    std::iter::from_fn(|| decoder.poll()).collect()
}
