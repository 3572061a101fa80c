//! `deploy/nginx/webpos.conf` in front of two instances, under load, while they restart one after the other.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread::scope;

use scratch::Cluster;
use tempfile::TempDir;

use crate::installation::{Installation, until};
use crate::load::{Load, check};
use crate::program::ask;

fn free_port(host: &str) -> String {
    TcpListener::bind((host, 0)).and_then(|listener| listener.local_addr()).expect("a free port").to_string()
}

/// A running nginx, stopped with the test.
struct Proxy {
    child: Child,
    address: String,
    folder: TempDir,
}

impl Proxy {
    /// Starts nginx with the delivered file, except for local settings: addresses, paths, and no TLS.
    fn start(instances: &[String; 2]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/nginx");
        let address = free_port("127.0.0.1");
        let mut text = fs::read_to_string(deploy.join("webpos.conf")).expect("is there");
        let mut instead = |old: &str, new: &str| {
            assert!(text.contains(old), "no {old:?}");
            text = text.replace(old, new);
        };
        instead("server 127.0.0.1:8081 ", &format!("server {} ", instances[0]));
        instead("server 127.0.0.1:8082 ", &format!("server {} ", instances[1]));
        instead("listen 80;\n    listen [::]:80;", &format!("listen {};", free_port("127.0.0.1")));
        instead("listen 443 ssl http2;\n    listen [::]:443 ssl http2;", &format!("listen {address};"));
        instead("ssl_certificate /etc/webpos/tls/cert.pem;\n    ssl_certificate_key /etc/webpos/tls/key.pem;", "");
        instead("/var/log/nginx/webpos.log", "access.log");
        instead("root /etc/nginx/webpos;", &format!("root {};", deploy.display()));
        // As root, nginx would otherwise run its workers as a user without access to the folder.
        let head = "daemon off; user root; pid nginx.pid; error_log nginx.log; events {}\n";
        let places =
            ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|what| format!("{what}_temp_path {what};\n"));
        let conf = folder.path().join("nginx.conf");
        fs::write(&conf, format!("{head}http {{\n{}{text}}}\n", places.concat())).expect("written");
        // On Debian it is often not on PATH.
        let program = ["/usr/sbin/nginx", "nginx"].into_iter().find(|path| Path::new(path).exists()).unwrap_or("nginx");
        let mut command = Command::new(program);
        command.arg("-p").arg(folder.path()).args(["-e", "nginx.log", "-c"]).arg(&conf);
        let proxy = Self { child: command.spawn().expect("nginx is installed"), address, folder };
        until("nginx answers", || ask(&proxy.address, "GET", "/healthz", &[], "").is_ok());
        proxy
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("access.log")).expect("is there")
    }

    /// The number of requests that the instance at `address` has answered.
    fn answered_by(&self, address: &str) -> usize {
        let answered = |line: &&str| {
            let mut words = line.rsplit(' ');
            words.next() != Some("-") && words.next() == Some(address)
        };
        self.log().lines().filter(answered).count()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // A kill would leave its workers running.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// A file for a page that takes files reaches the program, whose gate refuses it here; elsewhere it goes no further.
fn takes_files(proxy: &str) {
    let file = "1".repeat(3 << 20);
    let form = [("content-type", "multipart/form-data; boundary=x"), ("sec-fetch-site", "same-origin")];
    let pages = [("/office/products/250100/import", 303), ("/office/imports", 303)];
    for (path, expected) in pages.into_iter().chain([("/login", 413), ("/api/v1/payments", 413)]) {
        let reply = ask(proxy, "POST", path, &form, &file).expect("an answer");
        assert_eq!(reply.status, expected, "{path}: {}", reply.body);
    }
}

/// Pages come from the remaining instance. A payment that an instance may have received is not sent to the other one:
/// the caller gets 502, and the same request sent again has the answer.
#[test]
fn a_restart_behind_nginx_costs_no_page_and_no_payment() {
    let server = Cluster::start();
    let installation = Installation::set_up(server.url(), |sql| server.sql(sql));
    // Addresses that no client connects from, so that a restarted instance finds its port free.
    let addresses = [free_port("127.0.0.2"), free_port("127.0.0.3")];
    let start = |address: &String| installation.start_at(address, &["--behind-proxy"]);
    let mut instances = addresses.each_ref().map(start).into_iter();
    let proxy = Proxy::start(&addresses);
    takes_files(&proxy.address);
    let load = Load::start(vec![proxy.address.clone()]);
    let look = |over: &Receiver<()>| {
        while over.try_recv() == Err(TryRecvError::Empty) {
            let page = ask(&proxy.address, "GET", "/login", &[], "").expect("nginx answers");
            assert_eq!(page.status, 200, "{}", page.body);
        }
    };
    let again = scope(|scope| {
        // Dropping `going_on` stops the reader even if something below panics.
        let (going_on, over) = channel();
        let looking = scope.spawn(move || look(&over));
        let again = addresses.each_ref().map(|address| {
            load.wait_for(30);
            let old = instances.next().expect("there are two");
            old.send_stop();
            old.wait();
            load.wait_for(30);
            let before = proxy.answered_by(address);
            let new = start(address);
            // In production WEBPOS_STOP_DELAY ensures this: nginx uses this instance again before the other one stops.
            until("nginx sends to it again", || proxy.answered_by(address) > before);
            new
        });
        drop(going_on);
        looking.join().expect("every page came");
        again
    });
    let seen = load.finish();
    assert_eq!(seen.withdrawn, Vec::<String>::new());
    let cured = ["502", "503 unavailable", "409 in_flight"];
    assert!(seen.repeated.keys().all(|said| cured.contains(&said.as_str())), "{:?}", seen.repeated);
    check(&installation, &seen, |sql| server.sql(sql));
    drop(again);
    let unanswered = ask(&proxy.address, "POST", "/sale/confirm?word", &[], "").expect("nginx answers");
    assert!(unanswered.status == 502 && unanswered.body.contains("结果未知"), "{unanswered:?}");
    let log = proxy.log();
    assert!(log.lines().last().is_some_and(|line| line.contains(" POST /sale/confirm 502 ")), "{log}");
}
