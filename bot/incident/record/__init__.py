"""People's words: notes, findings, abuse, and the removal of words by redaction."""
