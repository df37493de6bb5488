"""The rows of src/field/fields.def, for the tools that check them and make files from them."""
import pathlib
import re
import typing

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "src/field/fields.def"
ROW = re.compile(
    r'FIELD\((\w+), "([^"]+)", (\w+), (FT_\w+), (BASE_\w+), (true|false), (ONE|MANY), (AT_ONCE|LOOKS_AHEAD), '
    r'(EVERY_RELEASE|(?:SINCE|UNTIL|EARLY)\(\d_\d\)|FROM_TO\(\d_\d, \d_\d\)), "([^"]*)", "((?:[^"\\]|\\.)+)"\)')
RELEASES = ["4_0", "4_2", "4_4", "4_6"]  # enum release of src/base/release.h


class Row(typing.NamedTuple):
    line: int
    id: str
    name: str
    reader: str
    type: str
    base: str
    named: str
    many: str
    ahead: str
    releases: str
    unit: str
    description: str

    @property
    def group(self):
        """The protocol whose header src/field/ids_GROUP.h holds the id: related protocols are one group."""
        first = self.name.split(".")[0]
        return {"icmpv6": "icmp", "udplite": "udp"}.get(first, "x509" if first.startswith("x509") else first)

    def in_wireshark(self, release):
        """Whether this release ("4_0") of Wireshark has the field."""
        kind, *bounds = re.findall(r"[A-Z_]+|\d_\d", self.releases)
        now = RELEASES.index(release)
        since = 0 if kind in ("EVERY_RELEASE", "UNTIL") else RELEASES.index(bounds[0])
        until = RELEASES.index(bounds[-1]) if kind in ("UNTIL", "FROM_TO") else len(RELEASES)
        return since <= now <= until


def rows():
    """All rows in the order of the file; a line that is no row of the usual form ends the program."""
    found = []
    for number, line in enumerate(TABLE.read_text().split("\n"), 1):
        if not line.startswith("FIELD"):
            continue
        match = ROW.fullmatch(line)
        if not match:
            raise SystemExit(f"fields.def:{number}: not a row: {line}")
        found.append(Row(number, *match.groups()))
    return found
