//! Permissions: one table of role by action. An action that the table does not grant is forbidden.

words! {
    /// What a person is employed for. A person may hold several.
    pub enum Role {
        /// Rings up goods, takes payments, asks for refunds.
        Cashier = "cashier",
        /// Runs an outlet: confirms price changes, reviews refunds.
        StoreManager = "store_manager",
        /// Runs a merchant's outlets: the store manager's decisions for all of them, without a till.
        ChainManager = "chain_manager",
        /// Card company, customer service: finds out what happened and helps on the phone.
        Agent = "agent",
        /// Card company, maker: prepares cards, loads, adjustments, master data.
        Operator = "operator",
        /// Card company, checker: releases what an operator prepared.
        Checker = "checker",
        /// Card company: settles with merchants.
        Finance = "finance",
        /// Reads everything, changes nothing.
        Auditor = "auditor",
        /// Administers people and merchants; moves no money.
        Admin = "admin",
    }
}

words! {
    /// Something that needs a permission.
    pub enum Action {
        /// Build a cart and take a card payment, query a balance.
        Sell = "sell",
        /// Let a price outside the product's band pass.
        ConfirmPrice = "confirm_price",
        /// Find orders and print slips of the own outlet again.
        ViewOrders = "view_orders",
        /// Ask for a refund.
        RequestRefund = "request_refund",
        /// Decide on a refund that another person asked for.
        ReviewRefund = "review_refund",
        /// Close the terminal's batch.
        CloseBatch = "close_batch",
        /// Look at cards and their history, numbers masked.
        ViewCards = "view_cards",
        /// See a full card number, with a reason.
        RevealCardNumber = "reveal_card_number",
        /// Prepare issues, loads, blocks and adjustments of cards.
        PrepareCards = "prepare_cards",
        /// Release what was prepared for cards.
        ReleaseCards = "release_cards",
        /// Decide on refunds after the outlet's time limit.
        LateRefund = "late_refund",
        /// Look at disputes of every merchant's sales.
        ViewDisputes = "view_disputes",
        /// Take up what a card holder contests.
        OpenDispute = "open_dispute",
        /// Decide on a dispute that another person opened.
        DecideDispute = "decide_dispute",
        /// Look at the own merchant's disputes and answer them.
        AnswerDispute = "answer_dispute",
        /// Look at the settlements of the own merchant.
        ViewOwnSettlement = "view_own_settlement",
        /// Look at the settlements of every merchant.
        ViewSettlement = "view_settlement",
        /// Prepare a settlement.
        PrepareSettlement = "prepare_settlement",
        /// Release a settlement.
        ReleaseSettlement = "release_settlement",
        /// Look at proposals and at whatever else waits for a second person.
        ViewProposals = "view_proposals",
        /// Propose a merchant's fee.
        ProposeFee = "propose_fee",
        /// Release what was proposed for merchants: fee, bank, opening.
        ReleaseMerchants = "release_merchants",
        /// Change merchants, outlets and terminals.
        ManageMerchants = "manage_merchants",
        /// Change the catalogue of goods.
        ManageProducts = "manage_products",
        /// Create people, give roles, disable, reset passwords.
        ManagePeople = "manage_people",
        /// Read the audit log.
        ViewAudit = "view_audit",
        /// Make and revoke keys for programs that sell for the merchant.
        ManageApiKeys = "manage_api_keys",
        /// Forget a card's wrong PINs of today.
        UnlockCard = "unlock_card",
        /// Let PINs be compared again after wrong ones on many cards.
        UnlockTill = "unlock_till",
        /// Release keys with power over money that the card company made.
        ReleaseApiKeys = "release_api_keys",
    }
}

/// What each role may do. The single place that grants anything.
fn granted(role: Role) -> &'static [Action] {
    use Action::{
        AnswerDispute, CloseBatch, ConfirmPrice, DecideDispute, LateRefund, ManageApiKeys, ManageMerchants,
        ManagePeople, ManageProducts, OpenDispute, PrepareCards, PrepareSettlement, ProposeFee, ReleaseApiKeys,
        ReleaseCards, ReleaseMerchants, ReleaseSettlement, RequestRefund, RevealCardNumber, ReviewRefund, Sell,
        UnlockCard, UnlockTill, ViewAudit, ViewCards, ViewDisputes, ViewOrders, ViewOwnSettlement, ViewProposals,
        ViewSettlement,
    };
    match role {
        Role::Cashier => &[Sell, ViewOrders, RequestRefund, CloseBatch],
        Role::StoreManager => &[
            Sell,
            ViewOrders,
            RequestRefund,
            CloseBatch,
            ConfirmPrice,
            ReviewRefund,
            ManageApiKeys,
            ViewOwnSettlement,
            AnswerDispute,
            UnlockTill,
        ],
        Role::ChainManager => &[ViewOrders, ReviewRefund, ManageApiKeys, ViewOwnSettlement, AnswerDispute, UnlockTill],
        Role::Agent => &[ViewCards, UnlockCard],
        Role::Operator => &[
            ViewCards,
            PrepareCards,
            LateRefund,
            RevealCardNumber,
            ManageProducts,
            ViewDisputes,
            OpenDispute,
            ViewProposals,
            UnlockCard,
        ],
        Role::Checker => &[
            ViewCards,
            ReleaseCards,
            LateRefund,
            ViewSettlement,
            ReleaseSettlement,
            ViewDisputes,
            DecideDispute,
            ViewProposals,
            ReleaseMerchants,
            ReleaseApiKeys,
            UnlockCard,
        ],
        Role::Finance => &[ViewSettlement, PrepareSettlement, ReleaseSettlement, ViewProposals, ProposeFee],
        Role::Auditor => &[ViewCards, ViewSettlement, ViewAudit, ViewDisputes, ViewProposals],
        Role::Admin => &[
            ManageMerchants,
            ManagePeople,
            ManageProducts,
            ViewAudit,
            ManageApiKeys,
            ViewSettlement,
            ViewProposals,
            ProposeFee,
        ],
    }
}

/// Whether one of `roles` grants `action`.
pub fn may(roles: &[Role], action: Action) -> bool {
    roles.iter().any(|role| granted(*role).contains(&action))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table as a reviewer reads it: one row per action, one column per role in the order of `Role::ALL`.
    const EXPECTED: &str = "
        sell                ++.......
        confirm_price       .+.......
        view_orders         +++......
        request_refund      ++.......
        review_refund       .++......
        close_batch         ++.......
        view_cards          ...+++.+.
        reveal_card_number  ....+....
        prepare_cards       ....+....
        release_cards       .....+...
        late_refund         ....++...
        view_disputes       ....++.+.
        open_dispute        ....+....
        decide_dispute      .....+...
        answer_dispute      .++......
        view_own_settlement .++......
        view_settlement     .....++++
        prepare_settlement  ......+..
        release_settlement  .....++..
        view_proposals      ....+++++
        propose_fee         ......+.+
        release_merchants   .....+...
        manage_merchants    ........+
        manage_products     ....+...+
        manage_people       ........+
        view_audit          .......++
        manage_api_keys     .++.....+
        unlock_card         ...+++...
        unlock_till         .++......
        release_api_keys    .....+...
    ";

    #[test]
    fn every_role_may_exactly_what_the_table_says() {
        let rows = Action::ALL.iter().map(|action| {
            let marks: String = Role::ALL.iter().map(|role| if may(&[*role], *action) { '+' } else { '.' }).collect();
            format!("{action} {marks}")
        });
        let expected = EXPECTED.lines().filter(|l| !l.trim().is_empty());
        let expected = expected.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        assert_eq!(rows.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }

    #[test]
    fn nobody_without_a_role_may_anything_and_roles_add_up() {
        assert!(Action::ALL.iter().all(|action| !may(&[], *action)));
        assert!(may(&[Role::Cashier, Role::StoreManager], Action::ReviewRefund));
    }
}
