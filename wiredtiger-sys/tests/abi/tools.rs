//! The two compilers, and a folder for what they make.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub(crate) struct Tools {
    dir: tempfile::TempDir,
    rustc: PathBuf,
}

/// What a compiler says against a text: one line for each place.
type Complaints = Vec<String>;

impl Tools {
    pub(crate) fn new() -> Result<Self, String> {
        let dir = tempfile::tempdir().map_err(|why| format!("a temporary folder: {why}"))?;
        Ok(Self {
            dir,
            rustc: rustc(),
        })
    }

    /// Checks declarations that follow the engine's headers, without making a program.
    pub(crate) fn check_c(&self, text: &str) -> Result<Complaints, String> {
        let mut command = self.c_command("declarations.c", text)?;
        let output = run(command.arg("-fsyntax-only"))?;
        if output.status.success() {
            return Ok(Vec::new());
        }
        Ok(errors(&output))
    }

    /// Makes a program from what follows the engine's headers, and returns what it prints.
    pub(crate) fn run_c(&self, text: &str) -> Result<Result<String, Complaints>, String> {
        let program = self.dir.path().join("c-program");
        let mut command = self.c_command("values.c", text)?;
        let output = run(command.arg("-o").arg(&program))?;
        if !output.status.success() {
            return Ok(Err(errors(&output)));
        }
        printed(&program).map(Ok)
    }

    /// Makes a program with `bindings` as its module of that name, and returns what it prints.
    pub(crate) fn run_rust(&self, text: &str, bindings: &str) -> Result<String, String> {
        let program = self.dir.path().join("rust-program");
        self.write("bindings.rs", bindings)?;
        let main = self.write("values.rs", text)?;
        let mut command = Command::new(&self.rustc);
        let output = run(command
            .args(["--edition=2024", "-o"])
            .arg(&program)
            .arg(&main))?;
        if !output.status.success() {
            return Err(format!(
                "rustc refuses the bindings:\n{}",
                errors(&output).join("\n")
            ));
        }
        printed(&program)
    }

    fn c_command(&self, name: &str, text: &str) -> Result<Command, String> {
        let text = format!("#include <wiredtiger.h>\n#include <wiredtiger_ext.h>\n{text}");
        let file = self.write(name, &text)?;
        let mut command = Command::new(env!("WIREDTIGER_CC"));
        // Said in English, since the lines are read.
        command
            .env("LC_ALL", "C")
            .args(["-std=c11", "-w", "-I", env!("WIREDTIGER_INCLUDE")])
            .arg(file);
        Ok(command)
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf, String> {
        let file = self.dir.path().join(name);
        fs::write(&file, text).map_err(|why| format!("{}: {why}", file.display()))?;
        Ok(file)
    }
}

/// The compiler that belongs to the cargo that builds this test.
fn rustc() -> PathBuf {
    if let Some(rustc) = std::env::var_os("RUSTC") {
        return rustc.into();
    }
    let beside_cargo = Path::new(env!("CARGO")).with_file_name("rustc");
    if beside_cargo.is_file() {
        beside_cargo
    } else {
        "rustc".into()
    }
}

fn run(command: &mut Command) -> Result<Output, String> {
    command
        .output()
        .map_err(|why| format!("{}: {why}", command.get_program().display()))
}

fn printed(program: &Path) -> Result<String, String> {
    let output = run(&mut Command::new(program))?;
    if !output.status.success() {
        return Err(format!(
            "{} ended with {}",
            program.display(),
            output.status
        ));
    }
    String::from_utf8(output.stdout).map_err(|why| format!("{}: {why}", program.display()))
}

fn errors(output: &Output) -> Complaints {
    let text = String::from_utf8_lossy(&output.stderr);
    let found: Vec<String> = text
        .lines()
        .filter(|line| line.contains("error"))
        .map(str::to_owned)
        .collect();
    if found.is_empty() {
        vec![text.into_owned()]
    } else {
        found
    }
}
