"""What a mail may do that is shown in the browser."""

from __future__ import annotations

# A mail carries its styles in itself; it may do nothing else, wherever it is opened.
MAIL_POLICY = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["data:"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "frame-ancestors": ["'self'"],
    "sandbox": [""],
}
