//! The real binary, started as a process and called over HTTP.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Timeout of everything, generous for a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The password of every person in the demo shop.
pub(crate) const PASSWORD: &str = "Demo-pass-2026";

/// The program, without options from the environment.
pub(crate) fn webpos() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_webpos"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("WEBPOS_")) {
        command.env_remove(name);
    }
    command
}

/// A running instance, stopped with the test.
pub(crate) struct Instance {
    pub(crate) child: Child,
    pub(crate) address: String,
}

impl Instance {
    /// Runs `command` and waits until the program is ready.
    pub(crate) fn start(command: Command) -> Self {
        Self::watch(command, |_| {})
    }

    /// The same; passes every line that the program prints before it is ready to `before`.
    pub(crate) fn watch(mut command: Command, mut before: impl FnMut(&str)) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
        let ready = lines.find(|line| {
            before(line);
            line.contains("is ready on")
        });
        let ready = ready.expect("reports that it is ready");
        // Keep reading, so that the program never blocks on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address: ready.rsplit("http://").next().expect("an address").to_owned() }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A complete response.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }
}

/// Sends one request on a new connection. A truncated response is an error.
pub(crate) fn ask(address: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> io::Result<Reply> {
    let mut connection = TcpStream::connect(address)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    let named: String = headers.iter().flat_map(|(name, value)| [name, ": ", value, "\r\n"]).collect();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{named}");
    // In one piece: a server that answers before reading everything would reset the connection.
    connection.write_all(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes())?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer)?;
    let cut = || io::Error::new(io::ErrorKind::UnexpectedEof, "the response is truncated");
    read(&answer).ok_or_else(cut)
}

fn read(answer: &[u8]) -> Option<Reply> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (head, body) = (std::str::from_utf8(&answer[..end]).ok()?, &answer[end + 4..]);
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let reply = Reply { status, headers, body: String::from_utf8_lossy(body).into_owned() };
    let length = reply.header("content-length").parse().ok();
    length.is_none_or(|length: usize| length == body.len()).then_some(reply)
}

/// A browser that sends its requests to several instances in turn.
pub(crate) struct Browser {
    pub(crate) addresses: Vec<String>,
    pub(crate) turn: usize,
    pub(crate) cookies: BTreeMap<String, String>,
}

impl Browser {
    pub(crate) fn new(addresses: Vec<String>) -> Self {
        Self { addresses, turn: 0, cookies: BTreeMap::new() }
    }

    pub(crate) fn send(&mut self, method: &str, path: &str, body: &str) -> Reply {
        self.turn += 1;
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let headers = [
            ("Cookie", cookies.as_str()),
            ("Sec-Fetch-Site", "same-origin"),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        let address = &self.addresses[self.turn % self.addresses.len()];
        let reply = ask(address, method, path, &headers, body).expect("answers");
        for (_, cookie) in reply.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, value) = cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("a pair");
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        reply
    }

    pub(crate) fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, "")
    }

    /// Sends a form. Returns the redirect or the page.
    pub(crate) fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.send("POST", path, &body.join("&"))
    }

    /// Signs in and returns the redirect. With several instances, the one after the captcha's checks the login.
    pub(crate) fn sign_in(&mut self, login: &str, password: &str) -> String {
        self.get("/login");
        self.post("/login", &[("u", login), ("p", password), ("c", "abcd")]).header("location").to_owned()
    }

    /// Adds two boxes to a new order. Returns the order's id in the form.
    pub(crate) fn ring(&mut self) -> String {
        let page = self.get("/sale");
        let (order, changed) = (hidden(&page, "order"), hidden(&page, "changed"));
        let fields =
            [("order", order.as_str()), ("changed", &changed), ("code", "600233"), ("price", ""), ("qty", "2")];
        let next = self.post("/sale/lines", &fields);
        hidden(&self.get(next.header("location")), "order")
    }

    /// Sends card and PIN for `order`. Returns the token of the confirmation dialog.
    pub(crate) fn pay(&mut self, order: &str, (card, pin): (&str, &str)) -> String {
        let page = self.get("/sale");
        let form = page.body.split(r#"action="/sale/pay""#).nth(1).expect("a form to pay").to_owned();
        let amount = hidden(&Reply { body: form, ..page }, "amount");
        let fields = [("order", order), ("amount", &amount), ("card", card), ("pin", pin), ("do", "pay")];
        hidden(&self.post("/sale/pay", &fields), "token")
    }
}

/// The value of the first hidden field `name`.
pub(crate) fn hidden(page: &Reply, name: &str) -> String {
    let begin = format!(r#"name="{name}" value=""#);
    let at = page.body.find(&begin).unwrap_or_else(|| panic!("no field {name}\n{}", page.body));
    page.body[at + begin.len()..].chars().take_while(|c| *c != '"').collect()
}
