use serde_json::json;

use super::*;

#[test]
fn a_sheet_asks_and_a_review_tells() {
    let sheet = json!({ "session": "count-2026-11-21-1", "state": "counting", "lines": [
        { "line": 0, "item": "M8-BOLT", "place": "bin:A-01", "ask": "how_many" },
        { "line": 1, "item": "NUT", "place": "dock", "ask": "nothing", "yours": 12 },
    ]});
    assert_eq!(
        sheet_in_words(&sheet).unwrap(),
        "count count-2026-11-21-1 is counting\n\
         line  place     item     yours  asked\n\
         \x20  0  bin:A-01  M8-BOLT      -  how many?\n\
         \x20  1  dock      NUT         12  -\n"
    );
    let at = "2026-11-21T06:00:01.000Z";
    let tally = |by: &str, counted: u64, superseded: bool| {
        json!({ "by": by, "at": at, "counted": counted, "books": 40, "variance": counted as i64 - 40, "moved": 0,
                "superseded": superseded })
    };
    let review = json!({ "session": "c-1", "state": "ready_to_review", "lines": [
        { "line": 0, "item": "M8-BOLT", "place": "bin:A-01", "standing": { "settled": 1 }, "expected": 40,
          "variance": -3, "lacks_reason": true, "tallies": [tally("0042", 37, false), tally("0043", 37, false)] },
        { "line": 1, "item": "NUT", "place": "bin:A-02", "standing": "to_count", "expected": 5,
          "lacks_reason": false, "tallies": [] },
        { "line": 2, "item": "NUT", "place": "bin:A-03", "standing": { "recount": "above_tolerance" }, "expected": 40,
          "variance": 5, "reason": "found", "lacks_reason": false, "tallies": [tally("0042", 45, false)] },
    ]});
    assert_eq!(
        review_in_words(&review).unwrap(),
        "count c-1 is ready to review\n\
         line  place     item     books  counted  difference  stands                        reason\n\
         \x20  0  bin:A-01  M8-BOLT     40       37          -3  settled                       is needed\n\
         \x20  1  bin:A-02  NUT          5        -           -  to count                      -\n\
         \x20  2  bin:A-03  NUT         40       45          +5  count again: above tolerance  found\n\
         \neach count of these lines:\n\
         line  count  by    at                books  counted  difference  moved\n\
         \x20  0      0  0042  2026-11-21 06:00     40       37          -3      0\n\
         \x20  0      1  0043  2026-11-21 06:00     40       37          -3      0\n\
         \nlines that need a reason: 0\n\
         \x20 binwire-agent count explain c-1 LINE REASON --by BADGE\n\
         \x20 reasons: missing-transaction, miscount, found, expired, lost, unit-error, wrong-bin\n"
    );
}

#[test]
fn what_was_posted_is_told_line_by_line() {
    let answer = json!({ "session": "c-1", "state": "completed", "text": "2 lines are posted, 1 correction",
    "warnings": ["somebody else should look"],
    "posts": [
        { "item": "M8-BOLT", "place": "bin:A-01", "delta": -3, "facts": { "counted": 97, "expected": 100 } },
        { "item": "NUT", "place": "dock", "delta": 0, "facts": { "counted": 5, "expected": 5 } },
    ]});
    assert_eq!(
        came_in_words(&answer).unwrap(),
        "2 lines are posted, 1 correction\n\
         note: somebody else should look\n\
         place     item     books  counted  posted\n\
         bin:A-01  M8-BOLT    100       97      -3\n\
         dock      NUT          5        5       0\n"
    );
}

#[test]
fn what_is_due_says_why_and_accuracy_of_nothing_is_no_number() {
    let due = json!([{ "item": "M8", "place": "bin:A-01", "class": "A", "why": ["never counted", "should be empty: confirm"] }]);
    let text = due_in_words(&due).unwrap();
    assert!(text.contains("bin:A-01  M8    A      never counted; should be empty: confirm\n"), "{text}");
    assert!(text.contains("--due 1\n"), "{text}");
    let none = json!({ "records": 0, "within_tolerance": null, "mean": null, "items": {} });
    assert_eq!(accuracy_in_words(&none).unwrap(), "nothing was counted yet\n");
    let some = json!({ "records": 2, "within_tolerance": 0.5, "mean": 0.985, "items": { "M8": 0.985 } });
    assert_eq!(
        accuracy_in_words(&some).unwrap(),
        "2 records counted, 50.0 % within tolerance, accuracy 98.5 %\n\nitem  accuracy\nM8      98.5 %\n"
    );
}

#[test]
fn a_bin_is_named_as_people_name_it_and_reasons_with_dashes_or_not() {
    assert_eq!(place("A-01").unwrap(), Place::Bin("A-01".parse().unwrap()));
    assert_eq!(place("dock").unwrap(), Place::Dock);
    assert_eq!(place("field:van-3").unwrap().to_string(), "field:van-3");
    assert_eq!(reason("missing-transaction").unwrap(), Reason::MissingTransaction);
    assert_eq!(reason("wrong_bin").unwrap(), Reason::WrongBin);
    assert!(reason("stolen").is_err());
}
