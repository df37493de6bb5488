"""`extract`: its answers, and the ways in which scripts call it."""

from __future__ import annotations

import copy
import inspect
import os
import pickle
import threading
from pathlib import Path

import made
import flowcontainer
import pytest
from flowcontainer.extractor import extract
from flowcontainer.flows import Flow


def test_flows_of_a_capture(small: Path) -> None:
    flows = extract(str(small))
    assert list(flows) == [(str(small), "tcp", "0"), (str(small), "udp", "0")]
    tcp, udp = flows.values()
    assert (tcp.src, tcp.sport, tcp.dst, tcp.dport) == (made.CLIENT, 50000, made.SERVER, 443)
    assert tcp.source == (made.CLIENT, 50000) and tcp.destination == (made.SERVER, 443)
    assert tcp.ip_lengths == made.TALK_IP
    assert tcp.payload_lengths == made.TALK_PAYLOAD == tcp.lengths
    assert udp.protocol == "udp"
    assert udp.ip_lengths == [48, -58]
    assert udp.payload_lengths == [28, -38]  # with the header of 8 bytes, as the original has it
    assert tcp.extension == {} and len(tcp) == 2


def test_times_are_the_nearest_floats(small: Path) -> None:
    tcp = extract(str(small))[str(small), "tcp", "0"]
    ns = [made.START + i * 1_000_001 for i in range(6)]
    assert tcp.ip_timestamps == [t / 10**9 for t in ns]
    assert tcp.payload_timestamps == tcp.timestamps == [t / 10**9 for t in ns[3:5]]
    assert tcp.time_start == tcp.payload_timestamps[0] and tcp.time_end == tcp.payload_timestamps[-1]


def test_larger_port_is_the_client(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    made.write(path, made.talk(sport=443, dport=50000))
    flow = extract(path)[path, "tcp", "0"]
    assert (flow.src, flow.sport) == (made.SERVER, 50000)
    assert flow.payload_lengths == [-100, 300]


def test_ipv6_length_is_plen(tmp_path: Path) -> None:
    path = tmp_path / "six.pcap"
    packet = made.ipv6("2001:db8::1", "2001:db8::2", 17, made.udp(5000, 4000, b"x" * 10))
    made.write(path, [made.ethernet(packet, 0x86DD)])
    flow = extract(path)[path, "udp", "0"]
    assert flow.src == "2001:db8::1" and flow.ip_lengths == [18] and flow.payload_lengths == [18]


def test_flow_without_payload_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    made.write(path, made.talk()[:3] + made.exchange())
    assert list(extract(path)) == [(path, "udp", "0")]


def test_main_chooses_the_lists(small: Path) -> None:
    flow = extract(str(small))[str(small), "tcp", "0"]
    flow.main = "ip"
    assert flow.lengths == made.TALK_IP and len(flow) == 6
    assert flow.timestamps is flow.ip_timestamps and flow.time_end == flow.ip_timestamps[-1]


# ---- extension ----


@pytest.mark.parametrize("extension", ["ip.ttl", ["ip.ttl"], ("ip.ttl",), {"ip.ttl"}, ["ip.ttl", "ip.ttl"]])
def test_extension_forms(small: Path, extension: object) -> None:
    flow = extract(str(small), extension=extension)[str(small), "tcp", "0"]  # type: ignore[arg-type]
    assert flow.extension == {"ip.ttl": [(t, i) for i, t in enumerate(["64", "55", "64", "64", "55", "64"])]}


@pytest.mark.parametrize("extension", ["", None, [], (), [""], "  "])
def test_no_extension(small: Path, extension: object) -> None:
    assert extract(str(small), extension=extension)[str(small), "tcp", "0"].extension == {}  # type: ignore[arg-type]


def test_payload_and_addresses(small: Path) -> None:
    flows = extract(str(small), extension=["tcp.payload", "udp.payload", "eth.src", "ip.id", "ip.addr"])
    tcp, udp = flows.values()
    assert tcp.extension["tcp.payload"] == [("71" * 100, 3), ("72" * 300, 4)]
    assert "udp.payload" not in tcp.extension and "tcp.payload" not in udp.extension
    assert udp.extension["udp.payload"] == [("61" * 20, 0), ("62" * 30, 1)]
    assert tcp.extension["eth.src"][0] == ("02:00:00:00:00:01", 0)
    assert tcp.extension["ip.id"][:2] == [("0x1234", 0), ("0x0007", 1)]
    assert tcp.extension["ip.addr"][1] == (f"{made.SERVER},{made.CLIENT}", 1)


def test_integers_whose_values_have_names_are_decimal(small: Path) -> None:
    flow = extract(str(small), extension=["eth.type", "ip.proto", "tcp.flags"])[str(small), "tcp", "0"]
    assert flow.extension["eth.type"][0] == ("2048", 0)  # tshark prints 0x0800, the original 2048
    assert flow.extension["ip.proto"][0] == ("6", 0)
    assert flow.extension["tcp.flags"][:2] == [("0x0002", 0), ("0x0012", 1)]


# ---- how it is called in the wild ----


def test_positional_arguments(small: Path) -> None:
    assert len(extract(str(small), "", "")) == 2
    assert len(extract(str(small), "", ["ip.ttl"], False, False, [], True)) == 2
    assert len(extract(infile=str(small), filter="", extension=[], split_flag=True, verbose=False)) == 2
    assert len(extract(str(small), ip_layer=False, cmd_parameter=[])) == 2


def test_the_loop_that_everybody_writes(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = extract(str(small), verbose=True)
    assert capsys.readouterr().out == f"Reading {small}...\n"
    for key in result:
        value = result[key]
        assert isinstance(value, Flow) and isinstance(key, tuple)
        assert value.sport > value.dport and [x for x in value.ip_lengths if x > 0]
        assert str(value.src) in str(value)
    if len(result) == 0:
        raise AssertionError


def test_keys_hold_the_path_as_given(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(small.parent)
    assert {key[0] for key in extract("small.pcap")} == {"small.pcap"}
    assert {key[0] for key in extract("./small.pcap")} == {"./small.pcap"}
    assert {key[0] for key in extract(Path("small.pcap"))} == {Path("small.pcap")}
    assert {key[0] for key in extract(b"small.pcap")} == {b"small.pcap"}


@pytest.mark.parametrize("name", ["-", "a[1].pcap", "*.pcap", "r\u00e4um\u4e2d.pcap", "with space\n.pcap", "no_ending"])
def test_odd_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    made.write(name, made.talk())
    assert list(extract(name)) == [(name, "tcp", "0")]


def test_name_that_is_no_text(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff\xfe.pcap"
    try:
        made.write(name, made.talk())
    except OSError:
        pytest.skip("the file system takes UTF-8 names only")
    assert list(extract(name)) == [(name, "tcp", "0")]
    text = os.fsdecode(name)
    assert list(extract(text)) == [(text, "tcp", "0")]


# ---- flows as objects ----


def test_lists_are_made_when_asked_for(small: Path) -> None:
    flow = next(iter(extract(str(small)).values()))
    assert "ip_lengths" not in vars(flow)
    first = flow.ip_lengths
    assert flow.ip_lengths is first  # one list, which the user may change
    first.append(7)
    assert flow.ip_lengths[-1] == 7


def test_attributes_may_be_assigned(small: Path) -> None:
    flow = next(iter(extract(str(small)).values()))
    flow.src, flow.label, flow.lengths, flow.ext_protocol = "1.1.1.1", "chat", [1, 2, 3], "TLSv1.2"
    assert flow.source == ("1.1.1.1", 50000) and flow.label == "chat" and len(flow) == 3
    assert flow.ext_protocol == "TLSv1.2"
    flow.time_start = 5.0
    assert flow.time_start == 5.0
    with pytest.raises(AttributeError, match="no attribute 'certificate'"):
        _ = flow.certificate


@pytest.mark.parametrize("again", [lambda f: pickle.loads(pickle.dumps(f)), copy.copy, copy.deepcopy])
def test_pickle_and_copy(small: Path, again: object) -> None:
    flow = extract(str(small), extension="ip.ttl")[str(small), "tcp", "0"]
    flow.label = "chat"
    other = again(flow)  # type: ignore[operator]
    for name in ("src", "sport", "dst", "dport", "protocol", "ip_lengths", "ip_timestamps", "payload_lengths",
                 "payload_timestamps", "lengths", "timestamps", "time_start", "time_end", "extension", "label",
                 "source", "destination"):  # fmt: skip
        assert getattr(other, name) == getattr(flow, name), name
    assert str(other) == str(flow) and other is not flow


def test_pickle_of_the_dict_outlives_the_file(small: Path) -> None:
    flows = extract(str(small))
    small.unlink()
    again = pickle.loads(pickle.dumps(flows))
    assert [f.ip_lengths for f in again.values()] == [f.ip_lengths for f in flows.values()]


def test_ordering_is_by_start(several: Path) -> None:
    flows = list(extract(str(several)).values())
    starts = [flow.time_start for flow in flows]
    assert sorted(starts) == [flow.time_start for flow in sorted(reversed(flows))]
    assert flows[0] < flows[1] <= flows[1] and flows[1] > flows[0] and flows[1] >= flows[0]
    assert max(flows).time_start == max(starts)
    assert flows[0] != flows[1] and len({flows[0], flows[1]}) == 2
    with pytest.raises(TypeError):
        _ = flows[0] < 3


def test_flow_made_by_hand() -> None:
    flow = Flow(src="a", sport=1, payload_lengths=[5], payload_timestamps=[1.0])
    assert len(flow) == 1 and flow.ip_lengths == [] and flow.dst is None and flow.extension == {}
    assert bool(Flow()) and len(Flow()) == 0


def test_ext_protocol_is_never_guessed(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWCONTAINER_WORKER", "/nonexistent/worker")
    flow = next(iter(extract(str(small)).values()))
    with pytest.raises(flowcontainer.UnsupportedError, match="ext_protocol"):
        _ = flow.ext_protocol
    assert issubclass(flowcontainer.UnsupportedError, ValueError)
    assert not hasattr(flow, "ext_protocol") and getattr(flow, "ext_protocol", "none") == "none"
    assert dict(inspect.getmembers(flow))["ip_lengths"] == flow.ip_lengths


# ---- errors ----


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing.pcap"):
        extract(str(tmp_path / "nothing.pcap"))


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        extract(str(tmp_path))


def test_unknown_field(small: Path) -> None:
    with pytest.raises(ValueError, match="ip.tlt"):
        extract(str(small), extension="ip.tlt")


def test_filters_of_the_native_engine(small: Path) -> None:
    with pytest.raises(ValueError, match="smb2"):
        extract(str(small), filter="tcp and smb2", engine="native")
    with pytest.raises(ValueError, match="unexpected.*byte 9"):
        extract(str(small), filter="tcp.port = 80", engine="native")
    assert extract(str(small), filter="tcp and not tcp", engine="native") == {}
    assert len(extract(str(small), filter="  ")) == 2
    assert len(extract(str(small), filter=None)) == 2


def test_ext_protocol_of_a_pipe_is_refused(small: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(small.read_bytes()))
    writer.start()
    flow = next(iter(extract(str(pipe)).values()))
    writer.join()
    with pytest.raises((flowcontainer.UnsupportedError, RuntimeError), match="pipe"):
        _ = flow.ext_protocol


def test_parameters_that_need_wireshark(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWCONTAINER_WORKER", "/nonexistent/worker")
    assert len(extract(str(small), ip_layer=True)) == 2
    assert len(extract(str(small), cmd_parameter=["-n", "-c", "100"])) == 2
    for words in (["-o", "tcp.desegment_tcp_streams:FALSE"], ["-d", "tcp.port==1,tls"]):
        with pytest.raises(flowcontainer.UnsupportedError, match="apt install tshark"):
            extract(str(small), cmd_parameter=words)
        with pytest.raises(ValueError, match="native"):
            extract(str(small), cmd_parameter=words, engine="native")


@pytest.mark.parametrize("content", [b"not a capture at all, but long enough to be one", b"\xd4\xc3\xb2\xa1"])
def test_not_a_capture(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(content)
    with pytest.raises(flowcontainer.CaptureError, match="x.pcap"):
        extract(str(path))


def test_link_type_that_is_not_known(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    made.write(path, [b"\1" * 60] * 3, linktype=147)
    with pytest.raises(flowcontainer.CaptureError, match="147"):
        extract(str(path))


def test_capture_without_packets_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    made.write(path, [])
    assert extract(str(path)) == {}
    path.write_bytes(b"")  # as tshark has it
    assert extract(str(path)) == {}


def test_cut_capture_gives_what_is_there(small: Path) -> None:
    small.write_bytes(small.read_bytes()[:-5])
    with pytest.warns(flowcontainer.CaptureWarning, match="small.pcap") as caught:
        flows = extract(str(small))
    assert caught[0].filename == __file__  # it points to the caller
    assert flows[str(small), "udp", "0"].payload_lengths == [28]
    assert flows[str(small), "tcp", "0"].ip_lengths == made.TALK_IP


def test_null_byte_in_arguments(small: Path) -> None:
    with pytest.raises(ValueError, match="null"):
        extract(str(small) + "\0")
    with pytest.raises(ValueError, match="null"):
        extract(str(small), extension="ip.ttl\0")


def test_paths_in_messages_are_text(tmp_path: Path) -> None:
    missing = tmp_path / "nothing.pcap"
    for path in (missing, str(missing), os.fsencode(missing)):
        with pytest.raises(FileNotFoundError) as caught:
            extract(path)
        assert caught.value.filename == str(missing) and f" '{missing}'" in str(caught.value)
    for folder in (tmp_path, os.fsencode(tmp_path)):
        with pytest.raises(IsADirectoryError) as refused:
            extract(folder)
        assert str(refused.value).endswith(f": '{tmp_path}'")


def test_wrong_types_are_named(small: Path) -> None:
    for extension in ([1], 1, ["ip.ttl", None], b"ip.ttl"):
        with pytest.raises(TypeError, match="^extension must be a text or several texts, not "):
            extract(small, extension=extension)  # type: ignore[arg-type]
    with small.open() as file, pytest.raises(TypeError, match="was opened as text"):
        extract(file)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a path is .* not int"):
        extract(5)  # type: ignore[arg-type]


# ---- threads ----


def test_threads_do_not_mind_each_other(several: Path) -> None:
    want = [flow.ip_lengths for flow in extract(str(several)).values()]
    wrong = []

    def work() -> None:
        for _ in range(5):
            if [flow.ip_lengths for flow in extract(str(several)).values()] != want:
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_one_flow_read_by_many_threads(several: Path) -> None:
    flows = list(extract(str(several), extension="ip.ttl").values())
    got: list[list[object]] = [[] for _ in range(4)]

    def work(mine: list[object]) -> None:
        mine += [(flow.ip_lengths, flow.extension, flow.src) for flow in flows]

    threads = [threading.Thread(target=work, args=(mine,)) for mine in got]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got[0] == got[1] == got[2] == got[3] and len(got[0]) == 300
