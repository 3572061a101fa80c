//! web

mod assets;
mod captcha;
