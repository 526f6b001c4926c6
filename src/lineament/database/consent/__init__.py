"""Consent as data: who allows what, until when, under which law, the papers that follow. No legal advice."""
