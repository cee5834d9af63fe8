"""All addresses of the site. Importing this discovers the admin: only the web server does."""

from __future__ import annotations

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

admin.autodiscover()

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("favicon.ico", RedirectView.as_view(url=static("backoffice/icon.svg"))),  # asked for by pages without a head
    path("admin/", admin.site.urls),
    path("", include("reporter.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
]
