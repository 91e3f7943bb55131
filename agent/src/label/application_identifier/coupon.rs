//! North American coupon codes: AI 8110 and, with the offer in a file, AI 8112.
//!
//! Sources: GS1 US, the North American coupon application guideline (8110) and the AI (8112) coupon data
//! specification. A run of digits in which a length digit says how long the next field is.

use super::Fault;
use super::content_rule::{Broken, is_date};

/// AI 8110.
pub(super) fn check_coupon_code(data: &[u8]) -> Result<(), Broken> {
    let mut fields = Fields::new(data)?;
    fields.sized(0..=6, 6)?; // company prefix of the issuer
    fields.take(6)?; // offer
    fields.sized(1..=5, 0)?; // save value
    fields.purchase()?;
    if fields.has_option(b'1') {
        fields.digit(|digit| digit <= 3)?; // how the purchases combine
        fields.purchase()?;
        fields.other_company()?;
    }
    if fields.has_option(b'2') {
        fields.purchase()?;
        fields.other_company()?;
    }
    let expires = if fields.has_option(b'3') { Some(fields.date()?) } else { None };
    if fields.has_option(b'4') {
        let at = fields.at;
        let starts = fields.date()?;
        if expires.is_some_and(|expires| starts > expires) {
            return Err(Broken { fault: Fault::CouponDate, at });
        }
    }
    if fields.has_option(b'5') {
        fields.sized(0..=9, 6)?; // serial
    }
    if fields.has_option(b'6') {
        fields.sized(1..=7, 6)?; // retailer
    }
    if fields.has_option(b'9') {
        fields.digit(|digit| matches!(digit, 0..=2 | 5 | 6))?; // save value code
        fields.digit(|digit| digit <= 2)?; // item it applies to
        fields.take(1)?; // store coupon
        fields.digit(|digit| digit <= 1)?; // not to be multiplied
    }
    fields.end()
}

/// AI 8112.
pub(super) fn check_positive_offer(data: &[u8]) -> Result<(), Broken> {
    let mut fields = Fields::new(data)?;
    fields.digit(|digit| digit <= 1)?; // format
    fields.sized(0..=6, 6)?; // funder
    fields.take(6)?; // offer
    fields.sized(0..=9, 6)?; // serial
    fields.end()
}

struct Fields<'a> {
    data: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    fn new(data: &'a [u8]) -> Result<Self, Broken> {
        match data.iter().position(|byte| !byte.is_ascii_digit()) {
            Some(at) => Err(Broken { fault: Fault::NonDigit, at }),
            None => Ok(Self { data, at: 0 }),
        }
    }

    fn broken(&self) -> Broken {
        Broken { fault: Fault::Coupon, at: self.at }
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], Broken> {
        let field = self.data.get(self.at..self.at + len).ok_or_else(|| self.broken())?;
        self.at += len;
        Ok(field)
    }

    fn digit(&mut self, allowed: impl Fn(u8) -> bool) -> Result<u8, Broken> {
        let digit = self.data.get(self.at).map(|byte| byte - b'0').filter(|digit| allowed(*digit));
        let digit = digit.ok_or_else(|| self.broken())?;
        self.at += 1;
        Ok(digit)
    }

    /// A field of as many digits as the digit before it says, plus `more`.
    fn sized(&mut self, allowed: std::ops::RangeInclusive<u8>, more: usize) -> Result<(), Broken> {
        let len = self.digit(|digit| allowed.contains(&digit))?;
        self.take(usize::from(len) + more).map(|_| ())
    }

    /// Requirement, its kind, the family of items.
    fn purchase(&mut self) -> Result<(), Broken> {
        self.sized(1..=5, 0)?;
        self.digit(|digit| matches!(digit, 0..=4 | 9))?;
        self.take(3).map(|_| ())
    }

    /// Another company's prefix; 9 says it is the issuer's own.
    fn other_company(&mut self) -> Result<(), Broken> {
        let len = self.digit(|digit| matches!(digit, 0..=6 | 9))?;
        if len == 9 { Ok(()) } else { self.take(usize::from(len) + 6).map(|_| ()) }
    }

    fn date(&mut self) -> Result<&'a [u8], Broken> {
        let at = self.at;
        self.take(6).ok().filter(|date| is_date(date)).ok_or(Broken { fault: Fault::CouponDate, at })
    }

    fn has_option(&mut self, mark: u8) -> bool {
        let found = self.data.get(self.at) == Some(&mark);
        self.at += usize::from(found);
        found
    }

    fn end(&self) -> Result<(), Broken> {
        if self.at == self.data.len() { Ok(()) } else { Err(self.broken()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coupon_is_whole_or_refused() {
        for good in [
            "012345612345611110123",
            "012345612345611110123101101230123456",
            "012345612345611110123101101239",
            "612345678901212345611110123",
            "0123456123456111101233250607",
            "01234561234561111012332506074250606",
            "0123456123456111101235012345661123456790010",
            "012345612345611110123612345678",
            "01234561234561111012390000",
        ] {
            assert_eq!(check_coupon_code(good.as_bytes()), Ok(()), "{good}");
        }
        for (bad, fault) in [
            ("", Fault::Coupon),
            ("71234567890123", Fault::Coupon),
            ("012345", Fault::Coupon),
            ("01234561234560", Fault::Coupon),
            ("012345612345611115", Fault::Coupon),
            ("0123456123456111101230", Fault::Coupon),
            ("01234561234561111012390002", Fault::Coupon),
            ("0123456123456111101233200010", Fault::CouponDate),
            ("01234561234561111012335006064500607", Fault::CouponDate),
            ("a12345612345611110123", Fault::NonDigit),
        ] {
            assert_eq!(check_coupon_code(bad.as_bytes()).map_err(|broken| broken.fault), Err(fault), "{bad}");
        }
    }

    #[test]
    fn a_positive_offer_is_format_funder_offer_serial() {
        for good in ["001234561234560123456", "101234561234560123456", "061234567890121234569123456789012345"] {
            assert_eq!(check_positive_offer(good.as_bytes()), Ok(()), "{good}");
        }
        for bad in
            ["0", "07", "01123456", "00123456", "00123456123456", "201234561234560123456", "0012345612345601234567"]
        {
            assert_eq!(
                check_positive_offer(bad.as_bytes()).map_err(|broken| broken.fault),
                Err(Fault::Coupon),
                "{bad}"
            );
        }
    }
}
