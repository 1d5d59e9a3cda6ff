//! Upstream's `wt`, built from the same source by upstream's own build files.

use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

/// The version that both sides are.
pub(crate) const VERSION: &str = "11.3.1";

/// The tool that `WT_UPSTREAM_TOOL` names, or the one that the script keeps and builds if need be.
fn path() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let path = env::var_os("WT_UPSTREAM_TOOL").map_or_else(build, PathBuf::from);
        let output = Command::new(&path).arg("-V").output();
        let output = output.unwrap_or_else(|why| panic!("{} does not run: {why}", path.display()));
        let version = String::from_utf8_lossy(&output.stdout).into_owned();
        // A tool of another release would prove something else.
        assert!(
            version.starts_with(&format!("WiredTiger {VERSION}:")),
            "{path:?} is {version:?}"
        );
        path
    })
}

/// Runs the script, which returns at once when the tool is there.
fn build() -> PathBuf {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate is in a workspace");
    let script = top.join("build-scripts/upstream-tools");
    let output = Command::new(&script).output();
    let output = output.unwrap_or_else(|why| panic!("{} does not run: {why}", script.display()));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "WT_UPSTREAM_TOOL is not set, and there is no tool:\n{said}"
    );
    let printed = String::from_utf8(output.stdout).expect("a path in UTF-8");
    printed
        .lines()
        .last()
        .expect("the script prints a path")
        .into()
}

/// `wt -h HOME`, with more to be added. The environment does not change its settings.
pub(crate) fn command(home: &Path) -> Command {
    let mut command = Command::new(path());
    command.arg("-h").arg(home);
    command
        .env_remove("WIREDTIGER_CONFIG")
        .env_remove("WIREDTIGER_HOME")
        .stdin(Stdio::null());
    command
}

/// Runs `wt -h HOME ARGUMENTS…`, whatever comes of it.
fn run(home: &Path, arguments: &[&str]) -> Output {
    command(home)
        .args(arguments)
        .output()
        .expect("the tool runs")
}

/// Runs `wt`, which must succeed without a complaint, and returns what it printed.
pub(crate) fn wt(home: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = run(home, arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.is_empty(),
        "wt {arguments:?}: {said}"
    );
    output.stdout
}

/// Runs `wt load`, which must succeed without a complaint, on what `wt dump` has printed.
pub(crate) fn load(home: &Path, options: &[&str], dump: &[u8]) {
    let mut command = command(home);
    command.arg("load").args(options);
    let command = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the tool runs");
    // When the tool does not want all of it, its complaint says more than this error.
    let written = child.stdin.take().expect("a pipe").write_all(dump);
    let output = child.wait_with_output().expect("the tool ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.is_empty(),
        "wt load {options:?}: {said}"
    );
    written.expect("the tool reads all");
}

/// Runs `wt`, which must fail, and returns its complaint.
pub(crate) fn wt_fails(home: &Path, arguments: &[&str]) -> String {
    let output = run(home, arguments);
    assert!(
        !output.status.success(),
        "wt {arguments:?} should have failed"
    );
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A process that is killed when the test is done with it, in whatever way.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    /// Ends the process as nothing else does: no handler of its own runs.
    pub(crate) fn kill(mut self) {
        self.0.kill().expect("a process to kill");
        let status = self.0.wait().expect("a killed process");
        // It was alive until now, so it closed nothing.
        assert_eq!(
            std::os::unix::process::ExitStatusExt::signal(&status),
            Some(9),
            "{status}"
        );
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
