"""Refusals, in words."""

from aiohttp import web

from monitor.web import plain

MAX_WHO = 60  # characters of a name or post


def refuse(status: type[web.HTTPException], why: str) -> web.HTTPException:
    """An answer that says why not, for the handler to raise."""
    return status(text=plain.dumps({"error": why}).decode(), content_type="application/json")
