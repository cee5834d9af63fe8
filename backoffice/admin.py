"""Users and groups, as Django shows them, but for what it shows in English to everybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, SetUnusablePasswordMixin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import ManyToManyField
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.roles import ROLES

# What every model has. The database keeps their names, and those of ours, in English.
ACTIONS = {
    "add": gettext_lazy("Can add %(what)s"),
    "change": gettext_lazy("Can change %(what)s"),
    "delete": gettext_lazy("Can delete %(what)s"),
    "view": gettext_lazy("Can view %(what)s"),
}


def name_of(permission: Permission) -> str:
    """The name of the permission in the reader's language."""
    action, _underscore, model = permission.codename.partition("_")
    if action in ACTIONS and model == permission.content_type.model:
        return str(ACTIONS[action]) % {"what": permission.content_type.name}
    return _(permission.name)


class PermissionsField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, permission: Permission) -> str:
        return f"{permission.content_type} | {name_of(permission)}"


class NamesPermissions:
    """For an admin: permissions are chosen by their names in the reader's language."""

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest | None = None, **kwargs: Any
    ) -> Any:
        if db_field.remote_field.model is Permission:
            kwargs["form_class"] = PermissionsField
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]


class PasswordForm(AdminPasswordChangeForm):
    """Django's own puts the help together once, in the language in which the site starts."""

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        if "usable_password" in self.fields:
            self.fields["usable_password"].help_text = format_html(
                '{}<ul id="id_unusable_warning" class="messagelist"><li class="warning">{}</li></ul>',
                SetUnusablePasswordMixin.usable_password_help_text,
                _("If disabled, the current password for this user will be lost."),
            )


def _name_rows(joins: Any, one: Any, many: Any, words: Callable[[Any], str]) -> None:
    """Of a table that Django makes: the page that asks before a user or a group is deleted names what goes with it."""
    joins._meta.verbose_name, joins._meta.verbose_name_plural = one, many
    joins.__str__ = words


for _joins in (Group.permissions.through, User.user_permissions.through):
    _names = (Permission._meta.verbose_name, Permission._meta.verbose_name_plural)
    _name_rows(_joins, *_names, words=lambda row: name_of(row.permission))
_member = (gettext_lazy("membership"), gettext_lazy("memberships"))
_name_rows(User.groups.through, *_member, words=lambda row: f"{row.group} → {row.user}")


def role_name(group: Group) -> str:
    """A role's in the reader's language; a group that people made is called as they called it."""
    return _(group.name) if group.name in ROLES else group.name


Group.__str__ = role_name  # type: ignore[assignment]  # lists, filters, choices, breadcrumbs: whatever names a group

admin.site.unregister([Group, User])


@admin.register(Group)
class OurGroupAdmin(NamesPermissions, GroupAdmin):
    pass


@admin.register(User)
class OurUserAdmin(NamesPermissions, UserAdmin):
    change_password_form = PasswordForm
