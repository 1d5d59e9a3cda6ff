"""Tests of how build-scripts/bench reads its arguments, with a stand-in for cargo."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import List, Optional

REPO = Path(__file__).resolve().parents[2]
SCRIPT = REPO / "build-scripts" / "bench"

# Tools that the script asks for, and those that it is made of.
TOOLS = ["cc", "c++", "python3", "redis-server", "redis-benchmark"]
SYSTEM = ["bash", "basename", "cat", "dirname", "sed", "uname"]

FAKE_CARGO = """#!{python}
import json, os, sys
with open(os.environ["FAKE_CARGO_LOG"], "w") as log:
    json.dump({{"arguments": sys.argv[1:], "folder": os.getcwd()}}, log)
"""


class Bench(unittest.TestCase):
    """A PATH with nothing in it but what a test wants there."""

    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name).resolve()
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        self.log = self.folder / "cargo.json"
        for name in SYSTEM:
            real = shutil.which(name)
            self.tool(name, f'#!/bin/sh\nexec "{real}" "$@"\n')
        for name in TOOLS:
            self.tool(name)
        self.tool("cargo", FAKE_CARGO.format(python=sys.executable))
        self.tool("id", "#!/bin/sh\necho 1000\n")
        (self.folder / "libclang.so").touch()

    def tool(self, name: str, text: str = "#!/bin/sh\nexit 0\n") -> None:
        path = self.bin / name
        path.write_text(text)
        path.chmod(0o755)

    def bench(
        self, *arguments: str, libclang: Optional[Path] = None
    ) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": str(self.bin),
            "FAKE_CARGO_LOG": str(self.log),
            "LIBCLANG_PATH": str(libclang or self.folder),
        }
        return subprocess.run(
            ["bash", str(SCRIPT), *arguments],
            env=environment,
            cwd=self.folder,
            text=True,
            capture_output=True,
        )

    def passed_on(self, *arguments: str) -> List[str]:
        """What cargo was told, from the package on."""
        result = self.bench(*arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        told = json.loads(self.log.read_text())
        # Folders that are named are named from where the caller is.
        self.assertEqual(told["folder"], str(self.folder))
        words = told["arguments"]
        manifest = Path(words[words.index("--manifest-path") + 1])
        self.assertEqual(manifest.resolve(), REPO / "Cargo.toml")
        return words[words.index("tiered-cache-bench") + 1 :]

    def refused(self, *arguments: str) -> str:
        result = self.bench(*arguments)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn("build-scripts/bench engines", result.stderr)
        self.assertFalse(self.log.exists(), "cargo ran")
        return result.stderr

    def test_a_suite_is_run(self) -> None:
        suites = "engines cache overhead trace preset expensive_reads feed all"
        for suite in suites.split():
            with self.subTest(suite):
                self.assertEqual(self.passed_on(suite), ["--", suite])

    def test_the_server_has_a_bench_of_its_own(self) -> None:
        told = self.folder / "python"
        self.tool("python3", f'#!/bin/sh\nprintf "%s\\n" "$@" > "{told}"\n')
        result = self.bench("server", "--only", "python", "--rounds", "1")
        self.assertEqual(result.returncode, 0, result.stderr)
        built = json.loads(self.log.read_text())["arguments"]
        self.assertEqual(built[0], "build")
        self.assertEqual(built[-2:], ["-p", "tiered-cache-server"])
        script, *options = told.read_text().splitlines()
        self.assertEqual(Path(script).resolve(), REPO / "build-scripts/server_bench.py")
        self.assertEqual(options[2:], ["--only", "python", "--rounds", "1"])
        self.assertEqual(options[0], "--program")
        self.assertEqual(Path(options[1]).name, "tiered-cache-server")

    def test_options_are_passed_on(self) -> None:
        words = ["cache", "--quick", "--only", "hits,drain", "--out", "a folder"]
        self.assertEqual(self.passed_on(*words), ["--", *words])

    def test_rocksdb_is_a_feature(self) -> None:
        expected = ["--features", "rocksdb", "--", "engines", "--quick"]
        self.assertEqual(self.passed_on("engines", "--with", "rocksdb", "--quick"), expected)
        self.assertEqual(self.passed_on("engines", "--quick", "--with=rocksdb"), expected)

    def test_reports_are_passed_on(self) -> None:
        for words in (["render", "a.json"], ["merge", "a.json", "b.json", "--out", "x"]):
            self.assertEqual(self.passed_on(*words), ["--", *words])

    def test_a_folder_may_be_named_like_an_option(self) -> None:
        words = ["cache", "--out", "--with"]
        self.assertEqual(self.passed_on(*words), ["--", *words])

    def test_usage_is_the_header(self) -> None:
        for words in ([], ["--help"]):
            text = self.refused(*words)
            self.assertIn("--with rocksdb", text)
            self.assertIn("otherwise names it.", text)
            self.assertNotIn("#", text)
            self.assertNotIn("set -euo", text)

    def test_unknown_values_are_refused(self) -> None:
        self.assertIn("no such suite: engine\n", self.refused("engine"))
        self.assertIn("nothing to add but rocksdb", self.refused("engines", "--with", "leveldb"))
        self.assertIn("nothing to add but rocksdb", self.refused("engines", "--with="))
        self.assertIn("--with lacks a value", self.refused("engines", "--with"))
        self.assertIn("--out lacks a value", self.refused("engines", "--out"))
        self.assertIn("measures nothing", self.refused("render", "a.json", "--with", "rocksdb"))

    def test_redis_is_needed_for_the_cache_alone(self) -> None:
        (self.bin / "redis-server").unlink()
        for suite in ("engines", "trace"):
            self.passed_on(suite)
            self.log.unlink()
        for suite in ("cache", "all"):
            result = self.bench(suite)
            self.assertEqual(result.returncode, 1)
            self.assertIn("build-scripts/bench: missing: redis-server (what", result.stderr)
            self.assertIn("sudo apt install redis-server\n", result.stderr)
            self.assertFalse(self.log.exists(), "cargo ran")

    def test_a_libclang_that_is_not_there_is_named(self) -> None:
        result = self.bench("engines", "--with", "rocksdb", libclang=self.bin)
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"LIBCLANG_PATH is {self.bin}, where no libclang is", result.stderr)
        self.assertFalse(self.log.exists(), "cargo ran")
        self.assertEqual(self.bench("engines", libclang=self.bin).returncode, 0)

    def test_without_cargo_rust_is_named(self) -> None:
        (self.bin / "cargo").unlink()
        result = self.bench("engines")
        self.assertEqual(result.returncode, 1)
        self.assertIn("https://rustup.rs", result.stderr)

    def test_as_root_what_is_missing_is_installed(self) -> None:
        (self.bin / "cc").unlink()
        self.tool("id", "#!/bin/sh\necho 0\n")
        told = self.folder / "apt"
        self.tool("apt-get", f'#!/bin/sh\necho "$@" >> "{told}"\n')
        self.passed_on("engines")
        self.assertEqual(told.read_text(), "update -q\ninstall -qy build-essential\n")


if __name__ == "__main__":
    unittest.main()
