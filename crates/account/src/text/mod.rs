//! Words of these pages, both languages beside each other.

mod password;

web_kit::audience! {
    |_, _| None;
    password: Password,
}
