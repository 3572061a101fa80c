//! Target: an address outside that the program may send to, and whether it may.
//!
//! A merchant names the address, the program calls it from inside the card company's network. What must stay true:
//! - Only plain forms are read: one scheme, one host, one port. Whatever two readers could read differently (user
//!   names, back-slashes, numbers that are addresses in disguise) is refused, not repaired.
//! - An address is judged twice: as text when it is given, and as resolved number each time before it is called. The
//!   connection goes to the number that was judged.
//! - Only numbers of the public Internet pass, unless the administrator allowed this very host and port.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Longest address.
pub const TARGET_MAX: usize = 500;

/// Longest host name (RFC 1035) and part of one.
const HOST_MAX: usize = 253;
const LABEL_MAX: usize = 63;

const HTTPS: u16 = 443;
const HTTP: u16 = 80;

/// Why an address is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetRefused {
    /// Not an address that can be read in one way only.
    Form,
    /// Neither https, nor a host and port that the administrator allowed.
    Scheme,
    /// A port that the administrator did not allow.
    Port,
    /// An address that is not of the public Internet.
    Private,
}

/// Hosts and ports that the administrator allows in spite of the rules: `host:port` or `host:*`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetsAllowed(Vec<(String, Option<u16>)>);

impl TargetsAllowed {
    /// Reads a list with commas between.
    pub fn parse(text: &str) -> Option<Self> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let read = |entry: &str| {
            let (host, port) = entry.rsplit_once(':')?;
            let host = read_host(host)?.text();
            let port = if port == "*" { None } else { Some(read_port(port)?) };
            Some((host, port))
        };
        entries.map(read).collect::<Option<Vec<_>>>().map(Self)
    }

    fn has(&self, host: &str, port: u16) -> bool {
        self.0.iter().any(|(own, open)| own == host && open.is_none_or(|open| open == port))
    }
}

/// What stands between scheme and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A name, lower case, to be resolved.
    Name(String),
    /// A number.
    Address(IpAddr),
}

impl Host {
    /// As it stands in an address.
    pub fn text(&self) -> String {
        match self {
            Self::Name(name) => name.clone(),
            Self::Address(IpAddr::V4(ip)) => ip.to_string(),
            Self::Address(IpAddr::V6(ip)) => format!("[{ip}]"),
        }
    }
}

/// An address that may be called, once what it resolves to is [`permitted`](Self::permits) too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// TLS.
    pub secure: bool,
    /// The host.
    pub host: Host,
    /// The port.
    pub port: u16,
    /// Path and query, at least `/`.
    pub path: String,
    /// The administrator allowed this host and port.
    pub allowed: bool,
}

impl Target {
    /// Reads and judges the text of an address.
    pub fn parse(text: &str, allowed: &TargetsAllowed) -> Result<Self, TargetRefused> {
        let plain = text.len() <= TARGET_MAX
            && text.bytes().all(|byte| byte.is_ascii_graphic())
            && !text.contains(['\\', '#', '"', '<', '>', '^', '`', '{', '|', '}']);
        let (scheme, rest) = text.split_once("://").filter(|_| plain).ok_or(TargetRefused::Form)?;
        let secure = match scheme {
            "https" => true,
            "http" => false,
            _ => return Err(TargetRefused::Form),
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end).ok_or(TargetRefused::Form)?;
        let (host, port) = split_port(authority).ok_or(TargetRefused::Form)?;
        let host = read_host(host).ok_or(TargetRefused::Form)?;
        let default = if secure { HTTPS } else { HTTP };
        let port = port.map_or(Some(default), read_port).ok_or(TargetRefused::Form)?;
        let allowed = allowed.has(&host.text(), port);
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let target = Self { secure, host, port, path, allowed };
        target.judge()?;
        Ok(target)
    }

    fn judge(&self) -> Result<(), TargetRefused> {
        if self.allowed {
            return Ok(());
        }
        if !self.secure {
            return Err(TargetRefused::Scheme);
        }
        if ![HTTPS, HTTP].contains(&self.port) {
            return Err(TargetRefused::Port);
        }
        match &self.host {
            Host::Address(ip) if !public(*ip) => Err(TargetRefused::Private),
            Host::Name(name) if inner_name(name) => Err(TargetRefused::Private),
            _ => Ok(()),
        }
    }

    /// Whether the connection may go to `ip`, one of the numbers that the host resolves to.
    pub fn permits(&self, ip: IpAddr) -> bool {
        self.allowed || public(ip)
    }

    /// What the `Host` header says.
    pub fn authority(&self) -> String {
        let default = if self.secure { HTTPS } else { HTTP };
        let host = self.host.text();
        if self.port == default { host } else { format!("{host}:{}", self.port) }
    }
}

/// Host and port of an authority without user name; the host of a number in brackets keeps them.
fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    if authority.contains('@') {
        return None;
    }
    if authority.starts_with('[') {
        let (host, rest) = authority.split_at_checked(authority.find(']')?.checked_add(1)?)?;
        return match rest.strip_prefix(':') {
            Some(port) => Some((host, Some(port))),
            None => rest.is_empty().then_some((host, None)),
        };
    }
    match authority.split_once(':') {
        Some((host, port)) => Some((host, Some(port))),
        None => Some((authority, None)),
    }
}

fn read_port(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

fn read_host(text: &str) -> Option<Host> {
    if let Some(inside) = text.strip_prefix('[') {
        return inside.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(|ip| Host::Address(ip.into()));
    }
    // Four decimal numbers without leading zeros; nothing else is read as a number.
    if let Ok(ip) = text.parse::<Ipv4Addr>() {
        return Some(Host::Address(ip.into()));
    }
    let name = text.to_ascii_lowercase();
    let label = |label: &str| {
        let inner = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        inner && !label.is_empty() && label.len() <= LABEL_MAX && !label.starts_with('-') && !label.ends_with('-')
    };
    // Resolvers read 2130706433, 0x7f000001, 017700000001 and 127.1 as numbers; a real top-level domain begins with a
    // letter.
    let last = name.rsplit('.').next().and_then(|top| top.bytes().next());
    let named = last.is_some_and(|first| first.is_ascii_alphabetic());
    (named && name.len() <= HOST_MAX && name.split('.').all(label)).then_some(Host::Name(name))
}

/// Names that never belong to the public Internet (RFC 6761, RFC 6762, RFC 8375, and what clouds use inside).
fn inner_name(name: &str) -> bool {
    let inner = ["localhost", "local", "internal", "intranet", "lan", "home", "corp", "test", "invalid", "onion"];
    let top = name.rsplit('.').next().unwrap_or_default();
    !name.contains('.') || inner.contains(&top) || name.ends_with(".home.arpa")
}

/// Whether `ip` is a number of the public Internet that belongs to one host.
pub fn public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => public_v4(ip),
        IpAddr::V6(ip) => public_v6(ip),
    }
}

/// All but the special-purpose blocks of IANA's registry.
fn public_v4(ip: Ipv4Addr) -> bool {
    let special = match ip.octets() {
        [100, second, ..] => (64..=127).contains(&second),
        [172, second, ..] => (16..=31).contains(&second),
        [0 | 10 | 127 | 224..=255, ..]
        | [169, 254, ..]
        | [192, 168, ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _] => true,
        _ => false,
    };
    !special
}

/// Global unicast (`2000::/3`) alone, without the blocks inside it that carry IPv4 addresses, tests or documentation.
/// Everything that wraps a private number is outside or among these: mapped, NAT64, 6to4, Teredo.
fn public_v6(ip: Ipv6Addr) -> bool {
    let [first, second, ..] = ip.segments();
    let global = first & 0xe000 == 0x2000;
    let special = match first {
        // 2001::/23 (Teredo, benchmarks, ORCHID), 2001:db8::/32.
        0x2001 => second < 0x0200 || second == 0x0db8,
        // 6to4.
        0x2002 => true,
        // 3fff::/20, documentation.
        0x3fff => second < 0x1000,
        _ => false,
    };
    global && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Target, TargetRefused> {
        Target::parse(text, &TargetsAllowed::default())
    }

    #[test]
    fn ordinary_addresses_are_read() {
        let target = parse("https://Hooks.Example.com/webpos?x=1").expect("ordinary");
        assert_eq!(
            (target.authority().as_str(), target.path.as_str(), target.port),
            ("hooks.example.com", "/webpos?x=1", 443)
        );
        assert_eq!(parse("https://example.com").expect("no path").path, "/");
        assert_eq!(parse("https://example.com?a=b").expect("a query alone").path, "/?a=b");
        assert!(parse("https://8.8.8.8/").is_ok() && parse("https://[2606:4700::1111]/").is_ok());
        assert!(parse("https://xn--fiqs8s.example.com/").is_ok());
    }

    /// Forms that have got past somebody's check before, and why each is refused here.
    const REFUSED: &[(&str, TargetRefused)] = &[
        ("http://example.com/", TargetRefused::Scheme),
        ("ftp://example.com/", TargetRefused::Form),
        ("file:///etc/passwd", TargetRefused::Form),
        ("gopher://example.com/", TargetRefused::Form),
        ("https:example.com", TargetRefused::Form),
        ("//example.com/", TargetRefused::Form),
        ("HTTPS://example.com/", TargetRefused::Form),
        ("https://", TargetRefused::Form),
        ("https:///path", TargetRefused::Form),
        ("https://user@example.com/", TargetRefused::Form),
        ("https://example.com:443@127.0.0.1/", TargetRefused::Form),
        ("https://user:pass@example.com/", TargetRefused::Form),
        ("https://example.com\\@127.0.0.1/", TargetRefused::Form),
        ("https://example.com#@127.0.0.1/", TargetRefused::Form),
        ("https://exa mple.com/", TargetRefused::Form),
        ("https://example.com\r\nX: y/", TargetRefused::Form),
        ("https://\u{ff11}\u{ff12}\u{ff17}.0.0.1/", TargetRefused::Form),
        ("https://127.0.0.1/", TargetRefused::Private),
        ("https://127.1/", TargetRefused::Form),
        ("https://2130706433/", TargetRefused::Form),
        ("https://0x7f000001/", TargetRefused::Form),
        ("https://0x7f.0.0.1/", TargetRefused::Form),
        ("https://017700000001/", TargetRefused::Form),
        ("https://0177.0.0.1/", TargetRefused::Form),
        ("https://127.0.0.01/", TargetRefused::Form),
        ("https://0/", TargetRefused::Form),
        ("https://0.0.0.0/", TargetRefused::Private),
        ("https://10.1.2.3/", TargetRefused::Private),
        ("https://100.64.0.1/", TargetRefused::Private),
        ("https://169.254.169.254/latest/meta-data/", TargetRefused::Private),
        ("https://172.31.255.255/", TargetRefused::Private),
        ("https://192.168.1.1/", TargetRefused::Private),
        ("https://198.18.0.1/", TargetRefused::Private),
        ("https://224.0.0.1/", TargetRefused::Private),
        ("https://255.255.255.255/", TargetRefused::Private),
        ("https://[::1]/", TargetRefused::Private),
        ("https://[::]/", TargetRefused::Private),
        ("https://[::ffff:127.0.0.1]/", TargetRefused::Private),
        ("https://[::ffff:7f00:1]/", TargetRefused::Private),
        ("https://[::ffff:8.8.8.8]/", TargetRefused::Private),
        ("https://[::127.0.0.1]/", TargetRefused::Private),
        ("https://[64:ff9b::7f00:1]/", TargetRefused::Private),
        ("https://[64:ff9b:1::1]/", TargetRefused::Private),
        ("https://[2002:7f00:1::]/", TargetRefused::Private),
        ("https://[2001::1]/", TargetRefused::Private),
        ("https://[fc00::1]/", TargetRefused::Private),
        ("https://[fe80::1]/", TargetRefused::Private),
        ("https://[fe80::1%25eth0]/", TargetRefused::Form),
        ("https://[fec0::1]/", TargetRefused::Private),
        ("https://[ff02::1]/", TargetRefused::Private),
        ("https://[2001:db8::1]/", TargetRefused::Private),
        ("https://[::1", TargetRefused::Form),
        ("https://[::1]x/", TargetRefused::Form),
        ("https://localhost/", TargetRefused::Private),
        ("https://LOCALHOST/", TargetRefused::Private),
        ("https://a.localhost/", TargetRefused::Private),
        ("https://metadata.google.internal/", TargetRefused::Private),
        ("https://router/", TargetRefused::Private),
        ("https://printer.local/", TargetRefused::Private),
        ("https://localhost./", TargetRefused::Form),
        ("https://example.com:22/", TargetRefused::Port),
        ("https://example.com:8080/", TargetRefused::Port),
        ("https://example.com:0/", TargetRefused::Form),
        ("https://example.com:65536/", TargetRefused::Form),
        ("https://example.com:+443/", TargetRefused::Form),
        ("https://example.com:0443/", TargetRefused::Form),
        ("https://example.com:/", TargetRefused::Form),
        ("https://-a.example.com/", TargetRefused::Form),
        ("https://a..example.com/", TargetRefused::Form),
        ("https://example.com%2f@127.0.0.1/", TargetRefused::Form),
        ("https://%31%32%37.0.0.1/", TargetRefused::Form),
    ];

    #[test]
    fn everything_else_is_refused() {
        for (text, why) in REFUSED {
            assert_eq!(parse(text).err(), Some(*why), "{text}");
        }
        assert_eq!(parse(&format!("https://example.com/{}", "a".repeat(TARGET_MAX))), Err(TargetRefused::Form));
    }

    #[test]
    fn the_administrator_allows_a_host_and_port_and_no_other() {
        let allowed = TargetsAllowed::parse("127.0.0.1:9000, hooks.lan:*,[::1]:8443").expect("a list");
        let parse = |text: &str| Target::parse(text, &allowed);
        let target = parse("http://127.0.0.1:9000/x").expect("allowed");
        assert!(target.allowed && target.permits(Ipv4Addr::LOCALHOST.into()));
        assert!(parse("http://hooks.lan/").is_ok() && parse("https://hooks.lan:8443/").is_ok());
        assert!(parse("https://[::1]:8443/").is_ok());
        for other in
            ["http://127.0.0.1:9001/", "http://127.0.0.2:9000/", "https://[::1]/", "http://user@127.0.0.1:9000/"]
        {
            assert!(parse(other).is_err(), "{other}");
        }
        let outside = parse("https://example.com/").expect("ordinary");
        assert!(!outside.permits(Ipv4Addr::LOCALHOST.into()) && outside.permits(Ipv4Addr::new(8, 8, 8, 8).into()));
        assert_eq!(TargetsAllowed::parse(""), Some(TargetsAllowed::default()));
        for bad in ["127.0.0.1", "127.0.0.1:", "127.1:80", "a b:80", "x:70000"] {
            assert_eq!(TargetsAllowed::parse(bad), None, "{bad}");
        }
    }
}
