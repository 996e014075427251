"""Which addresses `serve` listens at, and that nobody from elsewhere comes in without a password.

The password is Prefect's own basic authentication: PREFECT_SERVER_API_AUTH_STRING, as NAME:PASSWORD. The
server keeps it, for commands on the same home, in a file that only its user can read, while it runs.
Nothing here imports Prefect.
"""

import ipaddress
import os
import socket
from collections.abc import Mapping
from pathlib import Path

from flows.server.prefect_home import LOOPBACK
from warehouse.errors import SpecError

PASSWORD = "PREFECT_SERVER_API_AUTH_STRING"  # noqa: S105 - a variable's name
FOR_CLIENTS = "PREFECT_API_AUTH_STRING"
SHORTEST = 8


def check_opening(host: str, environ: Mapping[str, str]) -> None:
    """Raises: SpecError: it is no address of this machine, or it opens what has no password."""
    try:
        listen(host, 0).close()
    except OSError as error:
        raise SpecError(
            f"--host {host}: nothing can listen there ({error.strerror or error}). Nothing was started. Give "
            "an address of this machine, or 0.0.0.0 for all of them."
        ) from error
    name, _, password = environ.get(PASSWORD, "").partition(":")
    if is_loopback(host) or (name.strip() and len(password) >= SHORTEST):
        return
    raise SpecError(
        f"--host {host} opens Prefect's page and API to every machine that reaches this one: who comes there "
        "starts runs that cost money and reads the keys in blocks. So it needs a password. Nothing was "
        f"started. Set {PASSWORD} to NAME:PASSWORD, the password of {SHORTEST} characters or more."
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address; names are looked up."""
    return all(ipaddress.ip_address(at).is_loopback for at in _addresses(host))


def listeners(host: str, port: int) -> list[socket.socket]:
    """What the server accepts at: loopback, for the programs of this machine, and the address.

    Raises: OSError: it is taken, or not this machine's.
    """
    if host == LOOPBACK:
        return [listen(LOOPBACK, port)]
    everywhere = _is_every(host)
    first = listen(host if everywhere else LOOPBACK, port)
    if everywhere or host == "localhost":
        return [first]
    try:
        return [first, listen(host, int(first.getsockname()[1]))]
    except BaseException:
        first.close()
        raise


def listen(host: str, port: int) -> socket.socket:
    """A socket at an address; at `::` it answers for both versions of the protocol.

    Raises: OSError.
    """
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(host != "::"))
        listener.bind(address)
        listener.listen(128)
    except BaseException:
        listener.close()
        raise
    return listener


def address(host: str, port: int) -> str:
    """Where flow runs find the server; where that is open at one address, their workers elsewhere do too."""
    known = LOOPBACK if is_loopback(host) or _is_every(host) else host
    return f"http://{f'[{known}]' if ':' in known else known}:{port}"


def opened(host: str, port: int) -> str:
    """What is open to whom, in a sentence or two."""
    every = f"on every address of this machine, port {port},"
    where = every if _is_every(host) else f"at {address(host, port)}"
    return (
        f"Open {where} to other machines: page, API, runs and blocks, behind the password of {PASSWORD}. "
        "There is no TLS: put a proxy that has it in front, else the password can be read on the way."
    )


def keep_password(path: Path, environ: Mapping[str, str]) -> None:
    """Leave the password where commands of this user find it; where there is none, no file."""
    path.unlink(missing_ok=True)
    if environ.get(PASSWORD):
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            file.write(environ[PASSWORD])


def password_for_clients(path: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """What a client of the home's server has to set, if its environment does not."""
    if environ.get(FOR_CLIENTS):
        return {}
    if environ.get(PASSWORD):
        return {FOR_CLIENTS: environ[PASSWORD]}
    try:
        return {FOR_CLIENTS: path.read_text(encoding="utf-8")}
    except OSError:  # there is none, or it is another user's
        return {}


def _is_every(host: str) -> bool:
    return ipaddress.ip_address(_addresses(host)[0]).is_unspecified


def _addresses(host: str) -> list[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)]
