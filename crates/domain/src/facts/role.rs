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
        /// Change the goods of the own merchant.
        ManageOwnProducts = "manage_own_products",
        /// Recall goods everywhere at once, and end a recall that another person proposes to end.
        RecallProduct = "recall_product",
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
        /// Look at merchants, outlets, terminals and people of every merchant, and at what a till shows.
        ViewDirectory = "view_directory",
        /// Suspend a merchant or an outlet at once.
        Suspend = "suspend",
        /// Make one-time codes that turn a computer into a terminal, and put terminals out of service.
        EnrolTerminal = "enrol_terminal",
        /// Set up a till: its paper, its scanner, what the outlet asks for.
        SetUpTill = "set_up_till",
        /// Invite, change and disable people of the own place whose roles are below the own.
        ManageOwnPeople = "manage_own_people",
        /// Release roles of the card company, and parting two logins of one human.
        ReleasePeople = "release_people",
        /// On the phone: lift a store's login lock, end sessions, give a one-time password.
        HelpStore = "help_store",
        /// Look at the card company's start page: how far it is, what it does today.
        ViewOverview = "view_overview",
        /// Change the card company's settings; propose those that take two persons.
        ManageSettings = "manage_settings",
        /// Release settings that take two persons.
        ReleaseSettings = "release_settings",
        /// Answer a till that asks for goods which the catalogue lacks.
        AnswerProductRequest = "answer_product_request",
        /// Look at customers, their deposits and what moved them.
        ViewCustomers = "view_customers",
        /// Enter and change customers.
        ManageCustomers = "manage_customers",
        /// Stop a card at once: frozen, lost, stolen.
        StopCard = "stop_card",
        /// Propose moves of a card that take two persons.
        ProposeCardMove = "propose_card_move",
        /// Print initial PINs and activation codes of cards that were never used.
        PrintPins = "print_pins",
        /// Prepare what customers pay in and get back.
        PrepareMoney = "prepare_money",
        /// Release what was prepared for customers' money.
        ReleaseMoney = "release_money",
        /// Enter programmes, lower their limits, end them; propose what two persons decide of them.
        ManageProgrammes = "manage_programmes",
        /// Release what was proposed for programmes.
        ReleaseProgrammes = "release_programmes",
        /// Look at programmes.
        ViewProgrammes = "view_programmes",
    }
}

/// What each role may do. The single place that grants anything.
#[expect(clippy::too_many_lines, reason = "a table")]
fn granted(role: Role) -> &'static [Action] {
    use Action::{
        AnswerDispute, AnswerProductRequest, CloseBatch, ConfirmPrice, DecideDispute, EnrolTerminal, HelpStore,
        LateRefund, ManageApiKeys, ManageCustomers, ManageMerchants, ManageOwnPeople, ManageOwnProducts, ManagePeople,
        ManageProducts, ManageProgrammes, ManageSettings, OpenDispute, PrepareCards, PrepareMoney, PrepareSettlement,
        PrintPins, ProposeCardMove, ProposeFee, RecallProduct, ReleaseApiKeys, ReleaseCards, ReleaseMerchants,
        ReleaseMoney, ReleasePeople, ReleaseProgrammes, ReleaseSettings, ReleaseSettlement, RequestRefund,
        RevealCardNumber, ReviewRefund, Sell, SetUpTill, StopCard, Suspend, UnlockCard, UnlockTill, ViewAudit,
        ViewCards, ViewCustomers, ViewDirectory, ViewDisputes, ViewOrders, ViewOverview, ViewOwnSettlement,
        ViewProgrammes, ViewProposals, ViewSettlement,
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
            EnrolTerminal,
            SetUpTill,
            ManageOwnPeople,
        ],
        Role::ChainManager => &[
            ViewOrders,
            ReviewRefund,
            ManageApiKeys,
            ViewOwnSettlement,
            AnswerDispute,
            UnlockTill,
            EnrolTerminal,
            SetUpTill,
            ManageOwnPeople,
            ManageOwnProducts,
        ],
        Role::Agent => &[
            ViewCards,
            UnlockCard,
            UnlockTill,
            HelpStore,
            ViewDirectory,
            AnswerProductRequest,
            ViewCustomers,
            StopCard,
            ProposeCardMove,
            ViewProgrammes,
        ],
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
            HelpStore,
            ViewDirectory,
            Suspend,
            RecallProduct,
            ViewOverview,
            AnswerProductRequest,
            ViewCustomers,
            ManageCustomers,
            StopCard,
            ProposeCardMove,
            PrintPins,
            PrepareMoney,
            ViewProgrammes,
            ManageProgrammes,
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
            ViewDirectory,
            Suspend,
            RecallProduct,
            ReleasePeople,
            ViewOverview,
            ReleaseSettings,
            ViewCustomers,
            StopCard,
            ReleaseMoney,
            ViewProgrammes,
            ReleaseProgrammes,
        ],
        Role::Finance => &[
            ViewSettlement,
            PrepareSettlement,
            ReleaseSettlement,
            ViewProposals,
            ProposeFee,
            ViewDirectory,
            ViewOverview,
            ViewCustomers,
            ManageCustomers,
            PrepareMoney,
            ViewProgrammes,
        ],
        Role::Auditor => &[
            ViewCards,
            ViewSettlement,
            ViewAudit,
            ViewDisputes,
            ViewProposals,
            ViewDirectory,
            ViewOverview,
            ViewCustomers,
            ViewProgrammes,
        ],
        Role::Admin => &[
            ManageMerchants,
            ManagePeople,
            ManageProducts,
            ViewAudit,
            ManageApiKeys,
            ViewSettlement,
            ViewProposals,
            ProposeFee,
            ViewDirectory,
            Suspend,
            RecallProduct,
            EnrolTerminal,
            ReleasePeople,
            ViewOverview,
            ManageSettings,
            AnswerProductRequest,
            ViewProgrammes,
            ManageProgrammes,
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
        manage_own_products ..+......
        recall_product      ....++..+
        manage_people       ........+
        view_audit          .......++
        manage_api_keys     .++.....+
        unlock_card         ...+++...
        unlock_till         .+++.....
        release_api_keys    .....+...
        view_directory      ...++++++
        suspend             ....++..+
        enrol_terminal      .++.....+
        set_up_till         .++......
        manage_own_people   .++......
        release_people      .....+..+
        help_store          ...++....
        view_overview       ....+++++
        manage_settings     ........+
        release_settings    .....+...
        answer_product_request ...++...+
        view_customers      ...+++++.
        manage_customers    ....+.+..
        stop_card           ...+++...
        propose_card_move   ...++....
        print_pins          ....+....
        prepare_money       ....+.+..
        release_money       .....+...
        manage_programmes   ....+...+
        release_programmes  .....+...
        view_programmes     ...++++++
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
