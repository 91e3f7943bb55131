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
