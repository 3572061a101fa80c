//! Whole sales through the pages, as a browser without script makes them: three lines, card and PIN, confirmation,
//! result, slip and print, following every redirect.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::Failure;
use crate::fixture::{PIN, card_number};
use crate::load::read_answer;

/// The goods of every sale, from the demo shop.
const BASKET: [&str; 3] = ["600233", "600901", "600233"];

/// The result.
#[derive(Clone, Copy, Debug)]
pub struct Sales {
    /// Sales per second by all cashiers together.
    pub per_second: f64,
    /// Median milliseconds of a sale, from its first request to its last.
    pub p50: f64,
    /// All sales, including those that ended late.
    pub all: usize,
}

/// Sells with all cashiers. `cards` is the number of cards to pay with.
pub fn run(server: SocketAddr, cashiers: &[String], cards: i64, time: Duration) -> Result<Sales, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let until = Instant::now() + time;
        let mut tills = JoinSet::new();
        for (at, cookie) in cashiers.iter().enumerate() {
            let (at, mut browser) = (i64::try_from(at)?, Browser::open(server, cookie).await?);
            tills.spawn(async move {
                let mut times = Vec::new();
                for n in 0.. {
                    let begun = Instant::now();
                    browser.sell(&card_number((at * 7_919 + n) % cards)).await?;
                    if Instant::now() > until {
                        break;
                    }
                    times.push(begun.elapsed());
                }
                Ok::<_, Failure>(times)
            });
        }
        let (mut times, late) = (Vec::new(), tills.len());
        while let Some(till) = tills.join_next().await {
            times.extend(till??);
        }
        times.sort_unstable();
        let middle = times.get(times.len() / 2).ok_or("not one sale was made")?;
        let per_second = f64::from(u32::try_from(times.len())?) / time.as_secs_f64();
        Ok(Sales { per_second, p50: middle.as_secs_f64() * 1_000.0, all: times.len() + late })
    })
}

/// One signed-in browser window.
pub(crate) struct Browser {
    server: SocketAddr,
    stream: TcpStream,
    answer: Vec<u8>,
    cookies: BTreeMap<String, String>,
    /// The page that was answered last.
    at: String,
}

impl Browser {
    pub(crate) async fn open(server: SocketAddr, cookie: &str) -> Result<Self, Failure> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        let (name, value) = cookie.split_once('=').ok_or("a cookie has a name")?;
        let cookies = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        Ok(Self { server, stream, answer: vec![0; 65_536], cookies, at: String::new() })
    }

    async fn sell(&mut self, card: &str) -> Result<(), Failure> {
        let mut page = self.get("/sale").await?;
        for code in BASKET {
            let (order, changed) = (field(&page, "order")?, field(&page, "changed")?);
            let line = [("order", order), ("changed", changed), ("code", code), ("price", ""), ("qty", "")];
            page = self.post("/sale/lines", &line).await?;
        }
        let form = page.split("action=\"/sale/pay\"").nth(1).ok_or("no form to pay with")?;
        let (order, amount) = (field(form, "order")?, field(form, "amount")?);
        let paying = [("order", order), ("amount", amount), ("card", card), ("pin", PIN), ("do", "pay")];
        let dialog = self.post("/sale/pay", &paying).await?;
        let result = self.post("/sale/confirm", &[("token", field(&dialog, "token")?)]).await?;
        let slip = between(&result, "href=\"/slip/", "\"").ok_or("no slip: the payment was not approved")?;
        self.get(&format!("/slip/{slip}")).await?;
        self.post(&format!("/slip/{slip}/print"), &[]).await?;
        Ok(())
    }

    /// The page at `path`, following redirects.
    pub(crate) async fn get(&mut self, path: &str) -> Result<String, Failure> {
        let mut path = path.to_owned();
        loop {
            match self.send("GET", &path, "").await? {
                Answer::Page(page) => {
                    self.at = path;
                    return Ok(page);
                }
                Answer::Elsewhere(next) => path = next,
            }
        }
    }

    /// The address of the page that was read last.
    pub(crate) fn at(&self) -> &str {
        &self.at
    }

    /// The page after sending a form with a file.
    pub(crate) async fn send_file(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        file: &[u8],
    ) -> Result<String, Failure> {
        const EDGE: &str = "bench-edge";
        let mut body = Vec::with_capacity(file.len() + 1_024);
        for (name, value) in fields {
            let part = format!("--{EDGE}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        let part = format!("--{EDGE}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f.csv\"\r\n\r\n");
        body.extend_from_slice(part.as_bytes());
        body.extend_from_slice(file);
        body.extend_from_slice(format!("\r\n--{EDGE}--\r\n").as_bytes());
        let kind = format!("multipart/form-data; boundary={EDGE}");
        match self.send_bytes("POST", path, Some((&kind, &body))).await? {
            Answer::Page(page) => Ok(page),
            Answer::Elsewhere(next) => self.get(&next).await,
        }
    }

    /// The page after sending a form. The values need no escaping.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<String, Failure> {
        let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        match self.send("POST", path, &fields.join("&")).await? {
            Answer::Page(page) => Ok(page),
            Answer::Elsewhere(next) => self.get(&next).await,
        }
    }

    async fn send(&mut self, method: &str, path: &str, body: &str) -> Result<Answer, Failure> {
        let form = (method == "POST").then_some(("application/x-www-form-urlencoded", body.as_bytes()));
        self.send_bytes(method, path, form).await
    }

    async fn send_bytes(&mut self, method: &str, path: &str, body: Option<(&str, &[u8])>) -> Result<Answer, Failure> {
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nSec-Fetch-Site: same-origin\r\nCookie: ", self.server);
        for (at, (name, value)) in self.cookies.iter().enumerate() {
            let _ = write!(request, "{}{name}={value}", if at == 0 { "" } else { "; " });
        }
        if let Some((kind, bytes)) = body {
            let _ = write!(request, "\r\nContent-Type: {kind}\r\nContent-Length: {}", bytes.len());
        }
        request.push_str("\r\n\r\n");
        self.stream.write_all(request.as_bytes()).await?;
        if let Some((_, bytes)) = body {
            self.stream.write_all(bytes).await?;
        }
        let length = read_answer(&mut self.stream, &mut self.answer).await?;
        let text = String::from_utf8_lossy(self.answer.get(..length).unwrap_or_default()).into_owned();
        let (head, page) = text.split_once("\r\n\r\n").ok_or("no headers")?;
        for cookie in head.split("\r\nset-cookie: ").skip(1) {
            let cookie = cookie.split("\r\n").next().unwrap_or_default();
            let (name, value) = cookie.split(';').next().and_then(|pair| pair.split_once('=')).ok_or("no cookie")?;
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        match head.split(' ').nth(1) {
            Some("200") => Ok(Answer::Page(page.to_owned())),
            Some("303") => {
                Ok(Answer::Elsewhere(between(head, "\r\nlocation: ", "\r\n").ok_or("leads nowhere")?.to_owned()))
            }
            status => Err(format!("{method} {path}: {status:?}\n{page}").into()),
        }
    }
}

enum Answer {
    Page(String),
    Elsewhere(String),
}

/// The value of the first hidden field of that name.
fn field<'a>(page: &'a str, name: &str) -> Result<&'a str, Failure> {
    between(page, &format!("name=\"{name}\" value=\""), "\"").ok_or_else(|| format!("no field {name}").into())
}

fn between<'a>(text: &'a str, begin: &str, end: &str) -> Option<&'a str> {
    text.split_once(begin)?.1.split(end).next()
}
