//! What an HTTP answer means for delivery. Pure. Only a 200 in the shape of an ack is an ack: a captive portal answers
//! 200 to everything.

use std::time::Duration;

use gateway_proto::{
    answer::{Ack, Code, Rejection},
    delivery::{Reply, TroubleKind},
};

use super::https;

/// Reads an answer: status, how long it asks to wait, and the body.
#[must_use]
pub fn read(status: u16, retry_after: Option<Duration>, body: &[u8]) -> Reply {
    if status == 200 {
        return match serde_json::from_slice::<Ack>(body) {
            Ok(ack) => Reply::Ack(ack),
            Err(_) => nothing(TroubleKind::NotAHub, status, body, retry_after),
        };
    }
    if let Ok(rejection) = serde_json::from_slice::<Rejection>(body)
        && (400..600).contains(&status)
    {
        return Reply::Rejected { rejection, retry_after };
    }
    match status {
        401 | 403 => nothing(TroubleKind::Unauthorized, status, body, retry_after),
        404 | 410 => nothing(TroubleKind::FeedUnknown, status, body, retry_after),
        407 => nothing(TroubleKind::Proxy, status, body, retry_after),
        // The request did not arrive in the time the other end gives it.
        408 => nothing(TroubleKind::TimedOut, status, body, retry_after),
        // Also from a proxy on the way: only a smaller batch gets through.
        413 => Reply::Rejected { rejection: Rejection::new(Code::TooLarge, "HTTP 413"), retry_after },
        429 | 503 => nothing(TroubleKind::Busy, status, body, retry_after),
        // 511 is what a portal says that knows the standard.
        200..=399 | 511 => nothing(TroubleKind::NotAHub, status, body, retry_after),
        500..=599 => nothing(TroubleKind::Failing, status, body, retry_after),
        _ => nothing(TroubleKind::Refused, status, body, retry_after),
    }
}

fn nothing(kind: TroubleKind, status: u16, body: &[u8], retry_after: Option<Duration>) -> Reply {
    Reply::Nothing { kind, detail: https::described(status, body), retry_after }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(status: u16, body: &str) -> Option<TroubleKind> {
        match read(status, None, body.as_bytes()) {
            Reply::Nothing { kind, .. } => Some(kind),
            Reply::Ack(_) | Reply::Rejected { .. } => None,
        }
    }

    #[test]
    fn only_the_shape_of_an_ack_is_an_ack() {
        assert!(matches!(read(200, None, br#"{"epoch":"e1","through":7,"refused":[]}"#), Reply::Ack(_)));
        assert_eq!(kind(200, "<html>Welcome to Hotel WiFi</html>"), Some(TroubleKind::NotAHub));
        assert_eq!(kind(200, r#"{"ok":true}"#), Some(TroubleKind::NotAHub));
        assert_eq!(kind(200, r#"{"epoch":"e1","through":7}"#), Some(TroubleKind::NotAHub));
        assert_eq!(kind(302, ""), Some(TroubleKind::NotAHub));
        assert_eq!(kind(204, ""), Some(TroubleKind::NotAHub));
    }

    #[test]
    fn a_receiver_that_names_no_window_grants_one() {
        let Reply::Ack(ack) = read(200, None, br#"{"epoch":"e1","through":7,"refused":[]}"#) else { panic!() };
        assert_eq!(ack.window, 1);
    }

    #[test]
    fn rejections_are_read_from_their_body() {
        for (status, body, code) in [
            (409, r#"{"code":"gap","expected":1000}"#, Code::Gap),
            (409, r#"{"code":"fork","seq":3}"#, Code::Fork),
            (400, r#"{"code":"bad_batch","detail":"no"}"#, Code::BadBatch),
            (400, r#"{"code":"from_the_future"}"#, Code::Other),
            (503, r#"{"code":"busy"}"#, Code::Busy),
        ] {
            let Reply::Rejected { rejection, .. } = read(status, None, body.as_bytes()) else { panic!("{body}") };
            assert_eq!(rejection.code, code);
        }
        let Reply::Rejected { rejection, .. } = read(413, None, b"<html>nginx</html>") else { panic!() };
        assert_eq!(rejection.code, Code::TooLarge);
    }

    #[test]
    fn statuses_without_a_body_we_know_are_named_trouble() {
        assert_eq!(kind(401, ""), Some(TroubleKind::Unauthorized));
        assert_eq!(kind(429, "slow down"), Some(TroubleKind::Busy));
        assert_eq!(kind(503, ""), Some(TroubleKind::Busy));
        assert_eq!(kind(403, ""), Some(TroubleKind::Unauthorized));
        assert_eq!(kind(404, "<html>nginx</html>"), Some(TroubleKind::FeedUnknown));
        assert_eq!(kind(407, ""), Some(TroubleKind::Proxy));
        assert_eq!(kind(408, ""), Some(TroubleKind::TimedOut));
        assert_eq!(kind(411, ""), Some(TroubleKind::Refused));
        assert_eq!(kind(511, "log in"), Some(TroubleKind::NotAHub));
        for status in [500, 502, 504, 522, 599] {
            assert_eq!(kind(status, "oops"), Some(TroubleKind::Failing), "{status}");
        }
        assert_eq!(kind(400, "bad request"), Some(TroubleKind::Refused), "a proxy's 400 condemns no record");
    }

    #[test]
    fn what_an_answer_asks_to_wait_is_kept() {
        for body in ["", r#"{"code":"busy"}"#] {
            let (Reply::Nothing { retry_after, .. } | Reply::Rejected { retry_after, .. }) =
                read(503, Some(Duration::from_secs(30)), body.as_bytes())
            else {
                panic!("{body}")
            };
            assert_eq!(retry_after, Some(Duration::from_secs(30)));
        }
    }
}
