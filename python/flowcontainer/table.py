"""Captures as a table: a lazy :class:`Scan` that every Arrow consumer can read."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from . import _core, arguments
from . import captures as inputs
from .arguments import StrPath
from .captures import Capture, LocalFile, Memory, Source
from .columns import Chosen, chosen, field_names
from .families import options as family_options
from .families import tables_among
from .held import Table
from .lines import write_lines
from .matrices import matrices
from .names import Family, ShortName, Statistic
from .partitions import Estimate, bins_of_bytes, bins_of_number
from .problems import Problem, finish, problems_of
from .rows import Rows

DROP_DEFAULT = ("retransmission", "out_of_order", "mdns", "ssdp", "icmp")


class Field(NamedTuple):
    """A field of Wireshark."""

    name: str  #: Wireshark's name
    type: str  #: Wireshark's type
    arrow: str  #: Arrow's format string for one value
    description: str
    engine: str
    unit: str
    named: bool  #: whether Wireshark has names for its values
    single: bool  #: whether a packet has at most one value


def fields(pattern: str | re.Pattern[str] = "*", *, native: bool = False) -> list[Field]:
    """Fields, sorted by name: some 236,000.

    The first call asks the program flowcontainer-worker for Wireshark's fields and keeps them in the user's cache
    folder. Without that program the list has only the native fields.

    :param pattern: a file-name pattern for the whole name ("tls.*", "*.port"), or a compiled regular expression for a
        part of it. A protocol's old name (ssl.*, bootp.*) stands for the new one
    :param native: only the fields of the native engine
    """
    pick = pattern.search if isinstance(pattern, re.Pattern) else pattern
    return [Field(*entry) for entry in _core.fields(pick, native)]


def scan(
    paths: Source | Iterable[Source] | None = None,
    fields: ShortName | str | Iterable[ShortName | str] = (),
    *,
    level: Literal["flows", "packets", "frames"] | str = "flows",
    filter: str | None = "",
    drop: str | Iterable[str] | None = DROP_DEFAULT,
    protocols: str | Iterable[str] = ("tcp", "udp"),
    policy: str = "stream",
    idle: float | None = None,
    active: float | None = None,
    close: Literal["never", "fin"] | str = "never",
    max_flows: int = 0,
    tunnel: str = "inner",
    jobs: int = 1,
    max_frames: int = 0,
    batch_rows: int = 65536,
    engine: str = "auto",
    wireshark: str | None = None,
    preferences: Mapping[str, object] | str | Iterable[str] = (),
    decode_as: str | Iterable[str] = (),
    enable_protocol: str | Iterable[str] = (),
    disable_protocol: str | Iterable[str] = (),
    enable_heuristic: str | Iterable[str] = (),
    disable_heuristic: str | Iterable[str] = (),
    keylog: StrPath | None = None,
    passes: int | str = "auto",
    max_memory: int | str = 0,
    exact: bool = False,
    columns: Chosen | Iterable[Chosen] | Mapping[str, Chosen] | None = None,
    values: Literal["packets", "list", "first", "set"] | str = "packets",
    packets: int | None = None,
    payload_only: bool = False,
    limit: Literal["sequences", "all"] | str = "sequences",
    features: Family | Statistic | str | Iterable[Family | Statistic | str] = (),
    bytes: Mapping[str, Mapping[str, Any]] | None = None,
    faults: str = "as-published",
    phantoms: bool = True,
    names: str | None = None,
    accounting_mode: int = 0,
    splt: int = 0,
    layers: str | None = None,
    payload: int = 0,
    checksums: bool = True,
    server_ports: str | None = None,
    netflow_version: int | None = None,
    nulls: bool = False,
    capture: bool = False,
    flush: float | None = None,
    join: bool = False,
    interface: str | Iterable[str] = (),
    capture_filter: str | None = None,
    snaplen: int | None = None,
    promiscuous: bool = True,
    autostop: str | Iterable[str] = (),
    storage_options: Mapping[str, Any] | None = None,
    filesystem: Any = None,
) -> Scan:
    """A table over captures, which are read when something asks for its rows, or over what interfaces receive.

    Options and paths are checked at once. Raises FileNotFoundError for a path that does not exist, ValueError for a
    wrong option, field or filter, TypeError for an argument of a wrong type, and UnsupportedError if no available
    engine can answer.

    :param paths: a file, a folder (read with its sub-folders), a glob, "-" for standard input; a URL of one of these
        (s3://, gs://, az://, https://, hdfs:// ...; read through fsspec); a file object opened as bytes, which is read
        from where it stands, and only once if it cannot seek; a bytearray or memoryview with a whole capture
        (bytes are a path: see :func:`from_bytes`); or several of these. An object that cannot be read is a problem of
        that capture alone
    :param storage_options: options of fsspec's file system for URLs, such as {"key", "secret", "endpoint_url"}
    :param filesystem: a file system of pyarrow.fs or fsspec, in which the paths are
    :param fields: Wireshark names; each becomes a column
    :param level: "flows": one row per flow; "packets": one row per kept packet; "frames": one row per frame of the
        capture, with the reason if it is in no flow
    :param filter: a display filter that a packet must pass
    :param drop: packets to leave out: retransmission, out_of_order, mdns, ssdp, icmp; () leaves out none
    :param protocols: protocols that make flows: tcp, udp, sctp, icmp, icmpv6, gre, esp
    :param policy: "stream": a flow is a Wireshark stream and is never cut by time; "timeout": it also ends after `idle`
        seconds without a packet (120), after `active` seconds in all (1800), by FIN in both directions, or by RST
    :param close: with policy="stream": "fin" lets a TCP flow leave after FIN in both directions or RST and `idle`
        seconds without a packet (120); later packets are a row of their own, with the same stream number
    :param max_flows: at most so many flows of a capture are kept at the same time; the one that was silent for longest
        leaves first, with the end "evicted". 0: any number. Where flows leave early, rows are in the order of the ends
    :param tunnel: "inner" or "outer": the TCP or UDP header that decides the flow of a tunnelled packet
    :param jobs: threads; each capture is read by one thread; 0: one per core. The rows do not depend on it
    :param max_frames: read at most so many frames of each capture; 0: all
    :param batch_rows: most rows of a batch
    :param engine: "native" (in process, for the fields of ``fields(native=True)`` and filters over them), "wireshark"
        (any field and display filter of Wireshark; needs the program flowcontainer-worker), or "auto": native if that
        engine knows every field and the filter. The environment variable FLOWCONTAINER_ENGINE sets another default

    :param join: read all captures as one, in the order of the times of their first packets: flows go on from one to the
        next, and frames are numbered through, as `mergecap -a` does. Answered by the native engine alone
    :param flush: hand out a batch that has rows after so many seconds, full or not. Without it, rows of a pipe leave
        after a second (flows) or as soon as the pipe is quiet (packets, frames), and rows of files when a batch is full.
        With it, libwireshark never takes over a pipe, because it would read it to its end before the first row

    These are for a live capture, which `interface` asks for instead of `paths`:

    :param interface: "eth0", "any", or several (see :func:`interfaces`). The program dumpcap, or else tcpdump, captures
        with its own rights, from the first batch on. Iterate: each :class:`Batch` comes in time. The capture ends with
        the loop, with :meth:`Scan.finish`, after `max_frames`, or by `autostop`
    :param capture_filter: a capture filter (BPF) such as "tcp port 443"
    :param snaplen: capture only so many bytes of each packet
    :param promiscuous: capture in promiscuous mode
    :param autostop: "duration:10" (seconds), "filesize:1000" (kB; dumpcap only), "packets:100", or several

    The other options are for the wireshark engine; the first seven need it:

    :param preferences: as `tshark -o`: {"tcp.desegment_tcp_streams": False}, or "tcp.desegment_tcp_streams:FALSE",
        or several of these
    :param decode_as: as `tshark -d`: "tcp.port==8443,tls", or several
    :param enable_protocol: as `tshark --enable-protocol`: a protocol that Wireshark turns off by default, such as
        "communityid", or several
    :param disable_protocol: as `tshark --disable-protocol`
    :param enable_heuristic: as `tshark --enable-heuristic`: "rtp_udp", or several
    :param disable_heuristic: as `tshark --disable-heuristic`
    :param keylog: path of a file of TLS secrets (SSLKEYLOGFILE); decrypted data then has fields too
    :param wireshark: the release of Wireshark whose values the answer has, such as "4.0", also if another one is
        installed later; an error where it cannot be had. The native engine has the values of 4.0. None: 4.0 where the native
        engine answers, else the release that is there
    :param passes: 1: dissect a capture once; 2: twice, as `tshark -2 -Y`; "2R": twice, as `tshark -2 -R`, so that the
        first pass decides the filter; "auto": twice if a field or the filter looks ahead
    :param max_memory: memory that a process should need: bytes, or a text such as "300M" or "1G". Flows beyond it lie in
        a temporary file; 0: none do. For a process of the wireshark engine 0 means 300 MB
    :param exact: dissect every frame. By default, frames of TLS and QUIC streams are skipped if none of the requested
        fields can be in them (http.*, dns.* and the like, without keys)

    These say what a row tells; the engine makes nothing else:

    :param columns: the columns in their order: names of columns (see :func:`columns`), groups of them, short names
        and fields, or a mapping of new names to these. None: the default columns. The `fields` follow
    :param values: how the values of a field stand: "packets": at the level of flows a list of {packet, value}, at the
        others the value or a list; "list": a list; "first": the first value; "set": each value once.
        :func:`first`, :func:`listed` and :func:`distinct` say it of one field
    :param packets: sequences and values of fields come from the first so many packets of each flow; 1 to 65,535
    :param payload_only: they come from the packets that have payload
    :param limit: "sequences": `packets` and `payload_only` hold for sequences and values of fields; "all": for times
        and totals too
    :param features: statistics, behind the other columns: the families "basic", "stats" and "entropy", or single
        columns of them (docs/features.md); over all packets of a flow, whatever `packets` says, unless `limit` is "all".
        Or the feature set of another program: "cic-classic", "cic-corrected", "nfstream", "nprint", "zeek-conn" or
        "netflow". The rows are then those of that program, under its column names, and all other options above but `paths`,
        `jobs`, `max_frames` and `batch_rows` are refused. Several of these are several tables: :meth:`Scan.tables`
    :param bytes: the first bytes of packets, {name: {"start", "length", "packets", "mask"}}. Each name is a column,
        rows x packets x length in numpy (uint8), padded with zeros; NAME_sizes has the bytes that each packet really
        had (0 where there is no packet), and NAME_count the number of packets. NAME_hash, only if
        `columns` names it, is a hash of both (uint64). start: "link", "ip", "transport" or
        "payload"; the bytes end where the IP packet ends. length: bytes of a packet. packets: of a flow, 1 to 65,535;
        without it, the option `packets` says it. mask: what becomes zero, of addresses, ports, checksums, ip_id,
        sequence, acknowledgement, timestamps. At the levels of packets and frames a row has the bytes of its own packet
        (fixed_size_binary), and NAME_size

    These are for the feature sets of other programs, and refused where none of those asked for uses them; `idle` and
    `active` are then the time-outs of nfstream and netflow, in whole seconds:

    :param faults: cic-*: "as-published": with all faults of the program; "corrected": without those that leave the
        flows as they are (docs/features.md)
    :param phantoms: cic-*: False leaves out the flows that the program makes of frames without an IPv4 header
    :param names: cic-*: the columns of a published data set: "cic-ids2017", "cse-cic-ids2018" or "hieulw"
    :param accounting_mode: nfstream: the size of a packet: 0 frame, 1 IP packet, 2 transport segment, 3 payload
    :param splt: nfstream: length of the lists of the first packets, up to 255; 0: no lists
    :param layers: nprint: the headers whose bits are columns, of "e46tui"; None: "46tui"
    :param payload: nprint: bytes of payload whose bits are columns, up to 1500
    :param checksums: zeek-conn: False counts packets with wrong checksums too, as Zeek's -C
    :param server_ports: zeek-conn: likely ports of servers, "tcp/80,udp/53"; None: those of Zeek's scripts
    :param netflow_version: netflow: 2 or 3 (NF-*-v2, v3); None: 3
    :param nulls: null for an undefined value, where the original writes a filling such as 0, -1 or NaN
    :param capture: a first column `capture`
    """
    if packets is not None:
        packets = arguments.count("packets", packets, 65536, least=1)
    asked = arguments.words("features", features)
    for word in asked:
        if "," in word:
            raise ValueError(f"{word!r} is the spelling of the command; in Python: features={word.split(',')!r}")
    others = tables_among(asked)
    if policy != "timeout" and not others and active is not None:
        raise ValueError('active is for policy="timeout"')
    if policy != "timeout" and close != "fin" and not others and idle is not None:
        raise ValueError('idle is for policy="timeout" and close="fin"')
    sets = {
        "faults": faults,
        "phantoms": phantoms,
        "names": names,
        "accounting_mode": accounting_mode,
        "splt": splt,
        "layers": layers,
        "payload": payload,
        "checksums": checksums,
        "server_ports": server_ports,
        "netflow_version": netflow_version,
        "nulls": nulls,
        "capture": capture,
        **({"idle": idle, "active": active} if others else {}),
    }
    if interface and paths is not None:
        raise ValueError("a scan is over paths or over interfaces: give one of them")
    live = (
        arguments.words("interface", interface),
        capture_filter,
        None if snaplen is None else str(arguments.count("snaplen", snaplen, 10**7, least=1)),
        arguments.words("autostop", autostop),
        promiscuous,
    )
    if not interface and not (capture_filter is None and snaplen is None and promiscuous and not live[3]):
        raise ValueError("capture_filter, snaplen, promiscuous and autostop are for an interface")
    return Scan(
        () if interface else inputs.captures(_given(paths), storage_options, filesystem),
        {
            "fields": field_names(fields),
            "filter": filter or "",
            "level": arguments.word("level", level),
            "drop": ",".join(arguments.words("drop", drop)) or "none",
            "protocols": ",".join(arguments.words("protocols", protocols)),
            "policy": arguments.word("policy", policy),
            "idle_ns": arguments.nanoseconds("idle", 120 if idle is None else idle),
            "active_ns": arguments.nanoseconds("active", 1800 if active is None else active),
            "close": arguments.word("close", close),
            "max_flows": arguments.count("max_flows", max_flows, 2**64),
            "tunnel": arguments.word("tunnel", tunnel),
            "jobs": arguments.count("jobs", jobs, 2**32),
            "max_frames": arguments.count("max_frames", max_frames, 2**64),
            "batch_rows": arguments.count("batch_rows", batch_rows, 2**32, least=1),
            "engine": arguments.word("engine", engine),
            "wireshark": None if wireshark is None else arguments.word("wireshark", wireshark),
            **arguments.dissection(preferences, decode_as, keylog, passes, max_memory, {
                "enable_protocol": enable_protocol, "disable_protocol": disable_protocol,
                "enable_heuristic": enable_heuristic, "disable_heuristic": disable_heuristic}),
            "exact": arguments.flag("exact", exact),
            "columns": chosen(columns),
            "values": arguments.word("values", values),
            "packets": packets or 0,
            "payload_only": arguments.flag("payload_only", payload_only),
            "limit": arguments.word("limit", limit),
            "features": asked,
            "bytes": matrices(bytes),
            "sets": family_options(sets),
            "flush_ns": 0 if flush is None else arguments.nanoseconds("flush", flush),
            "live": live if interface else None,
            "join": arguments.flag("join", join),
        },
    )


def _given(paths: Source | Iterable[Source] | None) -> Source | Iterable[Source]:
    if paths is None:
        raise TypeError("a path is needed, or an interface")
    return paths


def from_bytes(
    data: bytes | bytearray | memoryview,
    fields: ShortName | str | Iterable[ShortName | str] = (),
    *,
    name: str = "<memory>",
    **options: Any,
) -> Scan:
    """A :func:`scan` over one whole capture in memory, compressed or not. ``scan.from_bytes`` is the same function.

    :param name: the value in the column `capture`
    """
    return scan(Memory(arguments.word("name", name), data), fields, **options)


scan.from_bytes = from_bytes  # type: ignore[attr-defined]


def interfaces() -> list[tuple[str, str]]:
    """(name, description) of the interfaces that `scan(interface=...)` can capture from. Raises UnsupportedError if
    neither dumpcap nor tcpdump is installed."""
    return _core.interfaces()


class Scan(Rows):
    """The result of :func:`scan`: a table that reads the captures anew for each request of its rows.

    :meth:`read` reads them once and gives a :class:`Table` with the same methods.
    """

    def __init__(self, paths: Sequence[bytes | Capture], options: dict[str, Any], checked: bool = False) -> None:
        self._paths, self._options = tuple(paths), options
        self._chosen = options.get("columns") is not None
        self._sets = tables_among(options.get("features", ()))
        self._next: _core.Run | None = None  # for the first reading
        self._last: _core.Run | None = None
        self._schema: _core.Schema | None = None
        self._read_once = False  # a file object that cannot seek was read
        if not checked:  # else the options were checked when the scan was made of which this is a part or a copy
            self._opened()

    def _open(self, **changes: Any) -> _core.Run:
        return _core.open(inputs.inputs(self._paths), **{**self._options, **changes})

    def _opened(self) -> _core.Run:
        """The run of the next reading, which is not read yet."""
        if self._next is None:
            self._next = self._open()
            self._last = self._last or self._next
        return self._next

    def _taken(self) -> _core.Run:
        """The run of a reading that begins."""
        if b"-" in self._paths:
            _take_stdin()
        once = [one for one in self._paths if isinstance(one, Capture) and one.reads_once]
        if once and self._read_once:
            raise ValueError(f"{once[0].name} was read already, and can be read only once; keep its rows with read()")
        self._read_once = bool(once)
        run, self._next = self._opened(), None
        self._last = run
        return run

    def _arrays(self) -> Iterator[_core.Array]:
        self._one_table(self._opened())
        run = self._taken()
        self._schema = self._schema or run.schema
        try:
            while (array := run.next_batch()) is not None:
                yield array
        except GeneratorExit:
            run.close()
            raise
        finish(run)

    def _one_table(self, run: _core.Run) -> None:
        if len(run.tables) > 1:
            names = ", ".join(name for name, _ in run.tables)
            raise ValueError(f"the answer has several tables ({names}): tables() gives them")

    def _rules(self) -> tuple[int | None, ...]:
        return (self._last or self._opened()).column_rules

    # ---- description ----

    @property
    def schema(self) -> _core.Schema:
        """Names and Arrow types of the columns. Has ``__arrow_c_schema__``."""
        if self._schema is None:
            self._one_table(self._opened())
            self._schema = self._opened().schema
        return self._schema

    def explain(self) -> str:
        """A sentence about the engine that answers, and why."""
        return (self._last or self._opened()).explain

    def __repr__(self) -> str:
        names = list(map(inputs.name_of, self._paths)) or (self._options.get("live") or [()])[0]
        paths = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
        return f"<flowcontainer.Scan of {paths}: {', '.join(self._sets) or self._options['level']}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return Scan, (self._paths, self._options, True)

    # ---- parts ----

    def _captures(self) -> list[Capture]:
        """The captures one by one, in the order of their rows."""
        if self._options.get("live"):
            raise ValueError("a live capture has no parts")
        found: list[Capture] = []
        for name, size, given in self._opened().sizes():
            of = self._paths[given]
            found.append(LocalFile(name, size) if isinstance(of, bytes) else of)
        return found

    def estimate(self) -> Estimate:
        """(captures, bytes) of all captures, as they are stored; no packet is read. Captures of unknown size, such as
        pipes, count as 0 bytes. Raises ValueError for a live capture."""
        sizes = [capture.size for capture in self._captures()]
        return Estimate(len(sizes), sum(sizes))

    def partitions(self, n: int | None = None, *, bytes: int | str | None = None) -> list[Scan]:
        """Scans over neighbouring captures, which together have the rows of this one in the same order.

        Each has the same options, can be used alone and pickled, and so sent to another process or machine that sees
        the same paths. A file is not divided, because flows and TCP analysis need all frames before. A file that is
        missing by then is a problem of the part, not an error. Joined captures are one part. Raises ValueError for
        captures that can be read only once (pipes, standard input, interfaces).

        :param n: so many parts, of sizes as equal as whole captures in their order allow; fewer if there are fewer
            captures. Without `n` and `bytes`, one part for each capture
        :param bytes: parts of at most so many bytes as stored, or of one capture that is larger; a number or a text
            such as "500M"
        """
        if n is not None and bytes is not None:
            raise ValueError("partitions() takes a number of parts or bytes, not both")
        captures = self._captures()
        for capture in captures:
            if capture.reads_once or (isinstance(capture, LocalFile) and _is_pipe(capture.name)):
                raise ValueError(f"{capture.name} can be read only once, so it is no part of others")
        sizes = [capture.size for capture in captures]
        if self._options.get("join"):
            counts = [len(captures)]
        elif bytes is not None:
            counts = bins_of_bytes(sizes, arguments.count("bytes", arguments.size("bytes", bytes), 2**64, least=1))
        else:
            least = len(captures) if n is None else arguments.count("n", n, 2**31, least=1)
            counts = bins_of_number(sizes, least)
        parts, at = [], 0
        for count in counts:
            parts.append(Scan(captures[at : at + count], self._options, checked=True))
            at += count
        return parts

    # ---- a run ----

    def read(self) -> Table:
        """Reads the captures now and holds their rows in memory: all shapes of a :class:`Table` come from this one
        reading. Raises and warns as every reading does."""
        batches = list(self._arrays())
        rules = None if self._sets else self._rules()
        return Table(self.schema, batches, self.accounting, self.notes, self.problems, rules, self._chosen, inputs.local_paths(self._paths))

    def tables(self) -> dict[str, Table]:
        """Reads the captures once and holds all tables of the answer in memory, by name: the names of the feature sets
        of other programs, or the level. Raises and warns as every reading does."""
        run = self._taken()
        batches: list[list[_core.Array]] = [[] for _ in run.tables]
        schemas = [run.table_schema(table) for table in range(len(batches))]
        while (array := run.next_batch()) is not None:
            batches[run.table].append(array)
        finish(run)
        rules = None if self._sets else self._rules()
        return {
            name: Table(
                schema, arrays, self.accounting, self.notes, self.problems, rules, self._chosen, inputs.local_paths(self._paths)
            )
            for (name, _), schema, arrays in zip(run.tables, schemas, batches)
        }

    def write_dataset(
        self,
        path: StrPath,
        *,
        partition_by: str | Iterable[str] = (),
        target_size: int | str = "256M",
        types: str = "exact",
        compression: str = "zstd",
        existing: str = "error",
        storage_options: Mapping[str, Any] | None = None,
        filesystem: Any = None,
    ) -> list[str]:
        """Reads the captures once and writes their rows as Parquet files in a folder; returns the paths of the files.

        No more than some batches are in memory. The schema has the metadata ``flowcontainer.version`` and
        ``flowcontainer.query``: the options that decide the rows, as JSON, the same in every run of one query; and
        ``flowcontainer.engine``: the text of :meth:`explain`, with the release of Wireshark. Raises and
        warns as every reading does, ValueError for an unknown column, pyarrow's errors, ImportError without pyarrow.

        :param path: a folder, or a URL as for :func:`scan`
        :param partition_by: columns whose values are folders, NAME=VALUE, instead of columns of the files
        :param target_size: bytes of a file, by the size of the first rows: a number or a text such as "256M"
        :param types: "exact" or "portable": see :meth:`to_reader`
        :param compression: of Parquet: "zstd", "snappy", "gzip", "lz4", "none"
        :param existing: "error" if the folder has files; "add": new names beside them; "replace": files of the same
            partitions are deleted first
        :param storage_options: options of fsspec's file system for a URL
        :param filesystem: a file system of pyarrow.fs or fsspec, in which the path is
        """
        from .lake import query_text, write_dataset

        return write_dataset(
            self, path, query=query_text(self._options), engine=self.explain(), partition_by=partition_by, target_size=target_size, types=types,
            compression=compression, existing=existing, storage_options=storage_options, filesystem=filesystem,
        )  # fmt: skip

    def _refuse_capture(self, path: StrPath) -> None:
        arguments.refuse_capture(self._opened(), path)

    def write_csv(self, path: StrPath, columns: str | Iterable[str] | None = None) -> None:
        if not self._sets:
            super().write_csv(path, columns)
            return
        if columns is not None:
            raise ValueError("write_csv writes the text of the original program, with all its columns")
        self._next = self._open(sets=("text", *self._options["sets"][1:]))
        self._one_table(self._next)
        arguments.refuse_capture(self._next, path)
        run = self._taken()
        write_lines(run, path)

    @property
    def accounting(self) -> dict[str, int]:
        """{reason: frames} of the last reading. A reason is "kept", or why the frames are in no flow. The counts add up to
        all frames that were read. Complete at the end of the reading, and empty before."""
        return dict((self._last.accounting if self._last else None) or {})

    @property
    def notes(self) -> dict[str, int]:
        """{note: count} of the last reading, such as empty_captures. Empty before its end."""
        return dict((self._last.notes if self._last else None) or {})

    @property
    def problems(self) -> list[Problem]:
        """The damaged, cut and unreadable captures of the last reading. Empty before its end."""
        return problems_of(self._last) if self._last else []

    def progress(self) -> dict[str, int] | None:
        """The progress of the reading: bytes_read, bytes_total, captures_done, captures_total, frames, rows. None after
        its end. Any thread may call it."""
        return self._last.progress() if self._last else None

    def cancel(self) -> None:
        """Makes the reading raise :class:`Cancelled` soon. Any thread may call it."""
        (self._last or self._opened()).cancel()

    def finish(self) -> None:
        """Ends the reading in order soon: the rows of the frames that were read still come, and then the counts are
        there. Any thread may call it."""
        (self._last or self._opened()).finish()


def _is_pipe(path: str) -> bool:
    return path == "-" or (os.path.exists(path) and not os.path.isfile(path))


# ---- standard input ----

_stdin: tuple[int, int] | None = None  # device and inode of the standard input that was read


def _take_stdin() -> None:
    """Called before standard input is read. Refuses a second reading, unless it is a file at its start."""
    global _stdin
    try:
        status = os.fstat(0)
    except OSError:
        return  # closed: the reading reports it
    now = status.st_dev, status.st_ino
    rewound = stat.S_ISREG(status.st_mode) and os.lseek(0, 0, os.SEEK_CUR) == 0
    if now == _stdin and not rewound:
        raise ValueError("standard input was read already, and can be read only once; keep its rows with read()")
    _stdin = now
