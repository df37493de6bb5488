"""When flows of the policy `timeout` end, and in which order they leave: an independent implementation of what
docs/guide/command.md says, simple and slow. It looks at every open flow for every frame."""

from __future__ import annotations

from dataclasses import dataclass, field

FIN, SYN, RST = 1, 2, 4
LATE_MAX = 60 * 10**9
SET_BACK = 1000


@dataclass
class Clock:
    now: int = 0
    past: int = 0
    greatest: int | None = None
    lateness: int = 0
    distant: int = 0

    def take(self, time: int) -> None:
        if self.greatest is None:
            self.greatest = time
        if time >= self.greatest:
            self.now += time - self.greatest
            self.greatest = time
            self.distant = 0
        elif self.greatest - time <= LATE_MAX:
            self.lateness = max(self.lateness, self.greatest - time)
            self.distant = 0
        else:
            self.distant += 1
            if self.distant == SET_BACK:
                self.greatest = time
                self.distant = 0
        self.past = max(self.past, self.now - self.lateness)


@dataclass
class Flow:
    number: int
    pair: tuple
    born: int
    touched: int
    first: int | None = None
    last: int | None = None
    closed: bool = False
    current: bool = True
    reopened: int | None = None
    end: str = "capture"
    fins: set = field(default_factory=set)
    frames: list[int] = field(default_factory=list)

    def over(self, idle: int, active: int) -> tuple[int, str]:
        """When the flow ends, and why."""
        if self.reopened is not None:
            return self.reopened, self.end
        return min((self.touched + idle, "idle"), (self.born + active, "active"), key=lambda moment: moment[0])

    def take(self, frame: dict, now: int) -> None:
        self.touched = now
        self.frames.append(frame["frame"])
        if frame["time"] is not None:
            self.first = frame["time"] if self.first is None else self.first
            self.last = frame["time"]
        if self.closed:
            return
        if frame["flags"] & FIN:
            self.fins.add((frame["src"], frame["sport"]))
        if frame["flags"] & RST:
            self.closed, self.end = True, "rst"
        elif len(self.fins) == 2:
            self.closed, self.end = True, "fin"


def flows(frames: list[dict], idle: int, active: int) -> list[tuple[str, list[int]]]:
    """(end, frame numbers) of every flow, in the order of rows."""
    clock, waiting, rows, made = Clock(), [], [], 0
    current: dict[tuple, Flow] = {}

    def leave(before: int) -> None:
        due = [(flow.over(idle, active)[0], flow.number, flow) for flow in waiting]
        for moment, _, flow in sorted((d for d in due if d[0] < before), key=lambda d: d[:2]):
            if flow.end == "capture":
                flow.end = flow.over(idle, active)[1]
            if current.get(flow.pair) is flow:
                del current[flow.pair]
            waiting.remove(flow)
            rows.append(flow)

    for frame in frames:
        if frame["time"] is not None:
            clock.take(frame["time"])
            leave(clock.past)
        if frame["pair"] is None:
            continue
        flow = current.get(frame["pair"])
        if flow and flow.closed and frame["flags"] & SYN:
            flow.reopened = clock.now
            flow = None
        elif flow and frame["time"] is not None and flow.last is not None:
            silent, long = frame["time"] - flow.last > idle, frame["time"] - flow.first > active
            if silent or long:
                if not flow.closed:
                    flow.end = "idle" if silent else "active"
                flow = None
        if not flow:
            flow = current[frame["pair"]] = Flow(made, frame["pair"], clock.now, clock.now)
            waiting.append(flow)
            made += 1
        flow.take(frame, clock.now)
    leave(clock.now)
    rows += sorted(waiting, key=lambda flow: (flow.reopened is None, flow.reopened or 0, flow.number))
    return [(flow.end, flow.frames) for flow in rows]
