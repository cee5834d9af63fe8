"""The demo of a fresh checkout. An app that has something to show has a module ``demo``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from importlib import import_module
from typing import Protocol, cast

from django.apps import apps
from django.contrib.auth.models import User
from django.utils.module_loading import module_has_submodule


class Demo(Protocol):
    """What the module ``demo`` of an app offers."""

    def load_demo(self, owner: User, now: datetime) -> None:
        """Make the demo's rows where they are not there yet; ``owner`` is who they belong to."""

    def keep_up(self, now: datetime) -> None:
        """Bring what the demo shows up to ``now``, where it is there; called at every start."""

    def describe_sent(self) -> list[str]:
        """What has been sent to whom, and where to read it: a line each, always in the same words."""


def demos() -> Iterator[Demo]:
    for config in apps.get_app_configs():
        if config.module is not None and module_has_submodule(config.module, "demo") and config.name != "backoffice":
            yield cast(Demo, import_module(f"{config.name}.demo"))


def load(owner: User, now: datetime) -> None:
    for demo in demos():
        demo.load_demo(owner, now)


def keep_up(now: datetime) -> None:
    for demo in demos():
        demo.keep_up(now)


def sent() -> list[str]:
    return [line for demo in demos() for line in demo.describe_sent()]
