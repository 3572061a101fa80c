//! What the outbox costs the money path: declined payments of one merchant, posted in groups of 100, first without an
//! endpoint, then with one. `cargo run -p storage --example outbox_speed`.

use std::io::Write as _;
use std::time::Instant;

use domain::card::CardKey;
use domain::card_number::{EntryMode, MaskedCard};
use domain::command::{Actor, Command, Envelope, PresentedCard};
use domain::event::EventKind;
use domain::ids::{MerchantId, OutletId, PersonId, RequestId, TerminalId};
use domain::money::Fen;
use domain::network::Network;
use domain::pin::{Door, PinValue, TypedPin};
use domain::time::Timestamp;
use storage::audit::Entry;
use storage::merchant::Reach;
use storage::vault::Vault;
use storage::webhook::{self, Change, EndpointTerms};
use storage::{Books, Storage, demo};

const NOW: Timestamp = Timestamp(1_795_392_000_000_000);
const MERCHANT: MerchantId = MerchantId(250_100);
const GROUPS: u32 = 200;
const GROUP: u32 = 100;

fn envelope(n: u32) -> Envelope {
    let actor = Actor {
        merchant: MERCHANT,
        outlet: OutletId(2_501_001),
        terminal: TerminalId(25_010_007),
        person: PersonId(1003),
    };
    let mut request = [0; 16];
    request[12..].copy_from_slice(&n.to_be_bytes());
    let card = PresentedCard {
        key: CardKey([1; 16]),
        masked: MaskedCard("608625******0001".to_owned()),
        entry: EntryMode::Manual,
    };
    // No such order: declined, which writes a transaction and an event and nothing else.
    let order = domain::ids::OrderId(i64::from(n) + 1);
    let pin = TypedPin { value: PinValue([0; 32]), door: Door::Till, network: Network::of("local") };
    let command = Command::SaleCheck { order, amount: Fen(100), card, pin };
    Envelope { request_id: RequestId(request), actor, at: NOW.plus(i64::from(n)), entropy: n, command }
}

async fn round(books: &Books, first: u32) -> f64 {
    let start = Instant::now();
    for group in 0..GROUPS {
        let from = first + group * GROUP;
        let all: Vec<_> = (from..from + GROUP).map(envelope).collect();
        books.post(all).await.expect("the store works");
    }
    start.elapsed().as_secs_f64() * 1e6 / f64::from(GROUPS * GROUP)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = Storage::open(&folder.path().join("speed.db")).expect("opens");
    demo::seed_people(&db, NOW).await.expect("seeds");
    let vault = Vault::open_or_create(folder.path()).expect("keys");
    let books = Books::of(db.clone(), vault.chain_key());
    let mut out = Vec::new();
    let mut first = 0;
    for turn in 0..6 {
        if turn == 3 {
            let events = EventKind::subscribable().collect();
            let terms = EndpointTerms { url: "https://example.com/".to_owned(), description: String::new(), events };
            let entry = Entry {
                at: NOW,
                person: Some(PersonId(1002)),
                merchant: Some(MERCHANT),
                terminal: None,
                action: "webhook_created",
                subject: String::new(),
                detail: String::new(),
                address: "local".to_owned(),
            };
            let reach = Reach { merchant: MERCHANT, outlet: None };
            webhook::change(&db, reach, Change::Create(terms), entry).await.expect("writes");
        }
        out.push(round(&books, first).await);
        first += GROUPS * GROUP;
    }
    let text = format!("microseconds per attempt; without an endpoint {:.1?}, with one {:.1?}\n", &out[..3], &out[3..]);
    std::io::stdout().write_all(text.as_bytes()).expect("a terminal");
}
