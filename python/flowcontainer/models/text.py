"""Layouts of text: ET-BERT and TrafficFormer."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from .inputs import Array, Inputs
from .sessions import Frame, Session, sessions_of
from .sound import MASKS, matrix

KINDS = ("packet", "flow", "burst")


def bigrams(data: bytes, limit: int) -> str:
    """Overlapping pairs of bytes, at most `limit`, each followed by a space: 45 00 00 becomes "4500 0000 "."""
    digits = data.hex()
    return "".join(digits[i : i + 4] + " " for i in range(0, 2 * min(limit, len(data) - 1), 2))


# ---- ET-BERT ----


def etbert_query(kind: str = "flow", packets: int = 5, length: int = 128, **_: Any) -> dict[str, Any]:
    """Arguments of scan for :func:`etbert`."""
    _known(kind)
    count = 1 if kind == "packet" else packets
    return {
        "columns": ["flow_id", "directions"],
        "bytes": {"ip": {"packets": count, "start": "ip", "length": length + 1, "mask": MASKS}},
    }


def etbert(source: Any, *, kind: str = "flow", packets: int = 5, length: int = 128, exact: bool = False) -> Inputs:
    """ET-BERT: a text of bigrams for each flow, in `texts["text"]`.

    "packet": of the first packet; "flow": of the first `packets`, one behind the other; "burst": lines for pre-training, with each run of
    packets of one direction cut in two halves. The sound form begins at the IP header, with addresses, ports, checksums, IP id,
    sequence numbers and TCP timestamps masked; its bursts are of the first `packets` packets.

    exact=True takes captures and gives the published text of SplitCap's sessions: from byte 38 of the frame, wherever that is; nothing is
    masked from there on, so sequence numbers and timestamps are in; bursts have 64 bytes of each frame, MAC addresses included; a
    session of one frame has no burst. Sessions under 3 packets are left out of "flow". The model sees 127 tokens, so the first packet
    with data fills it. The packet task's published split puts packets of one flow on both sides.
    """
    _known(kind)
    if exact:
        return _etbert_exact(source, kind, packets, length)
    asked = etbert_query(kind, packets, length)
    rows, content, mask = matrix(source, asked, "ip")
    sides = rows.ragged("directions")
    texts = []
    for i in range(len(content)):
        data = [content[i, j][mask[i, j]].tobytes() for j in range(content.shape[1]) if mask[i, j].any()]
        if kind == "burst":
            side = sides.values[sides.offsets[i] : sides.offsets[i + 1]].tolist()
            texts.append(_bursts([one[:64] for one in data], side[: len(data)], whole_last=True))
        else:
            texts.append("".join(bigrams(one, length) for one in data))
    return _texts("etbert", False, list(enumerate(rows.names())), texts, ())


def _known(kind: str) -> None:
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {kind!r}")


def _etbert_exact(source: Any, kind: str, packets: int, length: int) -> Inputs:
    sessions = list(enumerate(sessions_of(source, None if kind == "burst" else max(packets, 3))))
    if kind == "flow":
        sessions = [(i, one) for i, one in sessions if len(one.frames) >= 3]
    if kind == "burst":
        sessions = [(i, one) for i, one in sessions if len(one.frames) > 1]
        texts = [etbert_burst(one) for _, one in sessions]
    else:
        count = 1 if kind == "packet" else packets
        texts = ["".join(bigrams(frame.data[38:], length) for frame in one.frames[:count]) for _, one in sessions]
    faults = (
        "bytes begin at offset 38 of the frame, which is right for IPv4 on Ethernet alone",
        "sequence numbers, timestamps and checksums are in the text",
    )
    return _texts("etbert", True, [(i, one.name) for i, one in sessions], texts, faults)


def etbert_burst(session: Session) -> str:
    """The pre-training text of a session, as published; "" for one frame."""
    return _bursts([frame.data[:64] for frame in session.frames], session.directions(), whole_last=False)


def _bursts(data: Sequence[bytes], sides: Sequence[int], whole_last: bool) -> str:
    """Each run of one direction in halves, a line each, and an empty line behind it. As published, a single packet is no run; the sound
    form writes it too."""
    out, run = "", b""
    for i, piece in enumerate(data):
        if i and sides[i] != sides[i - 1]:
            out += "".join(bigrams(bytes.fromhex(half), len(run)) + "\n" for half in halves(run.hex())) + "\n"
            run = b""
        run += piece
    if run and (len(data) > 1 or whole_last):
        out += "".join(bigrams(bytes.fromhex(half), len(run)) + "\n" for half in halves(run.hex())) + "\n"
    return out


def halves(text: str) -> list[str]:
    """A text cut as published: pieces of half its length, or of up to 3 characters more where that is no multiple of 4."""
    size = len(text) // 2
    size += size % 4
    return [text[i : i + size] for i in range(0, len(text), size)] if size else []


def _texts(
    layout: str, exact: bool, samples: Sequence[tuple[int, str]], texts: list[str], faults: tuple[str, ...]
) -> Inputs:
    rows: Array = np.array([i for i, _ in samples], np.int64)
    return Inputs(layout, exact, {}, {}, rows, [name for _, name in samples], faults, {"text": texts})


def etbert_ids(texts: Sequence[str], vocabulary: str | os.PathLike[str], length: int = 128) -> tuple[Array, Array]:
    """The ids that the model takes, (texts, length) int32, and the mask of those that are no filling: `[CLS]` and the pieces of the
    text's words, cut or filled with 0. The mask as integers is also the model's segment numbers.

    A word that the vocabulary does not have is cut into its longest pieces (WordPiece, later pieces with `##`), or is `[UNK]`.

    :param vocabulary: file of the published vocabulary (`encryptd_vocab.txt`): the id of a piece is its line, from 0. Raises OSError, and
        ValueError if it has no `[CLS]` or `[UNK]`
    """
    with open(vocabulary, encoding="utf-8") as file:
        known = {line.rstrip("\n"): number for number, line in enumerate(file)}
    for name in ("[CLS]", "[UNK]"):
        if name not in known:
            raise ValueError(f"{os.fspath(vocabulary)}: the vocabulary has no {name}")
    out, mask = np.zeros((len(texts), length), np.int32), np.zeros((len(texts), length), bool)
    pieces: dict[str, list[int]] = {}
    for row, text in enumerate(texts):
        ids = [known["[CLS]"]]
        for word in text.split():
            if len(ids) >= length:
                break
            if word not in pieces:
                pieces[word] = _pieces(word, known)
            ids += pieces[word]
        out[row, : len(ids)] = ids[:length]
        mask[row, : len(ids)] = True
    return out, mask


def _pieces(word: str, known: dict[str, int]) -> list[int]:
    """The ids of a word: the longest known piece first."""
    found, start = [], 0
    while start < len(word):
        ends = (end for end in range(len(word), start, -1) if ("##" if start else "") + word[start:end] in known)
        end = next(ends, 0)
        if not end:
            return [known["[UNK]"]]
        found.append(known[("##" if start else "") + word[start:end]])
        start = end
    return found


# ---- TrafficFormer ----

_MAC = {1: bytes.fromhex("c49a025996f8e46f13e2e3ae0800"), -1: bytes.fromhex("e46f13e2e3aec49a025996f80800")}
_START = 14  #: bytes before IP, as the published program counts them


def trafficformer_query(packets: int = 5, length: int = 64, **_: Any) -> dict[str, Any]:
    """Arguments of scan for :func:`trafficformer`."""
    return {
        "columns": ["flow_id"],
        "bytes": {"ip": {"packets": packets, "start": "ip", "length": length, "mask": MASKS}},
    }


def trafficformer(
    source: Any, *, kind: str = "flow", packets: int = 5, length: int = 64, exact: bool = False
) -> Inputs:
    """TrafficFormer: for each flow "[SEP] " and the bigrams of the first `length` bytes from the IP header, for the first `packets`
    packets, in `texts["text"]`.

    The sound form masks addresses, ports, checksums, IP id, sequence numbers and TCP timestamps, where the published program replaces some
    of them at random without a seed. exact=True takes captures and gives the published text before that replacement, of SplitCap's
    sessions; sessions with IPv6 or under 3 packets are left out. kind="burst" (exact only) is the text for pre-training.
    """
    if not exact:
        if kind != "flow":
            raise ValueError('kind="burst" is a published form: exact=True')
        rows, content, mask = matrix(source, trafficformer_query(packets, length), "ip")
        data = [
            [content[i, j][mask[i, j]].tobytes() for j in range(content.shape[1]) if mask[i, j].any()]
            for i in range(len(content))
        ]
        texts = ["".join("[SEP] " + bigrams(one, len(one)) for one in flow) for flow in data]
        return _texts("trafficformer", False, list(enumerate(rows.names())), texts, ())
    held = sessions_of(source, None if kind == "burst" else max(packets, 3))
    sessions = [
        (i, one) for i, one in enumerate(held) if len(one.frames) >= 3 and one.frames[0].version == 4
    ]
    texts = [
        trafficformer_burst(one, length) if kind == "burst" else trafficformer_flow(one, packets, length)
        for _, one in sessions
    ]
    faults = (
        "before the published random replacement, which has no seed",
        "VLAN tags shift the bytes by 4",
        "sessions with IPv6 or under 3 packets are left out",
    )
    return _texts("trafficformer", True, [(i, one.name) for i, one in sessions], texts, faults)


def _cut(frame: Frame, direction: int, length: int) -> bytes:
    data = frame.data if frame.link == 1 else _MAC[direction] + frame.data
    return data[_START : _START + length]


def trafficformer_flow(session: Session, packets: int = 5, length: int = 64) -> str:
    """The published text of a session for fine-tuning, before random replacement."""
    pieces = [_cut(frame, side, length) for frame, side in zip(session.frames[:packets], session.directions())]
    return "".join("[SEP] " + bigrams(piece, len(piece)) for piece in pieces)


def trafficformer_burst(session: Session, length: int = 64) -> str:
    """The published text of a session for pre-training: blocks of 100 frames, each begun with "||", which counts in the halves."""
    out = ""
    sides = session.directions()
    for block in range(0, len(session.frames), 100):
        frames, here = session.frames[block : block + 100], sides[block : block + 100]
        run = ""
        for i, frame in enumerate(frames):
            if i and here[i] != here[i - 1]:
                out += "".join(half + "\n" for half in halves(run)) + "\n"
                run = ""
            run += ("" if i else "||") + _cut(frame, here[i], length).hex()
        if len(frames) > 1:
            out += "".join(half + "\n" for half in halves(run)) + "\n"
    return out
