"""Files that commands read and write."""

import contextlib
import tempfile

#: Suffixes of the formats that commands write.
NETCDF, PICTURE, MOVIE = (".nc", ".nc4"), (".png", ".pdf", ".svg"), (".gif", ".mp4")


@contextlib.contextmanager
def writable(path):
    """Make sure, before any work, that a file can be written; leave no trace if the work fails."""
    created = []
    try:
        try:
            created = [folder for folder in path.absolute().parents if not folder.exists()]
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=path.parent):
                pass
            if path.is_dir():
                raise IsADirectoryError(0, "it is a folder")
        except OSError as error:
            raise ValueError(f"--output = '{path}': cannot be written: {error.strerror}") from None
        yield
    except BaseException:
        for folder in created:  # the innermost first; what was saved in one keeps it
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def require_suffix(path, suffixes, what, option="--output"):
    """Raise ValueError unless a file has one of the suffixes, which tell its format."""
    if path is not None and path.suffix.lower() not in suffixes:
        raise ValueError(f"{option} = '{path}': {what} has the suffix {_alternatives(suffixes)}")


def _alternatives(words):
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


@contextlib.contextmanager
def opened(path):
    """Dataset of a netCDF file."""
    import xarray

    if not path.is_file():
        raise ValueError(f"{path}: no such file")
    try:
        dataset = xarray.open_dataset(path, engine="h5netcdf")
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"{path}: not a netCDF-4 dataset: {error}") from None
    with dataset:
        yield dataset


def last_change(path):
    """When a file was written last, None if never."""
    return path.stat().st_mtime_ns if path.exists() else None
