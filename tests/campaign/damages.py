"""Damages of files, and what a reader owes to each.

`SAME`: the file says the same as before, so its numbers are the same. `REFUSED`: it is one line and
exit code 2. `EITHER`: refused, or read with the same numbers. `ANY`: nobody can know what it should
have said; it is read or refused, without numbers that are none. `UNKNOWN`: numbers themselves
may be damaged, and nothing tells.
"""

import os
import re

SAME, REFUSED, EITHER, ANY, UNKNOWN = "same", "refused", "either", "any", "unknown"


# Bytes


def flipped_bit(content, rng):
    return _changed(
        content, rng.integers(len(content)), 1, lambda old: [old[0] ^ 1 << int(rng.integers(8))]
    )


def wrong_bytes(content, rng):
    size = int(rng.integers(1, 9))
    return _changed(content, rng.integers(len(content)), size, lambda old: rng.bytes(len(old)))


def zeroed_block(content, rng):
    size = 2 ** int(rng.integers(4, 13))
    return _changed(content, rng.integers(len(content)), size, lambda old: bytes(len(old)))


def random_block(content, rng):
    size = 2 ** int(rng.integers(4, 13))
    return _changed(content, rng.integers(len(content)), size, lambda old: rng.bytes(len(old)))


def truncated(content, rng):
    return content[: rng.integers(len(content))]


def lost_block(content, rng):
    start = int(rng.integers(len(content)))
    return content[:start] + content[start + 2 ** int(rng.integers(0, 13)) :]


def doubled_block(content, rng):
    start, size = int(rng.integers(len(content))), 2 ** int(rng.integers(0, 13))
    return content[: start + size] + content[start:]


def appended(content, rng):
    return content + rng.bytes(int(rng.integers(1, 500)))


def empty(content, rng):
    return b""


def _changed(content, start, size, change):
    start = int(start)
    old = content[start : start + size]
    return content[:start] + bytes(change(old)) + content[start + size :]


BYTES = (
    flipped_bit,
    wrong_bytes,
    zeroed_block,
    random_block,
    truncated,
    lost_block,
    doubled_block,
    appended,
)


# What stands in place of a file: functions of its path


def folder(path):
    path.mkdir()


def pipe(path):
    os.mkfifo(path)


def device(path):
    path.symlink_to("/dev/zero")


def circle(path):
    path.symlink_to(path.name)


def nothing(path):
    pass


def huge(path):
    with open(path, "wb") as file:
        file.truncate(10**12)


PLACES = (folder, pipe, device, circle, nothing, huge)


# Text: equal in meaning


def byte_order_mark(text, rng):
    return "\ufeff" + text


def carriage_returns(text, rng):
    return text.replace("\n", "\r\n")


def empty_lines(text, rng):
    return text + "\n" * int(rng.integers(1, 5))


def comment(text, rng):
    lines = text.splitlines(keepends=True)
    lines.insert(int(rng.integers(len(lines) + 1)), "# 1, 2 and nan\n")
    return "".join(lines)


def no_last_newline(text, rng):
    return text.rstrip("\n")


EQUAL = (byte_order_mark, carriage_returns, empty_lines, comment, no_last_newline)


# Tables of columns, as (headings, rows of text)


def rows_of(text):
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return lines[0].split(","), [line.split(",") for line in lines[1:]]


def text_of(headings, rows):
    return "\n".join([",".join(headings), *(",".join(row) for row in rows)]) + "\n"


def _cell(rows, rng, columns):
    return rows[rng.integers(len(rows))], int(rng.choice(columns))


def fortran_exponents(headings, rows, columns, rng):
    return headings, [
        [f"{float(x):.17E}".replace("E", "D") if x else x for x in row] for row in rows
    ]


def more_digits(headings, rows, columns, rng):
    return headings, [[f"{float(x):.25e}" if x else x for x in row] for row in rows]


def spaces(headings, rows, columns, rng):
    return [f" {h} " for h in headings], [[f"  {x}\t" for x in row] for row in rows]


def other_order(headings, rows, columns, rng):
    order = rng.permutation(len(headings))
    return [headings[i] for i in order], [[row[i] for i in order] for row in rows]


def column_more(headings, rows, columns, rng):
    return [*headings, "remark"], [[*row, str(i)] for i, row in enumerate(rows)]


#: Units of the same kind, and how many of the second the first has.
UNITS = {
    "yr": ("s", 31557600.0), "K": ("MK", 1e-6), "km": ("m", 1e3), "g cm-3": ("kg m-3", 1e3),
    "fm-3": ("cm-3", 1e39), "dyn cm-2": ("Pa", 0.1),
}  # fmt: skip


def other_unit(headings, rows, columns, rng):
    """The same in another unit: read so, or refused where the unit is not known."""
    for i in columns:
        name, _, unit = headings[i].rstrip(" ]").partition(" [")
        if unit in UNITS:
            other, factor = UNITS[unit]
            headings = [*headings[:i], f"{name} [{other}]", *headings[i + 1 :]]
            return headings, _scaled(rows, i, factor)
    return headings, rows


def number_before_unit(headings, rows, columns, rng):
    """`temperature [1000 K]` of thousandths."""
    i = int(rng.choice(columns))
    name, _, unit = headings[i].rstrip(" ]").partition(" [")
    headings = [*headings[:i], f"{name} [1000 {unit or '1'}]", *headings[i + 1 :]]
    return headings, _scaled(rows, i, 1e-3)


def _scaled(rows, i, factor):
    return [[repr(float(x) * factor) if x and j == i else x for j, x in enumerate(row)]
            for row in rows]  # fmt: skip


EQUAL_TABLES = {
    fortran_exponents: EITHER,
    more_digits: SAME,
    spaces: SAME,
    other_order: SAME,
    column_more: EITHER,
    other_unit: EITHER,
    number_before_unit: EITHER,
}


def bad_number(headings, rows, columns, rng):
    row, i = _cell(rows, rng, columns)
    row[i] = str(rng.choice(["nan", "inf", "-inf", "1e999", "x", "1,5", "--", "1e", "0x", "-1e30"]))
    return headings, rows


def missing_cell(headings, rows, columns, rng):
    row, i = _cell(rows, rng, columns)
    row.pop(i)
    return headings, rows


def empty_cell(headings, rows, columns, rng):
    row, i = _cell(rows, rng, columns)
    row[i] = ""
    return headings, rows


def cell_more(headings, rows, columns, rng):
    rows[rng.integers(len(rows))].append("1.0")
    return headings, rows


def doubled_row(headings, rows, columns, rng):
    i = rng.integers(len(rows))
    return headings, [*rows[:i], list(rows[i]), *rows[i:]]


def wrong_unit(headings, rows, columns, rng):
    i = int(rng.choice(columns))
    name = headings[i].partition(" [")[0]
    bad = str(rng.choice(["G", "furlongs", "K km", "km**99999", "1/0", "[", "%", "erg3"]))
    return [*headings[:i], f"{name} [{bad}]", *headings[i + 1 :]], rows


def lost_column(headings, rows, columns, rng):
    i = int(rng.choice(columns))
    return headings[:i] + headings[i + 1 :], [row[:i] + row[i + 1 :] for row in rows]


def misnamed_column(headings, rows, columns, rng):
    i = int(rng.choice(columns))
    return [*headings[:i], "x" + headings[i], *headings[i + 1 :]], rows


def no_rows(headings, rows, columns, rng):
    return headings, []


BROKEN_TABLES = (
    bad_number,
    missing_cell,
    empty_cell,
    cell_more,
    doubled_row,
    wrong_unit,
    lost_column,
    misnamed_column,
    no_rows,
)


def damaged_table(change, text, columns, rng):
    """A text in columns, changed; columns are those that the reader needs."""
    headings, rows = rows_of(text)
    return text_of(*change(headings, [list(row) for row in rows], columns, rng))


# Tables of CompOSE


def fortran(text, rng):
    return re.sub(r"(?<=\d)e(?=[-+]?\d)", "D", text)


def bad_token(text, rng):
    lines = text.split("\n")
    i = int(rng.integers(len(lines)))
    words = lines[i].split()
    words[rng.integers(len(words))] = str(rng.choice(["x", "nan", "inf", "1e999", "-", "1,0"]))
    lines[i] = " ".join(words)
    return "\n".join(lines)


def lost_line(text, rng):
    lines = text.split("\n")
    lines.pop(int(rng.integers(len(lines))))
    return "\n".join(lines)


def doubled_line(text, rng):
    lines = text.split("\n")
    i = int(rng.integers(len(lines)))
    return "\n".join([*lines[: i + 1], *lines[i:]])


def no_lines(text, rng):
    return ""


def without_checksum(content):
    """As another program would have left it."""
    return content[: content.rindex(b"\nSHA-256 of all bytes before")]
