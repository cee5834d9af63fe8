"""What the pages of the back office share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    TypedAdmin = ModelAdmin
    MixinBase = ModelAdmin[Any]
else:
    # What is mixed into a ModelAdmin has no base when it runs.
    MixinBase = object

    class TypedAdmin(admin.ModelAdmin):
        """``ModelAdmin`` that takes its model in brackets, as the type checker wants it."""

        def __class_getitem__(cls, model: Any) -> type[TypedAdmin]:
            return cls


def user_of(request: HttpRequest) -> User:
    """Who sends it: no page of the site is shown to anybody who has not logged in."""
    return cast(User, request.user)


def insist(request: HttpRequest, *permissions: str) -> None:
    """Raise PermissionDenied unless the user has all of them."""
    if not user_of(request).has_perms(permissions):
        raise PermissionDenied


class LargeTable:
    """A list over millions of rows: counted once at most, sorted and filtered by what is indexed."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # each count would read the table
    list_per_page = 50
    list_max_show_all = 0


class ReadOnly:
    """A page to look at: the rows are written by the scheduler, and by nobody else."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
