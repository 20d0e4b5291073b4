"""Who agrees to what: plans, revocations by one or two people, broken glass, proposals."""
