//! Proposals: two persons, one decision, on rows that both have seen; and what `verify` says of one that is not so.

mod builders;

use builders::proposals::{
    self, CHECKER, CLERK, DRAFT, MAKER, SLEEPER, approve, fee, propose, reject, shown, shown_fee, sleeper, take_back,
    with_fee,
};
use builders::{MERCHANT, MORNING, Submit as _, World, by_issuer, envelope, one_till};
use domain::acts::{Act, Bank, Edition, KeyState, Payload, Person, Product, Recall, Shown, login_label};
use domain::command::Command;
use domain::directory::Standing;
use domain::edition::{AHEAD_MAX, Counts, EditionStatus};
use domain::ids::{EditionId, MerchantId, OutletId, PersonId, TerminalId, TransactionId};
use domain::limits::Setting;
use domain::money::Fen;
use domain::outcome::{Decline, Outcome};
use domain::person::{PersonStatus, read_roles};
use domain::proposal::{DECIDE_WITHIN, Proposal, ProposalStatus, Verdict, shown_digest};
use domain::state::Till;

/// A merchant without a fee and a key that sleeps.
fn office() -> World {
    let mut world = one_till();
    world.keys.insert(SLEEPER, sleeper());
    world
}

fn ask(world: &mut World, person: i64, command: Command) -> Option<Decline> {
    let n = 1_000 + u16::try_from(world.transactions.len()).expect("few");
    world.decline(&by_issuer(person, envelope(n, MORNING, command)))
}

/// Proposes what `payload` says, by the rows as they are.
fn made(world: &mut World, payload: Payload) -> Proposal {
    let seen = shown(world, &payload);
    assert_eq!(ask(world, MAKER, propose(payload, seen)), None);
    world.proposals.values().next_back().expect("one").clone()
}

/// What happens to a world.
type Change = fn(&mut World);

const WAKE: Payload = Payload::CompanyKey { key: SLEEPER };

#[test]
fn an_approval_by_another_person_is_what_changes_the_rows() {
    let mut world = office();
    for payload in [fee(MERCHANT, 38), WAKE] {
        let one = made(&mut world, payload);
        assert_eq!(
            (world.fees[&MERCHANT].is_some(), world.keys[&SLEEPER].state),
            (one.payload == WAKE, KeyState::Asleep)
        );
        assert_eq!(ask(&mut world, MAKER, approve(&one)), Some(Decline::ReviewerIsApplicant));
        assert_eq!(ask(&mut world, CHECKER, approve(&one)), None);
        assert_eq!(ask(&mut world, CHECKER, reject(&one)), Some(Decline::AlreadyDecided));
    }
    assert_eq!((world.fees[&MERCHANT], world.keys[&SLEEPER].state), (Some(38), KeyState::Awake));
    assert_eq!(world.verify(), []);
}

#[test]
fn a_rejected_or_withdrawn_or_late_proposal_changes_nothing() {
    let mut world = office();
    let (first, second, third) =
        (made(&mut world, fee(MERCHANT, 38)), made(&mut world, fee(MERCHANT, 39)), made(&mut world, WAKE));
    assert_eq!(ask(&mut world, CHECKER, reject(&first)), None);
    assert_eq!(ask(&mut world, MAKER, take_back(second.id)), None);
    assert_eq!(ask(&mut world, CHECKER, approve(&second)), Some(Decline::AlreadyDecided));
    let late = by_issuer(CHECKER, envelope(50, MORNING.plus(DECIDE_WITHIN), approve(&third)));
    assert_eq!(world.decline(&late), Some(Decline::ProposalExpired { at: third.expires_at }));
    assert_eq!((world.fees[&MERCHANT], world.keys[&SLEEPER].state), (None, KeyState::Asleep));
    let states: Vec<_> = world.proposals.values().map(|one| one.status).collect();
    assert_eq!(states, [ProposalStatus::Rejected, ProposalStatus::Withdrawn, ProposalStatus::Open]);
    assert_eq!(world.verify(), []);
}

/// Each act about places and the company: proposed, not approved by its maker, approved by another person, in effect once,
/// and in order by `verify` before and after.
#[test]
fn places_open_change_and_resume_by_two_persons() {
    let mut world = office();
    proposals::put_places(&mut world);
    world.tills.insert(TerminalId(25_030_001), till_of(DRAFT, OutletId(2_503_001), false));
    world.tills.insert(TerminalId(25_040_002), till_of(proposals::TRADING, proposals::STOPPED_OUTLET, false));
    for payload in proposals::place_acts() {
        let one = made(&mut world, payload.clone());
        let before = world.clone();
        assert_eq!(ask(&mut world, MAKER, approve(&one)), Some(Decline::ReviewerIsApplicant));
        assert!(before.merchants == world.merchants && before.outlets == world.outlets, "{payload:?}");
        assert_eq!(world.verify(), [], "{payload:?} waits");
        assert_eq!(ask(&mut world, CHECKER, approve(&one)), None, "{payload:?}");
        assert_eq!(world.verify(), [], "{payload:?} was approved");
        let shown = shown(&world, &payload);
        let again = ask(&mut world, MAKER, propose(payload.clone(), shown));
        assert_eq!(again, Some(Decline::NothingToChange), "{payload:?} again");
    }
    assert!(world.merchants.values().all(|one| one.status == Standing::Active));
    assert!(world.outlets.values().all(|one| one.status == Standing::Active));
    assert_eq!((world.fees[&DRAFT], &world.merchants[&DRAFT].bank), (Some(38), &proposals::bank()));
    assert!(!world.factor_required);
    assert_eq!(world.editions[&proposals::EDITION].status, EditionStatus::Scheduled);
    let till = &world.tills[&TerminalId(25_030_001)];
    assert!(till.outlet.merchant_active && till.outlet.outlet_active, "{till:?}");
    assert!(world.tills[&TerminalId(25_040_002)].outlet.outlet_active);
}

fn till_of(merchant: MerchantId, outlet: OutletId, active: bool) -> Till {
    let mut till = builders::till(merchant);
    (till.outlet.id, till.outlet.merchant_active, till.outlet.outlet_active) = (outlet, active, active);
    till
}

#[test]
fn what_is_not_sound_or_not_possible_is_not_proposed() {
    let bank = proposals::bank;
    let opening = |merchant, fee_bp, bank| Payload::MerchantOpening { merchant, fee_bp, bank };
    let unsound = [
        Bank::default(),
        Bank { account: "12 34567".to_owned(), ..bank() },
        Bank { holder: String::new(), ..bank() },
        Bank { name: " Bank".to_owned(), ..bank() },
    ];
    let bad_banks = unsound.into_iter().flat_map(|bank| {
        [opening(DRAFT, 38, bank.clone()), Payload::MerchantBank { merchant: proposals::TRADING, bank }]
    });
    let others = [
        opening(DRAFT, 1_001, bank()),
        opening(DRAFT, -1, bank()),
        opening(proposals::STOPPED, 38, bank()),
        Payload::MerchantBank { merchant: DRAFT, bank: bank() },
        Payload::MerchantResuming { merchant: DRAFT },
        Payload::MerchantResuming { merchant: proposals::TRADING },
        // It opens with its merchant.
        Payload::OutletOpening { outlet: OutletId(2_503_001) },
        Payload::OutletOpening { outlet: proposals::STOPPED_OUTLET },
        Payload::OutletResuming { outlet: proposals::DRAFT_OUTLET },
        Payload::FactorRule { required: true },
    ];
    for payload in bad_banks.chain(others) {
        let mut world = office();
        proposals::put_places(&mut world);
        let seen = shown(&world, &payload);
        let answer = ask(&mut world, MAKER, propose(payload.clone(), seen));
        assert_eq!(answer, Some(Decline::NothingToChange), "{payload:?}");
        assert_eq!(world.verify(), []);
    }
    for payload in [
        opening(MerchantId(250_999), 38, bank()),
        Payload::MerchantBank { merchant: MerchantId(250_999), bank: bank() },
        Payload::MerchantResuming { merchant: MerchantId(250_999) },
        Payload::OutletOpening { outlet: OutletId(2_509_999) },
        Payload::OutletResuming { outlet: OutletId(2_509_999) },
    ] {
        let mut world = office();
        let answer = ask(&mut world, MAKER, propose(payload.clone(), Shown::default()));
        assert_eq!(answer, Some(Decline::NoSuchMerchant), "{payload:?}");
    }
}

#[test]
fn an_edition_is_released_when_all_of_it_is_there_and_a_year_ahead_at_most() {
    let release = |effective_at| Payload::ProductEdition { edition: proposals::EDITION, effective_at };
    let (one, far) = (Counts { changed: 1, ..Counts::default() }, Some(MORNING.plus(AHEAD_MAX)));
    // What would move far, if it moved.
    let nothing = Counts { far: 1, ..Counts::default() };
    for (effective_at, status, counts, can) in [
        (None, EditionStatus::Staged, one, true),
        (Some(MORNING), EditionStatus::Staged, one, true),
        // It has passed meanwhile.
        (Some(MORNING.plus(-1)), EditionStatus::Staged, one, true),
        (far, EditionStatus::Staged, one, true),
        (far.map(|at| at.plus(1)), EditionStatus::Staged, one, false),
        (None, EditionStatus::Gathering, one, false),
        (None, EditionStatus::Scheduled, one, false),
        (None, EditionStatus::Live, one, false),
        (None, EditionStatus::Dropped, one, false),
        (None, EditionStatus::Staged, Counts { added: 1, ..nothing }, true),
        (None, EditionStatus::Staged, Counts { stopped: 1, ..nothing }, true),
        (None, EditionStatus::Staged, Counts { removed: 1, ..nothing }, true),
        (None, EditionStatus::Staged, nothing, false),
    ] {
        let mut world = office();
        proposals::put_places(&mut world);
        *edition(&mut world) = Edition { status, counts, ..proposals::edition() };
        let payload = release(effective_at);
        let seen = shown(&world, &payload);
        let answer = ask(&mut world, MAKER, propose(payload.clone(), seen));
        assert_eq!(answer, (!can).then_some(Decline::NothingToChange), "{payload:?} {:?}", edition(&mut world));
    }
    let missing = Payload::ProductEdition { edition: EditionId(99), effective_at: None };
    let answer = ask(&mut office(), MAKER, propose(missing, Shown::default()));
    assert_eq!(answer, Some(Decline::NothingToChange), "no such edition");
}

/// A moment that was ahead when the edition was proposed is no obstacle once it has passed: the edition goes live at once.
#[test]
fn an_edition_whose_moment_has_passed_is_approved() {
    let mut world = office();
    proposals::put_places(&mut world);
    let at = Some(MORNING.plus(1));
    let one = made(&mut world, Payload::ProductEdition { edition: proposals::EDITION, effective_at: at });
    let late = by_issuer(CHECKER, envelope(50, MORNING.plus(DECIDE_WITHIN - 1), approve(&one)));
    assert_eq!(world.decline(&late), None);
    assert_eq!(world.editions[&proposals::EDITION].status, EditionStatus::Scheduled);
    assert_eq!(world.verify(), []);
}

/// The same with a second factor, and with another login.
fn with(person: Person, has_factor: bool, others: &str) -> Person {
    Person { has_factor, others: others.to_owned(), ..person }
}

fn clerk(roles: &str, status: PersonStatus, own_password: bool) -> Person {
    let roles = read_roles(roles).expect("roles");
    let (name, login, others) = ("clerk".to_owned(), "clerk".to_owned(), String::new());
    Person { at_company: true, name, login, roles, status, own_password, has_factor: false, others }
}

#[test]
fn what_is_done_to_a_person_is_possible_exactly_as_the_table_says() {
    use PersonStatus::{Active, Disabled, Invited, Left};
    let give = |roles| Payload::CompanyRoles { person: CLERK, roles: read_roles(roles).expect("roles") };
    let reset = || Payload::PersonReset { person: CLERK };
    let (unfactor, part) = (|| Payload::FactorReset { person: CLERK }, || Payload::LoginParting { person: CLERK });
    // What is proposed, of whom; roles and state afterwards, or that nothing is to be done.
    let table = [
        (give("operator"), clerk("", Invited, false), Some(("operator", Invited))),
        (give("checker:20261215"), clerk("operator", Active, true), Some(("checker:20261215", Active))),
        (give("operator"), clerk("operator", Disabled, true), Some(("operator", Active))),
        (give("operator"), clerk("operator", Disabled, false), Some(("operator", Invited))),
        (give("operator"), clerk("operator", Active, true), None),
        (give("operator"), clerk("", Left, true), None),
        (give(""), clerk("operator", Active, true), None),
        (give("cashier"), clerk("", Active, true), None),
        (give("checker auditor"), clerk("", Active, true), None),
        (give("checker:20200101"), clerk("", Active, true), None),
        (reset(), clerk("operator", Active, true), Some(("operator", Active))),
        (reset(), clerk("operator", Active, false), None),
        (reset(), clerk("operator", Disabled, true), None),
        (reset(), Person { at_company: false, ..clerk("", Active, true) }, None),
        (give("operator"), Person { at_company: false, ..clerk("", Active, true) }, None),
        (unfactor(), with(clerk("operator", Active, true), true, ""), Some(("operator", Active))),
        (unfactor(), with(clerk("operator", Disabled, true), true, ""), Some(("operator", Disabled))),
        (unfactor(), clerk("operator", Active, true), None),
        (unfactor(), with(clerk("operator", Left, true), true, ""), None),
        (part(), with(clerk("operator", Active, true), false, "other (other)"), Some(("operator", Active))),
        (part(), with(clerk("operator", Left, true), true, "other (other)"), Some(("operator", Left))),
        (part(), clerk("operator", Active, true), None),
    ];
    for (payload, person, expected) in table {
        let mut world = office();
        world.people.insert(CLERK, person.clone());
        let Some((roles, status)) = expected else {
            let seen = shown(&world, &payload);
            assert_eq!(ask(&mut world, MAKER, propose(payload, seen)), Some(Decline::NothingToChange), "{person:?}");
            continue;
        };
        let one = made(&mut world, payload.clone());
        assert_eq!(ask(&mut world, MAKER, approve(&one)), Some(Decline::ReviewerIsApplicant));
        assert_eq!(ask(&mut world, CLERK.0, approve(&one)), Some(Decline::ReviewerIsApplicant), "their own");
        assert_eq!(world.people[&CLERK], person);
        assert_eq!(ask(&mut world, CHECKER, approve(&one)), None);
        let (resets, unfactors) = (payload == reset(), payload == reset() || payload == unfactor());
        let others = if payload == part() { "" } else { &person.others };
        let expected = clerk(roles, status, person.own_password && !resets);
        assert_eq!(world.people[&CLERK], with(expected, person.has_factor && !unfactors, others));
        assert_eq!(world.verify(), []);
    }
    let mut world = office();
    let missing = propose(give("operator"), Shown::default());
    assert_eq!(ask(&mut world, MAKER, missing), Some(Decline::NothingToChange), "nobody");
}

/// Rows of a place that no two persons decided.
#[test]
fn verify_names_a_place_that_opened_by_itself() {
    let mut world = office();
    proposals::put_places(&mut world);
    for payload in proposals::place_acts() {
        let one = made(&mut world, payload.clone());
        if !matches!(payload, Payload::MerchantOpening { .. } | Payload::OutletOpening { .. }) {
            assert_eq!(ask(&mut world, CHECKER, approve(&one)), None);
        }
    }
    let opened = {
        let mut world = office();
        proposals::put_places(&mut world);
        for payload in proposals::place_acts() {
            let one = made(&mut world, payload);
            assert_eq!(ask(&mut world, CHECKER, approve(&one)), None);
        }
        world
    };
    let crafted: [(&str, &World, Change); 6] = [
        ("merchant 250300 is active", &world, |world| status(world, DRAFT, Standing::Active)),
        ("merchant 250300 is suspended", &world, |world| status(world, DRAFT, Standing::Suspended)),
        ("merchant 250300 is draft", &opened, |world| status(world, DRAFT, Standing::Draft)),
        ("outlet 2504001 is active", &world, |world| {
            world.outlets.get_mut(&proposals::DRAFT_OUTLET).expect("one").status = Standing::Active;
        }),
        ("the bank of merchant 250300", &opened, |world| {
            world.merchants.get_mut(&DRAFT).expect("one").bank.account = "6200000000003392".to_owned();
        }),
        ("the bank of merchant 250500", &opened, |world| {
            world.merchants.get_mut(&proposals::STOPPED).expect("one").bank = proposals::bank();
        }),
    ];
    for (expected, world, change) in crafted {
        let mut world = world.clone();
        assert_eq!(world.verify(), []);
        change(&mut world);
        let findings: Vec<_> = world.verify().iter().map(ToString::to_string).collect();
        assert!(findings.iter().any(|one| one.contains(expected)), "{expected}: {findings:?}");
    }
}

fn status(world: &mut World, merchant: MerchantId, status: Standing) {
    world.merchants.get_mut(&merchant).expect("one").status = status;
}

fn recall(world: &mut World) -> &mut Recall {
    world.recalls.get_mut(&proposals::RECALL).expect("one")
}

fn product(world: &mut World) -> &mut Product {
    world.products.values_mut().next().expect("one")
}

fn edition(world: &mut World) -> &mut Edition {
    world.editions.get_mut(&proposals::EDITION).expect("one")
}

fn person(world: &mut World, person: PersonId) -> &mut Person {
    world.people.get_mut(&person).expect("one")
}

/// A row that changed in any way between making and deciding: approving is refused, turning down and withdrawing are not.
#[test]
fn what_changed_since_is_not_approved() {
    let opening = || proposals::place_acts().swap_remove(0);
    let resuming = || Payload::OutletResuming { outlet: proposals::STOPPED_OUTLET };
    let act = |act: Act| proposals::acts().into_iter().find(|one| one.act() == act).expect("one of each");
    let changes: [(Payload, Change); 27] = [
        (opening(), |world| status(world, DRAFT, Standing::Closed)),
        (opening(), |world| {
            let drafts = &mut world.merchants.get_mut(&DRAFT).expect("one").drafts;
            drafts.push((OutletId(2_503_002), "another".to_owned()));
        }),
        (opening(), |world| world.merchants.get_mut(&DRAFT).expect("one").name = "other".to_owned()),
        (resuming(), |world| {
            world.outlets.get_mut(&proposals::STOPPED_OUTLET).expect("one").reason = "other".to_owned();
        }),
        (fee(MERCHANT, 38), |world| {
            let other = made(world, fee(MERCHANT, 45));
            assert_eq!(ask(world, CHECKER, approve(&other)), None);
        }),
        (WAKE, |world| world.keys.get_mut(&SLEEPER).expect("one").state = KeyState::Ended),
        (WAKE, |world| world.keys.get_mut(&SLEEPER).expect("one").scopes = "read sell refund".to_owned()),
        (WAKE, |world| world.keys.get_mut(&SLEEPER).expect("one").merchant = MerchantId(250_200)),
        (act(Act::FactorRule), |world| world.factor_required = !world.factor_required),
        (act(Act::GuessingLimit), |world| _ = world.limits.set(Setting::RefundCards, 4)),
        (act(Act::MerchantPayable), |world| {
            world.merchants.get_mut(&proposals::PAYING_ITSELF).expect("one").decides_payable = false;
        }),
        (act(Act::MerchantPayable), |world| status(world, proposals::PAYING_ITSELF, Standing::Suspended)),
        (act(Act::RecallEnding), |world| recall(world).goods = "code 600402".to_owned()),
        (act(Act::RecallEnding), |world| recall(world).text = "other".to_owned()),
        (act(Act::RecallEnding), |world| recall(world).reason = "other".to_owned()),
        (act(Act::RecallEnding), |world| recall(world).open = false),
        (act(Act::ProductPrice), |world| product(world).prices.price = Some(Fen(1_001))),
        (act(Act::ProductPrice), |world| product(world).prices.high = Some(Fen(1_101))),
        (act(Act::ProductPrice), |world| product(world).name = "other".to_owned()),
        (act(Act::ProductEdition), |world| edition(world).counts.far = 1),
        (act(Act::ProductEdition), |world| edition(world).digest = "11".repeat(32)),
        (act(Act::ProductEdition), |world| edition(world).source = "other.xlsx".to_owned()),
        (act(Act::ProductEdition), |world| edition(world).status = EditionStatus::Dropped),
        (act(Act::CompanyRoles), |world| person(world, CLERK).roles.clear()),
        (act(Act::PersonReset), |world| person(world, proposals::WITHOUT_PASSWORD).status = PersonStatus::Disabled),
        (act(Act::FactorReset), |world| person(world, proposals::WITHOUT_PHONE).has_factor = false),
        (act(Act::LoginParting), |world| person(world, proposals::JOINED).others.push_str("; another")),
    ];
    for (payload, change) in changes {
        let mut world = office();
        proposals::put_places(&mut world);
        proposals::put_people(&mut world);
        let (one, two) = (made(&mut world, payload.clone()), made(&mut world, payload));
        change(&mut world);
        let before = (world.fees.clone(), world.keys.clone());
        assert_eq!(ask(&mut world, CHECKER, approve(&one)), Some(Decline::Stale));
        // Neither does it help to approve what is there now.
        let (now, mut verdict) = (shown(&world, &one.payload), verdict_of(approve(&one)));
        verdict.shown = shown_digest(&one, &now);
        assert_eq!(ask(&mut world, CHECKER, Command::ProposalApproval(verdict)), Some(Decline::Stale));
        assert_eq!(ask(&mut world, CHECKER, reject(&one)), None);
        assert_eq!(ask(&mut world, MAKER, take_back(two.id)), None);
        assert_eq!((world.fees, world.keys), before);
    }
}

fn verdict_of(command: Command) -> Verdict {
    let Command::ProposalApproval(verdict) = command else { unreachable!("an approval") };
    verdict
}

#[test]
fn an_approval_of_something_else_than_what_was_shown_is_refused() {
    let mut world = office();
    let one = made(&mut world, fee(MERCHANT, 38));
    let mut verdict = verdict_of(approve(&one));
    verdict.shown[0] ^= 1;
    assert_eq!(ask(&mut world, CHECKER, Command::ProposalApproval(verdict)), Some(Decline::Stale));
    let other = Proposal { payload: fee(MERCHANT, 1), ..one };
    assert_eq!(ask(&mut world, CHECKER, approve(&other)), Some(Decline::NoSuchProposal));
    assert_eq!(ask(&mut world, MAKER, propose(fee(MERCHANT, 40), shown_fee(Some(60)))), Some(Decline::Stale));
    assert_eq!(
        ask(&mut world, MAKER, propose(fee(MERCHANT, 1_001), Shown::read("fee_bp=\n").expect("read"))),
        Some(Decline::NothingToChange)
    );
}

#[test]
fn only_the_company_proposes_decides_and_withdraws() {
    let mut world = office();
    let one = made(&mut world, fee(MERCHANT, 38));
    let draft = propose(fee(MERCHANT, 39), shown_fee(None));
    assert_eq!(world.decline(&envelope(1, MORNING, draft)), Some(Decline::CompanyOnly));
    for (n, command) in (2..).zip([approve(&one), reject(&one), take_back(one.id)]) {
        assert_eq!(world.decline(&envelope(n, MORNING, command)), Some(Decline::NoSuchProposal));
    }
    assert_eq!(world.fees[&MERCHANT], None);
}

/// Every order of the three ways to end a proposal, in one group and one after another: the first wins.
#[test]
fn one_decision_wins() {
    let (yes, no, back) =
        ((CHECKER, approve as fn(&Proposal) -> Command), (CHECKER, reject as _), (MAKER, withdrawal as _));
    for (n, order) in
        [[yes, no, back], [yes, back, no], [no, yes, back], [no, back, yes], [back, yes, no], [back, no, yes]]
            .into_iter()
            .enumerate()
    {
        let mut world = office();
        let one = made(&mut world, fee(MERCHANT, 38));
        let asked: Vec<_> = (1..)
            .zip(order)
            .map(|(n, (person, command))| by_issuer(person, envelope(n, MORNING, command(&one))))
            .collect();
        let mut single = world.clone();
        let outcomes = world.post(&asked);
        assert_eq!(outcomes, asked.iter().map(|one| single.submit(one)).collect::<Vec<_>>());
        let declines: Vec<_> = outcomes.iter().filter_map(Outcome::transaction).map(|one| one.decline).collect();
        assert_eq!(declines, [None, Some(Decline::AlreadyDecided), Some(Decline::AlreadyDecided)]);
        let agreed = world.proposals[&one.id].status == ProposalStatus::Approved;
        assert_eq!((world.fees[&MERCHANT].is_some(), agreed), (n % 6 < 2, n % 6 < 2), "order {n}");
        assert_eq!(world.verify(), []);
    }
}

fn withdrawal(one: &Proposal) -> Command {
    take_back(one.id)
}

/// A fee that is agreed in a group is the fee of what is prepared later in that group.
#[test]
fn a_group_sees_the_fee_that_it_agreed() {
    let mut world = one_till();
    let mut group = proposals::agree_fee(0).to_vec();
    let prepare = builders::prepare(MERCHANT, MORNING.business_date());
    group.push(by_issuer(MAKER, envelope(3, MORNING.plus(builders::DAY), prepare)));
    let outcomes = world.post(&group);
    let last = outcomes.last().and_then(Outcome::transaction).expect("recorded");
    assert!(matches!(last.decline, Some(Decline::NothingToSettle { .. })), "{last:?}");
}

/// Logins that a group parts are two humans for what that group decides later, and for what its pages show.
#[test]
fn a_group_sees_the_logins_that_it_parted() {
    let mut world = office();
    proposals::put_people(&mut world);
    let (first, second) = (proposals::JOINED, proposals::SECOND);
    let label = |login: PersonId| login_label(&format!("p{login}"), &login.to_string());
    let other = Person { name: format!("p{second}"), login: second.to_string(), ..world.people[&first].clone() };
    world.people.insert(second, Person { others: label(first), ..other });
    let parting = made(&mut world, Payload::LoginParting { person: first });
    assert_eq!(ask(&mut world, second.0, propose(fee(MERCHANT, 38), shown_fee(None))), None);
    let waiting = world.proposals.values().next_back().expect("one").clone();
    assert_eq!(ask(&mut world, first.0, approve(&waiting)), Some(Decline::ReviewerIsApplicant));
    let group = [(1, CHECKER, &parting), (2, first.0, &waiting)];
    let outcomes = world.post(&group.map(|(n, by, one)| by_issuer(by, envelope(n, MORNING, approve(one)))));
    let declines: Vec<_> = outcomes.iter().filter_map(Outcome::transaction).map(|one| one.decline).collect();
    assert_eq!(declines, [None, None]);
    assert_eq!(world.fees[&MERCHANT], Some(38));
    assert_eq!(world.people[&second].others, "");
    assert_eq!(world.verify(), []);
}

/// Rows that nobody could have written with two persons' work: `verify` names each.
#[test]
fn verify_names_what_no_two_persons_decided() {
    let crafted: [(&str, Change); 16] = [
        ("was decided by the human who made it", |world| {
            let one = decided(world);
            one.ending.as_mut().expect("ended").by = one.maker;
        }),
        ("is approved, but", |world| decided(world).ending.as_mut().expect("ended").by = PersonId(9001)),
        ("is approved, but", |world| decided(world).ending.as_mut().expect("ended").opinion.push('!')),
        ("is approved, but", |world| decided(world).ending.as_mut().expect("ended").shown = Some([0; 32])),
        ("is approved, but", |world| decided(world).payload = fee(MERCHANT, 0)),
        ("is approved, but", |world| decided(world).seen = shown_fee(Some(1))),
        ("is approved, but", |world| decided(world).maker = PersonId(9001)),
        ("is approved, but", |world| decided(world).made_at = MORNING.plus(1)),
        ("is approved, but", |world| decided(world).expires_at = MORNING.plus(1)),
        ("is rejected, but", |world| decided(world).status = ProposalStatus::Rejected),
        ("makes or ends no proposal", |world| {
            let one = decided(world);
            (one.status, one.ending) = (ProposalStatus::Open, None);
        }),
        ("makes or ends no proposal", |world| _ = world.proposals.pop_first()),
        ("the fee of merchant 250100", |world| _ = world.fees.insert(MERCHANT, Some(59))),
        ("the fee of merchant 250100", |world| _ = world.fees.insert(MERCHANT, None)),
        ("API key 1901 is awake", |world| world.keys.get_mut(&SLEEPER).expect("one").state = KeyState::Awake),
        ("the fee of merchant 250200", |world| _ = world.fees.insert(MerchantId(250_200), Some(38))),
    ];
    for (expected, change) in crafted {
        let mut world = with_fee(office());
        assert_eq!(world.verify(), []);
        change(&mut world);
        let findings: Vec<_> = world.verify().iter().map(ToString::to_string).collect();
        assert!(findings.iter().any(|one| one.contains(expected)), "{expected}: {findings:?}");
    }
}

fn decided(world: &mut World) -> &mut Proposal {
    world.proposals.get_mut(&TransactionId::new(1, 1)).expect("the fee's")
}

/// A key that was woken keeps what the checker was shown of it, and may be ended.
#[test]
fn a_woken_key_stays_what_was_approved() {
    let mut world = office();
    let one = made(&mut world, WAKE);
    assert_eq!(ask(&mut world, CHECKER, approve(&one)), None);
    let mut ended = world.clone();
    ended.keys.get_mut(&SLEEPER).expect("one").state = KeyState::Ended;
    assert_eq!(ended.verify(), []);
    let changes: [fn(&mut domain::acts::Key); 6] = [
        |key| key.scopes = "read sell refund".to_owned(),
        |key| key.merchant = MerchantId(250_200),
        |key| key.signed = false,
        |key| key.rate_max = 600,
        |key| key.expires_at = key.expires_at.plus(1),
        |key| key.by_company = false,
    ];
    for change in changes {
        let mut world = world.clone();
        change(world.keys.get_mut(&SLEEPER).expect("one"));
        assert_eq!(world.verify().len(), 1, "{:?}", world.keys);
    }
}
