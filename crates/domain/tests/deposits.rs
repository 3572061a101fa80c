//! Deposits: no card has money that no customer paid in, nothing is promised twice, and a wrong load goes back.

mod builders;

use builders::money::{
    self, CUSTOMER, adjustment, customer, decide, decided, done, funding, load, paid_back, put_money, waiting,
};
use builders::proposals::{self, CHECKER, MAKER, approve, take_back};
use builders::{MORNING, Submit as _, World, by_issuer, card, card_key, envelope, one_till, order, sale_pin};
use domain::acts::{Money, Payload};
use domain::card::CardStatus;
use domain::command::Command;
use domain::directory::Standing;
use domain::ids::{CustomerId, PersonId, TransactionId};
use domain::ledger::{AccountId, Kind};
use domain::money::Fen;
use domain::outcome::Decline;
use domain::proposal::DECIDE_WITHIN;
use domain::time::BusinessDate;

/// Ten cards, and a customer with nothing paid in.
fn office() -> World {
    let mut world = one_till();
    (1..=10).for_each(|number| world.put_card(card(number)));
    world
}

fn deposit(world: &World) -> i64 {
    world.customers[&CUSTOMER].deposit.0
}

fn balance(world: &World, number: u8) -> i64 {
    world.cards[&card_key(number)].balance.0
}

fn short(fen: i64) -> Decline {
    Decline::DepositShort { short_by: Fen(fen) }
}

fn ask(world: &mut World, n: u16, person: i64, command: Command) -> Option<Decline> {
    world.decline(&by_issuer(person, envelope(n, MORNING, command)))
}

#[test]
fn ten_loads_spend_what_was_paid_in_to_the_fen() {
    let mut world = office();
    done(&mut world, &funding("SL20261130-0021", 500_000));
    for number in 1..10 {
        waiting(&mut world, &load(number, 50_001));
    }
    assert_eq!(decide(&mut world, &load(10, 50_001)), Some(short(10)), "the last of ten is ten fen short");
    assert_eq!((deposit(&world), balance(&world, 10)), (500_000, 0), "nothing moved");
    let mut world = office();
    done(&mut world, &funding("SL20261130-0021", 500_000));
    for number in 1..=10 {
        done(&mut world, &load(number, 50_000));
    }
    assert_eq!((deposit(&world), balance(&world, 10)), (0, 50_000));
    let received: i64 =
        world.transfers.iter().map(|leg| i64::from(leg.debit == AccountId::FUNDING_CLEARING) * leg.amount.0).sum();
    assert_eq!(received, 500_000);
    assert_eq!(world.verify(), []);
}

#[test]
fn a_load_is_one_transaction_by_two_humans_and_once() {
    let mut world = office();
    done(&mut world, &funding("SL-1", 50_000));
    let one = waiting(&mut world, &load(1, 50_000));
    assert_eq!(ask(&mut world, 1, MAKER, approve(&one)), Some(Decline::ReviewerIsApplicant));
    assert_eq!((deposit(&world), balance(&world, 1)), (50_000, 0));
    let before = world.transactions.len();
    assert_eq!(ask(&mut world, 2, CHECKER, approve(&one)), None);
    assert_eq!(ask(&mut world, 2, CHECKER, approve(&one)), None, "the same request is the same record");
    assert_eq!(ask(&mut world, 3, CHECKER, approve(&one)), Some(Decline::AlreadyDecided));
    assert_eq!((deposit(&world), balance(&world, 1)), (0, 50_000));
    let record = &world.transactions[before];
    assert_eq!((record.kind, record.original, record.amount), (Kind::Load, Some(one.id), Fen(50_000)));
    assert_eq!((record.card, record.balance), (Some(builders::card_id(1)), Some(Fen(50_000))));
    assert_eq!(record.actor.person, PersonId(CHECKER));
    assert_eq!(world.transfers.iter().filter(|leg| leg.transaction == record.id).count(), 1);
    assert_eq!(world.verify(), []);
}

#[test]
fn a_waiting_proposal_holds_its_money_until_it_is_over() {
    let mut world = office();
    done(&mut world, &funding("SL-1", 1_000));
    let one = waiting(&mut world, &load(1, 600));
    assert_eq!(decide(&mut world, &paid_back(401)), Some(short(1)));
    let two = waiting(&mut world, &paid_back(400));
    assert_eq!(decide(&mut world, &load(2, 1)), Some(short(1)));
    assert_eq!(ask(&mut world, 1, MAKER, take_back(one.id)), None);
    assert_eq!(decide(&mut world, &load(2, 600)), None);
    assert_eq!(ask(&mut world, 2, CHECKER, approve(&two)), None);
    assert_eq!(deposit(&world), 0);
    assert_eq!(world.verify(), []);
    // One that nobody decided holds nothing after its time.
    let mut world = office();
    done(&mut world, &funding("SL-1", 1_000));
    let late = waiting(&mut world, &load(1, 1_000));
    let payload = load(2, 1_000);
    let seen = proposals::shown(&world, &payload);
    let asked = |n, at| by_issuer(MAKER, envelope(n, at, proposals::propose(payload.clone(), seen.clone())));
    assert_eq!(world.decline(&asked(3, late.expires_at.plus(-1))), Some(short(1_000)));
    assert_eq!(world.decline(&asked(4, MORNING.plus(DECIDE_WITHIN))), None);
}

/// What one command of a group holds or spends, the next one sees.
#[test]
fn a_group_spends_a_deposit_once() {
    let mut world = office();
    done(&mut world, &funding("SL-1", 1_000));
    let before = world.head.sequence;
    let (first, second) = (load(1, 700), load(2, 400));
    let [made, approved] = decided(before, &first, &proposals::shown(&world, &first));
    let [other, _] = decided(before + 2, &second, &proposals::shown(&world, &second));
    let outcomes = world.post(&[made, approved, other]);
    let declines: Vec<_> = outcomes.iter().map(|one| one.transaction().expect("recorded").decline).collect();
    assert_eq!(declines, [None, None, Some(short(100))]);
    assert_eq!(world.verify(), []);
}

#[test]
fn money_that_the_bank_names_once_counts_once() {
    let mut world = office();
    let one = waiting(&mut world, &funding("SL-1", 1_000));
    let two = waiting(&mut world, &funding("SL-1", 1_000));
    assert_eq!(ask(&mut world, 1, CHECKER, approve(&one)), None);
    assert_eq!(ask(&mut world, 2, CHECKER, approve(&two)), Some(Decline::FundingReferenceUsed));
    assert_eq!(decide(&mut world, &funding("SL-1", 2_000)), Some(Decline::FundingReferenceUsed));
    assert_eq!(deposit(&world), 1_000);
    assert_eq!(world.verify(), []);
}

#[test]
fn what_is_not_sound_is_not_proposed() {
    let money = |change: fn(&mut Money)| {
        let Payload::Money(mut money) = funding("SL-1", 100) else { unreachable!() };
        change(&mut money);
        Payload::Money(money)
    };
    let set = |change: fn(&mut String, &mut String, &mut BusinessDate)| {
        let Payload::Money(Money::Funding { customer, amount, mut reference, mut received_on, mut note }) =
            funding("SL-1", 100)
        else {
            unreachable!()
        };
        change(&mut reference, &mut note, &mut received_on);
        Payload::Money(Money::Funding { customer, amount, reference, received_on, note })
    };
    let nobody = CustomerId(1_000_099);
    let table = [
        (funding("SL-1", 0), Decline::InvalidAmount),
        (funding("SL-1", -1), Decline::InvalidAmount),
        (load(1, 0), Decline::InvalidAmount),
        (funding("", 100), Decline::TextLength),
        (funding("sl-1", 100), Decline::TextLength),
        (set(|reference, _, _| *reference = "X".repeat(41)), Decline::TextLength),
        (set(|_, note, _| *note = "x".repeat(41)), Decline::TextLength),
        (set(|_, _, day| *day = BusinessDate(20_261_124)), Decline::DayNotOver { on: BusinessDate(20_261_124) }),
        (
            money(|one| *one = Money::FundingReturn { customer: CUSTOMER, amount: Fen(1), reason: "x".to_owned() }),
            Decline::TextLength,
        ),
        (money::funding_of(nobody, "SL-1", 100), Decline::NoSuchCustomer),
        (load(77, 1), Decline::InvalidCardNumber),
        (load(8, 1), Decline::CardClosed),
        (load(9, 1), Decline::CardReplaced),
        (adjustment(TransactionId(7), 1, 1), Decline::NoSuchLoad),
    ];
    for (payload, expected) in table {
        let mut world = office();
        done(&mut world, &funding("SL-0", 10));
        for (number, status) in [(8, CardStatus::Closed), (9, CardStatus::Replaced)] {
            world.cards.get_mut(&card_key(number)).expect("a card").status = status;
        }
        assert_eq!(decide(&mut world, &payload), Some(expected), "{payload:?}");
        assert_eq!(world.verify(), []);
    }
    let mut world = office();
    done(&mut world, &funding("SL-0", 10));
    let bank = std::mem::take(&mut world.customers.get_mut(&CUSTOMER).expect("one").bank);
    assert_eq!(decide(&mut world, &paid_back(1)), Some(Decline::NothingToChange), "no account to pay to");
    world.customers.get_mut(&CUSTOMER).expect("one").bank = bank;
    assert_eq!(decide(&mut world, &paid_back(1)), None);
}

#[test]
fn a_suspended_customer_gets_money_back_and_nothing_else() {
    let mut world = office();
    let loaded = put_money(&mut world, 1, 100);
    done(&mut world, &funding("SL-X", 100));
    let one = world.customers.get_mut(&CUSTOMER).expect("one");
    (one.status, one.reason) = (Standing::Suspended, "no answer".to_owned());
    for payload in [funding("SL-Y", 1), load(1, 1)] {
        assert_eq!(decide(&mut world, &payload), Some(Decline::CustomerSuspended), "{payload:?}");
    }
    done(&mut world, &adjustment(loaded, 1, 40));
    done(&mut world, &paid_back(140));
    done(&mut world, &Payload::CustomerResuming { customer: CUSTOMER });
    done(&mut world, &funding("SL-Y", 1));
    assert_eq!((deposit(&world), balance(&world, 1)), (1, 60));
    assert_eq!(world.verify(), []);
}

#[test]
fn a_wrong_load_goes_back_as_far_as_it_is_still_there() {
    let mut world = office();
    let loaded = put_money(&mut world, 1, 10_000);
    put_money(&mut world, 2, 10_000);
    assert_eq!(decide(&mut world, &adjustment(loaded, 2, 1)), Some(Decline::NoSuchLoad), "another card");
    done(&mut world, &adjustment(loaded, 1, 2_000));
    let left = Decline::NothingLeft { left: Fen(8_000) };
    assert_eq!(decide(&mut world, &adjustment(loaded, 1, 8_001)), Some(left));
    world.put_order(order(1, 7_300));
    assert_eq!(world.decline(&envelope(1, MORNING, sale_pin(1, 7_300, 1, true))), None);
    let short = Decline::InsufficientFunds { short_by: Fen(7_300) };
    assert_eq!(decide(&mut world, &adjustment(loaded, 1, 8_000)), Some(short));
    done(&mut world, &adjustment(loaded, 1, 700));
    assert_eq!((deposit(&world), balance(&world, 1)), (2_700, 0));
    assert_eq!(world.verify(), []);
}

#[test]
fn a_card_that_changed_since_it_was_shown_is_not_loaded() {
    let mut world = office();
    done(&mut world, &funding("SL-1", 100));
    let one = waiting(&mut world, &load(1, 99));
    world.cards.get_mut(&card_key(1)).expect("a card").status = CardStatus::Lost;
    assert_eq!(ask(&mut world, 1, CHECKER, approve(&one)), Some(Decline::Stale));
    // Another account of the customer: the checker has to see it.
    let one = waiting(&mut world, &paid_back(1));
    world.customers.get_mut(&CUSTOMER).expect("one").bank.account = "6200000000000099".to_owned();
    assert_eq!(ask(&mut world, 2, CHECKER, approve(&one)), Some(Decline::Stale));
}

/// What happens to a world.
type Change = fn(&mut World);

/// Rows that approved proposals do not explain: `verify` names each.
#[test]
fn verify_names_money_that_nobody_paid_in() {
    let crafted: [(&str, Change); 7] = [
        ("customer 1000001 has 1 fen but its transfers say 0", |world| {
            world.customers.get_mut(&CUSTOMER).expect("one").deposit = Fen(1);
        }),
        ("were received from customers", |world| {
            world.cards.get_mut(&card_key(1)).expect("a card").balance = Fen(101);
        }),
        ("belongs to nobody", |world| _ = world.customers.remove(&CUSTOMER)),
        ("bank reference SL-0 is not that of funding", |world| {
            world.references.insert("SL-0".to_owned(), TransactionId(1));
        }),
        ("bank reference SL-0 of funding", |world| _ = world.references.remove("SL-0")),
        ("bank reference SL-9 is not that of funding", |world| {
            world.references.insert("SL-9".to_owned(), TransactionId(1));
        }),
        ("makes or ends no proposal", |world| _ = world.proposals.pop_last()),
    ];
    for (expected, change) in crafted {
        let mut world = office();
        put_money(&mut world, 1, 100);
        assert_eq!(world.verify(), []);
        change(&mut world);
        let findings: Vec<_> = world.verify().iter().map(ToString::to_string).collect();
        assert!(findings.iter().any(|one| one.contains(expected)), "{expected}: {findings:?}");
    }
    assert_eq!(customer().deposit, Fen::ZERO, "a customer begins with nothing");
}
