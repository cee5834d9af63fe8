"""Daily reports: built from datasets, sent by e-mail, kept as they were sent."""
