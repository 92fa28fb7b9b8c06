"""Guards: the audit log is only added to; answers are forgotten by their age, alerts counted by their fraud."""

from __future__ import annotations

from typing import Final

from ringfence.stores.migrations.step import Migration

STEP: Final = Migration(
    9,
    "add",
    (
        """CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN
            SELECT RAISE(ABORT, 'the audit log is only added to'); END""",
        """CREATE TRIGGER audit_is_not_removed BEFORE DELETE ON audit BEGIN
            SELECT RAISE(ABORT, 'the audit log is only added to'); END""",
        """CREATE INDEX answer_time ON answer (at_ms)""",
        """CREATE INDEX alert_fraud ON alert (shadow, fraud, severity)""",
    ),
)
