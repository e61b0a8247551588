"""Signals that end a program, where the program can bear it."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from spectralcmi.runs.signals import SIGNALS, Interruptions, is_signal_pending


def handlers():
    return [signal.getsignal(number) for number in SIGNALS]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_raises_at_once_and_its_handler_comes_back(number):
    before = handlers()
    with pytest.raises(KeyboardInterrupt), Interruptions():
        os.kill(os.getpid(), number)
    assert handlers() == before


@pytest.mark.parametrize("number", SIGNALS)
def test_a_postponed_signal_raises_when_it_is_asked_for(number):
    with Interruptions() as interruptions, interruptions.postponed():
        interruptions.raise_pending()
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)  # people press Ctrl-C more than once
        with pytest.raises(KeyboardInterrupt):
            interruptions.raise_pending()
        interruptions.raise_pending()


def test_batch_systems_are_understood():
    assert {signal.SIGTERM, signal.SIGUSR1, signal.SIGXCPU} <= set(SIGNALS)


def test_what_waits_inside_a_block_can_know_of_a_signal():
    assert not is_signal_pending()
    with (
        pytest.raises(KeyboardInterrupt),
        Interruptions() as interruptions,
        interruptions.postponed(),
    ):
        assert not is_signal_pending()
        os.kill(os.getpid(), signal.SIGTERM)
        assert is_signal_pending()
    assert not is_signal_pending()


@pytest.mark.parametrize("is_acted_upon", [False, True])
def test_a_second_signal_later_than_together_kills(is_acted_upon):
    code = (
        "import os, signal, sys\n"
        "from spectralcmi.runs import signals\n"
        "signals.TOGETHER = -1.0\n"  # however soon it comes, it is later
        "with signals.Interruptions() as i, i.postponed():\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    try:\n"
        f"        i.raise_pending() if {is_acted_upon} else None\n"
        "    except KeyboardInterrupt: pass\n"
        "    print('first', flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    print('second', flush=True)\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stdout) == (-signal.SIGTERM, "first\n")


def test_a_postponed_signal_raises_at_the_end_of_the_block():
    with Interruptions() as interruptions:
        done = []
        with pytest.raises(KeyboardInterrupt), interruptions.postponed():
            os.kill(os.getpid(), signal.SIGTERM)
            done.append("what was to be done")
        assert done
        with pytest.raises(ValueError, match="the block's own"), interruptions.postponed():
            os.kill(os.getpid(), signal.SIGTERM)
            raise ValueError("the block's own")


def test_a_signal_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interruptions():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_blocks_nest():
    with Interruptions() as outer, outer.postponed():
        with pytest.raises(KeyboardInterrupt), Interruptions():
            os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            outer.raise_pending()


def test_other_threads_leave_signals_alone():
    before, seen = handlers(), []

    def elsewhere():
        with Interruptions() as interruptions, interruptions.postponed():
            seen.extend(handlers())

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert seen == before
