//! A development build is linked after every change. It keeps unused code and repeated strings, because finding them is
//! a fifth of the linker's time.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "debug") {
        println!("cargo::rustc-link-arg-bins=-Wl,-O0,--no-gc-sections");
    }
}
