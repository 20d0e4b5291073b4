"""The report, notices and the decisions entry, the search for secrets before each, and where reports arrive."""
