use super::*;

const ENTER: (u16, bool) = (key::ENTER, false);

fn tap(keyboard: &mut Keyboard, code: u16) {
    keyboard.push(code, 1, 0);
    keyboard.push(code, 0, 0);
}

fn with(keyboard: &mut Keyboard, modifiers: &[u16], code: u16) {
    for modifier in modifiers {
        keyboard.push(*modifier, 1, 0);
    }
    tap(keyboard, code);
    for modifier in modifiers {
        keyboard.push(*modifier, 0, 0);
    }
}

/// Types printable text as a scanner does.
fn type_text(keyboard: &mut Keyboard, text: &str) {
    for wanted in text.bytes() {
        let (code, shift) = (0..=key::KP_EQUAL)
            .flat_map(|code| [(code, false), (code, true)])
            .find(|(code, shift)| layout::character(*code, *shift, false) == Some(wanted))
            .unwrap();
        with(keyboard, if shift { &[key::LEFT_SHIFT] } else { &[] }, code);
    }
}

fn scan(keyboard: &mut Keyboard) -> Vec<u8> {
    tap(keyboard, ENTER.0);
    keyboard.poll().unwrap().unwrap().frame
}

#[test]
fn a_scan_in_which_keys_were_missed_is_no_scan_and_the_next_one_is() {
    let mut keyboard = Keyboard::default();
    type_text(&mut keyboard, "4006381");
    keyboard.missed(0);
    type_text(&mut keyboard, "3931");
    tap(&mut keyboard, ENTER.0);
    assert_eq!(keyboard.poll(), Some(Err(FrameError::Unfinished)), "its tail is another code");
    assert_eq!(keyboard.poll(), None);
    type_text(&mut keyboard, "M8");
    assert_eq!(scan(&mut keyboard), b"M8");
}

#[test]
fn every_printable_character_of_the_us_keyboard_comes_back() {
    let printable: String = (b' '..=b'~').map(char::from).collect();
    let mut keyboard = Keyboard::default();
    type_text(&mut keyboard, &printable);
    assert_eq!(scan(&mut keyboard), printable.as_bytes());
}

#[test]
fn control_characters_come_back_from_every_way_of_typing_them() {
    let check = |keys: &[(&[u16], u16)], expect: &[u8]| {
        let mut function_keys = [None; 12];
        function_keys[7] = Some(GS);
        let mut keyboard = Keyboard::new(KeyboardSettings { function_keys, ..KeyboardSettings::default() });
        for (modifiers, code) in keys {
            with(&mut keyboard, modifiers, *code);
        }
        assert_eq!(scan(&mut keyboard), expect, "{keys:?}");
    };
    check(&[(&[key::LEFT_CTRL], key::RIGHT_BRACE)], b"\x1d");
    check(&[(&[key::RIGHT_CTRL], key::RIGHT_BRACE)], b"\x1d");
    check(&[(&[key::LEFT_CTRL, key::LEFT_SHIFT], key::DIGIT_6)], b"\x1e");
    check(&[(&[key::LEFT_CTRL], key::DIGIT_6)], b"\x1e");
    check(&[(&[key::LEFT_CTRL], key::BACKSLASH)], b"\x1c");
    check(&[(&[key::LEFT_CTRL], key::D)], b"\x04");
    check(&[(&[key::LEFT_CTRL], key::A), (&[], key::A)], b"\x01a");
    check(&[(&[], key::F8)], b"\x1d");
    check(&[(&[], key::TAB)], b"\t");
}

#[test]
fn alt_and_the_number_pad_type_a_character_by_its_number() {
    let check = |digits: &[u16], expect: &[u8], unknown_keys: u32| {
        let mut keyboard = Keyboard::default();
        tap(&mut keyboard, key::NUM_LOCK);
        keyboard.push(key::LEFT_ALT, 1, 0);
        for digit in digits {
            tap(&mut keyboard, *digit);
        }
        keyboard.push(key::LEFT_ALT, 0, 0);
        type_text(&mut keyboard, "x");
        tap(&mut keyboard, key::ENTER);
        assert_eq!(keyboard.poll(), Some(Ok(Typed { frame: expect.to_vec(), unknown_keys })), "{digits:?}");
    };
    check(&[key::KP_0, key::KP_2, key::KP_9], b"\x1dx", 0);
    check(&[key::KP_6, key::KP_5], b"Ax", 0);
    check(&[key::KP_0, key::KP_2, key::KP_3, key::KP_3], b"\xe9x", 0);
    check(&[], b"x", 0);
    check(&[key::KP_9; 40], b"x", 1);
    check(&[key::A], b"x", 1);
}

#[test]
fn caps_lock_turns_letters_only() {
    let mut keyboard = Keyboard::default();
    tap(&mut keyboard, key::CAPS_LOCK);
    type_text(&mut keyboard, "aA1-");
    assert_eq!(scan(&mut keyboard), b"Aa1-");
    keyboard.set_caps(false);
    type_text(&mut keyboard, "aA1-");
    assert_eq!(scan(&mut keyboard), b"aA1-");
}

#[test]
fn only_a_key_going_down_types_and_shifts_are_told_apart() {
    let mut keyboard = Keyboard::default();
    keyboard.push(key::A, 1, 0);
    keyboard.push(key::A, 2, 0);
    keyboard.push(key::A, 0, 0);
    keyboard.push(key::LEFT_SHIFT, 1, 0);
    keyboard.push(key::RIGHT_SHIFT, 1, 0);
    keyboard.push(key::LEFT_SHIFT, 0, 0);
    keyboard.push(key::A, 1, 0);
    keyboard.push(key::RIGHT_SHIFT, 0, 0);
    assert_eq!(scan(&mut keyboard), b"aA");
}

#[test]
fn the_suffix_ends_a_scan_and_the_other_key_is_payload() {
    let check = |suffix: KeySuffix, expect: &[&[u8]]| {
        let mut keyboard = Keyboard::new(KeyboardSettings { suffix, ..KeyboardSettings::default() });
        for code in [key::TAB, key::A, key::TAB, key::A, key::KP_ENTER, key::A, key::ENTER] {
            tap(&mut keyboard, code);
        }
        let found: Vec<Vec<u8>> = std::iter::from_fn(|| keyboard.poll()).map(|typed| typed.unwrap().frame).collect();
        assert_eq!(found, expect, "{suffix:?}");
    };
    check(KeySuffix::Enter, &[b"\ta\ta", b"a"]);
    check(KeySuffix::EnterOrTab, &[b"a", b"a", b"a"]);
    check(KeySuffix::Tab, &[b"a"]);
}

#[test]
fn a_scan_that_goes_quiet_is_not_glued_to_the_next() {
    let mut keyboard = Keyboard::default();
    type_text(&mut keyboard, "half");
    assert_eq!(keyboard.next_deadline(), Some(Keyboard::IDLE_MS));
    for code in [key::A, key::ENTER] {
        keyboard.push(code, 1, Keyboard::IDLE_MS);
    }
    assert_eq!(keyboard.poll().unwrap().unwrap().frame, b"a");
    assert_eq!((keyboard.discarded(), keyboard.next_deadline()), (1, None));
}

#[test]
fn keys_without_end_cost_one_error() {
    let mut keyboard = Keyboard::default();
    for _ in 0..3 * Keyboard::LEN_MAX {
        tap(&mut keyboard, key::A);
    }
    assert_eq!(keyboard.poll(), Some(Err(FrameError::TooLong { max: Keyboard::LEN_MAX })));
    assert_eq!(keyboard.poll(), None);
    tap(&mut keyboard, key::ENTER);
    type_text(&mut keyboard, "ok");
    assert_eq!(scan(&mut keyboard), b"ok");
}

#[test]
fn a_parts_label_without_its_separators_is_noticed() {
    let check = |frame: &[u8], expect: bool| {
        let typed = Typed { frame: frame.to_vec(), unknown_keys: 0 };
        assert_eq!(typed.has_lost_separators(), expect, "{}", frame.escape_ascii());
    };
    check(b"[)>\x1e06\x1dPABC\x1dQ10\x1e\x04", false);
    check(b"]d1[)>\x1e06\x1dPABC\x1e\x04", false);
    check(b"[)>06PABCQ10", true);
    check(b"]d1[)>06PABCQ10", true);
    check(b"[)>\x1e06PABCQ10\x1e\x04", true);
    check(b"[)>06\x1dPABC", true);
    check(b"[)>\x1e02UNA", false);
    check(b"PABC", false);
}

#[test]
fn the_self_test_label_says_what_survived() {
    let check = |frame: &[u8], expect: Option<(bool, bool, bool)>| {
        let found = SelfTest::read(frame).map(|test| (test.case, test.punctuation, test.gs));
        assert_eq!(found, expect, "{}", frame.escape_ascii());
    };
    check(SelfTest::LABEL, Some((true, true, true)));
    check(b"]C0aA1-/]\x1d", Some((true, true, true)));
    check(b"Aa1-/]\x1d", Some((false, true, true)));
    check(b"AA1-/]", Some((false, true, false)));
    check("aA1ß-+".as_bytes(), Some((true, false, false)));
    check(b"aA1-/]{GS}", Some((true, true, false)));
    check(b"aA1-/]|", Some((true, true, false)));
    check(b"AA1234", None);
    check(b"aA1", None);
    check(b"BIN-0042", None);
    let failed = SelfTest { case: false, punctuation: false, gs: false };
    assert_eq!((failed.remedies().len(), failed.is_passed()), (3, false));
    assert!(SelfTest::read(SelfTest::LABEL).is_some_and(|test| test.is_passed() && test.remedies().is_empty()));
}
