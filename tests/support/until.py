"""Waiting for something rather than for a while."""
import time


def until(condition, seconds, sentence):
    """What `condition()` gives as soon as it is true; AssertionError says what did not happen."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {sentence}")
        time.sleep(0.02)
