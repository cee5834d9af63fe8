"""Pictures within a mail: named by a Content-ID there, and by their content where a browser shows the mail."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping


def with_pictures(html: str, pictures: Mapping[str, bytes]) -> str:
    """``html`` for a page that may show nothing but ``data:``; ``pictures`` by their Content-ID."""
    for content_id, content in pictures.items():
        html = html.replace(f'"cid:{content_id}"', f'"data:image/png;base64,{b64encode(content).decode()}"')
    return html
