"""Compiled functions with a cache, without one, and with a broken one."""

import importlib.util
import os
import subprocess
import sys

import numba
import pytest

SOURCE = """
from spectralcmi.compilation import compiled


@compiled(cache=True, nogil=True)
def twice(number):
    return 2 * number


@compiled
def thrice(number):
    return 3 * number
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Function: a module of compiled functions, as another process would import it."""
    # beside the module, wherever the tests keep their own
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    path = tmp_path / "kernels.py"
    path.write_text(SOURCE)

    def imported():
        spec = importlib.util.spec_from_file_location("kernels", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return imported


def cached(tmp_path, suffix):
    return sorted((tmp_path / "__pycache__").glob(f"kernels.twice-*.{suffix}"))


def test_what_is_compiled_is_found_again(module, tmp_path):
    assert module().twice(4) == 8
    assert len(cached(tmp_path, "nbi")) == len(cached(tmp_path, "nbc")) == 1
    again = module()
    assert again.twice(4) == 8
    assert sum(again.twice.stats.cache_hits.values()) == 1
    assert again.thrice(2) == 6


@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
@pytest.mark.parametrize("left", [0, 20])
def test_a_cache_that_lost_its_end_is_made_anew(module, tmp_path, suffix, left):
    module().twice(4)
    (file,) = cached(tmp_path, suffix)
    file.write_bytes(file.read_bytes()[:left])
    again = module()
    assert again.twice(4) == 8
    assert not again.twice.stats.cache_hits
    assert sum(_hits(module(), 4).values()) == 1


def _hits(module, number):
    module.twice(number)
    return module.twice.stats.cache_hits


def test_without_a_folder_for_the_cache_one_line_says_so(tmp_path):
    (tmp_path / "kernels.py").write_text(SOURCE + SOURCE.replace("twice", "double"))
    code = "import kernels; print(kernels.twice(4), kernels.double(5))"
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path]),
        # the one place that a file of Python never has: as where no folder can be written
        "NUMBA_CACHE_LOCATOR_CLASSES": "IPythonCacheLocator",
    }
    ended = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stdout) == (0, "8 10\n")
    assert ended.stderr.count("\n") == 1
    assert "NUMBA_CACHE_DIR=FOLDER" in ended.stderr


def test_without_compilation_functions_are_themselves(module, monkeypatch):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    assert module().twice(4) == 8
