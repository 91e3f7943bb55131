//! A name server that knows one answer, or pretends not to.
//!
//! Owns a UDP port and as much of RFC 1035 as a stub resolver asks for: one question, A records. Every name has the same
//! address. Must not know who asks.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// How names are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// With this address.
    At(Ipv4Addr),
    /// With this address, after a while.
    Late(Ipv4Addr, Duration),
    /// There is no such name.
    Unknown,
    /// Not at all.
    Silent,
}

/// A name server. Dropping it closes the port.
#[derive(Debug)]
pub struct NameServer {
    answers: Arc<Mutex<Answers>>,
    asked: Arc<AtomicU64>,
    answering: JoinHandle<()>,
}

const HEADER_LEN: usize = 12;
const TYPE_A: u16 = 1;
const NAME_UNKNOWN: u8 = 3;

impl NameServer {
    /// A name server at this address; port 53 where a system's resolver is to find it.
    ///
    /// # Errors
    /// When the port is taken, or not allowed.
    pub async fn at(addr: SocketAddr, answers: Answers) -> io::Result<Self> {
        let socket = UdpSocket::bind(addr).await?;
        let (answers, asked) = (Arc::new(Mutex::new(answers)), Arc::new(AtomicU64::new(0)));
        let answering = tokio::spawn(answer(socket, Arc::clone(&answers), Arc::clone(&asked)));
        Ok(Self { answers, asked, answering })
    }

    /// From now on.
    pub fn set(&self, answers: Answers) {
        *self.answers.lock().unwrap_or_else(PoisonError::into_inner) = answers;
    }

    /// Questions so far.
    #[must_use]
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.answering.abort();
    }
}

async fn answer(socket: UdpSocket, answers: Arc<Mutex<Answers>>, asked: Arc<AtomicU64>) {
    let socket = Arc::new(socket);
    let mut question = [0; 512];
    loop {
        let Ok((len, from)) = socket.recv_from(&mut question).await else { continue };
        asked.fetch_add(1, Ordering::SeqCst);
        let answers = *answers.lock().unwrap_or_else(PoisonError::into_inner);
        let (addr, delay) = match answers {
            Answers::Silent => continue,
            Answers::Unknown => (None, Duration::ZERO),
            Answers::At(addr) => (Some(addr), Duration::ZERO),
            Answers::Late(addr, delay) => (Some(addr), delay),
        };
        let Some(message) = reply(&question[..len], addr) else { continue };
        let socket = Arc::clone(&socket);
        tokio::spawn(async move {
            sleep(delay).await;
            let _ = socket.send_to(&message, from).await;
        });
    }
}

/// The reply to a question, `None` to what is none. Without an address the name is unknown; with one, a question for
/// another type than A is answered with nothing.
fn reply(question: &[u8], addr: Option<Ipv4Addr>) -> Option<Vec<u8>> {
    let mut end = HEADER_LEN;
    loop {
        let label = *question.get(end)?;
        end += 1 + usize::from(label);
        if label == 0 {
            break;
        }
    }
    let kind = u16::from_be_bytes([*question.get(end)?, *question.get(end + 1)?]);
    let asked = question.get(..end + 4)?;
    let has_address = addr.is_some() && kind == TYPE_A;
    let code = if addr.is_some() { 0 } else { NAME_UNKNOWN };
    // Id as asked; a response, recursion as asked and to be had; one question, none or one answer.
    let mut message = vec![asked[0], asked[1], 0x80 | (asked[2] & 0x01), 0x80 | code];
    message.extend([0, 1, 0, u8::from(has_address), 0, 0, 0, 0]);
    message.extend(&asked[HEADER_LEN..]);
    if let (Some(addr), true) = (addr, has_address) {
        // The name of the question, type A, class IN, to be kept for no time, four bytes.
        message.extend([0xC0, 0x0C, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]);
        message.extend(addr.octets());
    }
    Some(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A question for `hub.test`, type A, as glibc sends it.
    const QUESTION: &[u8] = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03hub\x04test\x00\x00\x01\x00\x01";

    #[test]
    fn a_known_name_has_its_address() {
        let message = reply(QUESTION, Some(Ipv4Addr::new(127, 0, 0, 9))).unwrap();
        assert_eq!(message[..12], [0x12, 0x34, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
        assert_eq!(message[12..26], QUESTION[12..]);
        assert!(message.ends_with(&[0, 4, 127, 0, 0, 9]));
    }

    #[test]
    fn an_unknown_name_is_said_to_be_unknown_and_other_types_are_empty() {
        assert_eq!(reply(QUESTION, None).unwrap()[3] & 0x0F, NAME_UNKNOWN);
        let mut six = QUESTION.to_vec();
        six[23] = 28;
        let message = reply(&six, Some(Ipv4Addr::LOCALHOST)).unwrap();
        assert_eq!((message[3] & 0x0F, message[7], message.len()), (0, 0, QUESTION.len()));
    }

    #[test]
    fn what_is_no_question_has_no_reply() {
        for len in 0..QUESTION.len() {
            assert_eq!(reply(&QUESTION[..len], None), None, "cut at {len}");
        }
    }
}
