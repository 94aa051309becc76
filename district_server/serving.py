"""The process that listens: what uvicorn is told, and a fence it has not got.

A line that sends the head of a request byte by byte would be kept for ever; a thousand of them are
cheap to hold open and end a server.
"""

import asyncio
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

LONGEST_FAREWELL = 30
"""Seconds that requests under way get after the signal to stop."""


def config(app: FastAPI, stall: float, **more: Any) -> uvicorn.Config:
    """`stall` seconds for the head of a request, from its first byte."""
    patience = type("Patience", (_Patience,), {"stall": stall})
    return uvicorn.Config(
        app,
        http=patience,
        ws="none",
        access_log=False,
        lifespan="off",
        server_header=False,
        # nothing rests on it, and each of a counter's answers would carry it
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=LONGEST_FAREWELL,
        **more,
    )


class _Patience(H11Protocol):
    stall = 20.0
    _head_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        cycle: Any = self.cycle
        if cycle is None or cycle.response_complete:
            self._expect_head()
        else:
            self._forget()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        if self._head_due is None:
            self._head_due = self.loop.call_later(self.stall, self.transport.close)

    def _forget(self) -> None:
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None
