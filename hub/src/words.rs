//! Movements and places in the words people use: `12 M8-BOLT used from bin A-01 (scale-3)`.
//!
//! Who did it stays out: a badge is the site's business. An item code may be a raw scan of any bytes, so what does not
//! print is made visible and what is too long is cut.

use gateway_proto::{
    movement::{Act, Movement},
    place::Place,
};

use crate::store::{Difference, Extent, FeedHealth, Verdict};

/// Characters of an item code that are shown.
const ITEM_SHOWN_MAX: usize = 64;

/// What happened, in one line.
pub(crate) fn movement(movement: &Movement) -> String {
    let what = format!("{} {}", movement.qty, item(movement.item.as_str()));
    let (from, to) = (place(&movement.from), place(&movement.to));
    let act = movement.act().ok();
    let (from_act, from, to) = match act {
        // Taking back is told by what is taken back.
        Some(Act::Correction) => (Act::between(&movement.to, &movement.from), to, from),
        act => (act, from, to),
    };
    let word = from_act.map_or("moved", Act::word);
    let told = match from_act {
        Some(Act::Receipt) => format!("{what} {word} into {to}"),
        Some(Act::Install) => format!("{what} {word} on {to} from {from}"),
        Some(Act::Use | Act::ReturnToVendor | Act::Scrap) => format!("{what} {word} from {from}"),
        Some(Act::Return) => format!("{what} {word} to {to}"),
        Some(Act::Adjust) if movement.from == Place::Variance => format!("{what} more found in {to}"),
        Some(Act::Adjust) => format!("{what} missing from {from}"),
        Some(Act::OwnershipChange) => match &movement.owner {
            Some(owner) => format!("{what} in {from} {word} from {} to {}", owner.from, owner.to),
            None => format!("{what} in {from} {word}"),
        },
        Some(
            Act::PutAway
            | Act::Transfer
            | Act::Deploy
            | Act::TestPass
            | Act::TestFail
            | Act::Uninstall
            | Act::Correction,
        )
        | None => format!("{what} {word} from {from} to {to}"),
    };
    let told = if act == Some(Act::Correction) { format!("taken back: {told}") } else { told };
    format!("{told} ({})", movement.by)
}

/// A place, as it is spoken.
pub(crate) fn place(place: &Place) -> String {
    match place {
        Place::Bin(name) => format!("bin {name}"),
        Place::Field(name) => format!("field {name}"),
        Place::Asset(name) => name.to_string(),
        Place::Vendor => "vendor".to_owned(),
        Place::Dock => "dock".to_owned(),
        Place::Bench => "test bench".to_owned(),
        Place::Quarantine => "quarantine".to_owned(),
        Place::Used => "used".to_owned(),
        Place::Scrap => "scrap".to_owned(),
        Place::Variance => "count differences".to_owned(),
    }
}

/// A place as the heading of an amount: where parts are, or what has become of them.
pub(crate) fn whereabouts(of: &Place) -> String {
    match of {
        Place::Used => "used in total".to_owned(),
        Place::Asset(name) => format!("installed on {name}"),
        Place::Scrap => "scrapped in total".to_owned(),
        Place::Vendor
        | Place::Dock
        | Place::Bin(_)
        | Place::Bench
        | Place::Quarantine
        | Place::Field(_)
        | Place::Variance => place(of),
    }
}

/// Whether a feed is complete.
pub(crate) fn chain(health: &FeedHealth) -> String {
    match health.verdict() {
        Verdict::Unheard => "nothing received yet".to_owned(),
        Verdict::Whole => "complete, nothing missing".to_owned(),
        Verdict::Lossy => format!("{} records declared lost by the site", health.lost_records()),
        Verdict::Forked => {
            "forked: a restored or cloned gateway sent other records under numbers already used; check the site"
                .to_owned()
        }
    }
}

/// Whether the hub's amounts are the site's.
pub(crate) fn checkpoint(health: &FeedHealth) -> String {
    match &health.checkpoint {
        None => "not compared yet".to_owned(),
        Some(compared) if compared.differing == 0 => match compared.extent {
            Extent::Everything => "same as the site's own, everywhere".to_owned(),
            Extent::Listed => "same as the site's own".to_owned(),
        },
        Some(compared) => format!("{} of {} amounts differ from the site's", compared.differing, compared.compared),
    }
}

/// One amount on which site and hub differ.
pub(crate) fn difference(difference: &Difference) -> String {
    let Difference { item: code, place, site, hub } = difference;
    format!("{} at {place}: the site says {site}, here are {hub}", item(code))
}

/// An item code that prints: control characters as their pictures, the rest of an overlong one as `…`.
pub(crate) fn item(code: &str) -> String {
    let mut shown: String = code
        .chars()
        .take(ITEM_SHOWN_MAX)
        .map(|c| match u32::from(c) {
            control @ 0..=0x1f => char::from_u32(0x2400 + control).unwrap_or('\u{2426}'),
            0x7f => '\u{2421}',
            0x80..=0x9f => '\u{2426}',
            // Marks that turn the reading direction could make a line say something else.
            0x200e..=0x200f | 0x202a..=0x202e | 0x2066..=0x2069 => '\u{fffd}',
            _ => c,
        })
        .collect();
    if code.chars().nth(ITEM_SHOWN_MAX).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use gateway_proto::{quantity::Quantity, record::Seq, time::WallTime};

    use super::*;

    fn moved(from: &str, to: &str) -> Movement {
        Movement::new(
            WallTime::from_millis(0),
            "M8-BOLT".parse().unwrap(),
            Quantity::new(12).unwrap(),
            from.parse().unwrap(),
            to.parse().unwrap(),
            "scale-3".parse().unwrap(),
        )
    }

    #[test]
    fn every_act_has_a_sentence() {
        for (from, to, told) in [
            ("vendor", "dock", "12 M8-BOLT received into dock (scale-3)"),
            ("dock", "bin:A-01", "12 M8-BOLT put away from dock to bin A-01 (scale-3)"),
            ("bin:A-01", "used", "12 M8-BOLT used from bin A-01 (scale-3)"),
            ("bin:A-01", "field:van-3", "12 M8-BOLT deployed from bin A-01 to field van-3 (scale-3)"),
            ("bin:A-01", "asset:PUMP-17", "12 M8-BOLT installed on PUMP-17 from bin A-01 (scale-3)"),
            ("used", "bin:A-01", "12 M8-BOLT returned to bin A-01 (scale-3)"),
            ("bin:A-01", "variance", "12 M8-BOLT missing from bin A-01 (scale-3)"),
            ("variance", "bin:A-01", "12 M8-BOLT more found in bin A-01 (scale-3)"),
            ("bench", "scrap", "12 M8-BOLT scrapped from test bench (scale-3)"),
        ] {
            assert_eq!(movement(&moved(from, to)), told);
        }
    }

    #[test]
    fn a_correction_tells_what_it_takes_back() {
        let used = moved("bin:A-01", "used");
        let back = used.correction(Seq(7), WallTime::from_millis(1), "station-1".parse().unwrap());
        assert_eq!(movement(&back), "taken back: 12 M8-BOLT used from bin A-01 (station-1)");
    }

    #[test]
    fn a_raw_code_is_made_visible_and_cut() {
        assert_eq!(item("01\u{1d}21\u{202e}X"), "01␝21\u{fffd}X");
        assert_eq!(item(&"7".repeat(70)), format!("{}…", "7".repeat(64)));
    }
}
