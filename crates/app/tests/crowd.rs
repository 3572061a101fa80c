//! The real program under many connections: idle ones, slow senders, more than the limit on open files allows.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tempfile::TempDir;
use webpos_client::model::{Currency, NewPayment, Status};
use webpos_client::{Attempt, Client, IdempotencyKey};

struct Shop {
    child: Child,
    address: SocketAddr,
    token: String,
    _folder: TempDir,
}

impl Shop {
    /// The demo, started by a shell that first runs `before`.
    fn open(before: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = Command::new("sh")
            .args(["-c", &format!("{before} exec \"$0\" serve --demo --listen 127.0.0.1:0 --data-dir \"$1\"")])
            .arg(env!("CARGO_BIN_EXE_webpos"))
            .arg(folder.path().join("data"))
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines().map_while(Result::ok);
        let ready = lines.find(|line| line.contains("is ready on")).expect("says that it is ready");
        let address = ready.rsplit('/').next().and_then(|address| address.parse().ok()).expect("an address");
        let token =
            lines.find_map(|line| line.split_whitespace().find(|word| word.starts_with("wpos_")).map(str::to_owned));
        let token = token.expect("a key");
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address, token, _folder: folder }
    }

    /// Pays 1.00, or returns the error.
    async fn pay(&self) -> Result<(), String> {
        let client =
            Client::new(format!("http://{}", self.address), self.token.as_str()).map_err(|error| error.to_string())?;
        let payment = NewPayment {
            card_number: "6086250000010012".into(),
            pin: "123456".into(),
            amount: 100,
            currency: Currency::Cny,
            lines: None,
            merchant_order_number: None,
            terminal_id: None,
        };
        match client.pay(&IdempotencyKey::random(), &payment).await {
            Ok(Attempt::Known(payment)) if payment.status == Status::Approved => Ok(()),
            other => Err(format!("{other:?}")),
        }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("connects");
        stream.set_read_timeout(Some(Duration::from_millis(200))).expect("a time limit");
        stream
    }

    /// Peak memory, KiB.
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its memory");
        line.split_whitespace().next().and_then(|number| number.parse().ok()).expect("a number")
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether the other side closes the connection within a moment.
fn closed(stream: &mut TcpStream) -> bool {
    match stream.read(&mut [0; 1]) {
        Ok(read) => read == 0,
        Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
    }
}

#[tokio::test]
async fn two_thousand_idle_and_slow_connections_do_no_harm() {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(4_096, |most| most.min(4_096));
    setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum }).expect("raised");
    let shop = Shop::open("");
    let mut idle: Vec<TcpStream> = (0..1_000).map(|_| shop.connect()).collect();
    // Half a head and half a body: slow senders must not use up the limit on requests.
    for n in 0..1_000 {
        let mut slow = shop.connect();
        let half = if n % 2 == 0 {
            "POST /api/v1/payments HTTP/1.1\r\nHost: ".to_owned()
        } else {
            format!(
                "POST /{} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 200\r\n\
                 Authorization: Bearer {}\r\nIdempotency-Key: slow-{n}\r\n\r\n{{",
                if n % 4 == 1 { "api/v1/payments" } else { "login" },
                shop.token
            )
        };
        slow.write_all(half.as_bytes()).expect("sent");
        idle.push(slow);
    }
    for _ in 0..20 {
        shop.pay().await.expect("paid in spite of them");
    }
    assert!(!closed(idle.last_mut().expect("many")), "they were there all the time");
    assert!(shop.memory() < 256 * 1_024, "{} KiB", shop.memory());
}

#[tokio::test]
async fn a_connection_over_the_limit_is_closed_and_the_others_continue() {
    // 300 file descriptors leave 44 connections.
    let shop = Shop::open("ulimit -n 300;");
    let mut held: Vec<TcpStream> = (0..44).map(|_| shop.connect()).collect();
    let ask = |stream: &mut TcpStream| {
        stream.write_all(b"HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n").expect("sent");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time limit");
        let (mut answer, mut read) = ([0; 4_096], 0);
        while !answer[..read].ends_with(b"\r\n\r\n") {
            match stream.read(&mut answer[read..]) {
                Ok(more) if more > 0 => read += more,
                other => panic!("{other:?} after {}", String::from_utf8_lossy(&answer[..read])),
            }
        }
        answer.starts_with(b"HTTP/1.1 200")
    };
    for stream in &mut held {
        assert!(ask(stream));
    }
    let mut more = shop.connect();
    more.set_read_timeout(Some(Duration::from_secs(30))).expect("a time limit");
    assert!(closed(&mut more), "one too many");
    held.truncate(40);
    // The connections are free once the program has noticed that they are closed.
    let paid = async {
        loop {
            match shop.pay().await {
                Ok(()) => break,
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), paid).await.expect("room for four");
    assert!(ask(&mut held[0]));
}
