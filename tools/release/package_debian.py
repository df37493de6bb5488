"""Builds the Debian source package and its packages in a chroot, and tests them in a second, clean one: package_debian.py [SUITE]
(default: trixie, which is Debian 13). Needs root. The packages are then in build/debian/SUITE. packaging/debian/tests/installed is
the test; lintian's errors are failures, too."""

import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import releases  # noqa: E402

ROOT = releases.ROOT
DEBIAN = ROOT / "packaging/debian"
SETTINGS = "export LC_ALL=C.UTF-8 HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive"


def version():
    """The version of the release, which the changelog and the header must both name."""
    header = re.search(r'#define FC_VERSION "([^"]+)"', (ROOT / "include/flowcontainer.h").read_text())[1]
    if not (DEBIAN / "changelog").read_text().startswith(f"flowcontainer ({header}-"):
        sys.exit(f"package_debian: the newest entry of packaging/debian/changelog is not of {header}")
    return header


def names(text):
    """The packages of a list of dependencies, without versions."""
    return [part.split()[0] for part in re.split(r",\s*", text.strip().strip(",")) if part.split()]


def build_depends():
    return names(re.search(r"^Build-Depends:(.*?)^\S", (DEBIAN / "control").read_text(), re.S | re.M)[1])


def unpack_source(folder):
    """The tree of the newest commit below `folder` as the release's archive and as the source package's folder."""
    release = version()
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
    root = releases.chroot(suite, "build-essential", "lintian", "fakeroot",
                           *("debhelper" if name == "debhelper-compat" else name for name in build_depends()), use="debian-build")
    home = root / "fc"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    tree = unpack_source(home)
    releases.inside(root, f"{SETTINGS}; cd /fc/{tree.name} && dpkg-buildpackage -us -uc -d")
    print(releases.inside(root, f"{SETTINGS}; cd /fc && lintian --allow-root --fail-on error *.changes"), end="")
    out = ROOT / "build/debian" / suite
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for file in home.glob("*flowcontainer*_*"):
        if file.is_file():
            shutil.copy(file, out)
    return out


def test(suite, packages):
    """Installs the packages into a chroot without anything to build them, and runs their test in the tree of the source."""
    root = releases.chroot(suite, use="debian-installed")
    home = root / "fc"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    for file in packages.glob("*.deb"):
        shutil.copy(file, home)
    tree = unpack_source(home)
    needs = names(re.search(r"^Depends: (.*)$", (DEBIAN / "tests/control").read_text(), re.M)[1])
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    others = " ".join(name for name in needs if "flowcontainer" not in name)
    releases.inside(root, f"{SETTINGS}; apt-get update -qq && apt-get install -y -qq --reinstall --no-install-recommends "
                          f"$(ls /fc/*.deb | grep -v dbgsym) {others}")
    releases.inside(root, f"{SETTINGS}; cd /fc/{tree.name} && debian/tests/installed")


def main():
    suite = sys.argv[1] if len(sys.argv) > 1 else "trixie"
    packages = build(suite)
    test(suite, packages)
    print(f"{suite}: " + ", ".join(sorted(file.name for file in packages.glob("*.deb") if "dbgsym" not in file.name)))


if __name__ == "__main__":
    main()
