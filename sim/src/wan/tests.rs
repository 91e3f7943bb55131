use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::time::timeout;

use super::http::Head;
use super::*;

const BOUND: Duration = Duration::from_secs(10);

/// A hub that answers every request with its number, and counts what it got.
struct Hub {
    addr: SocketAddr,
    served: Arc<AtomicU64>,
    serving: JoinHandle<()>,
}

impl Hub {
    async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let served = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&served);
        let serving = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, Arc::clone(&count)));
            }
        });
        Self { addr, served, serving }
    }

    fn served(&self) -> u64 {
        self.served.load(Ordering::SeqCst)
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(stream: TcpStream, served: Arc<AtomicU64>) -> io::Result<()> {
    let (from, mut to) = stream.into_split();
    let mut from = BufReader::new(from);
    while let Some(head) = Head::read(&mut from).await? {
        if !head.bytes().first().is_some_and(u8::is_ascii_uppercase) {
            // Not HTTP: an echo.
            to.write_all(head.bytes()).await?;
            continue;
        }
        let mut body = vec![0; if head.bytes().starts_with(b"POST") { 5 } else { 0 }];
        from.read_exact(&mut body).await?;
        let n = served.fetch_add(1, Ordering::SeqCst) + 1;
        let text = String::from_utf8_lossy(&body);
        let reply = if head.bytes().starts_with(b"GET /chunked") {
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwiki\r\n5;x=y\r\npedia\r\n0\r\nT: 1\r\n\r\n"
                .to_owned()
        } else if head.bytes().starts_with(b"GET /close") {
            "HTTP/1.1 200 OK\r\n\r\nuntil the end".to_owned()
        } else if head.bytes().starts_with(b"GET /never") {
            continue;
        } else {
            let body = format!("{n}:{text}");
            format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
        };
        to.write_all(reply.as_bytes()).await?;
        if head.bytes().starts_with(b"GET /close") {
            return Ok(());
        }
    }
    Ok(())
}

const POST: &str = "POST /v1 HTTP/1.1\r\nHost: hub\r\nContent-Length: 5\r\n\r\nhello";

/// Sends on an open connection and reads what comes until `end` has come or the connection ends.
async fn ask(stream: &mut TcpStream, request: &str, end: &str) -> io::Result<String> {
    stream.write_all(request.as_bytes()).await?;
    let mut reply = Vec::new();
    while !reply.ends_with(end.as_bytes()) {
        let mut buffer = [0; 1024];
        match timeout(BOUND, stream.read(&mut buffer)).await?? {
            0 => break,
            len => reply.extend_from_slice(&buffer[..len]),
        }
    }
    Ok(String::from_utf8_lossy(&reply).into_owned())
}

async fn connect(wan: &Wan) -> TcpStream {
    TcpStream::connect(wan.addr()).await.unwrap()
}

#[tokio::test]
async fn a_line_that_is_up_carries_requests_on_one_connection() {
    let (hub, wan) = up().await;
    let mut site = connect(&wan).await;
    for n in 1..=3 {
        let reply = ask(&mut site, POST, &format!("{n}:hello")).await.unwrap();
        assert!(reply.ends_with(&format!("\r\n\r\n{n}:hello")), "{reply}");
    }
    assert_eq!((hub.served(), wan.connections(), wan.requests()), (3, 1, 3));
}

#[tokio::test]
async fn bodies_of_every_kind_come_through_as_they_are() {
    let (_hub, wan) = up().await;
    let mut site = connect(&wan).await;
    let chunked = ask(&mut site, "GET /chunked HTTP/1.1\r\n\r\n", "T: 1\r\n\r\n").await.unwrap();
    assert!(chunked.ends_with("4\r\nwiki\r\n5;x=y\r\npedia\r\n0\r\nT: 1\r\n\r\n"), "{chunked}");
    let after = ask(&mut site, POST, "2:hello").await.unwrap();
    assert!(after.ends_with("2:hello"), "the connection is still in step: {after}");
    let closing = ask(&mut site, "GET /close HTTP/1.1\r\n\r\n", "nothing ends it but the close").await.unwrap();
    assert!(closing.ends_with("until the end"), "{closing}");
}

#[tokio::test]
async fn exactly_n_replies_are_lost_after_the_hub_has_answered() {
    let (hub, wan) = up().await;
    wan.lose_replies(2);
    for _ in 0..2 {
        let reply = ask(&mut connect(&wan).await, POST, "hello").await.unwrap_or_default();
        assert_eq!(reply, "");
    }
    assert_eq!((hub.served(), wan.lost_replies()), (2, 2), "the hub did its part");
    let reply = ask(&mut connect(&wan).await, POST, "hello").await.unwrap();
    assert!(reply.ends_with("3:hello"), "{reply}");
    assert_eq!(wan.lost_replies(), 2);
}

#[tokio::test]
async fn the_portal_answers_in_the_hubs_place_exactly_n_times() {
    let (hub, wan) = up().await;
    wan.portal(1);
    let page = ask(&mut connect(&wan).await, POST, "no such end").await.unwrap();
    assert!(page.starts_with("HTTP/1.1 200 OK") && page.contains("Please log in"), "{page}");
    assert_eq!((hub.served(), wan.portals()), (0, 1));
    assert!(ask(&mut connect(&wan).await, POST, "1:hello").await.unwrap().ends_with("1:hello"));
}

#[tokio::test]
async fn a_line_that_goes_down_resets_what_is_open_and_refuses_what_comes() {
    let (_hub, wan) = up().await;
    let mut open = connect(&wan).await;
    ask(&mut open, POST, "1:hello").await.unwrap();
    wan.down();
    wan.up();
    assert!(broken(&mut open).await, "a cut is a cut, however short");

    wan.down();
    let mut fresh = connect(&wan).await;
    assert!(broken(&mut fresh).await);
    assert_eq!(wan.refused(), 1);
    wan.up();
    assert!(ask(&mut connect(&wan).await, POST, "2:hello").await.unwrap().ends_with("2:hello"));
}

#[tokio::test]
async fn a_black_hole_says_nothing_until_the_line_is_up_again() {
    let (hub, wan) = up().await;
    wan.black_hole();
    let mut site = connect(&wan).await;
    let silence = timeout(Duration::from_millis(100), ask(&mut site, POST, "hello")).await;
    assert!(silence.is_err() && hub.served() == 0, "{silence:?}");
    wan.up();
    assert!(ask(&mut site, "", "1:hello").await.unwrap().ends_with("1:hello"), "what was sent arrives");
}

#[tokio::test]
async fn a_delay_holds_each_direction() {
    let (_hub, wan) = up().await;
    wan.delay(Duration::from_millis(60));
    let before = tokio::time::Instant::now();
    ask(&mut connect(&wan).await, POST, "1:hello").await.unwrap();
    assert!(before.elapsed() >= Duration::from_millis(120), "{:?}", before.elapsed());
}

#[tokio::test]
async fn other_traffic_passes_both_ways_and_is_cut_with_the_line() {
    let (_hub, wan) = up().await;
    let mut site = connect(&wan).await;
    assert_eq!(ask(&mut site, "\x10mqtt\n\n", "mqtt\n\n").await.unwrap(), "\x10mqtt\n\n");
    assert_eq!(wan.requests(), 0);
    wan.down();
    assert!(broken(&mut site).await);
}

#[tokio::test]
async fn a_site_that_leaves_a_long_poll_is_missed_by_the_hub() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let wan = Wan::to(listener.local_addr().unwrap()).await.unwrap();
    let mut site = connect(&wan).await;
    site.write_all(b"GET /never HTTP/1.1\r\n\r\n").await.unwrap();
    let (mut hub_end, _) = listener.accept().await.unwrap();
    let mut request = [0; 64];
    assert!(hub_end.read(&mut request).await.unwrap() > 0);
    drop(site);
    assert_eq!(timeout(BOUND, hub_end.read(&mut request)).await.unwrap().unwrap(), 0);
}

#[tokio::test]
async fn a_hub_that_is_not_there_ends_the_connection() {
    let gone = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap();
    let wan = Wan::to(gone).await.unwrap();
    assert_eq!(ask(&mut connect(&wan).await, POST, "hello").await.unwrap_or_default(), "");
}

async fn up() -> (Hub, Wan) {
    let hub = Hub::start().await;
    let wan = Wan::to(hub.addr).await.unwrap();
    (hub, wan)
}

/// Whether the connection ends, by a reset or an end of file, before anything comes.
async fn broken(stream: &mut TcpStream) -> bool {
    matches!(timeout(BOUND, stream.read(&mut [0; 64])).await.unwrap(), Err(_) | Ok(0))
}

/// Whether nothing comes and nothing ends for a while.
async fn silent(stream: &mut TcpStream) -> bool {
    timeout(Duration::from_millis(100), stream.read(&mut [0; 64])).await.is_err()
}

/// What comes for one request on a connection of its own, until it ends; the error where it is reset.
async fn ask_alone(wan: &Wan) -> io::Result<String> {
    ask(&mut connect(wan).await, POST, "nothing ends it but the end").await
}

#[tokio::test]
async fn forgotten_connections_are_silent_for_good_and_new_ones_pass() {
    let (hub, wan) = up().await;
    let mut old = connect(&wan).await;
    ask(&mut old, POST, "1:hello").await.unwrap();
    wan.forget();
    old.write_all(POST.as_bytes()).await.unwrap();
    assert!(silent(&mut old).await && hub.served() == 1);
    assert!(ask(&mut connect(&wan).await, POST, "2:hello").await.unwrap().ends_with("2:hello"));
    assert!(silent(&mut old).await, "not even when others pass");
    wan.down();
    assert!(broken(&mut old).await);
}

#[tokio::test]
async fn noise_is_what_no_protocol_begins_with() {
    let (_hub, wan) = up().await;
    wan.noise();
    let mut noise = Vec::new();
    timeout(BOUND, connect(&wan).await.read_to_end(&mut noise)).await.unwrap().unwrap();
    assert_eq!(noise, NOISE);
    wan.up();
    assert!(ask(&mut connect(&wan).await, POST, "1:hello").await.unwrap().ends_with("1:hello"));
}

#[tokio::test]
async fn a_rate_is_kept() {
    let (_hub, wan) = up().await;
    wan.rate(1_000);
    let before = tokio::time::Instant::now();
    // Bodies are what is slow: 5 bytes out, some 7 back; other traffic as a whole.
    let echo = format!("\x10{}\n\n", "m".repeat(300));
    ask(&mut connect(&wan).await, &echo, "\n\n").await.unwrap();
    assert!(before.elapsed() >= Duration::from_millis(600), "{:?}", before.elapsed());
}

#[tokio::test]
async fn lost_packets_come_late_and_nothing_is_missing() {
    let (_hub, wan) = up().await;
    wan.lose_packets(100);
    let before = tokio::time::Instant::now();
    ask(&mut connect(&wan).await, POST, "1:hello").await.unwrap();
    assert!(before.elapsed() >= 2 * SENT_AGAIN_AFTER, "{:?}", before.elapsed());
}

#[tokio::test]
async fn an_answer_in_the_hubs_place_is_the_one_that_was_given() {
    let (hub, wan) = up().await;
    let message = "HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n";
    wan.play(Fault::answer(message), 2);
    for _ in 0..2 {
        assert_eq!(ask_alone(&wan).await.unwrap(), message);
    }
    assert_eq!((hub.served(), wan.played()), (0, 2));
    assert!(ask(&mut connect(&wan).await, POST, "1:hello").await.unwrap().ends_with("1:hello"));
}

#[tokio::test]
async fn a_judge_sees_the_body_and_lets_pass_what_it_has_no_answer_to() {
    let (hub, wan) = up().await;
    wan.play(Fault::judge(|body| (body == b"hello").then(|| b"HTTP/1.1 400 No\r\n\r\n".to_vec())), u64::MAX);
    assert_eq!(ask_alone(&wan).await.unwrap(), "HTTP/1.1 400 No\r\n\r\n");
    let other = POST.replace("hello", "other");
    assert!(ask(&mut connect(&wan).await, &other, "1:other").await.unwrap().ends_with("1:other"));
    wan.end_play();
    assert!(ask(&mut connect(&wan).await, POST, "2:hello").await.unwrap().ends_with("2:hello"));
    assert_eq!(hub.served(), 2);
}

#[tokio::test]
async fn half_a_request_is_reset_or_swallowed_and_the_hub_serves_none() {
    let (hub, wan) = up().await;
    wan.play(Fault::ResetRequest, 1);
    assert!(broken_by(&wan).await);
    wan.play(Fault::SwallowRequest, 1);
    let mut site = connect(&wan).await;
    site.write_all(POST.as_bytes()).await.unwrap();
    assert!(silent(&mut site).await && hub.served() == 0);
}

#[tokio::test]
async fn replies_are_cut_reset_swallowed_or_forged_after_the_hub_has_served() {
    let (hub, wan) = up().await;
    wan.play(Fault::CutReply(20), 1);
    assert_eq!(ask_alone(&wan).await.unwrap(), "HTTP/1.1 200 OK\r\nCon"[..17].to_owned() + "con");
    wan.play(Fault::ResetReply(0), 1);
    assert!(broken_by(&wan).await);
    wan.play(Fault::Silence, 1);
    let mut site = connect(&wan).await;
    site.write_all(POST.as_bytes()).await.unwrap();
    assert!(silent(&mut site).await);
    wan.play(Fault::forge(|body| [b"forged ", body].concat()), 1);
    assert_eq!(ask_alone(&wan).await.unwrap(), "forged 4:hello");
    assert_eq!((hub.served(), wan.played()), (4, 4));
}

#[tokio::test]
async fn a_doubled_request_is_served_twice_and_answered_once() {
    let (hub, wan) = up().await;
    wan.play(Fault::Double, 1);
    let mut site = connect(&wan).await;
    assert!(ask(&mut site, POST, "2:hello").await.unwrap().ends_with("2:hello"));
    assert_eq!(hub.served(), 2);
    assert!(ask(&mut site, POST, "3:hello").await.unwrap().ends_with("3:hello"), "the connection is still in step");
}

#[tokio::test]
async fn a_reply_drips_comes_late_ends_its_connection_or_never_ends() {
    let (_hub, wan) = up().await;
    wan.play(Fault::Drip(Duration::from_millis(2)), 1);
    let before = tokio::time::Instant::now();
    assert!(ask(&mut connect(&wan).await, POST, "1:hello").await.unwrap().ends_with("1:hello"));
    assert!(before.elapsed() >= Duration::from_millis(80), "{:?}", before.elapsed());

    wan.play(Fault::Late(Duration::from_millis(300)), 1);
    let (mut late, mut early) = (connect(&wan).await, connect(&wan).await);
    late.write_all(POST.as_bytes()).await.unwrap();
    while wan.played() < 2 {
        tokio::task::yield_now().await;
    }
    assert!(silent(&mut late).await);
    assert!(ask(&mut early, POST, "3:hello").await.unwrap().ends_with("3:hello"));
    assert!(ask(&mut late, "", "2:hello").await.unwrap().ends_with("2:hello"));

    wan.play(Fault::Close, 1);
    assert!(ask_alone(&wan).await.unwrap().ends_with("4:hello"), "it ended by itself");

    wan.play(Fault::Endless, 1);
    let mut site = connect(&wan).await;
    site.write_all(POST.as_bytes()).await.unwrap();
    let mut body = vec![0; 40_000];
    timeout(BOUND, site.read_exact(&mut body)).await.unwrap().unwrap();
}

/// Whether a request on a connection of its own ends without a byte.
async fn broken_by(wan: &Wan) -> bool {
    let mut site = connect(wan).await;
    site.write_all(POST.as_bytes()).await.unwrap();
    broken(&mut site).await
}
