//! Archiving while the program serves payments: every payment is answered, and is afterwards either in the ledger or in
//! the archive.

use std::collections::BTreeSet;
use std::path::Path;

use domain::command::{Actor, Command, Envelope};
use domain::ids::{MerchantId, PersonId, RequestId, TransactionId};
use domain::ledger::ChainKey;
use domain::settlement::{Preparation, Verdict};
use domain::time::{BusinessDate, HOUR, Timestamp};
use engine::clock::Clock;
use scratch::Cluster;
use storage::archive::{Job, Moved, archive};
use storage::vault::Vault;
use storage::{Books, Storage};
use tokio::runtime::Runtime;

use crate::backup::on_file;
use crate::installation::Installation;
use crate::load::Load;

/// The time of archiving: long after the first payments.
const DAYS: i64 = 400;
/// The demo's merchant.
const MERCHANT: MerchantId = MerchantId(250_100);

/// The ledger, opened by another process than the program.
struct Ledger {
    db: Storage,
    key: ChainKey,
}

impl Ledger {
    async fn of(installation: &Installation) -> Self {
        let db = match installation.url.strip_prefix("sqlite:") {
            Some(file) => Storage::open(Path::new(file)).expect("opens"),
            None => Storage::connect(&installation.url).await.expect("connects"),
        };
        let vault = Vault::of(&db, &installation.data).await.expect("the keys");
        Self { db, key: vault.chain_key() }
    }

    /// Settles: prepared by one person, confirmed by another.
    async fn settle(&self, until: BusinessDate, at: Timestamp) {
        let books = Books::of(self.db.clone(), self.key.clone());
        let ask = async |n, person, command| {
            let (request_id, actor) = (RequestId([n; 16]), Actor::issuer(PersonId(person)));
            let asked = Envelope { request_id, actor, at, entropy: 7, command };
            let outcome = books.post(vec![asked]).await.expect("posts").pop().expect("an outcome");
            assert!(outcome.approved(), "{outcome:?}");
            outcome.transaction().expect("on record").id
        };
        let preparation = Preparation { merchant: MERCHANT, until };
        let settlement: TransactionId = ask(0xA1, 9003, Command::SettlementPrepare(preparation)).await;
        let opinion = "compared with the bank".to_owned();
        let verdict = Verdict { merchant: MERCHANT, settlement, confirm: true, opinion };
        ask(0xA2, 9002, Command::SettlementReview(verdict)).await;
    }

    async fn archive(&self, until: BusinessDate, now: Timestamp, target: &Path) -> Moved {
        let job = Job { until, now, target, step: 7 };
        archive(&self.db, &self.key, job, |_| true).await.expect("archives").expect("nothing is in the way")
    }
}

/// The request ids that `sql` selects in the database file.
fn requests(file: &Path) -> BTreeSet<String> {
    let sql = "SELECT lower(hex(request_id)) FROM ledger_transaction WHERE kind = 'sale' AND decline IS NULL";
    on_file(file, sql).lines().map(str::to_owned).collect()
}

fn archived_while_people_pay(installation: &Installation, ledger: impl Fn() -> BTreeSet<String>) {
    let instance = installation.start(&[]);
    let load = Load::start(vec![instance.address.clone()]);
    load.wait_for(300);
    let old = load.finish();
    instance.send_stop();
    instance.wait();
    let now = Clock::system().now().plus(DAYS * 24 * HOUR);
    let today = now.plus(-DAYS * 24 * HOUR).business_date();

    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join("old.archive");
    let instance = installation.start(&["--test-days-ahead", &DAYS.to_string()]);
    let load = Load::start_from(1_000_000, vec![instance.address.clone()]);
    let moved = Runtime::new().expect("a runtime").block_on(async {
        let ledger = Ledger::of(installation).await;
        ledger.settle(today, now).await;
        load.wait_for(20);
        ledger.archive(today, now, &target).await
    });
    load.wait_for(20);
    let new = load.finish();

    assert_eq!(moved.orders, u64::try_from(old.acknowledged.len()).expect("few"), "all of the old ones left");
    assert_eq!(ledger(), new.acknowledged.into_keys().collect(), "the new ones are in the ledger, each once");
    installation.assert_in_order();
    // The archive's chain has no gap from the first transaction to the point where the ledger continues.
    let verified =
        installation.command(&["verify", "--archive", target.to_str().expect("text")]).output().expect("runs");
    let said = String::from_utf8_lossy(&verified.stdout);
    assert!(verified.status.success() && said.contains("The archive is in order"), "{said}");
    let alone = installation.command(&["verify"]).output().expect("runs");
    let said = String::from_utf8_lossy(&alone.stdout);
    assert!(said.contains(&format!("The archive up to {today} was not checked")), "{said}");
}

#[test]
fn a_file_is_archived_while_people_pay() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("shop.db");
    let installation = Installation::set_up(format!("sqlite:{}", file.display()), |sql| {
        on_file(&file, &format!("{sql} RETURNING 'x'"))
    });
    archived_while_people_pay(&installation, || requests(&file));
}

#[test]
fn a_server_is_archived_while_people_pay() {
    let server = Cluster::start();
    let installation = Installation::set_up(server.url(), |sql| server.sql(sql));
    let sql = "SELECT encode(request_id, 'hex') FROM ledger_transaction WHERE kind = 'sale' AND decline IS NULL";
    archived_while_people_pay(&installation, || server.sql(sql).lines().map(str::to_owned).collect());
}

#[test]
fn the_command_gives_the_reason_if_it_moves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("shop.db");
    let installation = Installation::set_up(format!("sqlite:{}", file.display()), |sql| {
        on_file(&file, &format!("{sql} RETURNING 'x'"))
    });
    let today = Clock::system().now().business_date().to_string();
    let archive = |until: &str| {
        let target = folder.path().join("old.archive");
        let said = installation.command(&["archive", "--until", until]).arg(&target).output().expect("runs");
        let words = [said.stdout, said.stderr].map(|text| String::from_utf8(text).expect("text")).concat();
        (said.status.code(), words)
    };
    let (code, words) = archive(&today);
    assert!(code == Some(2) && words.contains("can still be refunded"), "{words}");
    let (code, words) = archive("yesterday");
    assert!(code == Some(2) && words.contains("expected a day"), "{words}");
    let (code, words) = archive("2020-12-31");
    assert!(code == Some(0) && words.contains("Moved 0 transactions and 0 orders"), "{words}");
}
