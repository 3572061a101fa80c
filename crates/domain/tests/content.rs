//! The digest of what is asked: the same request id with any other content is noticed, the PIN and spaces around a text
//! are not part of it.

mod builders;

use std::collections::BTreeSet;

use builders::cards::{self, moving};
use builders::{
    check, decide_dispute, direct_sale, dispute, inquiry, money, prepare, proposals, refund_request, request, review,
    sale, sale_pin, verdict, withdraw,
};
use domain::acts::{Payload, Shown};
use domain::card_move::CardMove;
use domain::command::Command;
use domain::dispute::{Answer, Claim, Opening};
use domain::ids::{KeyId, MerchantId, OrderId, PersonId, TransactionId};
use domain::money::Fen;
use domain::programme_change::{Change, Narrowing};
use domain::proposal::Proposal;
use domain::refund::{Ground, Request};
use domain::reversal::Reversed;
use domain::time::{BusinessDate, Timestamp};

const REFUND: TransactionId = TransactionId(20);

fn other_reason() -> Command {
    Command::CardMove(domain::card_move::Request {
        reason: "another".to_owned(),
        ..cards::request(1, CardMove::Freeze)
    })
}

/// Pairs and more that differ in one thing.
fn commands() -> Vec<Command> {
    let request_of = |change: fn(&mut Request)| {
        let Command::RefundRequest(mut asked) = refund_request(1, &[(1, 2)], Ground::Quality, false) else {
            unreachable!("just made")
        };
        change(&mut asked);
        Command::RefundRequest(asked)
    };
    let opening = |change: fn(&mut Opening)| {
        let Command::DisputeOpen(mut opening) = dispute(1, 100) else { unreachable!("just made") };
        change(&mut opening);
        Command::DisputeOpen(opening)
    };
    let answer = |order: i64, id: i64, accept, words: &str| {
        let (order, dispute, words) = (OrderId(order), TransactionId(id), words.to_owned());
        Command::DisputeAnswer(Answer { order, dispute, accept, words })
    };
    let reverse = |n, sale: Option<(i64, i64)>| {
        let sale = sale.map(|(order, amount)| (OrderId(order), Fen(amount)));
        Command::Reverse(Reversed { request_id: request(n), sale })
    };
    let void = |order: i64, checker: i64| Command::Void { order: OrderId(order), checker: PersonId(checker) };
    let (merchant, other, day) = (MerchantId(1), MerchantId(2), BusinessDate(20_261_123));
    let mut all = vec![inquiry(1, true), inquiry(2, true), check(1, 100, 1, true), check(2, 100, 1, true)];
    all.extend([check(1, 101, 1, true), check(1, 100, 2, true)]);
    all.extend([sale_pin(1, 100, 1, true), sale_pin(2, 100, 1, true), sale_pin(1, 101, 1, true)]);
    all.extend([sale_pin(1, 100, 2, true), withdraw(1, 100), withdraw(2, 100), withdraw(1, 101)]);
    all.extend([direct_sale(300, 300, 1, true), direct_sale(300, 301, 1, true), direct_sale(301, 300, 1, true)]);
    all.extend([direct_sale(300, 300, 2, true)]);
    all.extend([request_of(|_| {}), request_of(|asked| asked.order = OrderId(2))]);
    all.extend([request_of(|asked| asked.lines[0].0 = 2), request_of(|asked| asked.lines[0].1 = 1)]);
    all.extend([request_of(|asked| asked.lines.push((2, 1))), request_of(|asked| asked.ground = Ground::ShopError)]);
    all.extend([request_of(|asked| asked.reason.push('!')), request_of(|asked| asked.escalate = true)]);
    all.extend([review(1, REFUND, None), review(2, REFUND, None), review(1, TransactionId(21), None)]);
    all.extend([moving(1, CardMove::Freeze), moving(2, CardMove::Freeze), moving(1, CardMove::Unlock), other_reason()]);
    all.extend([review(1, REFUND, Some(1)), review(1, REFUND, Some(2)), void(1, 9), void(2, 9), void(1, 10)]);
    all.extend([reverse(1, None), reverse(2, None), reverse(1, Some((1, 100))), reverse(1, Some((2, 100)))]);
    all.extend([reverse(1, Some((1, 101))), reverse(1, Some((0, 0))), Command::BatchClose]);
    all.extend([prepare(merchant, day), prepare(other, day), prepare(merchant, BusinessDate(20_261_124))]);
    all.extend([verdict(merchant, REFUND, true), verdict(other, REFUND, true), verdict(merchant, REFUND, false)]);
    all.push(verdict(merchant, TransactionId(21), true));
    all.extend([opening(|_| {}), opening(|one| one.order = OrderId(2)), opening(|one| one.amount = Fen(101))]);
    all.extend([opening(|one| one.claim = Claim::Duplicate), opening(|one| one.words.push('!'))]);
    all.extend([answer(1, 20, true, "why"), answer(2, 20, true, "why"), answer(1, 21, true, "why")]);
    all.extend([answer(1, 20, false, "why"), answer(1, 20, true, "why!")]);
    all.extend([decide_dispute(1, REFUND, true), decide_dispute(2, REFUND, true), decide_dispute(1, REFUND, false)]);
    all.push(decide_dispute(1, TransactionId(21), true));
    all.extend(of_proposals());
    all
}

fn of_proposals() -> Vec<Command> {
    let (fee, seen) = (proposals::fee(MerchantId(1), 38), proposals::shown_fee(Some(60)));
    let one = proposals::proposal(REFUND, Timestamp(1), fee.clone(), seen.clone());
    let mut all = vec![
        proposals::propose(fee.clone(), seen.clone()),
        proposals::propose(fee.clone(), proposals::shown_fee(None)),
        proposals::propose(proposals::fee(MerchantId(2), 38), seen.clone()),
        proposals::propose(proposals::fee(MerchantId(1), 39), seen.clone()),
        proposals::propose(Payload::CompanyKey { key: KeyId(1) }, seen.clone()),
        proposals::propose(money::load(1, 100), seen.clone()),
        proposals::propose(money::load(2, 100), seen.clone()),
        proposals::propose(money::load(1, 101), seen.clone()),
        proposals::propose(money::funding("SL-1", 100), seen.clone()),
        proposals::propose(money::funding("SL-2", 100), seen.clone()),
        proposals::propose(money::paid_back(100), seen.clone()),
        proposals::propose(money::adjustment(REFUND, 1, 100), seen.clone()),
        proposals::propose(money::adjustment(REFUND, 2, 100), seen.clone()),
        proposals::take_back(REFUND),
        proposals::take_back(TransactionId(21)),
    ];
    all.extend(programme_changes());
    let others: [fn(&mut Proposal); 4] = [
        |_| {},
        |one| one.id = TransactionId(21),
        |one| one.payload = proposals::fee(MerchantId(1), 39),
        |one| one.seen = proposals::shown_fee(None),
    ];
    for change in others {
        let mut other = one.clone();
        change(&mut other);
        all.extend([proposals::approve(&other), proposals::reject(&other)]);
    }
    all
}

/// Changes of a programme that differ in one thing each.
fn programme_changes() -> Vec<Command> {
    let mut world = builders::one_till();
    builders::programmes::put(&mut world);
    let used = builders::programmes::USED;
    let lower = |sale| {
        let terms = builders::programmes::terms(&world, used, |terms| terms.sale_max = Fen(sale));
        builders::programmes::narrow(&world, used, Narrowing::Lower(terms))
    };
    let suspend = || builders::programmes::narrow(&world, used, Narrowing::Suspend);
    let mut all = vec![
        lower(100),
        lower(200),
        suspend(),
        builders::programmes::narrow(&world, used, Narrowing::End),
        builders::programmes::narrow(&world, builders::programmes::HALTED, Narrowing::Suspend),
    ];
    let others: [fn(&mut Change); 3] = [
        |change| change.reason.push('!'),
        |change| change.seen = Shown::default(),
        |change| change.programme = builders::programmes::DRAFT,
    ];
    for other in others {
        let Command::ProgrammeChange(mut change) = suspend() else { unreachable!("a change") };
        other(&mut change);
        all.push(Command::ProgrammeChange(change));
    }
    all
}

#[test]
fn commands_that_differ_have_different_content() {
    let all = commands();
    assert_eq!(all.iter().map(Command::content).collect::<BTreeSet<_>>().len(), all.len());
}

#[test]
fn a_pin_and_spaces_around_a_text_make_no_difference() {
    let confirmed = domain::command::Proof::Confirmed { until: Timestamp(1) };
    let same = [
        (inquiry(1, true), inquiry(1, false)),
        (check(1, 100, 1, true), check(1, 100, 1, false)),
        (sale_pin(1, 100, 1, true), sale_pin(1, 100, 1, false)),
        (sale_pin(1, 100, 1, true), sale(1, 100, 1, confirmed)),
        (direct_sale(300, 300, 1, true), direct_sale(300, 300, 1, false)),
    ];
    assert!(same.iter().all(|(one, other)| one.content() == other.content()));
    for command in commands() {
        let mut spaced = command.clone();
        let text = match &mut spaced {
            Command::RefundRequest(asked) => &mut asked.reason,
            Command::RefundReview(review) => &mut review.opinion,
            Command::SettlementReview(verdict) => &mut verdict.opinion,
            Command::DisputeOpen(opening) => &mut opening.words,
            Command::DisputeAnswer(answer) => &mut answer.words,
            Command::DisputeReview(verdict) => &mut verdict.words,
            Command::ProposalApproval(verdict) | Command::ProposalRejection(verdict) => &mut verdict.opinion,
            Command::ProgrammeChange(change) => &mut change.reason,
            _ => continue,
        };
        *text = format!(" {text}\n");
        assert_eq!(spaced.content(), command.content());
    }
}
