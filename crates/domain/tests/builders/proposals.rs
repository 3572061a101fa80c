//! Proposals in tests: what is proposed, by two persons of the card company.

use domain::acts::{Bank, Edition, Key, KeyState, Merchant, Outlet, Payload, Person, Product, Recall, Shown};
use domain::command::{Command, Envelope};
use domain::directory::Standing;
use domain::edition::{Counts, EditionStatus};
use domain::human::Login;
use domain::ids::{EditionId, KeyId, ListId, MerchantId, OutletId, RecallId, TransactionId};
use domain::limits::Setting;
use domain::money::Fen;
use domain::person::{PersonStatus, read_roles};
use domain::product::Prices;
use domain::proposal::{DECIDE_WITHIN, Draft, Proposal, ProposalStatus, Verdict, shown_digest};
use domain::time::{HOUR, Timestamp};

use super::{FEE_BP, MERCHANT, MORNING, PersonId, World, by_issuer, envelope};
use super::{money, programmes};

/// Who proposes.
pub(crate) const MAKER: i64 = 9003;
/// Who decides.
pub(crate) const CHECKER: i64 = 9002;
/// A key that the company made and that sleeps.
pub(crate) const SLEEPER: KeyId = KeyId(1_901);

pub(crate) fn fee(merchant: MerchantId, fee_bp: i64) -> Payload {
    Payload::MerchantFee { merchant, fee_bp }
}

/// What the form shows of a fee.
pub(crate) fn shown_fee(fee_bp: Option<i64>) -> Shown {
    let fee_bp = fee_bp.map_or_else(String::new, |fee| fee.to_string());
    Shown::read(&format!("fee_bp={fee_bp}\n")).expect("canonical")
}

/// What the world shows of an act.
pub(crate) fn shown(world: &World, payload: &Payload) -> Shown {
    let mut rows = domain::acts::ActRows::default();
    world.load_act(&mut rows, payload);
    payload.now(&rows).unwrap_or_default()
}

pub(crate) fn propose(payload: Payload, seen: Shown) -> Command {
    Command::Proposal(Draft { payload, seen })
}

fn verdict_of(one: &Proposal, shown: &Shown) -> Verdict {
    let opinion = "compared with the contract".to_owned();
    Verdict { proposal: one.id, payload: one.payload.clone(), opinion, shown: shown_digest(one, shown) }
}

/// Approves what was shown as its maker saw it.
pub(crate) fn approve(one: &Proposal) -> Command {
    Command::ProposalApproval(verdict_of(one, &one.seen))
}

pub(crate) fn reject(one: &Proposal) -> Command {
    Command::ProposalRejection(verdict_of(one, &one.seen))
}

pub(crate) fn take_back(proposal: TransactionId) -> Command {
    Command::ProposalWithdrawal { proposal }
}

/// The proposal that [`MAKER`] made as transaction `id`.
pub(crate) fn proposal(id: TransactionId, at: Timestamp, payload: Payload, seen: Shown) -> Proposal {
    let (maker, expires_at) = (PersonId(MAKER), at.plus(DECIDE_WITHIN));
    Proposal { id, payload, seen, status: ProposalStatus::Open, maker, made_at: at, expires_at, ending: None }
}

/// Proposal and approval of the first merchant's fee, after `before` transactions.
pub(crate) fn agree_fee(before: i64) -> [Envelope; 2] {
    let (payload, seen) = (fee(MERCHANT, FEE_BP), shown_fee(None));
    let one = proposal(TransactionId::new(super::SLOT, before + 1), MORNING, payload.clone(), seen.clone());
    [
        by_issuer(MAKER, envelope(60_001, MORNING, propose(payload, seen))),
        by_issuer(CHECKER, envelope(60_002, MORNING, approve(&one))),
    ]
}

/// A merchant that was never opened, with an outlet that opens with it.
pub(crate) const DRAFT: MerchantId = MerchantId(250_300);
/// A merchant that trades, and one that was stopped.
pub(crate) const TRADING: MerchantId = MerchantId(250_400);
pub(crate) const STOPPED: MerchantId = MerchantId(250_500);
/// A merchant that decides what cards pay for.
pub(crate) const PAYING_ITSELF: MerchantId = MerchantId(250_600);
/// Outlets of [`TRADING`]: one that was never opened, one that was stopped.
pub(crate) const DRAFT_OUTLET: OutletId = OutletId(2_504_001);
pub(crate) const STOPPED_OUTLET: OutletId = OutletId(2_504_002);

pub(crate) fn bank() -> Bank {
    Bank { name: "Bank".to_owned(), account: "6200000000003391".to_owned(), holder: "Shop Ltd".to_owned() }
}

/// A product of [`TRADING`].
pub(crate) const CODE: &str = "600233";

/// A price for it that takes two persons.
pub(crate) fn dearer() -> Prices {
    Prices { price: Some(Fen(2_000)), low: Some(Fen(1_800)), high: Some(Fen(2_200)) }
}

/// An edition of [`TRADING`].
pub(crate) const EDITION: EditionId = EditionId(1);

/// [`EDITION`], which changes one product.
pub(crate) fn edition() -> Edition {
    Edition {
        list: format!("m{TRADING}"),
        source: "prices.xlsx".to_owned(),
        counts: Counts { changed: 1, ..Counts::default() },
        digest: "00".repeat(32),
        status: EditionStatus::Staged,
    }
}

/// A recall.
pub(crate) const RECALL: RecallId = RecallId(1);

/// Puts those places, the goods and the recall into a world.
pub(crate) fn put_places(world: &mut World) {
    let merchant = |id: MerchantId, status, drafts| Merchant {
        mid: format!("{:015}", id.0),
        name: format!("m{id}"),
        licence: String::new(),
        status,
        reason: if status == Standing::Suspended { "renovation".to_owned() } else { String::new() },
        bank: Bank::default(),
        decides_payable: true,
        drafts,
    };
    let (goods, text, reason) = ("code 600233".to_owned(), "stop".to_owned(), "a fault".to_owned());
    world.recalls.insert(RECALL, Recall { goods, text, reason, open: true });
    let prices = Prices { price: Some(Fen(1_000)), low: Some(Fen(900)), high: Some(Fen(1_100)) };
    let product = Product { list: format!("m{TRADING}"), name: "granules".to_owned(), prices };
    world.products.insert((ListId::of(TRADING), CODE.to_owned()), product);
    world.editions.insert(EDITION, edition());
    world.customers.insert(money::SUSPENDED, money::suspended());
    programmes::put(world);
    let drafts = vec![(OutletId(2_503_001), "new".to_owned())];
    for (id, status, drafts) in [
        (DRAFT, Standing::Draft, drafts),
        (TRADING, Standing::Active, vec![(DRAFT_OUTLET, "two".to_owned())]),
        (STOPPED, Standing::Suspended, vec![]),
        (PAYING_ITSELF, Standing::Active, vec![]),
    ] {
        world.merchants.insert(id, merchant(id, status, drafts));
        world.fees.insert(id, None);
    }
    let outlet = |merchant: MerchantId, name: &str, merchant_status, status| Outlet {
        merchant: format!("m{merchant}"),
        merchant_status,
        name: name.to_owned(),
        address: String::new(),
        status,
        reason: String::new(),
    };
    world.outlets.insert(OutletId(2_503_001), outlet(DRAFT, "new", Standing::Draft, Standing::Draft));
    world.outlets.insert(DRAFT_OUTLET, outlet(TRADING, "two", Standing::Active, Standing::Draft));
    world.outlets.insert(STOPPED_OUTLET, outlet(TRADING, "three", Standing::Active, Standing::Suspended));
}

/// Every act about places and the company, in an order in which each is possible.
pub(crate) fn place_acts() -> Vec<Payload> {
    vec![
        Payload::MerchantOpening { merchant: DRAFT, fee_bp: 38, bank: bank() },
        Payload::MerchantBank { merchant: TRADING, bank: bank() },
        Payload::MerchantResuming { merchant: STOPPED },
        Payload::OutletOpening { outlet: DRAFT_OUTLET },
        Payload::OutletResuming { outlet: STOPPED_OUTLET },
        Payload::FactorRule { required: false },
        Payload::GuessingLimit { setting: Setting::RefundCards, value: 3 },
        Payload::MerchantPayable { merchant: PAYING_ITSELF, decides: false },
        Payload::RecallEnding { recall: RECALL },
        Payload::ProductPrice { list: ListId::of(TRADING), code: CODE.to_owned(), prices: dearer() },
        Payload::ProductEdition { edition: EDITION, effective_at: Some(MORNING.plus(24 * HOUR)) },
        Payload::CustomerResuming { customer: money::SUSPENDED },
    ]
}

/// People at the company, one for each act about people; the last one has another login, [`SECOND`].
pub(crate) const CLERK: PersonId = PersonId(9_050);
pub(crate) const WITHOUT_PHONE: PersonId = PersonId(9_051);
pub(crate) const WITHOUT_PASSWORD: PersonId = PersonId(9_052);
pub(crate) const JOINED: PersonId = PersonId(9_053);
pub(crate) const SECOND: PersonId = PersonId(9_054);

/// Puts those people into a world, with second factors.
pub(crate) fn put_people(world: &mut World) {
    let person = |id: PersonId, others: &str| Person {
        at_company: true,
        name: format!("p{id}"),
        login: id.to_string(),
        roles: read_roles("operator").expect("a role"),
        status: PersonStatus::Active,
        own_password: true,
        has_factor: true,
        others: others.to_owned(),
    };
    for id in [CLERK, WITHOUT_PHONE, WITHOUT_PASSWORD, JOINED] {
        let others = if id == JOINED { format!(" ({SECOND})") } else { String::new() };
        world.people.insert(id, person(id, &others));
        world.logins.put(id, Login::of(id));
    }
    world.logins.put(SECOND, Login { human: JOINED, ..Login::of(SECOND) });
}

/// Every act about people.
pub(crate) fn person_acts() -> Vec<Payload> {
    vec![
        Payload::CompanyRoles { person: CLERK, roles: read_roles("checker").expect("a role") },
        Payload::FactorReset { person: WITHOUT_PHONE },
        Payload::PersonReset { person: WITHOUT_PASSWORD },
        Payload::LoginParting { person: JOINED },
    ]
}

/// An act of each kind, in an order in which each is possible.
pub(crate) fn acts() -> Vec<Payload> {
    let first = [fee(MERCHANT, 45), Payload::CompanyKey { key: SLEEPER }];
    first.into_iter().chain(place_acts()).chain(programmes::acts()).chain(person_acts()).collect()
}

/// The same in a world.
pub(crate) fn with_fee(mut world: World) -> World {
    let asked = agree_fee(world.head.sequence);
    assert!(world.post(&asked).iter().all(domain::outcome::Outcome::approved));
    world
}

/// [`SLEEPER`].
pub(crate) fn sleeper() -> Key {
    Key {
        id: SLEEPER,
        name: "head office".to_owned(),
        merchant: MERCHANT,
        bound: String::new(),
        scopes: "read refund".to_owned(),
        signed: true,
        rate_max: 60,
        expires_at: MORNING.plus(30 * 24 * HOUR),
        state: KeyState::Asleep,
        by_company: true,
    }
}
