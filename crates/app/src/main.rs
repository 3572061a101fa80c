//! webpos
fn main() {}
