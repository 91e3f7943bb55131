use super::*;

/// Feeds `chunks` of (ms, bytes), lets every deadline pass, and gives what came out.
fn frames(mut decoder: FrameDecoder, chunks: &[(u64, &[u8])]) -> (Vec<Result<Vec<u8>, FrameError>>, u64) {
    let mut out = Vec::new();
    for (at, bytes) in chunks {
        decoder.push(bytes, *at);
        out.extend(std::iter::from_fn(|| decoder.poll()));
    }
    if let Some(deadline) = decoder.next_deadline() {
        decoder.poll_idle(deadline);
    }
    out.extend(std::iter::from_fn(|| decoder.poll()));
    (out, decoder.discarded())
}

fn check(terminator: Terminator, idle_ms: u64, chunks: &[(u64, &[u8])], expect: &[&[u8]]) {
    let (found, _) = frames(FrameDecoder::new(terminator, idle_ms), chunks);
    let expect: Vec<_> = expect.iter().map(|frame| Ok(frame.to_vec())).collect();
    assert_eq!(found, expect, "{terminator:?} {chunks:?}");
}

#[test]
fn every_terminator_ends_its_frame_wherever_the_bytes_are_cut() {
    let streams: [(Terminator, &[u8]); 6] = [
        (Terminator::Cr, b"AB\rC D\r"),
        (Terminator::Lf, b"AB\nC D\n"),
        (Terminator::CrLf, b"AB\r\nC D\r\n"),
        (Terminator::AnyCrLf, b"AB\r\nC D\n\r"),
        (Terminator::Tab, b"AB\tC D\t"),
        (Terminator::StxEtx, b"\x02AB\x03noise\x02C D\x03"),
    ];
    for (terminator, stream) in streams {
        for cut in 0..=stream.len() {
            let (head, tail) = stream.split_at(cut);
            check(terminator, 0, &[(0, head), (1, tail)], &[b"AB", b"C D"]);
        }
        let single: Vec<(u64, &[u8])> = (0..).zip(stream.chunks(1)).collect();
        check(terminator, 200, &single, &[b"AB", b"C D"]);
    }
}

#[test]
fn the_suffix_of_another_scanner_is_payload() {
    check(Terminator::Cr, 0, &[(0, b"A\nB\tC\x03\r")], &[b"A\nB\tC\x03"]);
    check(Terminator::CrLf, 0, &[(0, b"A\rB\nC\r\r\n")], &[b"A\rB\nC\r"]);
    check(Terminator::StxEtx, 0, &[(0, b"\x02A\rB\tC\x03")], &[b"A\rB\tC"]);
}

#[test]
fn empty_frames_are_nothing_and_spaces_are_something() {
    check(Terminator::Cr, 0, &[(0, b"\r\r \r\r")], &[b" "]);
    check(Terminator::CrLf, 0, &[(0, b"\r\n\r\n")], &[]);
    check(Terminator::StxEtx, 0, &[(0, b"\x02\x03\x02 \x03")], &[b" "]);
}

#[test]
fn a_half_scan_gone_quiet_is_discarded_and_not_glued_to_the_next() {
    let (found, discarded) =
        frames(FrameDecoder::new(Terminator::Cr, 200), &[(0, b"HALF"), (200, b"WHOLE\r"), (300, b"TAIL")]);
    assert_eq!(found, [Ok(b"WHOLE".to_vec())]);
    assert_eq!(discarded, 2, "the half before and the tail after");
    check(Terminator::Cr, 200, &[(0, b"HA"), (199, b"LF\r")], &[b"HALF"]);
}

#[test]
fn without_an_idle_rule_a_half_waits_for_ever() {
    check(Terminator::Cr, 0, &[(0, b"HA"), (u64::MAX, b"LF\r")], &[b"HALF"]);
    assert_eq!(FrameDecoder::new(Terminator::Cr, 0).next_deadline(), None);
}

#[test]
fn silence_ends_a_frame_that_has_no_suffix() {
    check(Terminator::None, 50, &[(0, b"AB"), (49, b"C"), (99, b"D\r")], &[b"ABC", b"D\r"]);
    let mut decoder = FrameDecoder::new(Terminator::None, 0);
    decoder.push(b"A", 10);
    assert_eq!(decoder.next_deadline(), Some(10 + FrameDecoder::IDLE_MS));
    decoder.poll_idle(10 + FrameDecoder::IDLE_MS - 1);
    assert_eq!(decoder.poll(), None);
    decoder.poll_idle(10 + FrameDecoder::IDLE_MS);
    assert_eq!(decoder.poll(), Some(Ok(b"A".to_vec())));
    assert_eq!(decoder.next_deadline(), None);
}

#[test]
fn an_stx_in_a_frame_begins_it_anew() {
    let (found, discarded) =
        frames(FrameDecoder::new(Terminator::StxEtx, 200), &[(0, b"lost\x03\x02CUT\x02WHOLE\x03lost\x03")]);
    assert_eq!((found, discarded), (vec![Ok(b"WHOLE".to_vec())], 1));
}

#[test]
fn a_frame_without_end_costs_one_error_and_the_next_frame_is_whole() {
    let long = [b'A'; 9];
    for (terminator, suffix, next) in [
        (Terminator::Cr, &b"\r"[..], &b"12345678\r"[..]),
        (Terminator::CrLf, b"\r\n", b"12345678\r\n"),
        (Terminator::AnyCrLf, b"\r\n", b"12345678\n"),
        (Terminator::StxEtx, b"\x03", b"\x0212345678\x03"),
        // A new STX ends the skipping too: the ETX may be what was lost.
        (Terminator::StxEtx, b"", b"\x0212345678\x03"),
    ] {
        let stream =
            [b"\x02".repeat(usize::from(terminator == Terminator::StxEtx)), long.to_vec(), suffix.to_vec()].concat();
        let (found, _) =
            frames(FrameDecoder::new(terminator, 0).with_len_max(8), &[(0, &stream), (1, &long[..0]), (2, next)]);
        assert_eq!(found, [Err(FrameError::TooLong { max: 8 }), Ok(b"12345678".to_vec())], "{terminator:?}");
    }
}

#[test]
fn a_gap_ends_the_skipping_of_a_frame_without_end() {
    for (terminator, next) in [(Terminator::None, &b"OK"[..]), (Terminator::Cr, b"OK\r")] {
        let decoder = FrameDecoder::new(terminator, 50).with_len_max(4);
        let (found, _) = frames(decoder, &[(0, b"AAAAA"), (10, b"AAAAA"), (60, next)]);
        assert_eq!(found, [Err(FrameError::TooLong { max: 4 }), Ok(b"OK".to_vec())], "{terminator:?}");
    }
}

#[test]
fn the_ringing_of_a_fresh_line_is_dropped_at_the_start_of_a_frame_only() {
    check(Terminator::Cr, 0, &[(0, b"\x00\xff\x80AB\x00\xffC\r\xffD\r")], &[b"AB\x00\xffC", b"D"]);
    check(Terminator::StxEtx, 0, &[(0, b"\xff\x02\x00AB\x03")], &[b"\x00AB"]);
}

#[test]
fn a_clock_that_steps_back_loses_nothing() {
    check(Terminator::Cr, 200, &[(1000, b"HA"), (10, b"LF\r")], &[b"HALF"]);
}

#[test]
fn a_malformed_frame_is_quoted_short_and_printable() {
    let error = FrameError::malformed(&[0xFF; 1000]);
    let shown = error.to_string();
    assert!(shown.len() < 250 && shown.contains("\\xff") && shown.is_ascii(), "{shown}");
}
