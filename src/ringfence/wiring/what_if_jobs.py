"""What-ifs of a server: one at a time, in a thread of its own; the last answers are kept in memory.

It shares nothing with the engine but the question what has not been committed yet, which the engine answers between
two steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from threading import Event, Lock, Thread
from typing import Any, Final

import structlog

from ringfence.events.errors import BUSY, FAULT, DependencyError, RingfenceError
from ringfence.events.identity import digest
from ringfence.features.codegen import Kernel
from ringfence.wiring.house import House
from ringfence.wiring.past import past_of_house
from ringfence.wiring.replaying import Stopped
from ringfence.wiring.what_if import Asked, what_if

KEPT: Final = 20
RUNNING, DONE, CANCELLED, FAILED = "running", "done", "cancelled", "failed"
_LOG: Final = structlog.get_logger("ringfence.what_if")


@dataclass(slots=True)
class Job:
    """One what-if: who asked, how far it is, and what came of it."""

    job_id: str
    tenant: str | None  # only they see it; None: only who sees all
    asked: Asked
    started_ms: int
    status: str = RUNNING
    share: float = 0.0
    ended_ms: int | None = None
    result: dict[str, Any] | None = None
    problem: dict[str, str] | None = None
    ended: Event = field(default_factory=Event)
    cancelled: Event = field(default_factory=Event)

    def document(self, *, whole: bool = True) -> dict[str, Any]:
        """Return it as a JSON object; `whole` with its result."""
        question = self.asked.question
        return {
            "what_if_id": self.job_id,
            "status": self.status,
            "progress": round(self.share, 4),
            "started_ms": self.started_ms,
            "ended_ms": self.ended_ms,
            "rules": [rule.id for rule in self.asked.rules],
            "days": question.days,
            "tenant": question.tenant,
            "curve": question.curve or None,
            "problem": self.problem,
        } | ({"result": self.result} if whole else {})


class WhatIfs:
    """The what-ifs of one server."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._lock = Lock()
        self._jobs: dict[str, Job] = {}  # oldest first
        self._numbers = count(1)

    def begin(self, asked: Asked, tenant: str | None) -> Job:
        """Begin to answer a question.

        Raises:
            DependencyError: another one is being answered (RF7016).
        """
        now_ms = self._house.clock.now_ms()
        with self._lock:
            if any(job.status == RUNNING for job in self._jobs.values()):
                raise DependencyError(BUSY, "another what-if is being answered", expected="one at a time")
            name = digest("what-if", self._house.started_ms, now_ms, next(self._numbers), asked.question.text)
            job = Job(name.hex(), tenant, asked, now_ms)
            self._jobs[job.job_id] = job
            for oldest in [*self._jobs][:-KEPT]:
                del self._jobs[oldest]
        Thread(target=self._answer, args=(job,), name="what-if", daemon=True).start()
        return job

    def get(self, job_id: str) -> Job | None:
        """Return one of the last what-ifs."""
        return self._jobs.get(job_id)

    def all(self) -> list[Job]:
        """Return the last what-ifs, the newest first."""
        with self._lock:
            return [*self._jobs.values()][::-1]

    def end(self, job: Job) -> None:
        """Stop a what-if that is being answered; forget one that is not."""
        with self._lock:
            if job.status == RUNNING:
                job.cancelled.set()
            else:
                self._jobs.pop(job.job_id, None)

    def _answer(self, job: Job) -> None:
        status = FAILED
        try:
            job.result = self._result(job)
            status = DONE
        except Stopped:
            status = CANCELLED
        except RingfenceError as error:
            job.problem = {"code": error.code, "detail": error.what, "cure": error.cure or ""}
        except Exception as error:
            _LOG.error("fault", error=type(error).__name__, exc_info=error)
            job.problem = {"code": FAULT, "detail": "something went wrong that should not", "cure": ""}
        finally:
            job.share = 1.0 if status == DONE else job.share
            job.ended_ms, job.status = self._house.clock.now_ms(), status
            job.ended.set()

    def _result(self, job: Job) -> dict[str, Any]:
        def watch(share: float) -> None:
            job.share = min(max(share, 0.0), 1.0)

        house = self._house
        return what_if(
            house.settings,
            job.asked,
            past_of_house(house, job.asked.columns),
            kernels=self._kernels(),
            stop=lambda: job.cancelled.is_set() or house.is_ending,
            watch=watch,
        )

    def _kernels(self) -> Sequence[Kernel] | None:
        """Return the engine's kernels, which are code and hold nothing; None where there is no engine."""
        engine = self._house.engine
        return engine.flow.shards[0].kernels if engine else None
