"""Builds the Debian source package and its packages in a chroot, and tests them in a second, clean one: package_debian.py [SUITE]
(default: trixie, which is Debian 13). Needs root. The packages are then in build/debian/SUITE. packaging/debian/tests/installed is the test; lintian's
errors are failures, too."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "tools/release"
DEBIAN = ROOT / "packaging/debian"


def version():
    """The version of the changelog: of the release, and with Debian's revision."""
    whole = re.match(r"flowcontainer \((\S+)\)", (DEBIAN / "changelog").read_text())[1]
    return whole.split("-")[0], whole


def names(text):
    """The packages of a list of dependencies, without versions."""
    return [part.split()[0] for part in re.split(r",\s*", text.strip().strip(",")) if part.split()]


def build_depends():
    return names(re.search(r"^Build-Depends:(.*?)^\S", (DEBIAN / "control").read_text(), re.S | re.M)[1])


def chroot(suite, use, *packages):
    """A chroot of its own for building ("build") or for the installed packages ("installed")."""
    home = os.environ.get("FC_CHROOTS", ROOT / "build/chroots")
    done = subprocess.run([HERE / "chroot.sh", suite, *packages], check=True, text=True, stdout=subprocess.PIPE,
                          env={**os.environ, "FC_CHROOTS": f"{home}/debian-{use}"})
    return pathlib.Path(done.stdout.strip().splitlines()[-1])


def inside(root, command):
    """Runs a shell command in the chroot, which has /proc as long as it runs."""
    mounted = 'mount -t proc proc "$0/proc" && exec chroot "$0" /bin/sh -ec "$1"'
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "HOME": "/root", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    subprocess.run(["unshare", "--mount", "/bin/sh", "-c", mounted, root, command], check=True, env=environment)


def unpack_source(folder):
    """The tree of the newest commit below `folder` as the release's archive and as the source package's folder."""
    release, _ = version()
    archive = folder / f"flowcontainer_{release}.orig.tar.gz"
    with archive.open("wb") as out:
        subprocess.run(["git", "archive", "--format=tar.gz", f"--prefix=flowcontainer-{release}/", "HEAD"], cwd=ROOT,
                       check=True, stdout=out)
    subprocess.run(["tar", "-xzf", archive, "-C", folder], check=True)
    tree = folder / f"flowcontainer-{release}"
    shutil.copytree(DEBIAN, tree / "debian")
    return tree


def build(suite):
    """Returns the folder of the built packages."""
    root = chroot(suite, "build", "build-essential", "lintian", "fakeroot",
                  *("debhelper" if name == "debhelper-compat" else name for name in build_depends()))
    work = root / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    tree = unpack_source(work)
    inside(root, f"cd /work/{tree.name} && dpkg-buildpackage -us -uc -d >/work/log 2>&1 || (tail -40 /work/log; exit 1)")
    inside(root, "cd /work && lintian --allow-root --fail-on error *.changes")
    out = ROOT / "build/debian" / suite
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for file in work.glob("*flowcontainer*_*"):
        if file.is_file():
            shutil.copy(file, out)
    return out


def test(suite, packages):
    """Installs the packages into a chroot without anything to build them, and runs their test in the tree of the source."""
    root = chroot(suite, "installed")
    work = root / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    for file in packages.glob("*.deb"):
        shutil.copy(file, work)
    tree = unpack_source(work)
    needs = names(re.search(r"^Depends: (.*)$", (DEBIAN / "tests/control").read_text(), re.M)[1])
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    others = " ".join(name for name in needs if "flowcontainer" not in name)
    inside(root, "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --reinstall --no-install-recommends "
                 f"$(ls /work/*.deb | grep -v dbgsym) {others} >/work/log 2>&1 || (tail -40 /work/log; exit 1)")
    inside(root, f"cd /work/{tree.name} && debian/tests/installed")


def main():
    suite = sys.argv[1] if len(sys.argv) > 1 else "trixie"
    packages = build(suite)
    test(suite, packages)
    print(f"{suite}: " + ", ".join(sorted(file.name for file in packages.glob("*.deb") if "dbgsym" not in file.name)))


if __name__ == "__main__":
    main()
