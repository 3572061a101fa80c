//! The command line. Every option is also an environment variable `WEBPOS_...`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use domain::place::Place;
use domain::role::Role;
use domain::time::BusinessDate;
use storage::{Storage, postgres};
use webhook_target::TargetsAllowed;

use crate::{Failure, log};

/// The till for prepaid health-benefit cards, and the card host behind it.
#[derive(Debug, Parser)]
#[command(name = "webpos", version, about = "The till for prepaid health-benefit cards, and the card host behind it")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Format of log lines; `WEBPOS_LOG` selects which are written.
    #[arg(long, env = "WEBPOS_LOG_FORMAT", value_name = "FORMAT", default_value = "text", global = true)]
    pub(crate) log_format: log::Format,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the pages and the API.
    Serve(Serve),
    /// Create the database schema.
    Migrate(Database),
    /// Check every invariant of the ledger: exit code 0, or 1 with one line per finding.
    Verify {
        #[command(flatten)]
        database: Database,
        /// A file made by `archive`. With all of them, the history is checked from the first transaction on.
        #[arg(long = "archive", value_name = "FILE")]
        archives: Vec<PathBuf>,
    },
    /// Move old, settled and decided orders into a file, while the program serves.
    Archive {
        #[command(flatten)]
        database: Database,
        /// The last day to move, such as 2025-12-31.
        #[arg(long, value_name = "DAY", value_parser = day)]
        until: BusinessDate,
        /// The file to create, or to continue after an interruption.
        file: PathBuf,
    },
    /// Copy the database and its keys into one file, while the program serves.
    Backup {
        #[command(flatten)]
        database: Database,
        /// The file to create.
        file: PathBuf,
    },
    /// Create a data folder from a backup. A folder that contains data is refused.
    Restore {
        #[command(flatten)]
        database: Database,
        /// The file made by `backup`.
        file: PathBuf,
    },
    /// Print the OpenAPI 3.1 description of the API.
    Openapi,
    /// Manage people.
    Admin {
        #[command(subcommand)]
        command: Admin,
    },
}

fn day(text: &str) -> Result<BusinessDate, String> {
    BusinessDate::parse(text).ok_or_else(|| "expected a day such as 2025-12-31".to_owned())
}

/// Location of the data.
#[derive(Args, Clone, Debug)]
pub(crate) struct Database {
    /// The database: `sqlite:PATH` or `postgres://user@host/database`. Default: webpos.db in the data folder.
    #[arg(long, env = "WEBPOS_DATABASE", value_name = "URL")]
    pub(crate) database: Option<String>,
    /// Folder for the database and the keys.
    #[arg(long, env = "WEBPOS_DATA_DIR", value_name = "DIR", default_value = "webpos-data")]
    pub(crate) data_dir: PathBuf,
}

impl Database {
    /// The address of a server, if the options name one.
    pub(crate) fn server(&self) -> Option<&str> {
        self.database.as_deref().filter(|url| url.starts_with("postgres://") || url.starts_with("postgresql://"))
    }

    /// The database file that the options name.
    pub(crate) fn path(&self) -> Result<PathBuf, Failure> {
        let Some(url) = &self.database else { return Ok(self.data_dir.join("webpos.db")) };
        match url.strip_prefix("sqlite:") {
            Some("") => {
                Err(Failure::Configuration("--database sqlite: needs a path, such as sqlite:webpos.db".to_owned()))
            }
            Some(path) => Ok(PathBuf::from(path)),
            // Do not repeat the address: it may contain a password.
            None => Err(Failure::Configuration(
                "--database must be sqlite:PATH or postgres://user@host/database".to_owned(),
            )),
        }
    }

    /// Opens the database. Creates the data folder, accessible to the program's user only.
    pub(crate) async fn open(&self) -> Result<Storage, Failure> {
        let mut folder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        folder.recursive(true).create(&self.data_dir).map_err(|error| {
            Failure::Configuration(format!("cannot create the data folder {}: {error}", self.data_dir.display()))
        })?;
        Ok(match self.server() {
            Some(url) => Storage::connect(url).await?,
            None => Storage::open(&self.path()?)?,
        })
    }

    /// Creates the schema in an empty database. Opening a file does so.
    pub(crate) async fn migrate(&self) -> Result<(), Failure> {
        match self.server() {
            Some(url) => postgres::migrate(url).await.map(|_| ())?,
            None => self.open().await.map(|_| ())?,
        }
        Ok(())
    }
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) database: Database,
    /// Address and port to listen on; port 0 picks a free port.
    #[arg(long, env = "WEBPOS_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Fill an empty database with the demo shop.
    #[arg(long, env = "WEBPOS_DEMO")]
    pub(crate) demo: bool,
    /// What `--demo` fills an empty database with: the demo shop, or nothing, under the rules of a real installation. For
    /// tests.
    #[arg(long, env = "WEBPOS_DEMO_DATA", value_name = "WHAT", requires = "demo", hide = true, default_value = "shop")]
    pub(crate) demo_data: DemoData,
    /// Open the demo to strangers, with its published passwords, cards and keys. Every page says so in red.
    #[arg(long, env = "WEBPOS_DEMO_IN_PUBLIC", requires = "demo")]
    pub(crate) demo_in_public: bool,
    /// Certificate chain, PEM. Requires --tls-key.
    #[arg(long, env = "WEBPOS_TLS_CERT", value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Private key, PEM. Requires --tls-cert.
    #[arg(long, env = "WEBPOS_TLS_KEY", value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,
    /// A proxy of yours terminates TLS and sets X-Forwarded-For.
    #[arg(long, env = "WEBPOS_BEHIND_PROXY")]
    pub(crate) behind_proxy: bool,
    /// Seconds to keep serving after a stop signal while /readyz reports not ready, so that the proxy sends requests
    /// elsewhere.
    #[arg(long, env = "WEBPOS_STOP_DELAY", value_name = "SECONDS", default_value = "0")]
    pub(crate) stop_delay: u16,
    /// Address and port on which to serve /metrics for Prometheus. Default: metrics are not served.
    #[arg(long, env = "WEBPOS_METRICS_LISTEN", value_name = "ADDRESS")]
    pub(crate) metrics_listen: Option<SocketAddr>,
    /// Customer-service phone shown on every page.
    #[arg(long, env = "WEBPOS_HOTLINE", value_name = "PHONE", default_value = "025-86988520")]
    pub(crate) hotline: String,
    /// Hosts that webhooks may reach despite the rules (https, port 443, public Internet): `host:port` or `host:*`,
    /// separated by commas.
    #[arg(long, env = "WEBPOS_WEBHOOK_ALLOW", value_name = "LIST", default_value = "")]
    pub(crate) webhook_allow: String,
    /// The answer to every captcha. For tests: requires --demo and a loopback address.
    #[arg(long, env = "WEBPOS_TEST_CAPTCHA", value_name = "TEXT", hide = true)]
    pub(crate) test_captcha: Option<String>,
    /// Days by which the clock is ahead. For tests: requires --demo and a loopback address.
    #[arg(long, env = "WEBPOS_TEST_DAYS_AHEAD", value_name = "DAYS", default_value_t = 0, hide = true,
        value_parser = clap::value_parser!(i64).range(0..=3_650))]
    pub(crate) test_days_ahead: i64,
}

/// What the demo begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum DemoData {
    /// The demo shop.
    Shop,
    /// Nothing.
    None,
}

impl Serve {
    /// Whether an empty database is filled with the demo shop.
    pub(crate) fn fills_shop(&self) -> bool {
        self.demo && self.demo_data == DemoData::Shop
    }

    /// The webhook targets that are permitted despite the rules.
    pub(crate) fn targets(&self) -> Result<TargetsAllowed, Failure> {
        let refuse =
            || Failure::Configuration("--webhook-allow takes host:port or host:*, separated by commas".to_owned());
        TargetsAllowed::parse(&self.webhook_allow).ok_or_else(refuse)
    }

    /// Certificate and key, if TLS is configured. Refuses combinations that would be less safe than they look.
    pub(crate) fn check(&self) -> Result<Option<(PathBuf, PathBuf)>, Failure> {
        let refuse = |message: &str| Err(Failure::Configuration(message.to_owned()));
        let loopback = self.listen.ip().is_loopback();
        if self.test_captcha.is_some() && !(self.demo && loopback) {
            return refuse("WEBPOS_TEST_CAPTCHA is for tests: it requires --demo and a loopback address");
        }
        if self.demo_data == DemoData::None && !loopback {
            return refuse("--demo-data none is for tests: it requires a loopback address");
        }
        if self.demo && !loopback && !self.demo_in_public {
            return refuse(
                "the demo's passwords, cards and keys are published: listen on 127.0.0.1, or give --demo-in-public to let strangers use it",
            );
        }
        if self.test_days_ahead != 0 && !(self.demo && loopback) {
            return refuse("WEBPOS_TEST_DAYS_AHEAD is for tests: it requires --demo and a loopback address");
        }
        match (&self.tls_cert, &self.tls_key) {
            (Some(cert), Some(key)) => Ok(Some((cert.clone(), key.clone()))),
            (None, None) if loopback || self.behind_proxy => Ok(None),
            (None, None) => refuse(
                "passwords would cross the network unencrypted: give --tls-cert and --tls-key, or --behind-proxy, or listen on 127.0.0.1",
            ),
            _ => refuse("--tls-cert and --tls-key must be given together"),
        }
    }
}

/// A role that a person of the card company can hold.
fn company_role(word: &str) -> Result<Role, String> {
    let found = Role::from_word(word).filter(|role| Place::Company.fits(*role));
    found.ok_or_else(|| {
        let all = Role::ALL.into_iter().filter(|role| Place::Company.fits(*role));
        format!("roles of the card company are {}", all.map(Role::word).collect::<Vec<_>>().join(", "))
    })
}

#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    /// Create a person of the card company and print the initial password.
    Create {
        #[command(flatten)]
        database: Database,
        /// Login name.
        #[arg(long)]
        login: String,
        /// Display name.
        #[arg(long)]
        name: String,
        /// What the person may do: agent, operator, checker, finance, auditor or admin. May be given several times.
        #[arg(long = "role", value_name = "ROLE", default_value = "admin", value_parser = company_role)]
        roles: Vec<Role>,
        /// Another login of the same human: together the two are never two persons. Joins a login that exists.
        #[arg(long, value_name = "LOGIN")]
        same_human_as: Option<String>,
    },
    /// Let PINs of a card be tried again today, and open one that was locked for wrong PINs. Reads the card number from
    /// standard input. One person can do this once a day per card.
    UnlockCard {
        #[command(flatten)]
        database: Database,
        /// Login name of the person of the card company who unlocks it.
        #[arg(long = "as", value_name = "LOGIN")]
        by: String,
    },
    /// Take a person's second factor away and end their sessions, when nobody else can.
    ResetFactor {
        #[command(flatten)]
        database: Database,
        /// Login name.
        #[arg(long)]
        login: String,
    },
    /// Give a person a new initial password, end their sessions and lift their lock-out.
    ResetPassword {
        #[command(flatten)]
        database: Database,
        /// Login name.
        #[arg(long)]
        login: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serve(arguments: &[&str]) -> Result<Option<(PathBuf, PathBuf)>, Failure> {
        let cli = Cli::try_parse_from(["webpos", "serve"].iter().chain(arguments)).expect("parses");
        let Command::Serve(options) = cli.command else { panic!("not serve") };
        options.check()
    }

    #[test]
    fn unsafe_combinations_are_refused() {
        assert!(matches!(serve(&[]), Ok(None)));
        for bad in [
            &["--listen", "0.0.0.0:80"][..],
            &["--tls-cert", "a.pem"],
            &["--test-captcha", "abcd"],
            &["--test-days-ahead", "1"],
            &["--test-captcha", "abcd", "--demo", "--listen", "0.0.0.0:80", "--behind-proxy"],
            &["--test-captcha", "abcd", "--demo", "--demo-in-public", "--listen", "0.0.0.0:80", "--behind-proxy"],
            &["--demo", "--listen", "0.0.0.0:80", "--behind-proxy"],
            &["--demo", "--listen", "192.0.2.7:443", "--tls-cert", "a", "--tls-key", "b"],
            &["--demo", "--listen", "[::]:80", "--behind-proxy"],
            &["--demo", "--demo-in-public", "--listen", "0.0.0.0:80"],
            &["--demo", "--demo-data", "none", "--demo-in-public", "--listen", "0.0.0.0:80", "--behind-proxy"],
        ] {
            assert!(matches!(serve(bad), Err(Failure::Configuration(_))), "{bad:?}");
        }
        for good in [
            &["--test-captcha", "abcd", "--demo"][..],
            &["--demo", "--listen", "[::1]:8080"],
            &["--demo", "--demo-data", "none"],
            &["--demo", "--demo-in-public", "--listen", "0.0.0.0:80", "--behind-proxy"],
        ] {
            assert!(matches!(serve(good), Ok(None)), "{good:?}");
        }
        assert!(Cli::try_parse_from(["webpos", "serve", "--demo-in-public"]).is_err(), "only with --demo");
        assert!(Cli::try_parse_from(["webpos", "serve", "--demo-data", "none"]).is_err(), "only with --demo");
        assert!(matches!(serve(&["--listen", "0.0.0.0:443", "--tls-cert", "a", "--tls-key", "b"]), Ok(Some(_))));
    }
}
