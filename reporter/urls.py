"""The pages that need no log-in."""

from __future__ import annotations

from django.urls import path

from reporter import views

urlpatterns = [
    path("unsubscribe/", views.unsubscribe),  # an address that was cut off
    path("unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
]
