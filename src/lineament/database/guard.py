"""What stands before every action: the decision, and its entry in the audit log, before anything happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from lineament.database.access import ALL, Request, authorize, authorize_all
from lineament.database.audit import AuditLog
from lineament.database.catalogue import Catalogue
from lineament.errors import AccessError


@dataclass(frozen=True)
class Guard:
    """Asks on behalf of one actor.

    Attributes
    ----------
    actor : str
    """

    catalogue: Catalogue
    log: AuditLog
    actor: str

    def demand(self, action: str, object: str = ALL, purpose: str = "", country: str = "", **detail: Any) -> None:
        """Let an action pass, or not; either is in the log when this returns.

        Raises
        ------
        AccessError
            It is not allowed.
        StoreError
            The log cannot be written, so that it must not happen.
        """
        decision = authorize(self.catalogue, Request(self.actor, action, object, purpose, country))
        self.log.append(
            self.actor,
            action,
            object,
            purpose=purpose,
            allowed=decision.allowed,
            reason=decision.code,
            **detail,
        )
        if not decision.allowed:
            what = object if object != ALL else "the database"
            raise AccessError(f"{action} of {what} is not allowed: {decision.reason}")

    def choose(
        self, action: str, scans: Sequence[str], purpose: str = "", country: str = "", **detail: Any
    ) -> tuple[list[str], Counter[str]]:
        """Return the scans that an action is allowed for, and how many were refused for which reason.

        Those that were refused have an entry of their own.
        """
        request = Request(self.actor, action, "", purpose, country)
        decisions = authorize_all(self.catalogue, request, scans)
        allowed = [scan for scan, decision in decisions.items() if decision.allowed]
        refused = Counter(decision.code for decision in decisions.values() if not decision.allowed)
        if refused:
            others = [scan for scan, decision in decisions.items() if not decision.allowed]
            reason = refused.most_common(1)[0][0]
            self.log.append(
                self.actor, action, "", purpose=purpose, allowed=False, reason=reason, about=others, **detail
            )
        if allowed or not refused:
            self.log.append(self.actor, action, "", purpose=purpose, about=allowed, refused=dict(refused), **detail)
        return allowed, refused

    def as_actor(self, actor: str) -> Guard:
        """Return the guard of another actor."""
        return replace(self, actor=actor)
