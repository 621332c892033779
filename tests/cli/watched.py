"""A command run where there is no network, with every socket, look-up and written file of it and its children noted."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_CALLS = "socket,connect,sendto,sendmsg,openat,open,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink"
_LOOKUPS = re.compile(r'"(/etc/resolv\.conf|/etc/hosts|/etc/host\.conf)"')
_SOCKET = re.compile(r"\bsocket\((?!AF_UNIX)|\b(connect|sendto|sendmsg)\(\d+, (?!.*AF_UNIX).*AF_INET")
_WRITES = re.compile(
    r"\b(?:open|openat|creat)\((?:AT_FDCWD, )?\"([^\"]+)\", [^)]*O_(?:WRONLY|RDWR|CREAT)[^)]*(?:\) = \d|<unf)"
)
_MADE = re.compile(r"\b(?:mkdir|mkdirat|rename|renameat2?|link|linkat|symlink)\(.*\"([^\"]+)\"[^\"]*(?:\) = 0|<unf)")


@dataclass(frozen=True)
class Watched:
    """What a command did: exit code, output, calls that reach for a network, and absolute paths it wrote."""

    code: int
    out: str
    err: str
    network: list[str]
    written: set[Path]


def watch(arguments: list[str], folder: Path, stdin: str = "", wait_s: float = 0.0) -> Watched:
    """Run `python *arguments` in `folder`, with a home of its own, and a temporary folder inside it; stdin stays open
    for `wait_s` seconds after `stdin` was written. Skips, naming what is missing, without strace or namespaces."""
    for tool in ("strace", "unshare"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is missing: apt-get install strace util-linux")
    if subprocess.run(["unshare", "-rn", "true"], capture_output=True).returncode:
        pytest.skip("network namespaces are not allowed here: expected `unshare -rn true` to work")
    for name in ("home", "tmp"):
        (folder / name).mkdir(exist_ok=True)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "LANG": "C.UTF-8",
    }
    trace = folder / "trace.txt"
    calls = "trace=" + ",".join(f"?{call}" for call in _CALLS.split(","))
    command = ["unshare", "-rn", "strace", "-f", "-qq", "--seccomp-bpf", "-s", "4096", "-e", calls, "-o", str(trace)]
    process = subprocess.Popen(
        [*command, sys.executable, *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(stdin)
    process.stdin.flush()
    if wait_s:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(wait_s)
    out, err = process.communicate()
    lines = trace.read_text("utf-8", "replace").splitlines()
    network = [line for line in lines if _SOCKET.search(line) or _LOOKUPS.search(line)]
    found = {match for line in lines for match in (*_WRITES.findall(line), *_MADE.findall(line))}
    return Watched(process.returncode, out, err, network, {Path(os.path.normpath(folder / name)) for name in found})
