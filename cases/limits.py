"""How often one address may try something: counted in the cache, without the address itself, by real time."""

import ipaddress
import time

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac


def address(request: HttpRequest) -> str:
    """
    The caller's address; of X-Forwarded-For only what our own proxies wrote is believed. Of IPv6 the first 64 bits: one
    line has them all behind that, and could be another caller with every try.
    """
    behind = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    named = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    said = named[-behind] if behind and len(named) >= behind else str(request.META.get("REMOTE_ADDR", ""))
    try:
        found = ipaddress.ip_address(said)
    except ValueError:
        return said
    if isinstance(found, ipaddress.IPv4Address):
        return said
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), 64), strict=False))


def allows(what: str, whose: str, *, most: int, seconds: int) -> bool:
    """Count one more try of `whose` in this span of time; whether it is still within `most`."""
    who = salted_hmac(f"cases.limits.{what}", whose, algorithm="sha256").hexdigest()
    key = f"limit:{what}:{int(time.time()) // seconds}:{who}"
    cache.add(key, 0, timeout=2 * seconds)
    try:
        return int(cache.incr(key)) <= most
    except ValueError:  # another worker has just cleared the cache
        return True
