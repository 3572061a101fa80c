//! Words of these pages, both languages beside each other.

mod enrol;
mod first_use;
mod password;

web_kit::audience! {
    |text, flash| flash.said().map(|crate::password::Ended::SessionEnded| text.password.said_ended);
    enrol: Enrol,
    first_use: FirstUse,
    password: Password,
}
