//! How much to order: the min/max rule. At or below min order up to max, no less than the vendor's minimum, in whole
//! multiples: `q = ⌈max(max − position, minimum) / multiple⌉ · multiple`.

use super::watch::Bounds;

/// What would bring `position` up to max; `None` above min, or without both bounds. Rounding up may pass max.
#[must_use]
pub fn quantity(position: i64, bounds: &Bounds) -> Option<u64> {
    let (min, max) = (bounds.min?, bounds.max?);
    let position = i128::from(position);
    if position > i128::from(min) {
        return None;
    }
    let wanted = (i128::from(max) - position).max(bounds.order_min.into());
    let multiple = i128::from(bounds.order_multiple.max(1));
    u64::try_from((wanted + multiple - 1) / multiple * multiple).ok()
}

/// By how much the position would then be above max.
#[must_use]
pub fn excess(position: i64, quantity: u64, max: u64) -> u64 {
    let excess = i128::from(position) + i128::from(quantity) - i128::from(max);
    u64::try_from(excess.max(0)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_reaches_max_in_what_the_vendor_ships() {
        for (min, max, order_min, order_multiple, position, expect) in [
            (20, 100, 0, 1, 20, Some(80)),
            (20, 100, 0, 1, 21, None),
            (20, 100, 0, 24, 5, Some(96)),
            (20, 100, 0, 25, -4, Some(125)),
            (20, 30, 50, 1, 18, Some(50)),
            (20, 30, 50, 12, 19, Some(60)),
        ] {
            let bounds = Bounds { min: Some(min), max: Some(max), order_min, order_multiple, ..Bounds::default() };
            assert_eq!(quantity(position, &bounds), expect, "{position} {bounds:?}");
        }
        assert_eq!(quantity(5, &Bounds { min: Some(20), ..Bounds::default() }), None, "up to what?");
    }

    #[test]
    fn the_farthest_positions_overflow_nothing() {
        let bounds = Bounds { min: Some(1), max: Some(2), order_multiple: 1_000_000_000_000, ..Bounds::default() };
        assert_eq!(quantity(i64::MIN, &bounds), Some(9_223_373_000_000_000_000));
        assert_eq!(excess(i64::MAX, u64::MAX, 0), u64::MAX);
        assert_eq!(excess(18, 50, 30), 38);
    }
}
