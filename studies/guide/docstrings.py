"""Docstrings as reStructuredText: formulas stay as they are typed, bars are those of |x|."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

#: Sections of numpydoc whose indented lines are descriptions.
DESCRIBED = ("Attributes", "Methods", "Parameters", "Raises", "Returns", "See Also", "Yields")
INDENTED = re.compile(r" {2,}\S")
#: Begin items of lists and directives, whose next lines are indented too.
ITEM = re.compile(r"(-|\*|\d+\.|\.\.) ")
UNDERLINE = re.compile(r"-{3,}$")
CODE = re.compile(r"(`+.*?`+)")
#: What would be marks: the bars of |x|, and the star of an argument list.
MARKS = re.compile(r"\||(?<=\()\*")


def restructured(lines: Sequence[str], of_module: bool = False) -> list[str]:
    """Docstring of which indented formulas are literal blocks.

    Parameters
    ----------
    lines : sequence of str
        Without common indentation.
    of_module : bool
        Whether numpydoc does not know its sections, which then become rubrics: several modules
        share a page.

    Returns
    -------
    lines : list of str
    """
    result: list[str] = []
    section = ""
    formula = item = False
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if UNDERLINE.match(below):
            section = line.strip()
        if line[:1].strip():
            item = bool(ITEM.match(line))
        inside = bool(INDENTED.match(line)) and section not in DESCRIBED and not item
        if formula and line.strip() and not inside:
            formula = False
            result.append("")
        if inside and not formula:
            formula = True
            result += _opened(result)
        result.append(line if formula else _escaped(line))
    return list(_rubrics(result)) if of_module else result


def _opened(before: list[str]) -> list[str]:
    """What begins a literal block, unless the text does so itself."""
    last = next((line for line in reversed(before) if line.strip()), "")
    return [] if last.endswith("::") else ["", "::", ""]


def _escaped(line: str) -> str:
    if line.lstrip().startswith((">>>", "...")):
        return line
    parts = CODE.split(line)
    return "".join(p if p.startswith("`") else MARKS.sub(r"\\\g<0>", p) for p in parts)


def _rubrics(lines: list[str]) -> Iterator[str]:
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if UNDERLINE.match(below):
            yield f".. rubric:: {line}"
        else:
            yield "" if UNDERLINE.match(line) else line
