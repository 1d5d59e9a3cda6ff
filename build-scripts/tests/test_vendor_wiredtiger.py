"""Tests of build-scripts/vendor-wiredtiger, most of which break something on purpose.

They use small made-up archives and a stand-in for pip, and need no network,
except for the one test that runs only if VENDOR_TEST_NETWORK=1 is set.
"""

from __future__ import annotations

import hashlib
import io
import os
import resource
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest
from pathlib import Path
from typing import Callable, Dict, List, Tuple

REPO = Path(__file__).resolve().parents[2]
SCRIPT = REPO / "build-scripts" / "vendor-wiredtiger"
REQUIREMENTS = "wiredtiger.requirements.txt"
VERSION = "9.9.9"
TOP = f"wiredtiger-{VERSION}"
ARCHIVE_TIME = 1_000_000_000

MEMBERS: Dict[str, bytes] = {
    "LICENSE": b"licence\n",
    "README": b"read me\n",
    "RELEASE_INFO": b"9.9.9\n",
    "cmake/configs/wiredtiger_config.h.in": b"config\n",
    "dist/filelist": b"# comment\n\nsrc/btree/bt_a.c\nsrc/os_posix/os_b.c\tPOSIX_HOST\n",
    "src/btree/bt_a.c": b"int a;\n",
    "src/os_posix/os_b.c": b"int b;\n",
    "src/include/wiredtiger.in": b"header\n",
    "src/include/wiredtiger_ext.h": b"ext header\n",
    "src/utilities/util_main.c": b"int main;\n",
    "ext/compressors/lz4/lz4_compress.c": b"lz4\n",
    "ext/compressors/snappy/snappy_compress.c": b"snappy\n",
    "ext/compressors/zlib/zlib_compress.c": b"zlib\n",
    "ext/compressors/zstd/zstd_compress.c": b"zstd\n",
    "ext/encryptors/sodium/sodium_encrypt.c": b"sodium\n",
    "oss/apple/ulock.h": b"ulock\n",
}
NOT_NEEDED: Dict[str, bytes] = {
    "src/docs/index.dox": b"docs\n",
    "test/suite/test_a.py": b"test\n",
    "ext/compressors/nop/nop_compress.c": b"nop\n",
    "setup.py": b"setup\n",
}

FAKE_PIP = """
import os, shutil, sys, time
with open(os.environ["FAKE_PIP_LOG"], "a") as log:
    log.write(f"{os.getpid()} {' '.join(sys.argv[1:])}\\n")
time.sleep(float(os.environ.get("FAKE_PIP_SLEEP", "0")))
if "FAKE_PIP_SAYS" in os.environ:
    print(os.environ["FAKE_PIP_SAYS"])
    sys.exit(1)
for served in os.environ["FAKE_PIP_SERVES"].split(os.pathsep):
    shutil.copy(served, sys.argv[sys.argv.index("-d") + 1])
"""


def make_archive(
    path: Path, members: Dict[str, bytes], odd: Tuple[tarfile.TarInfo, ...] = ()
) -> None:
    """Write a .tar.gz with the layout of the real one; `odd` members come first."""
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        for info in odd:
            tar.addfile(info, io.BytesIO(b"x" * info.size))
        for name, content in members.items():
            info = tarfile.TarInfo(f"{TOP}/{name}")
            info.size = len(content)
            info.mtime = ARCHIVE_TIME
            tar.addfile(info, io.BytesIO(content))


def odd_member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    """A member which must be refused."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    info.size = 4 if kind == tarfile.REGTYPE else 0
    return info


def snapshot(folder: Path) -> Dict[str, Tuple[int, int, int]]:
    """All names below a directory with what would change if someone wrote there."""
    found = {}
    for path in [folder, *folder.rglob("*")]:
        status = path.lstat()
        found[str(path)] = (status.st_mtime_ns, status.st_ctime_ns, status.st_size)
    return found


def wait_for(condition: Callable[[], object], seconds: float = 10) -> None:
    """Poll until something another process does has happened."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("waited in vain")
        time.sleep(0.001)


def limit_file_size() -> None:
    """Make the kernel refuse big files, much as a full disk would, also without root."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


def unprivileged(command: List[str]) -> List[str]:
    """The command, run so that file modes bind it even if the tests run as root."""
    if os.geteuid() != 0:
        return command
    if shutil.which("setpriv") is None:
        raise unittest.SkipTest("runs as root, and there is no setpriv")
    return ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", *command]


class Sandbox(unittest.TestCase):
    """A vendor directory of its own, an archive and a stand-in for pip."""

    def setUp(self) -> None:
        self.room = Path(tempfile.mkdtemp(prefix="vendor-test-"))
        self.addCleanup(shutil.rmtree, self.room, ignore_errors=True)
        self.python = sys.executable
        self.vendor = self.room / "vendor"
        self.vendor.mkdir()
        self.tree = self.vendor / "wiredtiger"
        self.log = self.room / "pip.log"
        self.archive = self.room / f"{TOP}.tar.gz"
        self.serve({**MEMBERS, **NOT_NEEDED})
        pip = self.room / "python" / "pip"
        pip.mkdir(parents=True)
        (pip / "__init__.py").touch()
        (pip / "__main__.py").write_text(FAKE_PIP)
        ours = ("PIP_", "WIREDTIGER_")
        self.env = {name: v for name, v in os.environ.items() if not name.startswith(ours)}
        self.env.update(
            PYTHONPATH=str(pip.parent), PYTHONDONTWRITEBYTECODE="1",
            FAKE_PIP_LOG=str(self.log), FAKE_PIP_SERVES=str(self.archive),
        )

    def serve(self, members: Dict[str, bytes], odd: Tuple[tarfile.TarInfo, ...] = ()) -> None:
        """Make the archive and pin it."""
        make_archive(self.archive, members, odd)
        self.pin(hashlib.sha256(self.archive.read_bytes()).hexdigest())

    def pin(self, sha256: str) -> None:
        (self.vendor / REQUIREMENTS).write_text(f"wiredtiger=={VERSION} --hash=sha256:{sha256}\n")

    def command(self, *options: str) -> List[str]:
        return [self.python, str(SCRIPT), "--vendor-dir", str(self.vendor), *options]

    def start(self, *options: str, **popen) -> subprocess.Popen:
        return subprocess.Popen(
            self.command(*options), env=self.env, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, universal_newlines=True, **popen,
        )

    def run_script(self, *options: str, **popen) -> subprocess.CompletedProcess:
        with self.start(*options, **popen) as process:
            out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def downloads(self) -> List[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

    def assert_ok(self, result: subprocess.CompletedProcess) -> None:
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def assert_fails(self, result: subprocess.CompletedProcess, *said: str) -> None:
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertTrue(result.stderr.startswith("vendor-wiredtiger: "), result.stderr)
        self.assertNotIn("Traceback", result.stderr)
        for text in said:
            self.assertIn(text, result.stderr)

    def assert_complete(self) -> None:
        for name, content in MEMBERS.items():
            self.assertEqual((self.tree / name).read_bytes(), content)
        self.assert_clean()
        self.assert_ok(self.run_script("--check"))

    def assert_absent(self) -> None:
        self.assertFalse(self.tree.exists())
        self.assert_clean()

    def assert_clean(self) -> None:
        self.assertLessEqual(set(os.listdir(self.vendor)), {REQUIREMENTS, ".lock", "wiredtiger"})


class NormalUse(Sandbox):
    def test_first_run_unpacks_what_a_build_needs(self) -> None:
        result = self.run_script()
        self.assert_ok(result)
        self.assertIn(f"wiredtiger {VERSION}", result.stdout)
        self.assert_complete()
        for name in NOT_NEEDED:
            self.assertFalse((self.tree / name).exists(), name)
        self.assertEqual(len(self.downloads()), 1)
        for flag in ("--require-hashes", "--no-deps", "--no-binary :all:"):
            self.assertIn(flag, self.downloads()[0])

    def test_files_keep_the_times_of_the_archive(self) -> None:
        """The build that fetches must not find its own input newer than itself afterwards."""
        self.assert_ok(self.run_script())
        for name in MEMBERS:
            self.assertEqual((self.tree / name).stat().st_mtime, ARCHIVE_TIME, name)

    def test_second_run_writes_nothing(self) -> None:
        self.assert_ok(self.run_script())
        (self.vendor / ".lock").unlink()
        before = snapshot(self.vendor)
        result = self.run_script()
        self.assert_ok(result)
        self.assertEqual(result.stdout, "")
        self.assert_ok(self.run_script("--check"))
        self.assertEqual(snapshot(self.vendor), before)
        self.assertEqual(len(self.downloads()), 1)

    def test_second_run_works_in_a_read_only_directory(self) -> None:
        self.assert_ok(self.run_script())
        self.vendor.chmod(0o555)
        self.addCleanup(self.vendor.chmod, 0o755)
        result = subprocess.run(
            unprivileged(self.command()), env=self.env, stderr=subprocess.PIPE, check=False
        )
        self.assertEqual((result.returncode, result.stderr), (0, b""))

    def test_check_without_source(self) -> None:
        before = snapshot(self.vendor)
        self.assert_fails(self.run_script("--check"), "run: build-scripts/vendor-wiredtiger")
        self.assertEqual(snapshot(self.vendor), before)

    def test_archive_needs_no_pip(self) -> None:
        self.env["WIREDTIGER_NO_FETCH"] = "1"
        self.assert_ok(self.run_script("--archive", str(self.archive)))
        self.assert_complete()
        self.assertEqual(self.downloads(), [])
        self.assertTrue(self.archive.exists())

    def test_force_unpacks_again(self) -> None:
        self.assert_ok(self.run_script())
        (self.tree / "src/btree/bt_a.c").write_text("changed")
        (self.tree / "stray").touch()
        self.assert_ok(self.run_script("--force"))
        self.assert_complete()
        self.assertFalse((self.tree / "stray").exists())

    def test_quiet(self) -> None:
        self.assertEqual(self.run_script("--quiet").stdout, "")

    def test_new_pin_replaces_the_tree(self) -> None:
        self.assert_ok(self.run_script())
        self.serve({**MEMBERS, "src/btree/new.c": b"new\n"})
        self.assert_fails(self.run_script("--check"), "does not match the pin")
        self.assert_ok(self.run_script())
        self.assert_complete()
        self.assertTrue((self.tree / "src/btree/new.c").exists())

    def test_wrong_usage(self) -> None:
        for options in (["--nonsense"], ["--check", "--force"], ["--archive"]):
            with self.subTest(options):
                self.assertEqual(self.run_script(*options).returncode, 2)

    @unittest.skipUnless(os.environ.get("VENDOR_TEST_NETWORK") == "1", "VENDOR_TEST_NETWORK != 1")
    def test_NETWORK_real_pip_and_real_archive(self) -> None:
        shutil.copy(REPO / "vendor" / REQUIREMENTS, self.vendor)
        self.env = dict(os.environ)
        self.assert_ok(self.run_script())
        self.assert_ok(self.run_script("--check"))
        self.assertTrue((self.tree / "src/include/wiredtiger.in").exists())
        self.assert_clean()


class BadArchive(Sandbox):
    def test_wrong_hash_of_the_download(self) -> None:
        actual = hashlib.sha256(self.archive.read_bytes()).hexdigest()
        self.pin("0" * 64)
        self.assert_fails(self.run_script(), "wrong hash", "0" * 64, actual, "was removed")
        self.assert_absent()

    def test_wrong_hash_of_a_given_archive(self) -> None:
        self.pin("0" * 64)
        self.assert_fails(self.run_script("--archive", str(self.archive)), "wrong hash")
        self.assert_absent()
        self.assertTrue(self.archive.exists(), "the user's own file must stay")

    def test_wrong_hash_keeps_the_old_tree(self) -> None:
        self.assert_ok(self.run_script())
        before = snapshot(self.tree)
        other = self.room / "other.tar.gz"
        make_archive(other, {**MEMBERS, "src/evil.c": b"evil\n"})
        self.assert_fails(self.run_script("--force", "--archive", str(other)), "wrong hash")
        self.assertEqual(snapshot(self.tree), before)
        self.assert_complete()

    def test_pip_delivers_another_file(self) -> None:
        other = self.room / "other.tar.gz"
        other.write_bytes(b"something else")
        self.env["FAKE_PIP_SERVES"] = str(other)
        self.assert_fails(self.run_script(), "wrong hash")
        self.assert_absent()

    def test_pip_delivers_two_files(self) -> None:
        other = self.room / "other.tar.gz"
        other.touch()
        self.env["FAKE_PIP_SERVES"] += os.pathsep + str(other)
        self.assert_fails(self.run_script(), "other.tar.gz")
        self.assert_absent()

    def test_truncated_archive(self) -> None:
        whole = self.archive.read_bytes()
        self.archive.write_bytes(whole[: len(whole) // 2])
        self.assert_fails(self.run_script("--archive", str(self.archive)), "wrong hash")
        self.assert_absent()

    def test_broken_archive_with_the_right_hash(self) -> None:
        whole = self.archive.read_bytes()
        flipped = bytearray(whole)
        flipped[-6] ^= 1  # in gzip's checksum, after all members
        for broken in (whole[: len(whole) // 2], whole[:-4], bytes(flipped), b"no gzip", b""):
            with self.subTest(size=len(broken)):
                self.archive.write_bytes(broken)
                self.pin(hashlib.sha256(broken).hexdigest())
                self.assert_fails(self.run_script(), "truncated or corrupt")
                self.assert_absent()

    def test_missing_members(self) -> None:
        for name in ("LICENSE", "dist/filelist", "src/include/wiredtiger.in", "src/os_posix/os_b.c",
                     "ext/encryptors/sodium/sodium_encrypt.c"):
            with self.subTest(name):
                self.serve({key: value for key, value in MEMBERS.items() if key != name})
                self.assert_fails(self.run_script(), "lacks", name.rsplit("/", 1)[0])
                self.assert_absent()

    def test_unsafe_members(self) -> None:
        victim = self.room / "victim"
        for odd in (
            odd_member("../victim"),
            odd_member("../../victim"),
            odd_member(f"{TOP}/src/../../../../victim"),
            odd_member(str(victim)),
            odd_member("elsewhere/victim"),
            odd_member(f"{TOP}/src/link", tarfile.SYMTYPE, str(self.room)),
            odd_member(f"{TOP}/src/link", tarfile.LNKTYPE, "/etc/hostname"),
            odd_member(f"{TOP}/src/pipe", tarfile.FIFOTYPE),
        ):
            with self.subTest(name=odd.name, kind=odd.type):
                self.serve({"src/link/victim": b"evil", **MEMBERS}, (odd,))
                self.assert_fails(self.run_script(), "refused", odd.name)
                self.assert_absent()
                self.assertFalse(victim.exists())

    def test_non_existing_archive(self) -> None:
        self.assert_fails(self.run_script("--archive", "/no/such/file"), "/no/such/file", "No such")
        self.assert_fails(self.run_script("--archive", str(self.room)), "directory")
        self.assert_absent()


class NoDownload(Sandbox):
    def test_no_network(self) -> None:
        self.env["FAKE_PIP_SAYS"] = "trying\nERROR: No matching distribution found for wiredtiger"
        self.assert_fails(
            self.run_script(), "pip: ERROR: No matching distribution found", "--archive FILE",
            "WIREDTIGER_SOURCE_DIR",
        )
        self.assert_absent()

    def test_pip_finds_the_wrong_hash(self) -> None:
        self.env["FAKE_PIP_SAYS"] = "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES\n  Got 1234"
        self.assert_fails(self.run_script(), "wrong hash", "pip: Got 1234")
        self.assert_absent()

    def test_python_without_pip(self) -> None:
        bare = self.room / "bare"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
        del self.env["PYTHONPATH"]
        self.python = str(bare / "bin" / "python")
        result = self.run_script()
        self.assert_fails(result, "no pip", "apt install python3-pip", "python3 -m ensurepip")
        self.assert_absent()

    def test_directory_called_pip_is_not_run(self) -> None:
        (self.room / "pip").mkdir()
        (self.room / "pip" / "__init__.py").touch()
        (self.room / "pip" / "__main__.py").write_text("raise SystemExit('wrong pip')")
        self.assert_ok(self.run_script(cwd=self.room))

    def test_fetching_forbidden(self) -> None:
        self.env["WIREDTIGER_NO_FETCH"] = "1"
        before = snapshot(self.vendor)
        self.assert_fails(
            self.run_script(), "WIREDTIGER_NO_FETCH", "run: build-scripts/vendor-wiredtiger"
        )
        self.assertEqual(snapshot(self.vendor), before)
        self.assertEqual(self.downloads(), [])

    def test_fetching_forbidden_with_complete_source(self) -> None:
        self.assert_ok(self.run_script())
        self.env["WIREDTIGER_NO_FETCH"] = "1"
        self.assert_ok(self.run_script())

    def test_bad_requirements(self) -> None:
        good = (self.vendor / REQUIREMENTS).read_text()
        for text in ("", "# only a comment\n", "wiredtiger==9.9.9\n", good.replace("==", ">="),
                     good + good, good.replace("sha256", "md5"), good.strip() + "0\n",
                     good.replace(VERSION, "../9"), "\0\0"):
            with self.subTest(text):
                (self.vendor / REQUIREMENTS).write_text(text)
                self.assert_fails(self.run_script(), REQUIREMENTS, "malformed")
                self.assert_fails(self.run_script("--check"), "malformed")
        (self.vendor / REQUIREMENTS).write_bytes(b"\xff\xfe")
        self.assert_fails(self.run_script(), "malformed")
        (self.vendor / REQUIREMENTS).unlink()
        self.assert_fails(self.run_script(), "cannot read", REQUIREMENTS)
        self.assertEqual(self.downloads(), [])

    def test_comments_and_continued_lines_are_allowed(self) -> None:
        requirements = self.vendor / REQUIREMENTS
        text = requirements.read_text()
        requirements.write_text("# why\n\n" + text.replace(" --", " \\\n    --"))
        self.assert_ok(self.run_script())


class Interruptions(Sandbox):
    def plant_half_tree(self) -> None:
        """What a killed run leaves, plus a tree that lacks its stamp."""
        for leftover in (self.vendor / ".unpack-x" / "tree", self.tree / "src"):
            leftover.mkdir(parents=True)
            (leftover / "half.c").touch()

    def test_half_unpacked_tree_is_refused_and_repaired(self) -> None:
        self.plant_half_tree()
        self.assert_fails(self.run_script("--check"), "incomplete", "run: build-scripts/vendor")
        self.assert_ok(self.run_script())
        self.assert_complete()
        self.assertFalse((self.tree / "src/half.c").exists())

    def test_wrong_stamps_are_refused_and_repaired(self) -> None:
        self.assert_ok(self.run_script())
        stamp = self.tree / ".vendored"
        right = stamp.read_bytes()
        for wrong in (b"", right[:-3], right.replace(b"selection ", b"selection 0")):
            with self.subTest(wrong):
                stamp.write_bytes(wrong)
                self.assert_fails(self.run_script("--check"), "does not match")
                self.assert_ok(self.run_script())
                self.assertEqual(stamp.read_bytes(), right)

    def test_lost_file_is_noticed_and_repaired(self) -> None:
        self.assert_ok(self.run_script())
        (self.tree / "src/btree/bt_a.c").unlink()
        self.assert_fails(self.run_script("--check"), "lacks src/btree/bt_a.c")
        self.assert_ok(self.run_script())
        self.assert_complete()

    def test_symbolic_link_is_replaced_but_not_followed(self) -> None:
        mine = self.room / "my-checkout"
        mine.mkdir()
        (mine / "precious").touch()
        self.tree.symlink_to(mine)
        (self.vendor / ".unpack-link").symlink_to(mine)
        self.assert_ok(self.run_script())
        self.assert_complete()
        self.assertFalse(self.tree.is_symlink())
        self.assertTrue((mine / "precious").exists())

    def test_sigkill_while_unpacking(self) -> None:
        self.serve({**MEMBERS, **{f"src/many/{i}.c": b"x" for i in range(200)}})
        with self.start() as process:
            wait_for(lambda: list(self.vendor.glob(".unpack-*/tree/src/many/?.c")))
            process.kill()
            process.communicate()
        self.assertEqual(process.returncode, -signal.SIGKILL)
        self.assertTrue(list(self.vendor.glob(".unpack-*")), "killed too late to test anything")
        self.assertFalse(self.tree.exists())
        self.assert_fails(self.run_script("--check"), "is missing")
        self.assert_ok(self.run_script())
        self.assert_complete()

    def test_sigint_and_sigterm_clean_up_and_stop_pip(self) -> None:
        self.env["FAKE_PIP_SLEEP"] = "30"
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number.name):
                seen = len(self.downloads())
                with self.start() as process:
                    wait_for(lambda: len(self.downloads()) > seen)
                    process.send_signal(number)
                    out, err = process.communicate(timeout=10)
                result = subprocess.CompletedProcess([], process.returncode, out, err)
                self.assert_fails(result, number.name)
                self.assert_absent()
                with self.assertRaises(ProcessLookupError):
                    os.kill(int(self.downloads()[-1].split()[0]), 0)

    def test_racing_runs_download_once(self) -> None:
        for runs in (2, 8):
            with self.subTest(runs=runs):
                shutil.rmtree(self.tree, ignore_errors=True)
                self.log.write_text("")
                self.env["FAKE_PIP_SLEEP"] = "0.5"
                racers = [self.start() for _ in range(runs)]
                said = [racer.communicate(timeout=30)[1] for racer in racers]
                self.assertEqual([racer.returncode for racer in racers], [0] * runs, said)
                self.assertEqual(len(self.downloads()), 1)
                self.assert_complete()


class NoRoom(Sandbox):
    def test_disk_full_while_unpacking(self) -> None:
        self.serve({**MEMBERS, "src/btree/big.c": bytes(1_000_000)})
        result = self.run_script("--archive", str(self.archive), preexec_fn=limit_file_size)
        self.assert_fails(result, "no room", "MB", "partial tree was removed")
        self.assert_absent()

    def test_disk_full_keeps_the_old_tree(self) -> None:
        self.assert_ok(self.run_script())
        self.serve({**MEMBERS, "src/btree/big.c": bytes(1_000_000)})
        before = snapshot(self.tree)
        self.assert_fails(self.run_script(preexec_fn=limit_file_size), "no room")
        self.assertEqual(snapshot(self.tree), before)
        self.assert_clean()

    def test_disk_full_in_pip(self) -> None:
        self.env["FAKE_PIP_SAYS"] = "OSError: [Errno 28] No space left on device"
        self.assert_fails(self.run_script(), "no room", "MB", "pip: OSError")
        self.assert_absent()

    def test_read_only_directory_without_source(self) -> None:
        self.vendor.chmod(0o555)
        self.addCleanup(self.vendor.chmod, 0o755)
        result = subprocess.run(
            unprivileged(self.command()), env=self.env, check=False, universal_newlines=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        self.assert_fails(result, "no access", "writable", "WIREDTIGER_SOURCE_DIR")
        self.assertEqual(self.downloads(), [])


if __name__ == "__main__":
    unittest.main()
