"""The report in people's words: summary, impact, cause and lessons, and who signs it. Facts are the log's alone."""
