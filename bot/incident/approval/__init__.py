"""Who agrees: plans, kills on one word or two, broken glass, proposals that need a second person."""
