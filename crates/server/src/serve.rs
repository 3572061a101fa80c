//! `webpos serve`: opens the database, listens, shuts down gracefully.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use api::{Api, Courier};
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use engine::Engine;
use engine::clock::Clock;
use storage::vault::Vault;
use storage::{Books, demo, demo_batches, demo_cards, demo_keys, demo_proposals};
use tokio::net::TcpSocket;
use tokio::signal::unix::{SignalKind, signal};
use web_kit::{Settings, Web};

use crate::config::Serve;
use crate::connections::Permits;
use crate::{Failure, Pages, console, metrics, service};

/// Timeout for requests in progress when the program shuts down.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// Timeout for the headers of a request; an idle connection is closed after it.
const HEADERS_WITHIN: Duration = Duration::from_secs(60);

/// Backlog of connections to accept. Clients beyond it retry only after a whole second.
const WAITING_MAX: u32 = 4_096;

pub(crate) async fn run(options: Serve, clock: Clock, pages: &Pages) -> Result<(), Failure> {
    let tls = options.check()?;
    let targets = options.targets()?;
    let storage = options.database.open().await?;
    let vault = Vault::of(&storage, &options.database.data_dir).await?;
    let books = Books::of(storage.clone(), vault.chain_key());
    if options.fills_shop() && demo::seed_people(&storage, clock.now()).await? {
        demo_cards::seed_cards(&storage, &vault, &books, clock.now()).await?;
        demo_proposals::seed_office(&storage, &books, clock.now()).await?;
        demo_batches::seed_batch(&storage, &vault, &books, clock.now()).await?;
        demo_keys::seed_keys(&storage, clock.now()).await?;
    }
    let engine = Engine::start(books, clock.clone());
    let listener = listen(options.listen)?;
    let address = listener.local_addr().map_err(|error| Failure::Run(error.to_string()))?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let tls = match tls {
        Some(files) => Some(load_tls(files).await?),
        None => None,
    };
    let settings = settings(&options, tls.is_some());
    let api = Api::new(storage.clone(), engine.clone(), vault.clone(), clock.clone(), options.behind_proxy);
    let api = api.with_targets(targets.clone());
    tokio::spawn(Courier::new(storage.clone(), vault.clone(), clock.clone(), targets.clone()).run());
    jobs::start(storage.clone(), vault.clone(), engine.clone(), clock.clone());
    if let Some(address) = options.metrics_listen {
        let address = metrics::serve(address, storage.clone(), clock.clone()).await?;
        console::say(&format!("metrics are on http://{address}/metrics"));
    }
    let web = Web::new(storage, engine, vault, clock, settings).with_targets(targets);
    (pages.follow_up)(web.clone());
    let handle = Handle::new();
    stop_on_signal(handle.clone(), web.clone(), Duration::from_secs(options.stop_delay.into()))?;
    let app = web_kit::router(&web, (pages.table)()).merge(api::router(api));
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    announce(&format!("{scheme}://{address}"), options.fills_shop());
    service::ready();
    let failed = |error: std::io::Error| Failure::Run(format!("cannot serve on {address}: {error}"));
    let permits = Permits::for_this_process();
    let served = if let Some(config) = tls {
        let server = axum_server::from_tcp_rustls(listener, config).map_err(failed)?.handle(handle);
        let mut server = server.map(|acceptor| acceptor.acceptor(permits));
        server.http_builder().http1().header_read_timeout(HEADERS_WITHIN);
        server.first_request_timeout(HEADERS_WITHIN).serve(app).await
    } else {
        let mut server = axum_server::from_tcp(listener).map_err(failed)?.handle(handle).acceptor(permits);
        server.http_builder().http1().header_read_timeout(HEADERS_WITHIN);
        server.first_request_timeout(HEADERS_WITHIN).serve(app).await
    };
    served.map_err(failed)
}

fn settings(options: &Serve, tls: bool) -> Settings {
    Settings {
        secure_cookies: tls || options.behind_proxy,
        behind_proxy: options.behind_proxy,
        test_captcha: options.test_captcha.clone(),
        hotline: options.hotline.clone(),
        public_demo: options.demo_in_public,
    }
}

fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    let failed = |error: std::io::Error| Failure::Configuration(format!("cannot listen on {address}: {error}"));
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.map_err(failed)?;
    // A restart can bind the port again at once.
    socket.set_reuseaddr(true).map_err(failed)?;
    socket.bind(address).map_err(failed)?;
    socket.listen(WAITING_MAX).and_then(tokio::net::TcpListener::into_std).map_err(failed)
}

async fn load_tls((cert, key): (PathBuf, PathBuf)) -> Result<RustlsConfig, Failure> {
    // Fails only if it was already installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    RustlsConfig::from_pem_file(&cert, &key).await.map_err(|error| {
        Failure::Configuration(format!("cannot use {} with {}: {error}", cert.display(), key.display()))
    })
}

/// On a stop signal, reports not ready at once; after `delay`, when no new requests come, shuts down.
fn stop_on_signal(handle: Handle<SocketAddr>, web: Web, delay: Duration) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::Run(format!("cannot listen for signals: {error}"));
    let (mut term, mut interrupt) =
        (signal(SignalKind::terminate()).map_err(failed)?, signal(SignalKind::interrupt()).map_err(failed)?);
    tokio::spawn(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        web.stop_being_ready();
        tokio::time::sleep(delay).await;
        handle.graceful_shutdown(Some(STOP_WITHIN));
    });
    Ok(())
}

fn announce(url: &str, demo: bool) {
    console::say(&format!("webpos is ready on {url}"));
    if !demo {
        return;
    }
    console::say(&format!("\nDemo logins, each with password {}:", demo::PASSWORD));
    for (login, who) in demo::logins() {
        console::say(&format!("  {login:<10} {who}"));
    }
    console::say("\nDemo cards (number, PIN):");
    for (number, pin, what) in demo_cards::cards() {
        console::say(&format!("  {number}  {pin}  {what}"));
    }
    console::say("\nDemo API keys (the API is described at /api/docs):");
    for (token, name) in demo_keys::tokens() {
        console::say(&format!("  {token:<27} {name}"));
    }
}
