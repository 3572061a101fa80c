//! A cheap load generator: requests are prepared except for card and key, responses are read no further than needed,
//! and all connections run on one thread.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use domain::ids::RequestId;
use engine::clock::Clock;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use crate::Failure;
use crate::fixture::{PIN, card_number};

/// Resolution of the timer.
const TICK: Duration = Duration::from_millis(2);

/// Where payments are sent, and with what.
#[derive(Clone, Debug)]
pub struct Target {
    /// The servers; connections are distributed over them in turn.
    pub servers: Vec<SocketAddr>,
    /// The API key.
    pub token: String,
    /// Cards that pay, from 0.
    pub cards: i64,
}

/// The pace of the load.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Concurrent connections.
    pub connections: usize,
    /// Duration of the measurement, after a fifth of it as warm-up.
    pub time: Duration,
    /// Interval between the payments of a connection; `None` is as fast as possible.
    pub every: Option<Duration>,
}

/// The result.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Approved payments per second.
    pub per_second: f64,
    /// Approved payments.
    pub count: usize,
    /// Approved payments during warm-up and run-out.
    pub warming: usize,
    /// Responses other than an approved payment.
    pub other: usize,
    /// How many of them were 503: nothing was charged, retry.
    pub refused: usize,
    /// Median latency, milliseconds.
    pub p50: f64,
    /// 99th percentile of the latency, milliseconds.
    pub p99: f64,
    /// The longest wait for any response since its request was sent, milliseconds.
    pub longest: f64,
}

struct Work {
    target: Target,
    pace: Pace,
    measure_from: Instant,
    until: Instant,
    dice: Cell<u64>,
    clock: Clock,
    times: RefCell<Vec<u32>>,
    warming: Cell<usize>,
    other: Cell<usize>,
    refused: Cell<usize>,
    longest: Cell<Duration>,
    first_other: RefCell<Option<String>>,
}

/// Pays until the time is up.
pub fn run(target: &Target, pace: Pace) -> Result<Measured, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (begun, clock) = (Instant::now(), Clock::system());
    let measure_from = begun + pace.time / 5;
    let work = Rc::new(Work {
        target: target.clone(),
        pace,
        measure_from,
        until: measure_from + pace.time,
        dice: Cell::new(clock.now().0.unsigned_abs() | 1),
        clock,
        times: RefCell::default(),
        warming: Cell::new(0),
        other: Cell::new(0),
        refused: Cell::new(0),
        longest: Cell::new(Duration::ZERO),
        first_other: RefCell::default(),
    });
    let all = LocalSet::new();
    for n in 0..pace.connections {
        let work = Rc::clone(&work);
        all.spawn_local(async move {
            // A broken connection is replaced, and counted.
            while let Err(error) = work.connection(n).await {
                work.note_other(error.to_string());
                tokio::time::sleep(TICK).await;
            }
        });
    }
    runtime.block_on(all);
    if let Some(what) = work.first_other.take() {
        eprintln_line(&format!("not approved: {what}"));
    }
    let mut times = work.times.take();
    times.sort_unstable();
    Ok(Measured {
        per_second: per(times.len(), pace.time),
        count: times.len(),
        warming: work.warming.get(),
        other: work.other.get(),
        refused: work.refused.get(),
        p50: at(&times, 50),
        p99: at(&times, 99),
        longest: work.longest.get().as_secs_f64() * 1_000.0,
    })
}

fn eprintln_line(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{text}");
}

#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "figures for people")]
fn per(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

pub(crate) fn at(times: &[u32], percent: usize) -> f64 {
    let place = (times.len() * percent / 100).min(times.len().saturating_sub(1));
    times.get(place).map_or(0.0, |micros| f64::from(*micros) / 1_000.0)
}

impl Work {
    fn note_other(&self, what: String) {
        self.other.set(self.other.get() + 1);
        self.first_other.borrow_mut().get_or_insert(what);
    }

    /// xorshift: chooses the next card.
    fn next(&self) -> u64 {
        let mut x = self.dice.get();
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.dice.set(x);
        x
    }

    async fn connection(&self, n: usize) -> Result<(), Failure> {
        let server = self.target.servers[n % self.target.servers.len()];
        let mut stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        let head = format!(
            "POST /api/v1/payments HTTP/1.1\r\nHost: {server}\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nIdempotency-Key: ",
            self.target.token
        );
        let (mut request, mut answer) = (Vec::with_capacity(512), vec![0; 8_192]);
        let mut due = Instant::now();
        if let Some(every) = self.pace.every {
            // Spread the starts over the interval, so that the terminals do not pay in step.
            due += every.mul_f64(f64::from(u32::try_from(self.next() % 1_000)?) / 1_000.0);
        }
        while due < self.until {
            if self.pace.every.is_some() {
                tokio::time::sleep_until(due.into()).await;
            }
            self.write_request(&head, &mut request)?;
            // A terminal that could not send in time waited too; the timer has a resolution of a millisecond.
            let now = Instant::now();
            let begun = if self.pace.every.is_some() && now > due + TICK { due } else { now };
            stream.write_all(&request).await?;
            let length = read_answer(&mut stream, &mut answer).await?;
            let sent = now;
            let now = Instant::now();
            self.longest.set(self.longest.get().max(now - sent));
            let text = &answer[..length];
            if text.starts_with(b"HTTP/1.1 503") {
                self.refused.set(self.refused.get() + 1);
                self.other.set(self.other.get() + 1);
            } else if !approved(text) {
                self.note_other(String::from_utf8_lossy(text).into_owned());
            } else if begun >= self.measure_from && now <= self.until {
                self.times.borrow_mut().push(u32::try_from((now - begun).as_micros())?);
            } else {
                self.warming.set(self.warming.get() + 1);
            }
            due = self.pace.every.map_or(now, |every| due + every);
        }
        Ok(())
    }

    fn write_request(&self, head: &str, request: &mut Vec<u8>) -> Result<(), Failure> {
        let card = i64::try_from(self.next() % u64::try_from(self.target.cards)?)?;
        let mut random = [0; 10];
        random[..8].copy_from_slice(&self.next().to_le_bytes());
        let key = RequestId::v7(self.clock.now(), random);
        let body = format!(r#"{{"card_number":"{}","pin":"{PIN}","amount":100,"currency":"CNY"}}"#, card_number(card));
        request.clear();
        request.extend_from_slice(head.as_bytes());
        request.extend_from_slice(format!("{key}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
        Ok(())
    }
}

/// The status precedes anything that could look like one.
fn approved(answer: &[u8]) -> bool {
    std::str::from_utf8(answer).is_ok_and(|text| text.contains(r#""status":"approved""#))
}

/// Reads one response into `answer`. Returns its length including headers.
pub(crate) async fn read_answer(stream: &mut TcpStream, answer: &mut Vec<u8>) -> Result<usize, Failure> {
    let mut read = 0;
    loop {
        if read == answer.len() {
            answer.resize(read * 2, 0);
        }
        let more = stream.read(&mut answer[read..]).await?;
        if more == 0 {
            return Err("the server closed the connection".into());
        }
        read += more;
        if let Some(whole) = whole_length(&answer[..read])
            && read >= whole
        {
            return Ok(whole);
        }
    }
}

/// Length of headers and body, once the headers have arrived. The server writes names in lower case.
fn whole_length(answer: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(answer).ok()?;
    let (head, _) = text.split_once("\r\n\r\n")?;
    let length: usize = head.split("content-length: ").nth(1)?.split("\r\n").next()?.parse().ok()?;
    Some(head.len() + 4 + length)
}
