//! Prints the bindings of the engine's headers in the folder given. It is a program of its own so
//! that nobody compiles the engine, or needs libclang, who only wants the one or the other.

#[path = "../../../wiredtiger-sys/build/bindings.rs"]
mod bindings;

use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(include) = std::env::args_os().nth(1) else {
        eprintln!("usage: wiredtiger-bindgen INCLUDE_DIR");
        return ExitCode::from(2);
    };
    match bindings::generate(include.as_ref()) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("wiredtiger-bindgen: {why}");
            ExitCode::FAILURE
        }
    }
}
