//! Words of these pages, both languages beside each other.

mod batches;
mod card_number;
mod cards;
mod confirm;
mod customers;
mod directory;
mod help;
mod home;
mod imports;
mod lists;
mod pins;
mod products;
mod programmes;
mod recalls;
mod requests;
mod rolls;
mod todo;

use web_kit::flash::Flash;

web_kit::audience! {
    said;
    cards: Cards,
    card_number: CardNumber,
    batches: Batches,
    confirm: Confirm,
    customers: Customers,
    directory: Directory,
    help: Help,
    home: Home,
    imports: Imports,
    lists: Lists,
    pins: Pins,
    products: Products,
    programmes: Programmes,
    recalls: Recalls,
    requests: Requests,
    rolls: Rolls,
    todo: Todo,
}

/// The messages about most steps of these pages are in the books.
fn said(text: &Text, flash: &Flash) -> Option<&'static str> {
    flash.said().map(|said| match said {
        Said::CardUnlocked => text.help.said_unlocked,
        Said::CardUnlockedBefore => text.help.said_unlocked_before,
        Said::CardMoved => text.cards.moved,
        Said::CardProposed => text.cards.proposed,
        Said::Saved => text.directory.saved,
        Said::Suspended => text.directory.stop_done,
        Said::CustomerSuspended => text.customers.stop_done,
        Said::ProgrammeLowered => text.programmes.lowered,
        Said::ProgrammeSuspended => text.programmes.suspended_now,
        Said::ProgrammeEnded => text.programmes.ended_now,
        Said::BatchEntered => text.batches.entered_now,
        Said::CardsMoved => text.batches.done,
        Said::BatchCancelled => text.batches.cancelled_now,
        Said::Closed => text.directory.close_done,
        Said::Recalled => text.recalls.started,
        Said::RequestAnswered => text.requests.said_answered,
        Said::RequestBefore => text.requests.said_before,
        Said::EditionGivenUp => text.imports.given_up,
        Said::EditionGone => text.imports.gone,
        Said::ListTooLong => text.products.too_long,
        Said::PinResetProposed => text.pins.proposed,
    })
}

web_kit::said! {
    /// What the frame of these pages says about the last step.
    pub(crate) enum Said {
        /// PINs of a card can be tried again.
        CardUnlocked = "card_unlocked",
        /// A card was unlocked today already.
        CardUnlockedBefore = "card_unlocked_before",
        /// A card was moved.
        CardMoved = "card_moved",
        /// A move of a card was proposed.
        CardProposed = "card_proposed",
        /// Fields were saved, or a state was changed.
        Saved = "office_saved",
        /// A place was suspended.
        Suspended = "place_suspended",
        /// A customer was suspended.
        CustomerSuspended = "customer_suspended",
        /// Limits of a programme were lowered.
        ProgrammeLowered = "programme_lowered",
        /// A programme was suspended.
        ProgrammeSuspended = "programme_suspended",
        /// A programme was ended.
        ProgrammeEnded = "programme_ended",
        /// A card batch was entered.
        BatchEntered = "batch_entered",
        /// Cards of a batch were moved.
        CardsMoved = "cards_moved",
        /// A card batch was cancelled.
        BatchCancelled = "batch_cancelled",
        /// A place was closed.
        Closed = "place_closed",
        /// Goods were recalled.
        Recalled = "goods_recalled",
        /// A product request was answered.
        RequestAnswered = "request_answered",
        /// It had been answered by somebody else.
        RequestBefore = "request_answered_before",
        /// A file or an edition was given up.
        EditionGivenUp = "edition_given_up",
        /// It had been confirmed or given up by somebody else.
        EditionGone = "edition_gone",
        /// A list is too long for an Excel sheet.
        ListTooLong = "list_too_long",
        /// A reset of a PIN was proposed.
        PinResetProposed = "pin_reset_proposed",
    }
}
