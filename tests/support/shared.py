"""What all tests of one run share: one pair of servers, and one whole stack with the demo's events.

A test that changes a setting, hurts a server or counts rows of everybody makes a Stack of its own.
"""
from support.servers import Servers
from support.stack import Stack

_servers = None
_stack = None


def servers():
    global _servers
    if _servers is None:
        _servers = Servers()
    return _servers


def stack():
    """Running, with the demo's events in project 1."""
    global _stack
    if _stack is None:
        made = Stack(servers())
        try:
            made.load_demo()
            made.start_api()
            made.start_worker()
        except BaseException:
            made.close()
            raise
        _stack = made
    return _stack


def close():
    global _servers, _stack
    if _stack is not None:
        _stack.close()
        _stack = None
    if _servers is not None:
        _servers.close()
        _servers = None
