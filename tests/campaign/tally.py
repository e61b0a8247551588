"""What a campaign counts, and its table."""

import math
import time
from dataclasses import dataclass, field

#: What must not happen: key, heading in the table.
WRONG = {
    "lost": "states lost",
    "traceback": "tracebacks",
    "hang": "hangs",
    "memory": "over 2 GB",
    "changed": "files changed",
    "numbers": "changed numbers",
}


@dataclass
class Tally:
    """How many attempts of a kind were made, what went wrong in which, and how the others ended."""

    kind: str
    tried: int = 0
    wrong: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WRONG, 0))
    ends: dict[str, int] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
    seconds: float = 0.0
    memory: float = 0.0
    latest: float = math.inf

    def wants(self, number):
        """Whether there are fewer attempts than that, and time for another."""
        return self.tried < number and time.monotonic() < self.latest

    def count(self, attempt, wrong, what):
        """Add an attempt, the keys of what went wrong in it, and what it was."""
        self.tried += 1
        self.memory = max(self.memory, attempt.memory)
        self.ends[attempt.end] = self.ends.get(attempt.end, 0) + 1
        wrong = {*wrong, *attempt.wrong}
        for key in wrong:
            self.wrong[key] += 1
        if wrong:
            last = attempt.stderr.strip().splitlines()[-1:] or [""]
            self.findings.append(
                f"{self.kind}, {what}: {', '.join(sorted(wrong))} ({attempt.end}) {last[0][:300]}"
            )

    @property
    def is_clean(self):
        return not any(self.wrong.values())


def table(tallies):
    """Rows in Markdown, one for each kind and one for all."""
    heads = ["attempts of", "tried", *WRONG.values(), "peak memory [GB]", "how they ended"]
    lines = [" | ".join(heads), " | ".join("---" if i == 0 else "---:" for i in range(len(heads)))]
    for one in tallies:
        ends = ", ".join(f"{n} {end}" for end, n in sorted(one.ends.items()))
        wrong = (str(one.wrong[key]) for key in WRONG)
        lines.append(
            " | ".join([one.kind, str(one.tried), *wrong, f"{one.memory / 1e9:.2f}", ends])
        )
    total = (str(sum(one.wrong[key] for one in tallies)) for key in WRONG)
    memory = max((one.memory for one in tallies), default=0.0)
    tried = str(sum(one.tried for one in tallies))
    lines.append(" | ".join(["all", tried, *total, f"{memory / 1e9:.2f}", ""]))
    return "\n".join(f"| {line} |" for line in lines)
