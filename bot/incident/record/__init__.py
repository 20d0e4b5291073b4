"""People's words: notes, findings, the decision on notification, and taking words out again."""
