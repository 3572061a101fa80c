//! The binary `webpos`: the program of `server` with the pages of all audiences.
//!
//! Nothing else belongs here. This crate is compiled after every change of a page, `server` is not.

use std::process::ExitCode;

use server::Pages;

/// A payment makes about a hundred small allocations on one thread and frees them on another; mimalloc suits that.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    server::main(&Pages { table: web::pages, follow_up: web::follow_up })
}
