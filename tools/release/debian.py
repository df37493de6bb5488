"""Files of Debian's archive, without root: apt works in a folder of its own, and checks the archive's signatures."""

import os
import pathlib
import subprocess
import tarfile

MIRROR = os.environ.get("FC_DEBIAN_MIRROR", "http://deb.debian.org/debian")
KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"


def inside(member, folder):
    """The filter of tarfile for data; links to places outside the folder (settings below /etc) are left out."""
    try:
        return tarfile.data_filter(member, folder)
    except (tarfile.AbsoluteLinkError, tarfile.LinkOutsideDestinationError):
        return None


class Apt:
    """One suite of Debian for one architecture ("amd64"); lists and downloads are in a folder of their own."""

    def __init__(self, home, suite, architecture):
        self.suite, self.home = suite, pathlib.Path(home) / f"{suite}-{architecture}"
        for folder in "lists/partial", "cache/archives/partial", "files":
            (self.home / folder).mkdir(parents=True, exist_ok=True)
        signed = f"[signed-by={KEYS} arch={architecture}]"
        lines = [f"{kind} {signed} {MIRROR} {suite} main\n" for kind in ("deb", "deb-src")]
        (self.home / "list").write_text("".join(lines))
        (self.home / "status").touch()
        # A mirror may be a snapshot: its lists are signed, but may be past their date.
        settings = {"Dir::State::Lists": self.home / "lists", "Dir::Cache": self.home / "cache",
                    "Dir::Etc::SourceList": self.home / "list", "Dir::Etc::SourceParts": "-",
                    "Dir::State::Status": self.home / "status", "APT::Architecture": architecture,
                    "APT::Architectures": architecture, "Acquire::Languages": "none",
                    "Acquire::Check-Valid-Until": "false", "APT::Sandbox::User": "root"}
        self.options = [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
        if not any(self.home.glob("lists/*Sources*")):
            self._run("apt-get", "update", "-qq")

    def _run(self, program, *arguments, check=True):
        return subprocess.run([program, *self.options, *arguments], cwd=self.home / "files", check=check, text=True,
                              stdout=subprocess.PIPE, stderr=None if check else subprocess.DEVNULL).stdout

    def source(self, package, file):
        """The path of the upstream archive `file` of a source package."""
        path = self.home / "files" / file
        if not path.exists():  # Debian's own changes to the package are not asked for
            self._run("apt-get", "source", "--download-only", "--tar-only", "-qq", package, check=False)
        return path

    def versioned(self, package):
        """The library packages of the same source that a -dev package depends on."""
        lines = self._run("apt-cache", "depends", "--no-recommends", "--no-suggests", package).splitlines()
        return [line.split()[1] for line in lines if line.strip().startswith("Depends:")]

    def below(self, packages):
        """The names of these packages and of all packages that they need."""
        lines = self._run("apt-cache", "depends", "--recurse", "--no-recommends", "--no-suggests", "--no-conflicts", "--no-breaks",
                          "--no-replaces", "--no-enhances", "--no-pre-depends", *packages).splitlines()
        return {line.strip() for line in lines if line and not line.startswith((" ", "<"))}

    def unpack(self, packages, folder):
        """Unpacks binary packages into `folder`; returns their file names, which hold their versions."""
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        before = set((self.home / "files").glob("*.deb"))
        self._run("apt-get", "download", "-qq", *packages)
        files = sorted(f for f in (self.home / "files").glob("*.deb")
                       if f not in before or f.name.split("_")[0] in packages)
        for file in files:
            with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", file], stdout=subprocess.PIPE) as data:
                with tarfile.open(fileobj=data.stdout, mode="r|") as archive:
                    archive.extractall(folder, filter=inside)
        return [file.name for file in files]
