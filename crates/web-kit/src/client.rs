//! The caller as the network shows it.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use domain::network::Network;

use crate::Web;

/// Where a request comes from: for counting failures, for the audit log and for the list of sessions. Proves nothing.
#[derive(Clone, Debug)]
pub struct Client {
    /// Network address, or `local` without a socket.
    pub address: String,
    /// The browser's description of itself.
    pub agent: String,
}

impl Client {
    /// Where the address is counted.
    pub fn network(&self) -> Network {
        Network::of(&self.address)
    }

    /// Internet Explorer, or a browser imitating it.
    pub fn in_compatibility_mode(&self) -> bool {
        self.agent.contains("MSIE ") || self.agent.contains("Trident/")
    }
}

impl FromRequestParts<Web> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Infallible> {
        let forwarded = parts.headers.get_all("x-forwarded-for").iter().next_back();
        let forwarded = forwarded.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
        let forwarded: Option<std::net::IpAddr> = forwarded.filter(|_| web.settings.behind_proxy);
        let socket = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let address = forwarded.or(socket).map_or_else(|| "local".to_owned(), |ip| ip.to_canonical().to_string());
        let agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        Ok(Self { address, agent })
    }
}
