//! The pages of the till, one file each, its template beside it by name in `templates/till/`.

pub(crate) mod home;
pub(crate) mod lock;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod password;
pub(crate) mod sale;
