//! The misuse that the compiler must refuse, since the engine would not survive it.
//!
//! Each file in `compile_fail/` is a whole program, compiled and never run. A line that must be
//! refused ends in a marker with the error's code, `//~ E0502`; with the message where an error
//! has no code; with several markers where a line has several errors. Every program is compiled
//! twice: as it is, which must fail with the marked errors and no others, and without the marked
//! lines, which must succeed. So the marked line is wrong, and nothing but it.
//!
//! Lines and codes are stable between compilers, the words around them are not. "Rule N" in a
//! program is a rule of `docs/engine-facts.md`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/compile_fail");
const MARKER: &str = "//~";

#[test]
fn misuse_does_not_compile() {
    let mut cases: Vec<PathBuf> = fs::read_dir(CASES)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    assert!(!cases.is_empty(), "there are no programs in {CASES}");

    let compiler = Compiler::find();
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(why) = check_file(&compiler, case) {
                        failures.lock().unwrap().push(why);
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    assert!(
        failures.is_empty(),
        "{} of {} programs are not refused as they should be:\n\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}

/// A harness that accepts everything would look like this library being safe.
#[test]
fn a_wrong_marker_is_reported() {
    const GOOD: &str = "fn main() {\n    let text = String::new();\n    drop(text);\n    \
                        drop(text); //~ E0382\n}\n";
    let compiler = Compiler::find();
    assert_eq!(check(&compiler, "good", GOOD), Ok(()));

    let wrong = |source: &str, expected: &str| {
        let why = check(&compiler, "wrong", source).unwrap_err();
        assert!(why.starts_with("wrong.rs:"), "{why}");
        assert!(why.contains(expected), "{expected:?} is not in: {why}");
    };
    wrong(
        &GOOD.replace("E0382", "E0502"),
        "line 4: marked E0502, which is not reported",
    );
    wrong(
        &GOOD.replace("E0382", "E0502"),
        "line 4: E0382 is reported, which is not marked",
    );
    wrong(
        &GOOD.replace("();\n    drop(text);", "(); //~ E0382\n    drop(text);"),
        "line 2: marked",
    );
    wrong(&GOOD.replace("    drop(text);\n", "\n"), "it compiles");
    wrong(&GOOD.replace(" //~ E0382", ""), "no line is marked");
    wrong(&GOOD.replace("E0382", ""), "line 4: a marker says nothing");
    // Both lines are wrong, but not each by itself.
    wrong(
        "fn main() {\n    let one = 1; //~ E0308\n    let two: &str = one; //~ E0308\n}\n",
        "line 2: marked",
    );
    wrong(
        "fn main() {\n    let text: String = 1; //~ E0308\n    drop(text);\n}\n",
        "does not compile without its marked lines",
    );
}

fn check_file(compiler: &Compiler, case: &Path) -> Result<(), String> {
    let shown = case.display();
    let name = case
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default();
    if case.extension().is_none_or(|extension| extension != "rs") || name.is_empty() {
        return Err(format!(
            "{shown}: it is not a Rust program and would never be run\n"
        ));
    }
    let source = fs::read_to_string(case).map_err(|why| format!("{shown}: {why}\n"))?;
    check(compiler, name, &source)
}

/// Compiles a program with and without its marked lines.
fn check(compiler: &Compiler, name: &str, source: &str) -> Result<(), String> {
    let mut marked = BTreeSet::new();
    let mut rest = String::new();
    let mut problems = String::new();
    for (line, number) in source.lines().zip(1..) {
        let mut markers = line.split(MARKER).skip(1).map(str::trim).peekable();
        // An empty line in its place keeps the numbers of the others.
        rest.push_str(if markers.peek().is_some() { "" } else { line });
        rest.push('\n');
        for marker in markers {
            if marker.is_empty() {
                let _ = writeln!(problems, "  line {number}: a marker says nothing");
            }
            marked.insert((number, marker.to_owned()));
        }
    }
    if marked.is_empty() {
        problems.push_str("  no line is marked: a program must say what is wrong with it\n");
    }

    let errors = compiler.compile(name, source)?;
    if errors.is_empty() {
        problems.push_str("  it compiles\n");
    }
    let mut reported = BTreeSet::new();
    for error in &errors {
        for line in &error.lines {
            let mark = (*line, error.mark.clone());
            if !marked.contains(&mark) {
                let _ = writeln!(
                    problems,
                    "  line {line}: {} is reported, which is not marked\n{}",
                    error.mark, error.rendered
                );
            }
            reported.insert(mark);
        }
        if error.lines.is_empty() {
            let _ = writeln!(problems, "  the compiler failed\n{}", error.rendered);
        }
    }
    for (line, mark) in marked.difference(&reported) {
        let _ = writeln!(
            problems,
            "  line {line}: marked {mark}, which is not reported"
        );
    }

    for error in compiler.compile(name, &rest)? {
        let _ = writeln!(
            problems,
            "  it does not compile without its marked lines\n{}",
            error.rendered
        );
    }

    if problems.is_empty() {
        Ok(())
    } else {
        Err(format!("{name}.rs:\n{problems}"))
    }
}

/// An error of the compiler.
struct Diagnostic {
    /// Its code, or its message if it has none.
    mark: String,
    lines: Vec<u64>,
    /// The text that a user would see.
    rendered: String,
}

impl Diagnostic {
    /// The error in a line of the compiler's report; `None` for what is no error, and for the
    /// count of errors at the end.
    fn parse(line: &str) -> Option<Self> {
        let report: Value = serde_json::from_str(line).ok()?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let message = text(&report["message"]);
        if !text(&report["level"]).starts_with("error") || message.starts_with("aborting due to") {
            return None;
        }
        let mark = report["code"]["code"]
            .as_str()
            .map_or(message, str::to_owned);
        let lines = report["spans"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|span| span["is_primary"] == true)
            .filter_map(|span| {
                // What is wrong in a macro is wrong where the program uses it.
                let mut span = span;
                while span["expansion"].is_object() {
                    span = &span["expansion"]["span"];
                }
                span["line_start"].as_u64()
            })
            .collect();
        Some(Self {
            mark,
            lines,
            rendered: text(&report["rendered"]),
        })
    }
}

/// The compiler, told where this library is.
struct Compiler {
    arguments: Vec<OsString>,
    /// Holds the library; what the compiler writes there is of no interest.
    _out: tempfile::TempDir,
}

impl Compiler {
    /// Finds the library that cargo has built for this test, beside its executable.
    fn find() -> Self {
        let exe = env::current_exe().unwrap();
        let folder = exe.parent().expect("an executable is in a folder");
        let mut libraries: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| {
                let name = entry.file_name();
                let name = name.to_string_lossy();
                name.starts_with("libwiredtiger-") && name.ends_with(".rlib")
            })
            .map(|entry| (entry.metadata().unwrap().modified().unwrap(), entry.path()))
            .collect();
        // Builds with other features or flags are there, too. This test's is the newest, unless
        // another one was made since: take the newest that this compiler and these flags accept.
        libraries.sort();
        let mut refused = String::new();
        for (_, library) in libraries.into_iter().rev() {
            let compiler = Self::with(folder, &library);
            match compiler.compile("nothing", "use wiredtiger as _;\nfn main() {}\n") {
                Ok(errors) if errors.is_empty() => return compiler,
                Ok(errors) => refused.extend(errors.into_iter().map(|error| error.rendered)),
                Err(why) => refused.push_str(&why),
            }
        }
        panic!(
            "no libwiredtiger-*.rlib in {} can be used\n{refused}",
            folder.display()
        );
    }

    fn with(folder: &Path, library: &Path) -> Self {
        let out = tempfile::tempdir().unwrap();
        // A copy, since another build may replace the library at any time.
        let copy = out.path().join(library.file_name().unwrap());
        fs::copy(library, &copy).unwrap();
        // Warnings are not what is tested, even if the flags make errors of them.
        let mut arguments: Vec<OsString> = [
            "--edition=2024",
            "--crate-type=bin",
            "--error-format=json",
            "--cap-lints=allow",
        ]
        .map(OsString::from)
        .into();
        arguments.extend(target(folder).map(|target| format!("--target={target}").into()));
        arguments.extend(flags().into_iter().map(OsString::from));
        let option = |name: &str, value: &Path| {
            let mut option = OsString::from(name);
            option.push(value);
            option
        };
        arguments.push(option("-Ldependency=", folder));
        arguments.push(option("--extern=wiredtiger=", &copy));
        arguments.push("--emit=metadata".into());
        arguments.push(option("--out-dir=", out.path()));
        arguments.push("-".into());
        Self {
            arguments,
            _out: out,
        }
    }

    /// The errors in a program.
    fn compile(&self, name: &str, source: &str) -> Result<Vec<Diagnostic>, String> {
        let failed = |why: &dyn std::fmt::Display| format!("{name}.rs: rustc: {why}\n");
        let mut child = rustc()
            .arg(format!("--crate-name={name}"))
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|why| failed(&why))?;
        // The compiler reads all of it before it says anything. One that ends early has said why.
        let _ = child
            .stdin
            .take()
            .map(|mut stdin| stdin.write_all(source.as_bytes()));
        let output = child.wait_with_output().map_err(|why| failed(&why))?;
        let said = String::from_utf8_lossy(&output.stderr);
        let errors: Vec<_> = said.lines().filter_map(Diagnostic::parse).collect();
        if output.status.success() != errors.is_empty() {
            return Err(failed(&format!(
                "{} with {} errors\n{said}",
                output.status,
                errors.len()
            )));
        }
        Ok(errors)
    }
}

fn rustc() -> Command {
    Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

/// The target, if cargo was given one: it builds in a folder of that name then.
fn target(folder: &Path) -> Option<String> {
    // Above `deps` and the folder of the profile.
    let name = folder.parent()?.parent()?.file_name()?.to_str()?;
    let known = rustc().arg("--print=target-list").output().ok()?.stdout;
    String::from_utf8_lossy(&known)
        .lines()
        .find(|known| *known == name)
        .map(str::to_owned)
}

/// The flags that cargo built the library with. Some, those of a sanitizer for example, must be
/// the same for every crate of a program.
fn flags() -> Vec<String> {
    if let Ok(flags) = env::var("CARGO_ENCODED_RUSTFLAGS") {
        return flags
            .split('\x1f')
            .filter(|flag| !flag.is_empty())
            .map(str::to_owned)
            .collect();
    }
    env::var("RUSTFLAGS")
        .unwrap_or_default()
        .split_whitespace()
        .map(str::to_owned)
        .collect()
}
