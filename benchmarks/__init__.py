"""What the documents say about speed, measured: ``make bench``. Ratios within one run, never bare seconds."""
