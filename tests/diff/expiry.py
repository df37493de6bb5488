"""When flows end that may leave before their capture, and in which order they leave: an independent implementation of
what docs/guide/command.md says, simple and slow. It looks at every open flow for every frame."""

from __future__ import annotations

from dataclasses import dataclass, field

FIN, SYN, RST = 1, 2, 4
LATE_MAX = 60 * 10**9
NEVER = 10**30
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
class Policy:
    """Times in nanoseconds. `stream`: a flow is a stream, and `idle` and `active` do not count; `grace`: the silence
    after which a closed stream leaves; `most`: flows that are kept."""

    idle: int = NEVER
    active: int = NEVER
    stream: bool = False
    grace: int = NEVER
    most: int = 0


@dataclass
class Flow:
    number: int
    pair: tuple
    born: int
    touched: int
    turn: int = 0
    first: int | None = None
    last: int | None = None
    closed: bool = False
    current: bool = True
    reopened: int | None = None
    over_at: int = 0
    end: str = "capture"
    fins: set = field(default_factory=set)
    frames: list[int] = field(default_factory=list)

    def over(self, policy: Policy) -> tuple[int, str]:
        """When the flow ends, and why."""
        if self.reopened is not None:
            return self.reopened, self.end
        if policy.stream:
            return self.touched + policy.grace if self.closed else NEVER, self.end
        silent, old = self.touched + policy.idle, self.born + policy.active
        return min((silent, "idle"), (old, "active"), key=lambda moment: moment[0])

    def yields(self, policy: Policy) -> bool:
        """Whether a closed flow that is as idle leaves before this one."""
        return policy.stream and policy.grace != NEVER and not self.closed

    def take(self, frame: dict, now: int, turn: int, closes: bool) -> None:
        self.touched, self.turn = now, turn
        self.frames.append(frame["frame"])
        if frame["time"] is not None:
            self.first = frame["time"] if self.first is None else self.first
            self.last = frame["time"]
        if self.closed or not closes:
            return
        if frame["flags"] & FIN:
            self.fins.add((frame["src"], frame["sport"]))
        if frame["flags"] & RST:
            self.closed, self.end = True, "rst"
        elif len(self.fins) == 2:
            self.closed, self.end = True, "fin"


def flows(frames: list[dict], policy: Policy) -> list[tuple[str, list[int]]]:
    """(end, frame numbers) of every flow, in the order of rows."""
    clock, waiting, rows, made = Clock(), [], [], 0
    current: dict[tuple, Flow] = {}

    def go(flow: Flow, end: str) -> None:
        if flow.end == "capture":
            flow.end = end
        if current.get(flow.pair) is flow:
            del current[flow.pair]
        waiting.remove(flow)
        rows.append(flow)

    def leave(before: int) -> None:
        due = [(*flow.over(policy), flow.number, flow) for flow in waiting]
        for _, end, _, flow in sorted((d for d in due if d[0] < before), key=lambda d: (d[0], d[2])):
            go(flow, end)

    def make_room() -> None:
        if policy.most and len(waiting) >= policy.most:
            leave(clock.now)
        if not policy.most or len(waiting) < policy.most:
            return
        reopened = [flow for flow in waiting if flow.reopened is not None]
        if reopened:
            go(min(reopened, key=lambda flow: flow.over_at), "evicted")
        else:
            go(min(waiting, key=lambda flow: (flow.touched, flow.yields(policy), flow.turn)), "evicted")

    for turn, frame in enumerate(frames):
        if frame["time"] is not None:
            clock.take(frame["time"])
            leave(clock.past)
        if frame["pair"] is None:
            continue
        flow = current.get(frame["pair"])
        if policy.stream:
            pass
        elif flow and flow.closed and frame["flags"] & SYN:
            flow.reopened, flow.over_at = clock.now, turn
            flow = None
        elif flow and frame["time"] is not None and flow.last is not None:
            silent, long = frame["time"] - flow.last > policy.idle, frame["time"] - flow.first > policy.active
            if silent or long:
                if not flow.closed:
                    flow.end = "idle" if silent else "active"
                flow = None
        if not flow:
            make_room()
            flow = current[frame["pair"]] = Flow(made, frame["pair"], clock.now, clock.now)
            waiting.append(flow)
            made += 1
        flow.take(frame, clock.now, turn, not policy.stream or policy.grace != NEVER)
    leave(clock.now)
    rows += sorted(waiting, key=lambda flow: (flow.reopened is None, flow.reopened or 0, flow.number))
    return [(flow.end, flow.frames) for flow in rows]
