//! The card company's pages: what waits for a second person, refunds that it decides, disputes, settlements.
//!
//! [`pages()`] is the table of the pages; `web-kit` has what all audiences share. A page is a file, its template has the same
//! place in `templates/`, its words are in `text/`.

mod batch;
mod batches;
mod card;
mod card_number;
mod card_tabs;
mod cards;
mod customer;
mod customers;
mod dispute;
mod disputes;
mod editions;
mod entry;
mod help;
mod home;
mod imports;
mod lists;
mod people;
mod pins;
mod places;
mod product;
mod products;
mod programme;
mod programmes;
mod recalls;
mod refunds;
mod request;
mod requests;
mod rolls;
mod settings;
mod settlement;
mod settlements;
mod text;
mod todo;

use domain::role::Action::{
    AnswerProductRequest, DecideDispute, LateRefund, ManageCustomers, ManageMerchants, ManageOwnProducts, ManagePeople,
    ManageProducts, ManageProgrammes, ManageSettings, OpenDispute, PrepareCards, PrepareSettlement, PrintPins,
    ProposeCardMove, ProposeFee, RecallProduct, ReleaseSettlement, RevealCardNumber, Suspend, ViewCards, ViewCustomers,
    ViewDirectory, ViewDisputes, ViewOverview, ViewProgrammes, ViewProposals, ViewSettlement,
};

use web_kit::factor::Proof::{Always, Approval};
use web_kit::proposal::TODO;
use web_kit::table::Access::{Either, May};
use web_kit::table::{Count, PageEntry, page};
use web_kit::text::Words as _;

use places::{list, merchant, new, outlet, stop, terminal};
use text::Text;

type Shell = web_kit::page::Shell<Text>;
type Visit = web_kit::visit::Visit<Text>;

/// The words of this crate's messages about the last step; a test shows each of them.
pub fn said() -> Vec<&'static str> {
    text::Said::ALL.map(text::Said::word).to_vec()
}

/// The card company's pages.
pub fn pages() -> Vec<PageEntry> {
    vec![
        page(home::HOME)
            .get(May(ViewOverview), home::show)
            .menu(5, "chart", |lang| Text::of(lang).home.title)
            .landing(15),
        page(help::HELP)
            .get(May(ViewDirectory), help::show)
            .post(May(ViewDirectory), help::act)
            .menu(36, "phone", |lang| Text::of(lang).help.title)
            .landing(25),
        page(TODO)
            .get(May(ViewProposals), todo::show)
            .post(May(ViewProposals), todo::approve)
            .proved(Always)
            .menu(35, "check", |lang| Text::of(lang).todo.title)
            .count(Count::ToDecide),
        page("/office/todo/{proposal}")
            .get(May(ViewProposals), todo::one)
            .post(May(ViewProposals), todo::decide)
            .proved(Approval),
        page("/office/people")
            .get(May(ViewDirectory), people::show)
            .menu(38, "user", |lang| Text::of(lang).people.title)
            .landing(40),
        page("/office/people/export.csv").get(May(ViewDirectory), people::csv).proved(Always),
        page("/office/people/export.xlsx").get(May(ViewDirectory), people::excel).proved(Always),
        page("/office/people/new").get(May(ManagePeople), people::ask).post(May(ManagePeople), people::make),
        page("/office/people/{person}").get(May(ViewDirectory), people::one).post(May(ViewDirectory), people::act),
        page("/office/refunds")
            .get(May(LateRefund), refunds::show)
            .post(May(LateRefund), refunds::decide)
            .proved(Approval)
            .menu(40, "check", |lang| Text::of(lang).refund.company_title)
            .count(Count::ToReview)
            .landing(20),
        page("/office/disputes")
            .get(May(ViewDisputes), disputes::show)
            .post(May(OpenDispute), disputes::open)
            .menu(50, "unk", |lang| Text::of(lang).dispute.company_title)
            .count(Count::ToAnswer),
        page("/office/disputes/{dispute}")
            .get(May(ViewDisputes), dispute::show)
            .post(May(DecideDispute), dispute::decide)
            .proved(Approval),
        page("/office/settlements")
            .get(May(ViewSettlement), settlements::show)
            .post(May(PrepareSettlement), settlements::prepare)
            .menu(80, "chart", |lang| Text::of(lang).settlement.company_title)
            .landing(30),
        page("/office/settlements/rate")
            .get(May(ViewSettlement), settlements::show)
            .post(May(ProposeFee), settlements::rate),
        page("/office/settlements/{settlement}")
            .get(May(ViewSettlement), settlement::show)
            .post(May(ReleaseSettlement), settlement::decide)
            .proved(Approval),
        page("/office/settlements/{settlement}/export.csv").get(May(ViewSettlement), settlement::csv).proved(Always),
    ]
    .into_iter()
    .chain(directory())
    .chain(customers_pages())
    .chain(programmes_pages())
    .chain(batches_pages())
    .chain(goods())
    .chain(files())
    .chain(settings_pages())
    .collect()
}

/// The company's own facts and rules.
fn settings_pages() -> Vec<PageEntry> {
    vec![
        page(settings::SETTINGS)
            .get(May(ManageSettings), settings::show)
            .post(May(ManageSettings), settings::save)
            .menu(199, "edit", |lang| Text::of(lang).directory.settings),
        page("/office/settings/factor")
            .get(May(ManageSettings), settings::show)
            .post(May(ManageSettings), settings::propose),
        page("/office/settings/limits")
            .get(May(ManageSettings), settings::show)
            .post(May(ManageSettings), settings::propose_limit),
    ]
}

/// Goods: catalogues, recalls, and what tills ask for.
fn goods() -> Vec<PageEntry> {
    vec![
        page(products::PRODUCTS).get(Either(ViewDirectory, ManageOwnProducts), products::choose).menu(
            44,
            "list",
            |lang| Text::of(lang).products.title,
        ),
        page(lists::LISTS).get(May(ViewDirectory), lists::show).post(May(ManageProducts), lists::make),
        page("/office/lists/{list}").get(May(ViewDirectory), lists::one).post(May(ManageProducts), lists::act),
        page("/office/products/{list}").get(Either(ViewDirectory, ManageOwnProducts), products::show),
        page("/office/products/{list}/export.csv")
            .get(Either(ViewDirectory, ManageOwnProducts), products::csv)
            .proved(Always),
        page("/office/products/{list}/export.xlsx")
            .get(Either(ViewDirectory, ManageOwnProducts), products::xlsx)
            .proved(Always),
        page("/office/products/{list}/new")
            .get(Either(ManageProducts, ManageOwnProducts), product::ask)
            .post(Either(ManageProducts, ManageOwnProducts), product::make),
        page("/office/products/{list}/code/{code}")
            .get(Either(ViewDirectory, ManageOwnProducts), product::show)
            .post(Either(ManageProducts, ManageOwnProducts), product::save),
        page("/office/products/{list}/import")
            .get(Either(ViewDirectory, ManageOwnProducts), imports::ask)
            .post(Either(ManageProducts, ManageOwnProducts), imports::take)
            .takes_file(),
        page("/office/products/{list}/import/template/{file}")
            .get(Either(ViewDirectory, ManageOwnProducts), imports::template),
        page("/office/imports/{import}")
            .get(Either(ViewDirectory, ManageOwnProducts), imports::one)
            .post(Either(ManageProducts, ManageOwnProducts), imports::give_up),
        page("/office/imports/{import}/export.csv")
            .get(Either(ViewDirectory, ManageOwnProducts), imports::faults_csv)
            .proved(Always),
        page("/office/imports/{import}/export.xlsx")
            .get(Either(ViewDirectory, ManageOwnProducts), imports::faults_xlsx)
            .proved(Always),
        page("/office/editions/{edition}")
            .get(Either(ViewDirectory, ManageOwnProducts), editions::show)
            .post(Either(ManageProducts, ManageOwnProducts), editions::act),
        page(recalls::RECALLS).get(May(ViewDirectory), recalls::show).post(May(RecallProduct), recalls::start).menu(
            45,
            "pause",
            |lang| Text::of(lang).recalls.title,
        ),
        page("/office/recalls/{recall}").get(May(ViewDirectory), recalls::one).post(May(RecallProduct), recalls::end),
        page("/office/recalls/{recall}/export.csv").get(May(ViewDirectory), recalls::csv).proved(Always),
        page("/office/recalls/{recall}/export.xlsx").get(May(ViewDirectory), recalls::xlsx).proved(Always),
        page(requests::REQUESTS)
            .get(May(AnswerProductRequest), requests::show)
            .menu(46, "scan", |lang| Text::of(lang).requests.menu)
            .count(Count::Requested),
        page("/office/requests/export.csv").get(May(AnswerProductRequest), requests::csv).proved(Always),
        page("/office/requests/export.xlsx").get(May(AnswerProductRequest), requests::xlsx).proved(Always),
        page("/office/requests/{request}")
            .get(May(AnswerProductRequest), request::show)
            .post(May(AnswerProductRequest), request::act),
    ]
}

/// Files about outlets and people.
fn files() -> Vec<PageEntry> {
    vec![
        page(rolls::IMPORTS).get(May(ViewDirectory), rolls::ask).post(May(ManageMerchants), rolls::take).takes_file(),
        page("/office/imports/template/{file}").get(May(ViewDirectory), rolls::template),
        page("/office/rolls/{roll}").get(May(ViewDirectory), rolls::one).post(May(ManageMerchants), rolls::act),
        page(pins::PINS)
            .get(Either(ProposeCardMove, PrintPins), pins::show)
            .post(Either(ProposeCardMove, PrintPins), pins::propose),
        page(pins::SHEET).get(May(PrintPins), pins::back).post(May(PrintPins), pins::sheet).proved(Always),
        page(pins::CODE).get(May(ProposeCardMove), pins::back).post(May(ProposeCardMove), pins::code).proved(Always),
        page("/office/rolls/{roll}/passwords")
            .get(May(ManagePeople), rolls::back)
            .post(May(ManagePeople), rolls::passwords),
        page("/office/rolls/{roll}/export.csv").get(May(ManageMerchants), rolls::faults_csv).proved(Always),
        page("/office/rolls/{roll}/export.xlsx").get(May(ManageMerchants), rolls::faults_xlsx).proved(Always),
    ]
}

/// Card batches and where their cards are.
fn batches_pages() -> Vec<PageEntry> {
    vec![
        page(batches::BATCHES).get(May(ViewCards), batches::show),
        page("/office/batches/new").get(May(PrepareCards), batches::ask).post(May(PrepareCards), batches::make),
        page("/office/batches/{batch}").get(May(ViewCards), batch::show).post(May(PrepareCards), batch::act),
        page("/office/batches/{batch}/count").get(May(ViewCards), batch::count).post(May(ViewCards), batch::counted),
        page("/office/batches/{batch}/cancel")
            .get(May(PrepareCards), batch::ask_cancel)
            .post(May(PrepareCards), batch::cancel),
    ]
}

/// Customers and their deposits.
fn customers_pages() -> Vec<PageEntry> {
    vec![
        page(customers::CUSTOMERS)
            .get(May(ViewCustomers), customers::show)
            .menu(39, "bal", |lang| Text::of(lang).customers.menu),
        page(cards::CARDS).get(May(ViewCards), cards::show).post(May(ViewCards), cards::by_number),
        page("/office/cards/{card}").get(May(ViewCards), card::show).post(May(ViewCards), card::act),
        page("/office/cards/{card}/attempts/{transaction}").get(May(ViewCards), card::why),
        page("/office/customers/new")
            .get(May(ManageCustomers), customers::ask)
            .post(May(ManageCustomers), customers::make),
        page("/office/customers/{customer}")
            .get(May(ViewCustomers), customer::show)
            .post(May(ViewCustomers), customer::act),
        page("/office/customers/{customer}/edit")
            .get(May(ManageCustomers), customer::edit)
            .post(May(ManageCustomers), customer::save),
        page(card_number::CARD_NUMBER)
            .get(May(RevealCardNumber), card_number::ask)
            .post(May(RevealCardNumber), card_number::show)
            .proved(Always),
        page("/office/customers/{customer}/suspend")
            .get(May(ManageCustomers), customer::ask_stop)
            .post(May(ManageCustomers), customer::stop),
    ]
}

/// Programmes.
fn programmes_pages() -> Vec<PageEntry> {
    vec![
        page(programmes::PROGRAMMES).get(May(ViewProgrammes), programmes::show),
        page("/office/programmes/new")
            .get(May(ManageProgrammes), programmes::ask)
            .post(May(ManageProgrammes), programmes::make),
        page("/office/programmes/{programme}")
            .get(May(ViewProgrammes), programme::show)
            .post(May(ManageProgrammes), programme::resume),
        page("/office/programmes/{programme}/limits")
            .get(May(ManageProgrammes), programme::limits)
            .post(May(ManageProgrammes), programme::change),
        page("/office/programmes/{programme}/suspend")
            .get(May(Suspend), programme::ask_suspend)
            .post(May(Suspend), programme::suspend),
        page("/office/programmes/{programme}/end")
            .get(May(ManageProgrammes), programme::ask_end)
            .post(May(ManageProgrammes), programme::end),
    ]
}

/// Merchants, stores and terminals.
fn directory() -> Vec<PageEntry> {
    vec![
        page(places::MERCHANTS)
            .get(May(ViewDirectory), list::show)
            .menu(37, "store", |lang| Text::of(lang).directory.title)
            .landing(36),
        page("/office/merchants/export.csv").get(May(ViewDirectory), list::csv).proved(Always),
        page("/office/merchants/export.xlsx").get(May(ViewDirectory), list::xlsx).proved(Always),
        page("/office/merchants/{merchant}").get(May(ViewDirectory), merchant::show).post(May(Suspend), merchant::ask),
        page("/office/merchants/{merchant}/edit")
            .get(May(ManageMerchants), merchant::edit)
            .post(May(ManageMerchants), merchant::save),
        page("/office/merchants/{merchant}/suspend")
            .get(May(Suspend), stop::suspend_merchant)
            .post(May(Suspend), stop::merchant_suspended),
        page("/office/merchants/{merchant}/close")
            .get(May(ManageMerchants), stop::close_merchant)
            .post(May(ManageMerchants), stop::merchant_closed),
        page(new::NEW).get(May(ManageMerchants), new::show).post(May(ManageMerchants), new::save),
        page("/office/outlets/{outlet}").get(May(ViewDirectory), outlet::show).post(May(Suspend), outlet::ask),
        page("/office/outlets/{outlet}/edit")
            .get(May(ManageMerchants), outlet::edit)
            .post(May(ManageMerchants), outlet::save),
        page("/office/outlets/{outlet}/terminals")
            .get(May(ManageMerchants), outlet::add_form)
            .post(May(ManageMerchants), outlet::add),
        page("/office/outlets/{outlet}/suspend")
            .get(May(Suspend), stop::suspend_outlet)
            .post(May(Suspend), stop::outlet_suspended),
        page("/office/outlets/{outlet}/close")
            .get(May(ManageMerchants), stop::close_outlet)
            .post(May(ManageMerchants), stop::outlet_closed),
        page("/office/terminals/{terminal}")
            .get(May(ViewDirectory), terminal::show)
            .post(May(ViewDirectory), terminal::change),
    ]
}
