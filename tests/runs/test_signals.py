"""Signals that end a program, where the program can bear it."""

import os
import signal
import threading

import pytest

from spectralcmi.runs.signals import SIGNALS, Interruptions


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
