"""Mails: their records, their words and their way through SES."""
