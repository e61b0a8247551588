"""Damages of case files, as lines `key = value`."""

import re

#: No value of any key here.
NONSENSE = (
    "true", "nan", "inf", "-1.0", "[]", "{}", '"x"', "1979-05-27", "[[1]]", '"""\n"""', "0x", "1e",
    "-9223372036854775809", "'\\'", "{a = {b = 1}}", "1e400", '"' + "9" * 5000 + '"', "[1, [2]]",
)  # fmt: skip


def wrong_value(text, rng):
    return _with_line(
        text, rng, lambda key, value: f"{key} = {rng.choice(NONSENSE[key == 'enabled' :])}"
    )


def unknown_key(text, rng):
    return _with_line(text, rng, lambda key, value: f"{key}{rng.choice(list('xyz_0'))} = {value}")


def key_twice(text, rng):
    return _with_line(text, rng, lambda key, value: f"{key} = {value}\n{key} = {value}")


def no_value(text, rng):
    return _with_line(text, rng, lambda key, value: f"{key} =")


def unclosed(text, rng):
    return _with_line(text, rng, lambda key, value: f'{key} = "{value}')


def deep(text, rng):
    depth = int(rng.choice([100, 1000, 100_000]))
    return _with_line(text, rng, lambda key, value: f"{key} = " + "[" * depth + "]" * depth)


def unknown_section(text, rng):
    return text + "\n[nonsense]\nx = 1\n"


def section_that_is_a_value(text, rng):
    section = rng.choice(re.findall(r"^\[(\w+)\]", text, re.M))
    return f"{section} = {rng.choice(['1', '[]', 'true'])}\n" + re.sub(
        rf"(?ms)^\[{section}\]\n.*?(?=^\[|\Z)", "", text
    )


def control_character(text, rng):
    i = int(rng.integers(len(text)))
    return text[:i] + "\x00" + text[i:]


BROKEN_CASES = (
    wrong_value,
    unknown_key,
    key_twice,
    no_value,
    unclosed,
    deep,
    unknown_section,
    section_that_is_a_value,
    control_character,
)


def other_numbers(text, rng):
    """Numbers written in another way."""

    def other(key, value):
        if not re.fullmatch(r"[0-9.]+(e-?\d+)?", value) or not {".", "e"} & {*value}:
            return f"{key}   =   {value}"
        return f"{key} = {float(value):.17e}"

    return "\n".join(_line(line, other) for line in text.splitlines()) + "\n"


def inline_tables(text, rng):
    """`[a]` and `b = 1` as `a.b = 1`."""
    lines, section = [], ""
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip("[]") + "."
        elif line.strip():
            lines.append(section + line)
    return "\n".join(lines) + "\n"


def _with_line(text, rng, change):
    lines = text.splitlines()
    places = [i for i, line in enumerate(lines) if " = " in line]
    i = int(rng.choice(places))
    lines[i] = _line(lines[i], change)
    return "\n".join(lines) + "\n"


def _line(line, change):
    key, equal, value = line.partition(" = ")
    return change(key, value) if equal else line
