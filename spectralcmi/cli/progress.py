"""How far a run is."""

import contextlib
import shutil
import sys


@contextlib.contextmanager
def progress_bar(end, quiet):
    """Function to call after every step, which moves a bar if somebody can see it."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from tqdm import tqdm

    layout = "{percentage:3.0f}% |{bar}| {desc} [{elapsed}<{remaining}]"
    size = shutil.get_terminal_size()  # with a fallback, where tqdm would draw on no columns
    with tqdm(
        total=end, bar_format=layout, file=sys.stderr, ncols=size.columns, nrows=size.lines
    ) as bar:

        def show(progress):
            bar.set_description_str(
                f"{progress.time:.1f}/{progress.end:g} yr, step {progress.step:.2g} yr, "
                f"B_rms {progress.rms_field:.2e} G",
                refresh=False,
            )
            bar.update(progress.time - bar.n)

        yield show


@contextlib.contextmanager
def points_bar(quiet):
    """Function to call after every point of a scan, which moves a bar if somebody can see it."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from tqdm import tqdm

    layout = "{percentage:3.0f}% |{bar}| {n_fmt}/{total_fmt} points{desc} [{elapsed}]"
    size = shutil.get_terminal_size()
    with tqdm(bar_format=layout, file=sys.stderr, ncols=size.columns, nrows=size.lines) as bar:

        def show(progress):
            bar.total = progress.total
            if progress.without_result:
                bar.set_description_str(f", {progress.without_result} without a result")
            bar.update(progress.done - bar.n)

        yield show
