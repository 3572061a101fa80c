//! The courier against local listeners: deliveries are signed and in order, and no connection is made to a refused
//! target.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use domain::event::EventKind;
use domain::ids::{MerchantId, PersonId};
use domain::time::{HOUR, Timestamp};
use storage::audit::Entry;
use storage::demo;
use storage::merchant::Reach;
use storage::webhook::delivery::{Delivery, DeliveryStatus, GIVE_UP_AFTER};
use storage::webhook::{self, Change, Changed, EndpointId, EndpointStatus, EndpointTerms};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

const NOW: Timestamp = Timestamp(1_795_392_000_000_000);
const REACH: Reach = Reach { merchant: MerchantId(250_100), outlet: None };
const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// A minimal web server that keeps the requests it receives and gives prepared answers.
struct Receiver {
    address: SocketAddr,
    received: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

impl Receiver {
    async fn start(answer: impl Fn(usize) -> String + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let (received, connections) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
        let (log, count) = (Arc::clone(&received), Arc::clone(&connections));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let turn = count.fetch_add(1, Ordering::SeqCst);
                let mut text = String::new();
                let mut buffer = [0; 4_096];
                while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                    text.push_str(&String::from_utf8_lossy(&buffer[..read]));
                    if whole(&text) {
                        break;
                    }
                }
                log.lock().expect("one writer").push(text);
                let _ = stream.write_all(answer(turn).as_bytes()).await;
            }
        });
        Self { address, received, connections }
    }

    fn url(&self) -> String {
        format!("http://{}/hook?from=webpos", self.address)
    }

    fn allowed(&self) -> TargetsAllowed {
        TargetsAllowed::parse(&self.address.to_string()).expect("an address")
    }

    fn received(&self) -> Vec<String> {
        self.received.lock().expect("one reader").clone()
    }
}

/// Whether a request has arrived with its body.
fn whole(text: &str) -> bool {
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

fn header<'a>(request: &'a str, name: &str) -> &'a str {
    let found =
        request.lines().find_map(|line| line.split_once(": ").filter(|(own, _)| own.eq_ignore_ascii_case(name)));
    found.map_or("", |(_, value)| value)
}

fn body(request: &str) -> &str {
    request.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

struct Fixture {
    courier: Courier,
    db: Storage,
    vault: Vault,
    clock: Clock,
    _folder: tempfile::TempDir,
}

impl Fixture {
    async fn new(allowed: TargetsAllowed) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Storage::open(&folder.path().join("test.db")).expect("opens");
        demo::seed_people(&db, NOW).await.expect("seeds");
        let (vault, clock) = (Vault::from_bytes(&[7; 160]).expect("keys"), Clock::manual(NOW));
        let courier = Courier::new(db.clone(), vault.clone(), clock.clone(), allowed);
        Self { courier, db, vault, clock, _folder: folder }
    }

    async fn change(&self, change: Change) -> Changed {
        let entry = Entry {
            at: self.clock.now(),
            person: Some(PersonId(1002)),
            merchant: None,
            terminal: None,
            action: "test",
            subject: String::new(),
            detail: String::new(),
            address: "local".to_owned(),
        };
        webhook::change(&self.db, REACH, change, entry).await.expect("writes")
    }

    async fn endpoint(&self, url: &str) -> EndpointId {
        let events = EventKind::subscribable().collect();
        let terms = EndpointTerms { url: url.to_owned(), description: String::new(), events };
        let Changed::Endpoint(made) = self.change(Change::Create(terms)).await else { panic!("made") };
        made.id
    }

    async fn send(&self, id: EndpointId) -> Delivery {
        assert!(matches!(self.change(Change::TryOut(id)).await, Changed::Delivery(_)));
        self.courier.round().await.expect("the store works");
        self.deliveries(id).await.remove(0)
    }

    async fn deliveries(&self, id: EndpointId) -> Vec<Delivery> {
        delivery::list(&self.db, REACH, id, None, None, 50).await.expect("reads").expect("there")
    }

    async fn secrets(&self, id: EndpointId) -> Vec<String> {
        let endpoint = webhook::find(&self.db, REACH, id).await.expect("reads").expect("there");
        sign::secrets(&self.vault, &endpoint, self.clock.now())
    }
}

fn yes(_: usize) -> String {
    OK.to_owned()
}

#[tokio::test]
async fn a_message_arrives_signed_and_is_marked_as_delivered() {
    let receiver = Receiver::start(yes).await;
    let fixture = Fixture::new(receiver.allowed()).await;
    let id = fixture.endpoint(&receiver.url()).await;
    let delivery = fixture.send(id).await;
    assert_eq!((delivery.status, delivery.attempts, delivery.answer_status), (DeliveryStatus::Delivered, 1, Some(200)));
    assert_eq!(delivery.answer, "ok");
    let request = receiver.received().remove(0);
    assert!(request.starts_with("POST /hook?from=webpos HTTP/1.1\r\n"), "{request}");
    assert_eq!(header(&request, "host"), receiver.address.to_string());
    assert_eq!(header(&request, "content-type"), "application/json");
    assert_eq!(header(&request, "webpos-event-id"), delivery.event.to_string());
    assert_eq!(header(&request, "webpos-event-type"), "webhook.test");
    assert_eq!(header(&request, "webpos-attempt"), "1");
    assert_eq!(body(&request), delivery.payload);
    let expected = sign::header(&fixture.secrets(id).await, &delivery.payload, NOW);
    assert_eq!(header(&request, "webpos-signature"), expected);
    assert_eq!(fixture.courier.round().await.expect("works"), 0, "once");
}

#[tokio::test]
async fn two_secrets_sign_for_a_day_after_a_rotation() {
    let receiver = Receiver::start(yes).await;
    let fixture = Fixture::new(receiver.allowed()).await;
    let id = fixture.endpoint(&receiver.url()).await;
    let old = fixture.secrets(id).await;
    fixture.change(Change::Rotate(id)).await;
    let both = fixture.secrets(id).await;
    assert_eq!((both.len(), &both[1]), (2, &old[0]));
    assert!(both[0].starts_with("whsec_") && both[0].len() == 70 && both[0] != both[1]);
    fixture.send(id).await;
    assert_eq!(header(&receiver.received()[0], "webpos-signature").matches("v1=").count(), 2);
    fixture.clock.advance(24 * HOUR);
    assert_eq!(fixture.secrets(id).await, both[..1]);
    // Nothing on disk is a secret.
    let file = std::fs::read(fixture.db.path().expect("a file")).expect("reads");
    let wal = std::fs::read(fixture.db.path().expect("a file").with_extension("db-wal")).unwrap_or_default();
    for secret in both {
        let secret = secret.trim_start_matches("whsec_").as_bytes();
        assert!(![&file, &wal].iter().any(|bytes| bytes.windows(secret.len()).any(|part| part == secret)));
    }
}

#[tokio::test]
async fn a_rejected_event_is_retried_until_it_is_accepted() {
    let answers = ["HTTP/1.1 500 No\r\n\r\nbroken\r\n\u{7}", "HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\n\r\n", OK];
    let receiver = Receiver::start(move |turn| answers[turn].to_owned()).await;
    let fixture = Fixture::new(receiver.allowed()).await;
    let id = fixture.endpoint(&receiver.url()).await;
    let first = fixture.send(id).await;
    assert_eq!(
        (first.status, first.answer_status, first.due_at),
        (DeliveryStatus::Pending, Some(500), NOW.plus(5_000_000))
    );
    assert_eq!(first.answer, "broken   ");
    fixture.clock.advance(5_000_000);
    assert_eq!(fixture.courier.round().await.expect("works"), 1);
    let second = fixture.deliveries(id).await.remove(0);
    assert_eq!((second.answer_status, second.attempts), (Some(302), 2), "a redirect is not followed");
    fixture.clock.advance(30_000_000);
    fixture.courier.round().await.expect("works");
    assert_eq!(fixture.deliveries(id).await[0].status, DeliveryStatus::Delivered);
    let events: Vec<String> = receiver.received().iter().map(|one| header(one, "webpos-event-id").to_owned()).collect();
    assert_eq!(events, vec![first.event.to_string(); 3], "the same event each time");
    assert!(receiver.received().iter().all(|one| one.starts_with("POST /hook")));
}

#[tokio::test]
async fn only_the_beginning_of_a_response_is_read_and_kept() {
    let long = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(1_000_000));
    let head = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(200_000));
    let answers = [format!("HTTP/1.1 200 OK\r\n\r\n{}", "z".repeat(60_000)), long, head, "nonsense\r\n\r\n".to_owned()];
    let receiver = Receiver::start(move |turn| answers[turn].clone()).await;
    let fixture = Fixture::new(receiver.allowed()).await;
    let id = fixture.endpoint(&receiver.url()).await;
    assert_eq!(fixture.send(id).await.answer, "z".repeat(200));
    let long = fixture.send(id).await;
    assert_eq!((long.status, long.answer.as_str()), (DeliveryStatus::Delivered, "(no readable body)"));
    for _ in 0..2 {
        let unusable = fixture.send(id).await;
        assert_eq!((unusable.status, unusable.answer_status), (DeliveryStatus::Pending, None), "{}", unusable.answer);
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_receiver_times_out_after_ten_seconds() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    let client = Client::new(TargetsAllowed::parse(&address.to_string()).expect("an address"), Names::System);
    let (start, real) = (tokio::time::Instant::now(), Instant::now());
    let answer = client.post(&format!("http://{address}/"), &[], "{}".to_owned()).await;
    assert_eq!(answer, EndpointAnswer { status: None, text: "no response within 10 seconds".to_owned() });
    assert!(start.elapsed().as_secs() >= 10 && real.elapsed().as_secs() < 10);
}

/// Notations that some parser takes for this machine or its private network.
fn inner_forms(port: u16) -> Vec<String> {
    let hosts = [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.01",
        "0",
        "0.0.0.0",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "a.localhost",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1%25lo]",
        "user@127.0.0.1",
        "example.com@127.0.0.1",
        "example.com\\@127.0.0.1",
        "example.com#@127.0.0.1",
        "%31%32%37.0.0.1",
        "\u{ff11}27.0.0.1",
        "127\u{3002}0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "192.168.0.1",
        "172.16.0.1",
        "100.64.0.1",
        "224.0.0.1",
        "[ff02::1]",
        "[fc00::1]",
    ];
    let ways = ["http", "https"];
    let with = |host: &str| ways.map(|scheme| [format!("{scheme}://{host}:{port}/"), format!("{scheme}://{host}/")]);
    hosts.iter().flat_map(|host| with(host)).flatten().collect()
}

#[tokio::test]
async fn no_form_of_an_inner_address_is_called() {
    let receiver = Receiver::start(yes).await;
    let client = Client::new(TargetsAllowed::default(), Names::System);
    let forms = inner_forms(receiver.address.port());
    assert!(forms.len() >= 30);
    for form in forms {
        let answer = client.post(&form, &[], "{}".to_owned()).await;
        assert_eq!(answer.status, None, "{form}");
        assert!(!answer.text.contains("connect"), "{form}: {}", answer.text);
    }
    tokio::task::yield_now().await;
    assert_eq!(receiver.connections.load(Ordering::SeqCst), 0, "the listener received nothing");
}

fn listed(answers: Vec<Vec<IpAddr>>) -> Names {
    Names::Listed(Arc::new(Mutex::new(VecDeque::from(answers))))
}

#[tokio::test]
async fn a_name_is_checked_by_its_resolved_addresses_each_time() {
    let receiver = Receiver::start(yes).await;
    let inner: IpAddr = Ipv4Addr::LOCALHOST.into();
    let outer: IpAddr = Ipv4Addr::new(8, 8, 8, 8).into();
    let mapped: IpAddr = "::ffff:127.0.0.1".parse().expect("an address");
    let translated: IpAddr = "64:ff9b::7f00:1".parse().expect("an address");
    let answers = vec![vec![inner], vec![outer, inner], vec![mapped], vec![translated], vec![]];
    let client = Client::new(TargetsAllowed::default(), listed(answers));
    for expected in [&["the address is not on the public Internet"; 4][..], &["the name has no address"]].concat() {
        let answer = client.post("https://rebinding.example.com/", &[], "{}".to_owned()).await;
        assert_eq!(answer, EndpointAnswer { status: None, text: expected.to_owned() });
    }
    assert_eq!(receiver.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_name_that_changes_gets_its_event_at_the_address_that_was_checked() {
    let receiver = Receiver::start(yes).await;
    let target = format!("hooks.example.com:{}", receiver.address.port());
    let allowed = TargetsAllowed::parse(&target).expect("an address");
    // Resolved once per call: the second result would go elsewhere.
    let names = listed(vec![vec![Ipv4Addr::LOCALHOST.into()], vec![Ipv4Addr::new(127, 9, 9, 9).into()]]);
    let fixture = Fixture::new(TargetsAllowed::default()).await;
    let courier = fixture.courier.clone().with_names(allowed, names);
    let id = fixture.endpoint(&format!("http://{target}/x")).await;
    fixture.change(Change::TryOut(id)).await;
    assert_eq!(courier.round().await.expect("works"), 1);
    assert_eq!(fixture.deliveries(id).await[0].status, DeliveryStatus::Delivered);
    assert_eq!(header(&receiver.received()[0], "host"), target);
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_stopped_after_three_days_and_another_goes_on() {
    let receiver = Receiver::start(yes).await;
    let dead = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound");
    let allowed = TargetsAllowed::parse(&format!("{},{dead}", receiver.address)).expect("addresses");
    let fixture = Fixture::new(allowed).await;
    let (gone, well) = (fixture.endpoint(&format!("http://{dead}/")).await, fixture.endpoint(&receiver.url()).await);
    fixture.change(Change::TryOut(gone)).await;
    let mut rounds = 0;
    loop {
        fixture.courier.round().await.expect("works");
        let state = fixture.deliveries(gone).await.remove(0);
        assert!(state.answer.starts_with("cannot connect"), "{}", state.answer);
        if state.status == DeliveryStatus::Parked {
            break;
        }
        rounds += 1;
        assert_eq!(fixture.send(well).await.status, DeliveryStatus::Delivered);
        fixture.clock.advance(state.due_at.since(fixture.clock.now()));
    }
    assert_eq!((fixture.clock.now().since(NOW), rounds), (GIVE_UP_AFTER, 30));
    let endpoint = webhook::find(&fixture.db, REACH, gone).await.expect("reads").expect("there");
    assert_eq!(endpoint.status, EndpointStatus::Failed);
}

#[tokio::test]
async fn the_running_courier_finds_work_by_itself() {
    let receiver = Receiver::start(yes).await;
    let fixture = Fixture::new(receiver.allowed()).await;
    let id = fixture.endpoint(&receiver.url()).await;
    let running = tokio::spawn(fixture.courier.clone().run());
    fixture.change(Change::TryOut(id)).await;
    while fixture.deliveries(id).await[0].status != DeliveryStatus::Delivered {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    running.abort();
}
